"""A client under way against a service of the test, and everything that has come out of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from kanban_app.client.connection import TriggerClient
from kanban_app.client.settings import ClientSettings
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.session_events import Cursor, Ready, SessionEvent
from tests.support.listening import listening
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

REQUEST = TriggerRequest("a1", "0a1b2c3d", "adw_plan_iso", "7", "feature", "Title", "Body")
LOG = {"type": "workflow_log", "data": {"adw_id": "0a1b2c3d", "workflow_name": "w", "message": "m", "level": "INFO"}}
E = TypeVar("E")


class Board:
    """A client under way, and everything that has come out of it."""

    def __init__(self, client: TriggerClient) -> None:
        self.client = client
        self.seen: list[SessionEvent] = []

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.seen if isinstance(event, kind)]

    async def wait(self, kind: type[E], count: int = 1) -> E:
        await eventually(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[count - 1]

    async def state(self, state: ConnectionState) -> None:
        await eventually(lambda: self.client.connection.state is state)

    @property
    def cause(self) -> str | None:
        """What stands in the way, whatever stands before it."""
        connection = self.client.connection
        return connection.cause_code or connection.error_code

    async def take_in(self) -> None:
        while True:
            self.seen.append(await self.client.events.get())


def settings_for(url: str) -> ClientSettings:
    return ClientSettings(url, first_pause_s=0.02, longest_pause_s=0.1, close_timeout_s=0.2)


@asynccontextmanager
async def running(settings: ClientSettings, cursor: Cursor | None = None) -> AsyncIterator[Board]:
    board = Board(TriggerClient(settings, cursor))
    tasks = [asyncio.create_task(board.client.run()), asyncio.create_task(board.take_in())]
    try:
        yield board
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def connected(
    vintage: Vintage = Vintage.V1,
    change: Callable[[ClientSettings], ClientSettings] = lambda s: s,
    cursor: Cursor | None = None,
) -> AsyncIterator[tuple[FakeService, Board]]:
    async with FakeService(vintage) as service, running(change(settings_for(service.url)), cursor) as board:
        await board.wait(Ready)
        yield service, board


@asynccontextmanager
async def silent_listener() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Somebody who takes the call and says nothing; the event tells that there is a call."""

    async def hang_on(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()

    called = asyncio.Event()
    async with listening(hang_on) as port:
        yield f"ws://127.0.0.1:{port}/ws/trigger", called


async def free_url() -> str:
    async with FakeService() as service:
        return service.url
