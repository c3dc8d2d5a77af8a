"""Help for people: clarifying a ticket, opening a run's files in an editor on the service's own machine."""

import asyncio
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.trigger_service.clarifying import Clarifier
from kanban_app.trigger_service.commands import Detached
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.endpoints.answers import checked, not_found, read_object, refused
from kanban_app.trigger_service.endpoints.bodies import Clarification
from kanban_app.trigger_service.known_runs import KnownRuns
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.reports import ADW_ID
from kanban_app.trigger_service.run_rows import KnownRun

_log: Final = logging.getLogger(__name__)
_MAX_BODY: Final = 1024 * 1024
_CLIENT_GONE: Final = 499

T = TypeVar("T")


class ToolEndpoints:
    """Without their settings the commands are off: the fallback answers, or 501."""

    def __init__(self, config: ServiceConfig, runs: KnownRuns) -> None:
        self._config = config
        self._runs = runs
        self._root = config.project_dir or config.demo_dir
        self._clarifier = Clarifier(config)
        self._editors = Detached()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/clarify", self._clarify, methods=["POST"]),
            Route("/api/worktree/open/{adw_id}", self._open_worktree, methods=["POST"]),
            Route("/api/codebase/open/{adw_id}", self._open_codebase, methods=["POST"]),
            Route("/api/slash-command", _no_commands, methods=["POST"]),
            Route("/api/slash-commands", _no_commands, methods=["GET"]),
        ]

    def close(self) -> None:
        """Editors stay open."""
        self._editors.let_go()

    async def _clarify(self, request: Request) -> Response:
        body = await read_object(request, _MAX_BODY)
        given = body if isinstance(body, Response) else checked(Clarification, body)
        if isinstance(given, Response):
            return given
        answer = await _while_there(request, self._clarifier.clarify(given.model_dump()))
        return Response(status_code=_CLIENT_GONE) if answer is None else JSONResponse(answer)

    async def _open_worktree(self, request: Request) -> Response:
        return await self._open(request, None)

    async def _open_codebase(self, request: Request) -> Response:
        """The run's own files, or the main checkout where the run has no worktree."""
        return await self._open(request, self._config.project_dir)

    async def _open(self, request: Request, otherwise: Path | None) -> Response:
        adw_id = str(request.path_params["adw_id"])
        if not ADW_ID.fullmatch(adw_id):
            return refused(400, "Invalid ADW id")
        if not self._config.editor_command:
            return refused(501, "Opening an editor is off: set KANBAN_EDITOR_COMMAND on the machine of the service")
        run = await self._runs.find(adw_id)
        if run is None or run.is_deleted:
            return not_found(adw_id)
        row = await self._runs.row(run)
        path = await asyncio.to_thread(self._worktree_of, run, row) or otherwise
        if path is None:
            return refused(404, f"ADW {adw_id} has no worktree")
        try:
            await asyncio.to_thread(self._editors.start, (*self._config.editor_command, str(path)), path)
        except (OSError, ValueError) as error:
            _log.warning("the editor could not be started: %s", error)
            return refused(500, f"The editor could not be started: {error}")
        return JSONResponse(
            {
                "success": True,
                "adw_id": adw_id,
                "worktree_path": str(path),
                "tmux_session": None,
                "window_name": None,
                "branch_name": row["branch_name"],
                "message": f"Opening {path.name}",
            }
        )

    def _worktree_of(self, run: KnownRun, row: dict[str, Any]) -> Path | None:
        """The folder that the run works in. Whatever scripts and boards say, it is one of this repository."""
        layout = ProjectLayout(self._root)
        named = row["worktree_path"]
        places = [layout.worktree(run.adw_id)]
        if isinstance(named, str) and "\0" not in named:
            places.insert(0, layout.root / named)
        return next((path.resolve() for path in places if path.is_dir() and layout.contains(path)), None)


async def _no_commands(_request: Request) -> Response:
    return refused(501, "This service runs no slash commands")


async def _while_there(request: Request, work: Awaitable[T]) -> T | None:
    """What comes of the work; None, and an end to it, when the client goes before."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
