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
    "GET /metrics",
    "GET /api/v1/board",
    "GET /api/v1/projects",
    "POST /api/v1/projects",
    "PATCH /api/v1/projects/{}",
    "POST /api/v1/tasks",
    "GET /api/v1/tasks",
    "POST /api/v1/tasks/bulk",
    "POST /api/v1/tasks/{}/archive",
    "POST /api/v1/tasks/{}/duplicate",
    "GET /api/v1/columns/{}/limit",
    "PUT /api/v1/columns/{}/limit",
    "GET /api/v1/tasks/{}",
    "PATCH /api/v1/tasks/{}",
    "DELETE /api/v1/tasks/{}",
    "POST /api/v1/tasks/{}/restore",
    "GET /api/v1/tasks/{}/history",
    "POST /api/v1/tasks/{}/move",
    "GET /api/v1/tasks/{}/attachments",
    "POST /api/v1/tasks/{}/attachments",
    "GET /api/v1/tasks/{}/attachments/{}",
    "GET /api/v1/tasks/{}/attachments/{}/thumbnail",
    "PATCH /api/v1/tasks/{}/attachments/{}",
    "DELETE /api/v1/tasks/{}/attachments/{}",
    "POST /api/v1/uploads",
    "DELETE /api/v1/uploads/{}",
    "GET /api/v1/ops/{}",
    "POST /api/v1/ops/{}/undo",
    "POST /api/v1/ops/{}/redo",
    "POST /api/v1/tasks/{}/trigger",
    "POST /api/v1/tasks/{}/patch",
    "POST /api/v1/tasks/{}/resume",
    "POST /api/v1/tasks/{}/restart",
    "POST /api/v1/attempts/{}/withdraw",
    "POST /api/v1/attempts/{}/check",
    "POST /api/v1/attempts/{}/start-again",
    "POST /api/v1/attempts/{}/not-running",
    "POST /api/v1/attempts/{}/stage-done",
    "POST /api/v1/attempts/{}/release",
    "POST /api/v1/attempts/{}/start-anyway",
    "GET /api/v1/templates",
    "POST /api/v1/templates",
    "PATCH /api/v1/templates/{}",
    "DELETE /api/v1/templates/{}",
    "POST /api/v1/attempts/{}/requeue",
    "GET /api/v1/runs/{}",
    "POST /api/v1/runs/{}/cancel",
    "GET /api/v1/runs/{}/merge",
    "GET /api/v1/runs/{}/plan",
    "GET /api/v1/runs/{}/changes",
    "GET /api/v1/runs/{}/changes/file",
    "GET /api/v1/runs/{}/log",
    "GET /api/v1/runs/{}/log/matches",
    "GET /api/v1/runs/{}/log.txt",
    "GET /api/v1/runs/{}/log.jsonl",
    "GET /api/v1/search",
    "GET /api/v1/notifications",
    "GET /api/v1/backups",
    "POST /api/v1/backups",
    "GET /api/v1/backups/{}",
    "GET /api/v1/audit",
    "GET /api/v1/audit/export",
    "GET /api/v1/export",
    "POST /api/v1/import",
    "GET /api/v1/events",
    "GET /api/v1/health",
    "GET /api/v1/health/diagnosis",
    "POST /api/v1/health/alerts/{}/acknowledge",
    "GET /api/v1/connection/frames",
}


# The embedded TAC-7 service, for other clients and scripts; its own runs report below a token of theirs.
REPORTS: Final = {
    "workflow-updates",
    "stage-event",
    "agent-state-update",
    "workflow-phase-transition",
    "agent-output-chunk",
    "screenshot-available",
    "spec-created",
}
TAC7: Final = {
    "WS /ws/trigger",
    "GET /health",
    "GET /api/adws/list",
    "GET /api/adws",
    "POST /api/adws",
    "GET /api/adws/{}",
    "PATCH /api/adws/{}",
    "DELETE /api/adws/{}",
    "GET /api/adws/{}/plan",
    "GET /api/adws/{}/merge",
    "GET /api/adws/{}/changes",
    "GET /api/adws/{}/changes/file",
    "GET /api/execution-logs/{}/{}",
    "GET /api/stage-logs/{}/{}",
    "POST /api/clarify",
    "POST /api/worktree/open/{}",
    "POST /api/codebase/open/{}",
    "POST /api/slash-command",
    "GET /api/slash-commands",
    *(f"POST /api/{name}" for name in REPORTS),
    *(f"POST /r/{{}}/api/{name}" for name in REPORTS),
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
