"""Everything that the API and the screen may use, in one record."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kanban_app.domain.model import Board
from kanban_app.services.board import BoardService
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.event_log import EventLog
from kanban_app.services.hub import Hub
from kanban_app.services.inquiry import CheckView
from kanban_app.services.live import LiveLane
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.tac7.health import HealthReport


@dataclass(frozen=True, slots=True)
class Services:
    """The running app's use cases.

    `check` asks the service how an uncertain or silent attempt stands, `health` how it says it is: both raise
    BoardError when it cannot be asked. `disconnect` holds until `connect` or `retry_now`, as long as the app runs;
    `came_online` is a browser's word that its network is back. `quarantine` has what of the service could not be used.
    """

    board: BoardService
    hub: Hub
    reader: Reader
    check: Callable[[str], Awaitable[CheckView]]
    retry_now: Callable[[], None]
    connect: Callable[[], None]
    disconnect: Callable[[], None]
    came_online: Callable[[], None]
    quarantine: Quarantine
    health: Callable[[], Awaitable[HealthReport]]
    settings: ConnectionSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices(Services):
    """What the API uses beside that.

    `snapshot` is the newest board and `last_seq` the number of the newest event that it includes; both are synchronous,
    and two calls without waiting in between fit together. `ping` raises when the database cannot be read. `unready`
    says in a sentence why the program cannot do its work yet, None when it can (the database apart). `stopping` is set
    as soon as the program begins to stop: answers without end then end.
    """

    events: EventLog
    live: LiveLane
    snapshot: Callable[[], Board]
    last_seq: Callable[[], int]
    ping: Callable[[], Awaitable[None]]
    unready: Callable[[], str | None]
    stopping: asyncio.Event
