"""Reports of workflow processes: directly from people's scripts, under the token of a run, or out of its spool."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.endpoints.answers import read_object, refused
from kanban_app.trigger_service.live_run import LiveRun
from kanban_app.trigger_service.reports import REPORT_PATHS, Rejected, translate
from kanban_app.trigger_service.spool import parse_report
from kanban_app.trigger_service.supervisor import Supervisor

MAX_REPORT: Final = 1024 * 1024
MAX_BATCH: Final = 8 * 1024 * 1024

Handler = Callable[[Request], Awaitable[Response]]


class ReportEndpoints:
    """A token in the path stands for its run: it reports for that run and for no other."""

    def __init__(self, hub: Broadcaster, supervisor: Supervisor, clock: Callable[[], datetime]) -> None:
        self._hub = hub
        self._supervisor = supervisor
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        single = [
            Route(f"{base}{path}", self._handler(path), methods=["POST"])
            for base in ("", "/r/{token}")
            for path in REPORT_PATHS
        ]
        return [*single, Route("/r/{token}/api/reports", self._batch, methods=["POST"])]

    def _handler(self, path: str) -> Handler:
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
        return await self._supervisor.find_by_token(str(token)) or refused(404, "Not Found")

    async def _report(self, path: str, body: Mapping[str, Any], owner: LiveRun | None) -> Response:
        reported = translate(path, body, self._clock())
        if isinstance(reported, Rejected):
            return refused(400, reported.error)
        adw_id = reported.facts.adw_id
        if owner is not None and adw_id != owner.launch.adw_id:
            return refused(403, f"This address takes reports of run {owner.launch.adw_id} only")
        await self._supervisor.note(owner or self._supervisor.run_of(adw_id), reported)
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
            return refused(400, "reports must be a list")
        reports = [parse_report(item) for item in cast(list[object], items)]
        known = [report for report in reports if report is not None]
        return JSONResponse({"acknowledged": await self._supervisor.take(owner, known)})
