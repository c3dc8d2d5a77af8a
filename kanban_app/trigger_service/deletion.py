"""Deleting a run: its worktree and its logs go, its branch stays, and everybody hears of it."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.git.cleanup import Removed
from kanban_app.trigger_service.known_runs import KnownRuns
from kanban_app.trigger_service.protocols import RunRecords
from kanban_app.trigger_service.run_rows import KnownRun, written
from kanban_app.trigger_service.triggers import TriggerDesk

RemoveRun = Callable[[str, str | None], Awaitable[Removed]]
"""Removes worktree and agents' folder of a run that is not active, by its id and the worktree that it is known by."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was done."""

    reason: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """`is_whole` when nothing was left behind; else the run is still listed, so that one can try again."""

    answer: dict[str, Any]
    is_whole: bool


class Deletion:
    """Unlike V1 it deletes only what it knows, never what is at work, and kills nothing by its port (C50)."""

    def __init__(
        self,
        config: ServiceConfig,
        runs: KnownRuns,
        records: RunRecords,
        *,
        hub: Broadcaster,
        desk: TriggerDesk,
        remove: RemoveRun,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._runs = runs
        self._records = records
        self._hub = hub
        self._desk = desk
        self._remove = remove
        self._clock = clock

    async def delete(self, adw_id: str) -> Deleted | Refused | None:
        """None for a run that nobody knows, or that is deleted already."""
        async with self._desk.set_aside(adw_id) as is_free:
            run = await self._runs.find(adw_id)
            if run is None or run.is_deleted:
                return None
            if not is_free or run.is_active:
                return Refused(f"ADW {adw_id} is active: cancel it before it is deleted")
            removal = await self._remove(adw_id, run.launch.worktree if run.launch else None)
            if removal.errors:
                return Deleted(_answer(adw_id, removal, is_whole=False), is_whole=False)
            await self._forget(run)
        await self._hub.publish([_told(adw_id)])
        return Deleted(_answer(adw_id, removal, is_whole=True), is_whole=True)

    async def _forget(self, run: KnownRun) -> None:
        await asyncio.to_thread(shutil.rmtree, self._config.runs_dir / run.adw_id, ignore_errors=True)
        async with self._runs.writing:
            now, newest = self._clock(), await self._runs.find(run.adw_id) or run
            await self._records.save(replace(written(newest, {}, now), deleted_at=now))


def _answer(adw_id: str, removal: Removed, *, is_whole: bool) -> dict[str, Any]:
    text = f"ADW {adw_id} deleted" if is_whole else f"ADW {adw_id} could not be deleted: {'; '.join(removal.errors)}"
    failure = {} if is_whole else {"error": text, "detail": text}
    return {
        "success": is_whole,
        "message": text,
        "adw_id": adw_id,
        "agents_deleted": removal.agents,
        "worktree_deleted": removal.worktree,
        "snapshot": removal.snapshot,
        "processes_killed": 0,
        "errors": list(removal.errors),
        "db_updated": is_whole,
        **failure,
    }


def _told(adw_id: str) -> dict[str, Any]:
    context = {"event_type": "worktree_deleted", "adw_id": adw_id, "db_updated": True}
    return {"type": "system_log", "data": {"level": "info", "message": f"ADW {adw_id} was deleted", "context": context}}
