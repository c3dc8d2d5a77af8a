"""The launches of this service, from the row in the ledger that precedes them to the one that says how they ended."""

import asyncio
import logging
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service import launcher, processes, spool
from kanban_app.trigger_service.broadcaster import Broadcaster, ServiceClosed
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.outcome import Progress, judge, noted, progress_of
from kanban_app.trigger_service.processes import Identity, Tree
from kanban_app.trigger_service.programs import Program
from kanban_app.trigger_service.protocols import RunLedger
from kanban_app.trigger_service.reports import Message, Rejected, Reported, translate
from kanban_app.trigger_service.spool import EXIT_PATH, SpooledReport

_log: Final = logging.getLogger(__name__)
_RETRY_S: Final = 2.0
_RUNNER_END_S: Final = 2.0


class LiveRun:
    """An active launch. Its record changes only under `lock`; `opened` lets its reports out, `ended` is its end."""

    def __init__(self, launch: Launch, progress: Progress, runner: Identity | None) -> None:
        self.launch = launch
        self.progress = progress
        self.runner = runner
        self.process: subprocess.Popen[bytes] | None = None
        self.watched = True
        self.lock = asyncio.Lock()
        self.opened = asyncio.Event()
        self.ended = asyncio.Event()
        self.stopping: asyncio.Task[None] | None = None

    @property
    def has_spoken(self) -> bool:
        """Whether it has said its last word and only has to go."""
        return self.progress.status is not None

    def tree(self) -> Tree:
        worktree = Path(self.launch.worktree) if self.launch.worktree else None
        return Tree(self.launch.mark, self.runner, self.launch.created_at.timestamp(), worktree)


