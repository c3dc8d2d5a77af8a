"""The HTTP side: reports of workflow processes, directly or through their runners, and what one may ask about runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.tac7.codec import load
from kanban_app.tac7.messages import EXTENSIONS
from kanban_app.trigger_service import execution_logs
from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import AGENT_STATE, STAGE_EVENT, UPDATES, Rejected, translate
from kanban_app.trigger_service.spool import parse_report
from kanban_app.trigger_service.supervisor import LiveRun, Supervisor
from kanban_app.trigger_service.triggers import TriggerDesk

MAX_REPORT: Final = 1024 * 1024
MAX_BATCH: Final = 8 * 1024 * 1024
_STATUS: Final = {
    LaunchState.STARTING: "pending",
    LaunchState.RUNNING: "in_progress",
    LaunchState.COMPLETED: "completed",
    LaunchState.FAILED: "errored",
    LaunchState.CANCELLED: "cancelled",
}

Handler = Callable[[Request], Awaitable[Response]]


class HttpApi:
    """Handlers of the routes. None of them waits for anything but the ledger and the journal."""

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        hub: Broadcaster,
        supervisor: Supervisor,
        desk: TriggerDesk,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._hub = hub
        self._supervisor = supervisor
        self._desk = desk
        self._clock = clock
        self._began = time.monotonic()

    def routes(self) -> list[BaseRoute]:
        reports = [
            Route(f"{base}{path}", self._report_handler(path), methods=["POST"])
            for base in ("", "/r/{token}")
            for path in (UPDATES, STAGE_EVENT, AGENT_STATE)
        ]
        return [
            Route("/health", self._health, methods=["GET"]),
            *reports,
            Route("/r/{token}/api/reports", self._batch, methods=["POST"]),
            Route("/api/adws/{adw_id}", self._run, methods=["GET"]),
            Route("/api/execution-logs/{adw_id}/{stage}", self._execution_log, methods=["GET"]),
        ]

    async def _health(self, _request: Request) -> Response:
        details = {"active_runs": self._supervisor.active, "journal_last": self._hub.last}
        return JSONResponse(
            {
                "status": "healthy",
                "service": "adw-websocket-trigger",
                "active_connections": self._hub.subscribers,
                "total_workflows_triggered": self._desk.started,
                "uptime_seconds": round(time.monotonic() - self._began, 3),
                "health_check": {"success": True, "warnings": [], "errors": [], "details": details},
                "error": None,
                "extensions": list(EXTENSIONS),
            }
        )

    def _report_handler(self, path: str) -> Handler:
        async def handle(request: Request) -> Response:
            owner = await self._owner(request)
            if isinstance(owner, Response):
                return owner
            body = await read_object(request, MAX_REPORT)
            return body if isinstance(body, Response) else await self._report(path, body, owner)

        return handle

    async def _owner(self, request: Request) -> LiveRun | Response | None:
        """The run of the token in the path; None without one. A wrong token looks like an unknown path."""
        token = request.path_params.get("token")
        if token is None:
            return None
        run = await self._supervisor.find_by_token(str(token))
        return run or JSONResponse({"error": "Not Found"}, 404)

    async def _report(self, path: str, body: Mapping[str, Any], owner: LiveRun | None) -> Response:
        reported = translate(path, body, self._clock())
        if isinstance(reported, Rejected):
            return JSONResponse({"error": reported.error}, 400)
        await self._supervisor.note(owner or self._supervisor.run_of(reported.facts.adw_id), reported)
        return JSONResponse({**reported.answer, "clients_count": self._hub.subscribers})

    async def _batch(self, request: Request) -> Response:
        owner = await self._owner(request)
        if isinstance(owner, Response):
            return owner
        body = await read_object(request, MAX_BATCH)
        if isinstance(body, Response):
            return body
        items = body.get("reports")
        if owner is None or not isinstance(items, list):
            return JSONResponse({"error": "reports must be a list"}, 400)
        reports = [parse_report(item) for item in cast(list[object], items)]
        known = [report for report in reports if report is not None]
        return JSONResponse({"acknowledged": await self._supervisor.take(owner, known)})

    async def _run(self, request: Request) -> Response:
        adw_id = str(request.path_params["adw_id"])
        live = self._supervisor.run_of(adw_id)
        launch = live.launch if live else await self._ledger.latest_for(adw_id)
        if launch is None:
            return JSONResponse({"error": f"ADW {adw_id[:100]} not found"}, 404)
        return JSONResponse(describe(launch))

    async def _execution_log(self, request: Request) -> Response:
        adw_id, stage = str(request.path_params["adw_id"]), str(request.path_params["stage"]).lower()
        fault = execution_logs.fault_of(adw_id, stage)
        if fault is not None:
            return JSONResponse({"error": fault}, 400)
        found = await asyncio.to_thread(execution_logs.collect, self._config.runs_dir, adw_id, stage)
        if found is None:
            return JSONResponse({"error": f"No run directory for ADW {adw_id}"}, 404)
        return JSONResponse(found)


def describe(launch: Launch) -> dict[str, Any]:
    """A run as `GET /api/adws/{id}` shows it: V1's row, with what we know beyond it."""
    ticket = launch.request.get("issue_json")
    issue: Mapping[str, Any] = cast(Mapping[str, Any], ticket) if isinstance(ticket, Mapping) else {}
    kind = launch.request.get("issue_type")
    return {
        "adw_id": launch.adw_id,
        "issue_number": launch.request.get("issue_number"),
        "issue_title": issue.get("title"),
        "issue_class": f"/{kind}" if kind else None,
        "issue_json": issue or None,
        "branch_name": launch.branch,
        "worktree_path": launch.worktree,
        "current_stage": launch.current_stage or "backlog",
        "status": _STATUS[launch.state],
        "is_stuck": False,
        "completed": launch.state is LaunchState.COMPLETED,
        "workflow_name": launch.workflow_type,
        "model_set": launch.request.get("model_set") or "base",
        "data_source": "kanban",
        "created_at": _row_time(launch.created_at),
        "updated_at": _row_time(launch.finished_at or launch.created_at),
        "completed_at": _row_time(launch.finished_at),
        "message": launch.message,
        "exit_code": launch.exit_code,
        "request_id": launch.request_id,
        "stages": list(launch.stages),
        "demo": launch.demo,
    }


def _row_time(at: datetime | None) -> str | None:
    """As V1's database has it: UTC without a zone."""
    return None if at is None else at.strftime("%Y-%m-%d %H:%M:%S")


async def read_object(request: Request, limit: int) -> dict[str, Any] | Response:
    """The body as a JSON object, or the answer to one that is too large (413) or none (422)."""
    raw = bytearray()
    async for chunk in request.stream():
        raw.extend(chunk)
        if len(raw) > limit:
            return JSONResponse({"error": f"The body may have {limit} bytes"}, 413)
    try:
        value = load(raw.decode())
    except (ValueError, RecursionError):
        return JSONResponse({"error": "The body is not JSON"}, 422)
    if not isinstance(value, dict):
        return JSONResponse({"error": "The body must be a JSON object"}, 422)
    return cast(dict[str, Any], value)
