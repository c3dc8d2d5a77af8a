"""Which part of the program a path belongs to: a closed set, whatever strangers ask for."""

import re
from collections.abc import Iterable
from typing import Final

OTHER: Final = "other"
PAGES: Final = "pages"
ASSETS: Final = "assets"
REPORTS: Final = "reports"
TAC7: Final = "tac7"
_NAMED: Final = {
    "/healthz": "healthz",
    "/readyz": "readyz",
    "/metrics": "metrics",
    "/login": "login",
    "/ws/live": "live",
    "/ws/trigger": "trigger",
    "/health": TAC7,
    "/api/docs": "docs",
    "/api/openapi.json": "docs",
}
_API: Final = re.compile(r"/api/v1/([a-z-]+)(/.*)?", re.DOTALL)


class Areas:
    """`routes` are the paths that the API has; the first word after `/api/v1/` is an area of its own."""

    def __init__(self) -> None:
        self._words: frozenset[str] = frozenset()

    def learn(self, routes: Iterable[str]) -> None:
        found = (_API.fullmatch(route) for route in routes)
        self._words |= {match[1] for match in found if match}

    def of(self, path: str) -> str:
        if (named := _NAMED.get(path)) is not None:
            return named
        if match := _API.fullmatch(path):
            return f"api/{match[1]}" if match[1] in self._words else OTHER
        return _by_beginning(path)


def _by_beginning(path: str) -> str:
    if path.startswith("/api/docs/"):
        return "docs"
    if path.startswith(("/r/", "/api/")):
        return REPORTS if path.startswith("/r/") else TAC7
    if path.startswith("/_event"):
        return "events-of-pages"
    if path.startswith(("/_", "/ws")):
        return OTHER
    return ASSETS if "." in path.rpartition("/")[2] else PAGES


AREAS: Final = Areas()
"""Those of this program; `api.app` tells it its routes."""
