"""Ending the processes of runs: on request, at their time limit, together with the app."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Final

from kanban_app.trigger_service import processes
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.live_run import LiveRun, ends_within
from kanban_app.trigger_service.protocols import RunLedger

_log: Final = logging.getLogger(__name__)
# What a runner needs after its workflow: to look for what is left of it, to write down the end and to tell it.
_RUNNER_END_S: Final = 3.0

Own = Callable[[Coroutine[None, None, None], str], "asyncio.Task[None]"]


class Ender:
    """Asks runners to end their workflows, and kills those that do not. `own` keeps the tasks that see to it."""

    def __init__(self, config: ServiceConfig, ledger: RunLedger, own: Own) -> None:
        self._config = config
        self._ledger = ledger
        self._own = own

    async def end(self, run: LiveRun, reason: str, *, timed_out: bool = False) -> None:
        """Begin to end a run for this reason, which is on record first if it can be; a run has one, the first."""
        await self._record(run, reason, timed_out=timed_out)
        self.go_on(run)

    def go_on(self, run: LiveRun) -> None:
        """Begin to end a run whose reason is on record."""
        if run.stopping is None or run.stopping.done():
            run.stopping = self._own(self._end_tree(run), f"stop {run.launch.adw_id}")

    async def keep_time(self, run: LiveRun) -> None:
        """Return when the run has ended, or is being ended because its time is over."""
        limit = self._config.run_time_limit_s
        if limit is None or run.runner is None:
            return
        try:
            age = await asyncio.to_thread(processes.age_of, run.runner)
            if not await ends_within([run], max(0.0, limit - age)):
                await self.end(run, f"Ended after {_duration(limit)}, the time limit", timed_out=True)
        except Exception:  # noqa: BLE001 - the root of a task: the service goes on without this one
            _log.exception("run %s could not be ended at its time limit", run.launch.adw_id)

    async def end_all(self, runs: Sequence[LiveRun], reason: str) -> None:
        """End all of them within about twice `stop_grace_s`."""
        for run in runs:
            await self._record(run, reason)
            run.opened.set()
            await asyncio.to_thread(processes.terminate, run.tree())
        if await ends_within(runs, self._config.stop_grace_s):
            return
        for run in runs:
            if not run.ended.is_set():
                await asyncio.to_thread(processes.kill_rest, run.tree())
        await ends_within(runs, self._config.stop_grace_s)

    async def _record(self, run: LiveRun, reason: str, *, timed_out: bool = False) -> None:
        async with run.lock:
            if run.launch.cancel_requested:
                return
            run.launch = replace(run.launch, cancel_requested=True, timed_out=timed_out, message=reason)
            try:
                await self._ledger.save(run.launch)
            except Exception:  # noqa: BLE001 - on a full disk above all a run must not go on; its end is saved later
                _log.exception("why run %s is being ended could not be written down", run.launch.adw_id)

    async def _end_tree(self, run: LiveRun) -> None:
        """The runner ends its workflow and tells of it; it is killed with everybody else if it does not."""
        await run.opened.wait()
        try:
            await asyncio.to_thread(processes.terminate, run.tree())
            if not await ends_within([run], self._config.cancel_grace_s + _RUNNER_END_S):
                await asyncio.to_thread(processes.kill_rest, run.tree())
        except Exception:  # noqa: BLE001 - the root of a task: the service goes on without this one
            _log.exception("the processes of run %s could not be ended", run.launch.adw_id)


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:g} min" if minutes >= 1 else f"{seconds:g} s"
