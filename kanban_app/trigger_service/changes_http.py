"""`GET /api/adws/{adw_id}/changes` and `…/changes/file`: what the work of a run has changed."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.endpoints.answers import not_found, refused
from kanban_app.trigger_service.git.changes import Look, file_changes, list_changes
from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.refusals import Refused
from kanban_app.trigger_service.git.run_branch import RunPlace
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import ADW_ID

_LIMIT_S: Final = 20.0
_AT_ONCE: Final = 2
_IN_LINE: Final = 32
_LONGEST_PATH: Final = 4096

Found = dict[str, Any] | None


class ChangesHttp:
    """Looks, and changes nothing. Two looks are taken at a time; others wait, and no longer than a look may take."""

    def __init__(self, config: ServiceConfig, ledger: RunLedger) -> None:
        self._config = config
        self._ledger = ledger
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._looking = 0

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/adws/{adw_id}/changes", self._list, methods=["GET"]),
            Route("/api/adws/{adw_id}/changes/file", self._file, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        look = await self._look(request)
        return look if isinstance(look, Response) else await self._answer(partial(list_changes, look), "")

    async def _file(self, request: Request) -> Response:
        path, old_path = request.query_params.get("path", ""), request.query_params.get("from") or None
        if not _is_path(path) or (old_path is not None and not _is_path(old_path)):
            return refused(400, "path and from must be paths inside the repository")
        look = await self._look(request)
        if isinstance(look, Response):
            return look
        return await self._answer(partial(file_changes, look, path, old_path), f"{path[:200]} has not changed")

    async def _look(self, request: Request) -> Look | Response:
        adw_id = str(request.path_params["adw_id"])
        launch = await self._ledger.latest_for(adw_id) if ADW_ID.fullmatch(adw_id) else None
        if launch is None:
            return not_found(adw_id)
        place = RunPlace(adw_id, launch.branch, launch.worktree)
        return Look(self._config.repository, place, self._config.base_branch)

    async def _answer(self, look: Callable[[], Awaitable[Found]], missing: str) -> Response:
        try:
            found = await self._in_turn(look)
        except TimeoutError:
            return refused(503, f"git needs more than {_LIMIT_S:g} seconds to look at these changes")
        except GitFailed as failure:
            return refused(503, f"git could not look at these changes: {failure}")
        except Refused as refusal:
            return refused(404, str(refusal))
        return JSONResponse(found) if found else refused(404, missing)

    async def _in_turn(self, look: Callable[[], Awaitable[Found]]) -> Found:
        if self._looking >= _IN_LINE:
            raise GitFailed("too many look at changes now, try again in a moment")
        self._looking += 1
        try:
            async with asyncio.timeout(_LIMIT_S), self._turn:
                return await look()
        finally:
            self._looking -= 1


def _is_path(path: str) -> bool:
    """Whether git may be asked for it: relative, and not out of the repository or into its own folder."""
    parts = PurePosixPath(path).parts
    is_inside = not path.startswith("/") and ".." not in parts and parts[:1] != (".git",)
    return 0 < len(path) <= _LONGEST_PATH and "\0" not in path and is_inside
