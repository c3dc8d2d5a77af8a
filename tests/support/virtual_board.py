"""The whole app but screen and sockets, under virtual time, with a store and a trigger service in memory.

What may be killed and started again is the app; store, network and service stay.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, cast
from unittest.mock import patch

from kanban_app.assembly.board import open_board
from kanban_app.config import Settings
from kanban_app.domain.commands import Command
from kanban_app.domain.model import Attempt, Board
from kanban_app.domain.workflows import Vintage
from kanban_app.runtime import Launch
from kanban_app.services.board import Outcome
from kanban_app.services.container import ApiServices
from kanban_app.store.failures import StoreUnavailable
from tests.support.fault_service.core import Core
from tests.support.memory_store import MemoryStore, MemoryTransaction
from tests.support.virtual_time import VirtualLoop, told_by
from tests.support.virtual_wire import VirtualWire, plugged_in

WRITE_S: Final = 0.003


class WatchedLaunch(Launch):
    """Remembers a part that has ended, instead of ending the process."""

    def give_up(self, failure: str) -> None:
        self.exit_report.failure = failure


class _Transaction(MemoryTransaction):
    def __init__(self, store: MemoryStore, on_save: Callable[[Board, Board], None]) -> None:
        super().__init__(store)
        self._on_save = on_save

    async def save_board(self, _before: Board, after: Board) -> None:
        self._on_save(self._store.board, after)
        await super().save_board(_before, after)


class StoreOfOneLife:
    """The store as one life of the app sees it: writing takes time, and after the app's death nothing is written."""

    def __init__(self, store: MemoryStore, on_save: Callable[[Board, Board], None]) -> None:
        self.is_dead = False
        self._store = store
        self._on_save = on_save

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[MemoryTransaction]:
        await asyncio.sleep(WRITE_S)
        if self.is_dead:
            raise StoreUnavailable("closed")
        yield _Transaction(self._store, self._on_save)
        await asyncio.sleep(WRITE_S)


class VirtualBoard:
    """Synchronous: every call lets the loop run as far as it says."""

    def __init__(self, vintage: Vintage, **settings: Any) -> None:
        self.loop = VirtualLoop()
        self.core = Core(vintage, self.loop.wall)
        self.wire = VirtualWire(self.core, self.loop)
        self.store = MemoryStore()
        self.on_save: Callable[[Board, Board], None] = lambda _before, _after: None
        self.failures: list[str] = []
        values = {"tac7_url": "ws://127.0.0.1:8500/ws/trigger", "data_dir": Path("/nowhere"), **settings}
        self._settings = Settings(_env_file=None, **values)  # pyright: ignore[reportCallIssue]
        self._services: ApiServices | None = None
        self._life: asyncio.Task[None] | None = None
        self._seen: StoreOfOneLife | None = None

    @property
    def board(self) -> Board:
        """As it is stored."""
        return self.store.board

    def start(self) -> None:
        self._seen = StoreOfOneLife(self.store, self.on_save)
        self._life = self.loop.create_task(self._live(self._seen))
        self.advance(0.0)

    def stop(self) -> None:
        """As SIGTERM does: commands under way are carried out."""
        assert self._life
        assert self._seen
        self._life.cancel()
        self.loop.run_until_complete(asyncio.gather(self._life, return_exceptions=True))
        self.advance(4 * WRITE_S)
        self._seen.is_dead = True

    def kill(self) -> None:
        """As `kill -9` does: what it has sent is on its way, what it has not stored is gone."""
        assert self._seen
        self._seen.is_dead = True
        for socket in list(self.wire.sockets):
            socket.cut(after_up=True)
        self.stop()

    def advance(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def begin(self, command: Command) -> "asyncio.Task[Outcome]":
        """A command under way: it goes on with the next call that lets time pass."""
        assert self._services
        return self.loop.create_task(self._services.board.execute(command, author="somebody"))

    def do(self, command: Command) -> Outcome:
        return self.loop.run_until_complete(self.begin(command))

    def check(self, attempt: Attempt) -> None:
        assert self._services
        self.loop.run_until_complete(self._services.check(attempt.id))

    def retry_now(self) -> None:
        assert self._services
        self._services.retry_now()

    def close(self) -> None:
        if self._life and not self._life.done():
            self.stop()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def _live(self, store: StoreOfOneLife) -> None:
        launch = WatchedLaunch(self._settings, "127.0.0.1", 3000, None, "internal")
        try:
            async with open_board(launch, cast("Any", store)) as services:
                self._services = services
                await asyncio.Event().wait()
        finally:
            if launch.exit_report.failure and not store.is_dead:
                self.failures.append(launch.exit_report.failure)


@contextmanager
def repeatable_ids() -> Iterator[None]:
    """The same ids at every run: the order of sets goes by them, and with it what an example does."""
    source = random.Random(0)
    made = patch.object(uuid, "uuid4", lambda: uuid.UUID(int=source.getrandbits(128), version=4))
    hexes = patch("secrets.token_hex", lambda size=16: source.randbytes(size).hex())
    with made, hexes, patch("kanban_app.client.connection.uuid4", uuid.uuid4):
        yield


@contextmanager
def virtual_board(vintage: Vintage, **settings: Any) -> Iterator[VirtualBoard]:
    board = VirtualBoard(vintage, **settings)
    with told_by(board.loop), plugged_in(board.wire), repeatable_ids():
        try:
            yield board
        finally:
            board.close()
