"""The embedded trigger service as one object: enter it to run it, put its routes where clients look for them."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from starlette.routing import BaseRoute, WebSocketRoute

from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.changes_http import ChangesHttp
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.deletion import RemoveRun
from kanban_app.trigger_service.following.follower import Follower
from kanban_app.trigger_service.git.cleanup import remove_run
from kanban_app.trigger_service.http_api import HttpApi
from kanban_app.trigger_service.line_news import LineNews
from kanban_app.trigger_service.merge_http import MergeHttp
from kanban_app.trigger_service.merges import WithMerge, finish_killed_merge
from kanban_app.trigger_service.prepared import WithWorktree
from kanban_app.trigger_service.programs import DemoPrograms, Programs
from kanban_app.trigger_service.protocols import OutputJournal, RunLedger, RunRecords
from kanban_app.trigger_service.reports import ADW_ID
from kanban_app.trigger_service.scripts import ScriptPrograms
from kanban_app.trigger_service.sockets import OnAsk, SocketEndpoint, nobody_listens
from kanban_app.trigger_service.supervisor import Supervisor
from kanban_app.trigger_service.triggers import TriggerDesk
from kanban_app.trigger_service.waiting_line import WaitingLine

_log: Final = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _programs(config: ServiceConfig) -> Programs:
    return DemoPrograms(config) if config.project_dir is None else ScriptPrograms(config)


class TriggerService:
    """Speaks TAC-7 (V1, with our extensions) and runs workflows as processes that outlive it.

    `async with service:` adopts the runs of an earlier life and serves until the block ends. Then the runs go on, or
    end with it where `config.end_runs_on_stop` says so or `stop(end_runs=True)` was called in the block.
    """

    def __init__(
        self,
        config: ServiceConfig,
        ledger: RunLedger,
        journal: OutputJournal,
        clock: Callable[[], datetime] = _utc_now,
        programs: Programs | None = None,
        *,
        records: RunRecords | None = None,
        remove: RemoveRun | None = None,
        on_ask: OnAsk = nobody_listens,
    ) -> None:
        """`records` is where boards write about runs: without it that part of the HTTP side answers 503.

        `on_ask` is told what boards want of it.
        """
        self.config = config
        self._hub = Broadcaster(journal)
        files = Follower(config.project_dir, journal.places, clock, config.spool_limit_bytes)
        self._supervisor = Supervisor(config, ledger, self._hub, files, clock)
        self._ledger = ledger
        self._line = WaitingLine(config.max_runs)
        inner = programs or _programs(config)
        chosen = WithMerge(WithWorktree(inner, config) if config.prepare_worktrees else inner, config)
        self._desk = TriggerDesk(config, ledger, self._supervisor, chosen, line=self._line, clock=clock)
        self._news = LineNews(self._line, lambda: self._supervisor.active, self._hub)
        for changing in (self._supervisor.on_change, self._line.on_change):
            changing += [self._desk.stir, self._news.stir]
        self._socket = SocketEndpoint(config, self._hub, self._desk, self._news, clock, on_ask=on_ask)
        self._http = HttpApi(
            config,
            ledger,
            self._hub,
            self._supervisor,
            self._desk,
            line=self._line,
            records=records,
            remove=remove or partial(remove_run, config),
            clock=clock,
        )
        self._merges = MergeHttp(config, ledger, self._supervisor)
        self._changes = ChangesHttp(config, ledger)
        self._group: asyncio.TaskGroup | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def active_runs(self) -> int:
        """How many runs go on now; after a stop, how many were left to themselves."""
        return self._supervisor.active

    @property
    def max_runs(self) -> int:
        """How many runs may be active at once; further starts wait."""
        return self._line.limit

    def routes(self) -> list[BaseRoute]:
        """`/ws/trigger`, `/health`, and what workflow processes and other boards call over HTTP."""
        socket = WebSocketRoute("/ws/trigger", self._socket.serve)
        return [socket, *self._http.routes(), *self._merges.routes(), *self._changes.routes()]

    async def __aenter__(self) -> Self:
        await self._hub.open()
        self._group = await asyncio.TaskGroup().__aenter__()
        try:
            self._own(self._hub.run(), "broadcasts")
            for launch in await self._supervisor.open(self._group):
                await self._desk.resume(launch)
            self._line.add(*await self._ledger.queued())
            self._own(self._desk.serve_line(), "waiting runs")
            self._own(self._news.run(), "news of waiting runs")
            self._socket.desk_group = self._group
            self._own(finish_killed_merge(self.config), "killed merge")
        except BaseException as error:
            await self._leave(type(error), error, error.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop(end_runs=self.config.end_runs_on_stop)
        finally:
            await self._leave(kind, error, trace)

    async def stop(self, *, end_runs: bool = False) -> None:
        """Start nothing more, and end the runs if so wished. The rest happens on leaving the block."""
        self._socket.desk_group = None
        await self._desk.close()
        if end_runs and self._supervisor.active:
            await self._supervisor.end_all()

    def use_limit(self, max_runs: int) -> None:
        """From now on so many runs may be active at once; those above it go on."""
        self._line.use_limit(max_runs)

    async def forget_files(self, adw_id: str) -> bool:
        """Remove what the programs of a run that is over have left here (output, reports); whether there was any."""
        if not ADW_ID.fullmatch(adw_id):
            return False
        async with self._desk.set_aside(adw_id) as is_free:
            if not is_free or self._supervisor.run_of(adw_id) is not None:
                return False
            return await asyncio.to_thread(_removed, self.config.runs_dir / adw_id)

    def _own(self, work: Coroutine[None, None, None], name: str) -> None:
        if self._group is not None:
            self._tasks.append(self._group.create_task(work, name=name))

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._supervisor.detach()
        self._hub.close()
        for task in self._tasks:
            task.cancel()
        if self._group is not None:
            group, self._group = self._group, None
            stopped = issubclass(kind, asyncio.CancelledError) if kind is not None else False
            await (group.__aexit__(kind, error, trace) if stopped else group.__aexit__(None, None, None))


def _removed(folder: Path) -> bool:
    found = folder.is_dir()
    shutil.rmtree(folder, ignore_errors=True)
    return found
