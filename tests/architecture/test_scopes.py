"""Every route says what an API token must be good for, and nothing else is named."""

from pathlib import Path
from typing import Final

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute

from kanban_app.api.app import build_api
from kanban_app.api.docs import router as documentation
from kanban_app.api.live import router as live
from kanban_app.api.paths import is_report
from kanban_app.api.scopes import ROUTES, needed
from kanban_app.domain.access import Scope
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_memory import MemoryJournal, MemoryLedger

# Reflex's own socket, which has no route of ours.
EVENTS: Final = "WS /_event"


@pytest.fixture
def routes(tmp_path: Path) -> set[str]:
    """Those of our API and of the built-in service, but for reports, which come with a token of their own."""
    ledger = MemoryLedger()
    service = TriggerService(ServiceConfig(data_dir=tmp_path), ledger, MemoryJournal(ledger))
    api = build_api(lambda: None)
    found = {
        f"{method.upper()} {plain(path)}" for path, methods in api.openapi()["paths"].items() for method in methods
    }
    more = (*api.routes, *documentation.routes, *live.routes, *service.routes())
    found |= {name for route in more for name in names_of(route)}
    return {name for name in found if not name.split(" ")[1].startswith("/r/")}


def names_of(route: BaseRoute) -> set[str]:
    match route:
        case Route():
            return {f"{method} {plain(route.path)}" for method in (route.methods or set()) - {"HEAD"}}
        case WebSocketRoute():
            return {f"WS {plain(route.path)}"}
        case _:
            return set()


def plain(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


def test_the_table_of_scopes_is_that_of_the_routes(routes: set[str]) -> None:
    assert routes - set(ROUTES) == set(), "say in api/scopes.py what a token must be good for here"
    assert set(ROUTES) - routes == {EVENTS}, "there is no such route"


def test_every_entry_is_found_by_a_path_of_its_kind() -> None:
    for route, scope in ROUTES.items():
        method, path = route.split(" ")
        assert needed(method, path.replace("{}", "0a1b2c3d")) is scope, route
        assert needed(method, path.replace("{}", "a b.c~é")) is scope, route


def test_reports_are_let_in_by_the_token_in_their_path() -> None:
    assert is_report("/r/abc/api/reports")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/new"), ("POST", "/api/v1/new"), ("PURGE", "/api/v1/board"), ("WS", "/ws/new"), ("POST", "/"),
     ("GET", "/_upload"), ("POST", "/_upload"), ("DELETE", "/api/v1/tasks/a/b/c"),
     ("GET", "/_event/"), ("GET", "/api/v1/board/")],
)  # fmt: skip
def test_what_is_not_named_is_closed(method: str, path: str) -> None:
    assert needed(method, path) is Scope.ADMIN


@pytest.mark.parametrize("path", ["/", "/settings", "/assets/x.js", "/favicon.svg"])
def test_files_and_pages_hold_no_data(path: str) -> None:
    assert needed("GET", path) is needed("HEAD", path) is Scope.READ


def test_what_only_reads_needs_no_more_than_that() -> None:
    reads = {route: scope for route, scope in ROUTES.items() if route.startswith("GET ")}
    # A backup holds the access token, and the audit log who was here from where.
    assert {route for route, scope in reads.items() if scope is not Scope.READ} == {
        route for route in reads if "/backups" in route or "/audit" in route
    }
    assert Scope.READ not in {scope for route, scope in ROUTES.items() if not route.startswith(("GET ", "WS "))}
