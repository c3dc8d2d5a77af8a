"""What a run has written: its plan, its scripts' logs, its agents' output (reference section 5.4)."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.trigger_service import execution_logs, stage_logs
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.endpoints.answers import not_found, refused
from kanban_app.trigger_service.known_runs import KnownRuns
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.plans import find_plan
from kanban_app.trigger_service.reports import ADW_ID
from kanban_app.trigger_service.stage_folders import STAGES
from kanban_app.trigger_service.stage_logs import encoded

_V1_ID_LENGTH: Final = 8
_READERS: Final = 2

OfFiles = Callable[[ProjectLayout, str, str], dict[str, Any] | None]
OfSpool = Callable[[Path, str, str], dict[str, Any] | None]


class FileEndpoints:
    """Files are read in threads, two at a time: whoever polls logs of many runs leaves threads to the others."""

    def __init__(self, config: ServiceConfig, runs: KnownRuns) -> None:
        self._config = config
        self._runs = runs
        self._layout = ProjectLayout(config.project_dir or config.demo_dir)
        self._readers = asyncio.Semaphore(_READERS)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/adws/{adw_id}/plan", self._plan, methods=["GET"]),
            Route("/api/execution-logs/{adw_id}/{stage}", self._execution_log, methods=["GET"]),
            Route("/api/stage-logs/{adw_id}/{stage}", self._stage_log, methods=["GET"]),
        ]

    async def _plan(self, request: Request) -> Response:
        adw_id = str(request.path_params["adw_id"])
        run = await self._runs.find(adw_id)
        if run is None or run.is_deleted:
            return not_found(adw_id)
        state = await self._runs.state(adw_id)
        issue = state.get("issue_number") or (run.launch.request.get("issue_number") if run.launch else None)
        async with self._readers:
            plan = await asyncio.to_thread(find_plan, self._layout, adw_id, state, str(issue) if issue else None)
        return JSONResponse(plan) if plan else refused(404, f"No plan of ADW {adw_id} was found")

    async def _execution_log(self, request: Request) -> Response:
        return await self._log(request, execution_logs.collect_file, execution_logs.collect_spool)

    async def _stage_log(self, request: Request) -> Response:
        return await self._log(request, stage_logs.collect, execution_logs.collect_agents)

    async def _log(self, request: Request, of_files: OfFiles, of_spool: OfSpool) -> Response:
        adw_id, stage = str(request.path_params["adw_id"]), str(request.path_params["stage"]).lower()
        if not ADW_ID.fullmatch(adw_id):
            return refused(400, "Invalid ADW id")
        if stage not in STAGES:
            return refused(400, f"Invalid stage. Must be one of: {', '.join(STAGES)}")
        async with self._readers:
            body = await asyncio.to_thread(self._collect, adw_id, stage, of_files, of_spool)
        if body is not None:
            return Response(body, media_type="application/json")
        if len(adw_id) != _V1_ID_LENGTH:
            return refused(400, "Invalid ADW id: no run has it, and those of V1 have 8 characters")
        return refused(404, f"No run directory for ADW {adw_id}")

    def _collect(self, adw_id: str, stage: str, of_files: OfFiles, of_spool: OfSpool) -> bytes | None:
        """The answer as JSON, put together of its parts: one call for all of it would keep the loop waiting."""
        found = of_files(self._layout, adw_id, stage)
        if found is None or found["error"]:
            found = of_spool(self._config.runs_dir, adw_id, stage) or found
        if found is None:
            return None
        rest = encoded({name: value for name, value in found.items() if name != "logs"})
        return f'{rest[:-1]},"logs":[{",".join(found["logs"])}]}}'.encode()
