"""The routes in the code are those of the contract, no more and no fewer."""

from typing import Final

import pytest
from fastapi.routing import APIWebSocketRoute

from kanban_app.api.app import build_api
from kanban_app.api.docs import router as documentation
from kanban_app.api.live import router as live

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
    "GET /api/v1/runs/{}",
    "POST /api/v1/runs/{}/cancel",
    "GET /api/v1/runs/{}/log",
    "GET /api/v1/events",
    "GET /api/v1/health",
    "GET /api/v1/connection/frames",
}


@pytest.fixture
def routes() -> set[str]:
    paths = build_api(lambda: None).openapi()["paths"]
    return {f"{method.upper()} {_plain(path)}" for path, methods in paths.items() for method in methods}


def test_the_routes_are_those_of_the_contract(routes: set[str]) -> None:
    assert routes == CONTRACT


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
