"""The routes in the code are those of the contract, no more and no fewer."""

from pathlib import Path
from typing import Final

import pytest
from fastapi.routing import APIWebSocketRoute
from starlette.routing import Route, WebSocketRoute

from kanban_app.api.app import build_api
from kanban_app.api.docs import router as documentation
from kanban_app.api.live import router as live
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_memory import MemoryJournal, MemoryLedger

CONTRACT: Final = {
    "GET /healthz",
    "GET /readyz",
    "GET /api/v1/board",
    "POST /api/v1/tasks",
    "GET /api/v1/tasks/{}",
    "PATCH /api/v1/tasks/{}",
    "DELETE /api/v1/tasks/{}",
    "POST /api/v1/tasks/{}/restore",
    "POST /api/v1/tasks/{}/move",
    "GET /api/v1/ops/{}",
    "POST /api/v1/tasks/{}/trigger",
    "POST /api/v1/attempts/{}/withdraw",
    "POST /api/v1/attempts/{}/check",
    "POST /api/v1/attempts/{}/start-again",
    "POST /api/v1/attempts/{}/not-running",
    "POST /api/v1/attempts/{}/stage-done",
    "POST /api/v1/attempts/{}/release",
    "POST /api/v1/attempts/{}/requeue",
    "GET /api/v1/runs/{}",
    "POST /api/v1/runs/{}/cancel",
    "GET /api/v1/runs/{}/log",
    "GET /api/v1/events",
    "GET /api/v1/health",
    "GET /api/v1/connection/frames",
}


# The embedded TAC-7 service, for other clients and scripts; its own runs report below a token of theirs.
TAC7: Final = {
    "WS /ws/trigger",
    "GET /health",
    "POST /api/workflow-updates",
    "POST /api/stage-event",
    "POST /api/agent-state-update",
    "GET /api/adws/{}",
    "GET /api/execution-logs/{}/{}",
    "POST /r/{}/api/workflow-updates",
    "POST /r/{}/api/stage-event",
    "POST /r/{}/api/agent-state-update",
}
# The runner hands its spool over here.
OURS: Final = {"POST /r/{}/api/reports"}


@pytest.fixture
def routes() -> set[str]:
    paths = build_api(lambda: None).openapi()["paths"]
    return {f"{method.upper()} {_plain(path)}" for path, methods in paths.items() for method in methods}


def test_the_routes_are_those_of_the_contract(routes: set[str]) -> None:
    assert routes == CONTRACT


def test_the_routes_of_the_embedded_service_are_those_of_the_contract(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    service = TriggerService(ServiceConfig(data_dir=tmp_path), ledger, MemoryJournal(ledger))
    found: set[str] = set()
    for route in service.routes():
        assert isinstance(route, Route | WebSocketRoute)
        methods = (route.methods or set()) - {"HEAD"} if isinstance(route, Route) else {"WS"}
        found |= {f"{method} {_plain(route.path)}" for method in methods}
    assert found == TAC7 | OURS


def test_the_sockets_are_those_of_the_contract() -> None:
    """Beside `/ws/trigger`, which the trigger service brings."""
    assert [route.path for route in live.routes if isinstance(route, APIWebSocketRoute)] == ["/ws/live"]


def test_the_documentation_is_served_from_exact_paths() -> None:
    assert {getattr(route, "path", "") for route in documentation.routes} == {
        "/api/docs",
        "/api/docs/start.js",
        "/api/docs/swagger-ui-bundle.js",
        "/api/docs/swagger-ui.css",
    }


def _plain(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
