"""`GET /api/adws/{adw_id}/merge`: what merging the work of a run would do."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kanban_app.domain.launch import Launch
from kanban_app.domain.workflows import MERGE_WORKFLOW
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.endpoints.answers import not_found, refused
from kanban_app.trigger_service.git.command import GitFailed
from kanban_app.trigger_service.git.merging import Method, TrialMemory, Wish, preview
from kanban_app.trigger_service.git.run_branch import RunPlace
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import ADW_ID
from kanban_app.trigger_service.supervisor import Supervisor

_LIMIT_S: Final = 20.0
_IN_LINE: Final = 16


class MergeHttp:
    """Looks, and changes nothing but what a killed merge has left unfinished.

    One look is taken at a time; sixteen may wait, and no longer than a look may take.
    """

    def __init__(self, config: ServiceConfig, ledger: RunLedger, supervisor: Supervisor) -> None:
        self._config = config
        self._ledger = ledger
        self._supervisor = supervisor
        self._memory = TrialMemory()
        self._turn = asyncio.Lock()
        self._looking = 0

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/adws/{adw_id}/merge", self._preview, methods=["GET"])]

    async def _preview(self, request: Request) -> Response:
        adw_id = str(request.path_params["adw_id"])
        launch = await self._ledger.latest_for(adw_id) if ADW_ID.fullmatch(adw_id) else None
        if launch is None:
            return not_found(adw_id)
        method = request.query_params.get("method") or Method.SQUASH.value
        if method not in list(Method):
            return refused(400, f"method must be one of {', '.join(Method)}")
        wish = self._wish(launch, Method(method), request.query_params.get("target") or None)
        if self._looking >= _IN_LINE:
            return refused(503, "Too many look at merges now: try again in a moment")
        self._looking += 1
        try:
            async with asyncio.timeout(_LIMIT_S), self._turn:
                found = await preview(wish, self._memory)
        except TimeoutError:
            return refused(503, f"git needs more than {_LIMIT_S:g} seconds to look at this merge")
        except GitFailed as failure:
            return refused(503, f"git could not look at this merge: {failure}")
        finally:
            self._looking -= 1
        return JSONResponse({**found, **await self._at_work(adw_id)})

    def _wish(self, launch: Launch, method: Method, target: str | None) -> Wish:
        return Wish(
            root=self._config.repository,
            scratch_dir=self._config.scratch_dir,
            place=RunPlace(launch.adw_id, launch.branch, launch.worktree),
            method=method,
            target=target,
            base=self._config.base_branch,
        )

    async def _at_work(self, adw_id: str) -> dict[str, object]:
        """What stands before everything else: that the run's branch may still grow, or is being merged."""
        live = self._supervisor.run_of(adw_id)
        launch = live.launch if live else await self._ledger.latest_for(adw_id)
        if launch is None or launch.finished_at is not None or (live is not None and live.has_spoken):
            return {}
        if launch.workflow_type == MERGE_WORKFLOW:
            reason = "This run is being merged now" if live else "The merge of this run waits for a free place"
        elif live:
            reason = "This run is still at work: wait for its end, or stop it"
        else:
            reason = "This run waits for a free place: wait for its end, or stop it"
        return {"possible": False, "code": "busy", "reason": reason}
