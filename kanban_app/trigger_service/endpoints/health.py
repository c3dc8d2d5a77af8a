"""`GET /health`: what is known anyway, put together at most once a second, so that asking costs nothing (Q6)."""

import time
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.tac7.messages import EXTENSIONS
from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.supervisor import Supervisor
from kanban_app.trigger_service.triggers import TriggerDesk
from kanban_app.trigger_service.waiting_line import WaitingLine

_FRESH_S: Final = 1.0


class HealthEndpoint:
    """V1's answer with counts, the project's name and our extensions. Nothing in it waits."""

    def __init__(
        self,
        config: ServiceConfig,
        hub: Broadcaster,
        supervisor: Supervisor,
        desk: TriggerDesk,
        line: WaitingLine,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._hub = hub
        self._supervisor = supervisor
        self._desk = desk
        self._line = line
        self._monotonic = monotonic
        self._began = monotonic()
        self._made_at = -_FRESH_S
        self._answer = b""

    def routes(self) -> list[BaseRoute]:
        return [Route("/health", self._health, methods=["GET"])]

    async def _health(self, _request: Request) -> Response:
        now = self._monotonic()
        if not self._answer or now - self._made_at >= _FRESH_S:
            self._answer, self._made_at = bytes(JSONResponse(self._facts(now)).body), now
        return Response(self._answer, media_type="application/json")

    def _facts(self, now: float) -> dict[str, object]:
        project = self._config.project_dir
        details = {
            "active_runs": self._supervisor.active,
            "waiting_runs": len(self._line),
            "max_runs": self._line.limit,
            "journal_last": self._hub.last,
            "project": project.name if project else None,
            "demo": project is None,
        }
        return {
            "status": "healthy",
            "service": "adw-websocket-trigger",
            "active_connections": self._hub.subscribers,
            "total_workflows_triggered": self._desk.started,
            "uptime_seconds": round(now - self._began, 3),
            "health_check": {"success": True, "warnings": [], "errors": [], "details": details},
            "error": None,
            "extensions": list(EXTENSIONS),
        }
