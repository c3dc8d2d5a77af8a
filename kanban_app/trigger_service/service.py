"""The embedded trigger service as one object: enter it to run it, put its routes where clients look for them."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from starlette.routing import BaseRoute, WebSocketRoute

from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.http_api import HttpApi
from kanban_app.trigger_service.programs import DemoPrograms, Programs
from kanban_app.trigger_service.protocols import OutputJournal, RunLedger
from kanban_app.trigger_service.sockets import SocketEndpoint
from kanban_app.trigger_service.supervisor import Supervisor
from kanban_app.trigger_service.triggers import TriggerDesk

_log: Final = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


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
    ) -> None:
        self.config = config
        self._hub = Broadcaster(journal)
        self._supervisor = Supervisor(config, ledger, self._hub, clock)
        self._desk = TriggerDesk(config, ledger, self._supervisor, programs or DemoPrograms(config), clock)
        self._socket = SocketEndpoint(config, self._hub, self._desk, clock=clock)
        self._http = HttpApi(config, ledger, self._hub, self._supervisor, self._desk, clock=clock)
        self._group: asyncio.TaskGroup | None = None
        self._broadcasting: asyncio.Task[None] | None = None

    @property
    def active_runs(self) -> int:
        """How many runs go on now; after a stop, how many were left to themselves."""
        return self._supervisor.active

    def routes(self) -> list[BaseRoute]:
        """`/ws/trigger`, `/health`, and what workflow processes and other boards call over HTTP."""
        return [WebSocketRoute("/ws/trigger", self._socket.serve), *self._http.routes()]

    async def __aenter__(self) -> Self:
        await self._hub.open()
        self._group = await asyncio.TaskGroup().__aenter__()
        try:
            self._broadcasting = self._group.create_task(self._hub.run(), name="broadcasts")
            for launch in await self._supervisor.open(self._group):
                await self._desk.resume(launch)
            self._socket.desk_group = self._group
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

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._supervisor.detach()
        self._hub.close()
        if self._broadcasting is not None:
            self._broadcasting.cancel()
        if self._group is not None:
            group, self._group = self._group, None
            stopped = issubclass(kind, asyncio.CancelledError) if kind is not None else False
            await (group.__aexit__(kind, error, trace) if stopped else group.__aexit__(None, None, None))
