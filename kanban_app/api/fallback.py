"""Routes that come and go, and what no route takes: errors in our shape for programs.

Everything else falls through to whatever is mounted behind.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from kanban_app.api.failures import ApiError, not_allowed, not_found

# Everything under these names is ours; pages live elsewhere.
_OWN: Final = re.compile(r"/(api|ws|r|health|metrics)(/.*)?", re.DOTALL)
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class LateRoutes(BaseRoute):
    """Routes that are known only while the app runs; `current` is asked at each request."""

    def __init__(self, current: Callable[[Scope], Sequence[BaseRoute]]) -> None:
        self._current = current

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child, _ = self._find(scope)
        return found, child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        _, _, route = self._find(scope)
        await (
            route.handle(scope, receive, send) if route else not_found(scope["path"]).response()(scope, receive, send)
        )

    def _find(self, scope: Scope) -> tuple[Match, Scope, BaseRoute | None]:
        best: tuple[Match, Scope, BaseRoute | None] = (Match.NONE, {}, None)
        for route in self._current(scope):
            match, child = route.matches(scope)
            if match.value > best[0].value:
                best = (match, child, route)
        return best


class Fallback(BaseRoute):
    """The last of our routes: 405 for paths that other methods can use, 404 for the rest of what is ours."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] not in {"http", "websocket"}:
            return Match.NONE, {}
        is_ours = bool(_OWN.fullmatch(scope["path"])) or self._is_known(scope)
        return (Match.FULL, {}) if is_ours else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(not_found(scope["path"]).response())
            return
        await self._error(scope).response()(scope, receive, send)

    def _error(self, scope: Scope) -> ApiError:
        allowed = [method for method in _METHODS if self._takes(scope, method)]
        return not_allowed(scope["method"], scope["path"], allowed) if allowed else not_found(scope["path"])

    def _is_known(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is not Match.NONE for route in self._routes)

    def _takes(self, scope: Scope, method: str) -> bool:
        asked = {**scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in self._routes)