class Supervisor:
    """Starts, adopts, follows and ends runs. Its tasks belong to the group that `open` gets."""

    def __init__(
        self, config: ServiceConfig, ledger: RunLedger, hub: Broadcaster, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._ledger = ledger
        self._hub = hub
        self._clock = clock
        self._group: asyncio.TaskGroup | None = None
        self._runs: dict[str, LiveRun] = {}
        self._followers: set[asyncio.Task[None]] = set()

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
        unstarted: list[Launch] = []
        for launch in await self._ledger.active():
            runner = await asyncio.to_thread(_find_runner, launch)
            if runner is None and _never_ran(launch):
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
        run = LiveRun(launch, progress, runner)
        run.watched = runner is not None
        run.opened.set()
        self._follow(run)
        if launch.cancel_requested and runner is not None:
            self._stop(run)

    async def start(self, launch: Launch, program: Program, token: str) -> LiveRun:
        """Start a launch whose row (`starting`) is saved here first.

        Raises OSError or ValueError when it cannot be started; the row is then to be finished by `record_failure`.
        Reports of the run are held back until `opened` is set, so that the client has its answer before them.
        """
        await self._ledger.save(launch)
        run = LiveRun(launch, Progress(), None)
        self._runs[launch.request_id] = run
        try:
            started = await asyncio.to_thread(launcher.start_runner, self._config, launch, program, token)
        except BaseException:
            del self._runs[launch.request_id]
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
        """Finish the row of a launch that could not be started."""
        failed = replace(launch, state=LaunchState.FAILED, message=text, finished_at=self._clock(), answer=answer)
        await self._ledger.save(failed)

    async def find_by_token(self, token: str) -> LiveRun | None:
        """The run that reports under this token; also one that has ended, for reports that come late."""
        token_hash = launcher.hash_token(token)
        for run in self._runs.values():
            if run.launch.token_hash == token_hash:
                return run
        launch = await self._ledger.by_token_hash(token_hash)
        if launch is None:
            return None
        late = LiveRun(launch, Progress(), None)
        late.opened.set()
        return late

    async def take(self, run: LiveRun, reports: Sequence[SpooledReport]) -> int:
        """Broadcast those reports that are new; returns the number of the newest one that has been taken over."""
        await run.opened.wait()
        async with run.lock:
            return await self._take(run, reports)

    async def _take(self, run: LiveRun, reports: Sequence[SpooledReport]) -> int:
        messages: list[Message] = []
        launch, progress = run.launch, run.progress
        for report in reports:
            if report.id <= launch.last_report:
                continue
            launch = replace(launch, last_report=report.id)
            reported = _translate(report)
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
        async with run.lock:
            launch = noted(run.launch, reported.facts)
            await self._hub.publish(reported.messages, launch, save=launch != run.launch)
            run.progress = run.progress.after(reported.facts, launch)
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
        await self._mark_cancelled(run, "Cancelled by the user")
        self._stop(run)
        return True

    async def _mark_cancelled(self, run: LiveRun, text: str) -> None:
        async with run.lock:
            if not run.launch.cancel_requested:
                run.launch = replace(run.launch, cancel_requested=True, message=text)
                await self._ledger.save(run.launch)

    def _stop(self, run: LiveRun) -> None:
        if run.stopping is None and self._group is not None:
            run.stopping = self._group.create_task(self._end_tree(run), name=f"stop {run.launch.adw_id}")
            self._followers.add(run.stopping)
            run.stopping.add_done_callback(self._followers.discard)

    async def _end_tree(self, run: LiveRun) -> None:
        """The runner ends its workflow and tells of it; it is killed with everybody else if it does not."""
        await run.opened.wait()
        try:
            await asyncio.to_thread(processes.terminate, run.tree())
            if not await _ends_within([run], self._config.cancel_grace_s + _RUNNER_END_S):
                await asyncio.to_thread(processes.kill_rest, run.tree())
        except Exception:  # noqa: BLE001 - the root of a task: the service goes on without this one
            _log.exception("the processes of run %s could not be ended", run.launch.adw_id)

    def _follow(self, run: LiveRun) -> None:
        self._runs[run.launch.request_id] = run
        if self._group is None:
            raise ServiceClosed
        task = self._group.create_task(self._see_through(run), name=f"follow {run.launch.adw_id}")
        self._followers.add(task)
        task.add_done_callback(self._followers.discard)

    async def _see_through(self, run: LiveRun) -> None:
        await run.opened.wait()
        while True:
            try:
                if run.runner is not None:
                    await processes.wait_ended(run.runner)
                _reap(run)
                await self._finish(run)
            except Exception:  # noqa: BLE001 - the end of a run must get recorded, whatever is broken now
                _log.exception("the end of run %s could not be recorded; trying again", run.launch.adw_id)
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _finish(self, run: LiveRun) -> None:
        """Take over what nobody has delivered, end what is left of the tree, and say how it ended."""
        run_dir = Path(run.launch.run_dir)
        end = await asyncio.to_thread(spool.read_end, run_dir)
        if run.launch.cancel_requested or end is None:
            await asyncio.to_thread(processes.kill_rest, run.tree())
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
            await self._hub.publish(outcome.messages, run.launch, save=True)
        self._runs.pop(run.launch.request_id, None)
        run.ended.set()

    async def end_all(self) -> None:
        """End every run, for an app that takes its runs with it, within about twice `stop_grace_s`."""
        runs = list(self._runs.values())
        for run in runs:
            await self._mark_cancelled(run, "Ended together with the service")
            run.opened.set()
            await asyncio.to_thread(processes.terminate, run.tree())
        if await _ends_within(runs, self._config.stop_grace_s):
            return
        for run in runs:
            if not run.ended.is_set():
                await asyncio.to_thread(processes.kill_rest, run.tree())
        await _ends_within(runs, self._config.stop_grace_s)

    def detach(self) -> None:
        """Stop following; the runs go on."""
        for task in list(self._followers):
            task.cancel()
        for run in self._runs.values():
            if run.process is not None and run.process.returncode is None:
                run.process.returncode = 0  # so that nobody warns of a child that is meant to outlive us


async def _ends_within(runs: Sequence[LiveRun], seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for run in runs:
                await run.ended.wait()
            return True
    return False


def _find_runner(launch: Launch) -> Identity | None:
    pid, created = launch.pid, launch.process_created
    if pid is None or created is None:
        pid, created = spool.read_process(Path(launch.run_dir)) or (None, None)
    identity = Identity(pid, created) if pid is not None and created is not None else None
    return processes.find_launch(identity, launch.mark)


def _never_ran(launch: Launch) -> bool:
    """Whether the service died before its runner lived: that writes down its process before it starts the workflow."""
    return (
        launch.state is LaunchState.STARTING
        and not launch.cancel_requested
        and spool.read_process(Path(launch.run_dir)) is None
    )


def _taken(launch: Launch, run_dir: Path) -> list[SpooledReport]:
    return [report for report in spool.read_spool(run_dir) if report.id <= launch.last_report]


def _translate(report: SpooledReport) -> Reported | None:
    if report.path == EXIT_PATH:
        return None
    reported = translate(report.path, report.body, report.at)
    if isinstance(reported, Rejected):
        _log.warning("a report of a workflow was not understood: %s", reported.error)
        return None
    return reported


def _reap(run: LiveRun) -> None:
    if run.process is not None:
        run.process.poll()
