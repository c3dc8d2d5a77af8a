"""The launches of this service, from the row in the ledger that precedes them to the one that says how they ended."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.observing.context import own_context
from kanban_app.trigger_service import launcher, processes, spool
from kanban_app.trigger_service.adoption import look_up
from kanban_app.trigger_service.broadcaster import Broadcaster, ServiceClosed
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.ending import Ender
from kanban_app.trigger_service.following.follower import Follower
from kanban_app.trigger_service.live_run import LiveRun
from kanban_app.trigger_service.outcome import (
    Outcome,
    Progress,
    judge,
    noted,
    progress_of,
    said_while_ending,
    shortfalls,
    started,
)
from kanban_app.trigger_service.processes import Identity
from kanban_app.trigger_service.programs import Program
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import Facts, Message, Rejected, Reported, translate
from kanban_app.trigger_service.spool import EXIT_PATH, SpooledReport

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 2.0


class Supervisor:
    """Starts, adopts, follows and ends runs. Its tasks belong to the group that `open` gets.

    `on_change` is called whenever there is a run more or less.
    """

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        hub: Broadcaster,
        files: Follower,
        clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._hub = hub
        self._clock = clock
        self._files = files
        self._group: asyncio.TaskGroup | None = None
        self._runs: dict[str, LiveRun] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._ender = Ender(config, ledger, self._own)
        self.on_change: list[Callable[[], None]] = []

    @property
    def active(self) -> int:
        """How many runs go on."""
        return len(self._runs)

    def run_of(self, adw_id: str) -> LiveRun | None:
        return next((run for run in self._runs.values() if run.launch.adw_id == adw_id), None)

    async def open(self, group: asyncio.TaskGroup) -> list[Launch]:
        """Take up every launch that the ledger has as active: follow it, or find out how it ended.

        Returns those that certainly never got a process: they are still to be started, or to be given to `adopt`.
        """
        self._group = group
        self._files.open(group)
        unstarted: list[Launch] = []
        for noted_launch in await self._ledger.active():
            run_dir = await asyncio.to_thread(launcher.run_dir_of, self._config, noted_launch)
            launch = replace(noted_launch, run_dir=str(run_dir))
            never_ran, runner = await asyncio.to_thread(look_up, launch)
            if never_ran:
                unstarted.append(launch)
            else:
                await self.adopt(launch, runner)
        return unstarted

    async def adopt(self, launch: Launch, runner: Identity | None = None) -> None:
        """Follow a launch of an earlier life; without a living runner, say how it ended."""
        run_dir = Path(launch.run_dir)
        progress = await asyncio.to_thread(lambda: progress_of(launch, _taken(launch, run_dir)))
        if runner is not None and launch.state is LaunchState.STARTING:
            launch = replace(launch, state=LaunchState.RUNNING, pid=runner.pid, process_created=runner.created)
            await self._ledger.save(launch)
        run = LiveRun(launch, progress, runner, self._config.trees)
        run.watched = runner is not None
        run.opened.set()
        self._follow(run)
        if launch.cancel_requested and runner is not None:
            self._ender.go_on(run)

    async def start(self, launch: Launch, program: Program, token: str) -> LiveRun:
        """Start a launch whose row (`starting`) is saved here first.

        Raises OSError or ValueError when it cannot be started; the row is then to be finished by `record_failure`.
        Reports of the run are held back until `opened` is set, so that the client has its answer before them.
        """
        await self._ledger.save(launch)
        run = LiveRun(launch, Progress(), None, self._config.trees)
        self._add(run)
        try:
            started = await asyncio.to_thread(launcher.start_runner, self._config, launch, program, token)
        except BaseException:
            self._remove(run)
            run.ended.set()
            run.opened.set()
            raise
        run.runner, run.process = started.identity, started.process
        try:
            await self._record_start(run, started.identity)
        except BaseException:
            # It runs, whatever its client is told now: its reports must get out, or it would be stuck for ever.
            run.opened.set()
            raise
        finally:
            self._follow(run)
        return run

    async def _record_start(self, run: LiveRun, runner: Identity) -> None:
        async with run.lock:
            run.launch = replace(run.launch, state=LaunchState.RUNNING, pid=runner.pid, process_created=runner.created)
            await self._ledger.save(run.launch)

    async def record_failure(self, launch: Launch, text: str, answer: Mapping[str, object]) -> None:
        """Finish the row of a launch that could not be started, later if it cannot be done now.

        Else the next life of the service would begin what has been refused.
        """
        failed = replace(launch, state=LaunchState.FAILED, message=text, finished_at=self._clock(), answer=answer)
        if not await self._is_saved(failed):
            self._own(self._save_later(failed), f"refusal of {launch.adw_id}")

    async def _is_saved(self, launch: Launch) -> bool:
        try:
            await self._ledger.save(launch)
        except Exception:  # noqa: BLE001 - whatever is broken now, it is tried again
            _log.exception("the end of run %s could not be recorded; trying again", launch.adw_id)
            return False
        return True

    async def _save_later(self, launch: Launch) -> None:
        is_saved = False
        while not is_saved:
            await asyncio.sleep(_RETRY_S)
            is_saved = await self._is_saved(launch)

    async def tell_of_start(self, run: LiveRun) -> None:
        """Tell everybody that a launch runs which had to wait: whoever asked for it may be gone."""
        await self._hub.publish([started(run.launch, self._clock())], run.launch)

    async def record_end(self, launch: Launch, outcome: Outcome) -> None:
        """Tell of the end of a launch that never got a process, and finish its row."""
        ended = replace(launch, state=outcome.state, message=outcome.message, finished_at=self._clock())
        await self._hub.publish(outcome.messages, ended, save=True)

    async def find_by_token(self, token: str) -> LiveRun | None:
        """The run that reports under this token; for `late_reports_s` also one that has ended, for what comes late."""
        token_hash = launcher.hash_token(token)
        for run in self._runs.values():
            if run.launch.token_hash == token_hash:
                return run
        launch = await self._ledger.by_token_hash(token_hash)
        if launch is None or self._is_past(launch):
            return None
        late = LiveRun(launch, Progress(), None)
        late.opened.set()
        return late

    def _is_past(self, launch: Launch) -> bool:
        ended = launch.finished_at
        return ended is not None and self._clock() - ended > timedelta(seconds=self._config.late_reports_s)

    async def take(self, run: LiveRun, reports: Sequence[SpooledReport]) -> int:
        """Broadcast those reports that are new; returns the number of the newest one that has been taken over."""
        await run.opened.wait()
        key = run.launch.request_id
        if self._files.follows(key) and any(_is_turning_point(run, report) for report in reports):
            await self._files.catch_up(key)
        async with run.lock:
            return await self._take(run, reports)

    async def _take(self, run: LiveRun, reports: Sequence[SpooledReport]) -> int:
        messages: list[Message] = []
        launch, progress = run.launch, run.progress
        for report in reports:
            if report.id <= launch.last_report:
                continue
            launch = replace(launch, last_report=report.id)
            if report.path == EXIT_PATH:
                run.told_end = spool.parse_end(report.body)
                continue
            reported = _translate(report, launch)
            if reported is not None:
                messages.extend(reported.messages)
                progress = progress.after(reported.facts, launch)
                launch = noted(launch, reported.facts)
        if launch is not run.launch:
            await self._hub.publish(messages, launch, save=True)
            run.launch, run.progress = launch, progress
        return launch.last_report

    async def note(self, run: LiveRun | None, reported: Reported) -> None:
        """Broadcast a report that came directly, not through a runner's spool."""
        if run is None:
            await self._hub.publish(reported.messages)
            return
        await run.opened.wait()
        if reported.facts.is_turning_point:
            await self._files.catch_up(run.launch.request_id)
        async with run.lock:
            reported = said_while_ending(reported, run.launch, self._clock())
            launch = noted(run.launch, reported.facts)
            await self._hub.publish(reported.messages, launch, save=launch != run.launch)
            run.progress = run.progress.after(reported.facts, launch)
            run.launch = launch

    async def _tell_files(
        self, run: LiveRun, messages: Sequence[Message], places: Sequence[FollowedFile], facts: Facts | None
    ) -> None:
        """Broadcast what stands in the run's files."""
        await run.opened.wait()
        async with run.lock:
            launch = noted(run.launch, facts) if facts else run.launch
            await self._hub.publish(messages, launch, save=launch != run.launch, places=places)
            run.launch = launch

    async def cancel(self, adw_id: str, request_id: str | None) -> bool:
        """Begin to end the run's processes; False when there is nothing to end.

        A `request_id` of an earlier launch of the run names something that has ended already.
        """
        run = self.run_of(adw_id)
        if run is None or run.ended.is_set():
            return False
        if request_id and request_id != run.launch.request_id:
            named = await self._ledger.find_request(request_id)
            if named is not None:
                return False
        await self._ender.end(run, "Cancelled by the user")
        return True

    def _add(self, run: LiveRun) -> None:
        self._runs[run.launch.request_id] = run
        self._changed()

    def _remove(self, run: LiveRun) -> None:
        if self._runs.pop(run.launch.request_id, None) is not None:
            self._changed()

    def _changed(self) -> None:
        for tell in self.on_change:
            tell()

    def _own(self, work: Coroutine[None, None, None], name: str, **ids: str) -> asyncio.Task[None]:
        """A task that ends with the service; its log lines have these ids."""
        if self._group is None:
            work.close()
            raise ServiceClosed
        task = self._group.create_task(work, name=name, context=own_context(**ids))
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)
        return task

    def _follow(self, run: LiveRun) -> None:
        if run.launch.request_id not in self._runs:
            self._add(run)
        ids = {"run": run.launch.adw_id, "attempt": run.launch.request_id}
        self._own(self._see_through(run), f"follow {run.launch.adw_id}", **ids)
        if not run.launch.demo:
            self._files.begin(run.launch.request_id, run.launch.adw_id, partial(self._tell_files, run))
        self._own(self._ender.keep_time(run), f"time of {run.launch.adw_id}", **ids)

    async def _see_through(self, run: LiveRun) -> None:
        await run.opened.wait()
        while True:
            try:
                if run.runner is not None:
                    await processes.wait_ended(run.runner)
                run.reap()
                await self._finish(run)
            except Exception:  # noqa: BLE001 - the end of a run must get recorded, whatever is broken now
                _log.exception("the end of run %s could not be recorded; trying again", run.launch.adw_id)
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _finish(self, run: LiveRun) -> None:
        """Take over what nobody has delivered, end what is left of the tree, and say how it ended."""
        run_dir = Path(run.launch.run_dir)
        end = await asyncio.to_thread(spool.read_end, run_dir) or run.told_end
        left = await asyncio.to_thread(processes.kill_rest, run.tree())
        if left:
            _log.warning("%d processes of run %s had to be killed after its end", len(left), run.launch.adw_id)
        await self._files.finish(run.launch.request_id)
        async with run.lock:
            after = run.launch.last_report
            await self._take(run, await asyncio.to_thread(lambda: list(spool.read_spool(run_dir, after))))
            printed = end.last_output if end else await asyncio.to_thread(spool.last_output, run_dir)
            now = self._clock()
            outcome = judge(run.launch, run.progress, end, printed, now, watched=run.watched)
            run.launch = replace(
                run.launch,
                state=outcome.state,
                message=outcome.message,
                finished_at=now,
                exit_code=end.exit_code if end else None,
            )
            noticed = shortfalls(run.launch, end, len(left), now)
            await self._hub.publish((*noticed, *outcome.messages), run.launch, save=True)
        self._remove(run)
        run.ended.set()

    async def end_all(self) -> None:
        """End every run, for an app that takes its runs with it, within about twice `stop_grace_s`."""
        await self._ender.end_all(list(self._runs.values()), "Ended together with the service")

    def detach(self) -> None:
        """Stop following; the runs go on."""
        self._files.close()
        for task in list(self._followers):
            task.cancel()
        for run in self._runs.values():
            run.let_go()


def _taken(launch: Launch, run_dir: Path) -> list[SpooledReport]:
    return [report for report in spool.read_spool(run_dir) if report.id <= launch.last_report]


def _translate(report: SpooledReport, launch: Launch) -> Reported | None:
    reported = translate(report.path, report.body, report.at)
    if isinstance(reported, Rejected):
        _log.warning("a report of a workflow was not understood: %s", reported.error)
        return None
    if reported.facts.adw_id != launch.adw_id:
        _log.warning("run %s reported for another run; that is left out", launch.adw_id)
        return None
    return said_while_ending(reported, launch, report.at)


def _is_turning_point(run: LiveRun, report: SpooledReport) -> bool:
    """Whether it is a new report that ends or begins something."""
    if report.id <= run.launch.last_report or report.path == EXIT_PATH:
        return False
    reported = translate(report.path, report.body, report.at)
    return isinstance(reported, Reported) and reported.facts.is_turning_point
