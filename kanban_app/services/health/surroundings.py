"""What the monitor sees around it, and what it can do there."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kanban_app.domain.connection import Connection
from kanban_app.domain.model import Board
from kanban_app.domain.traffic import Traffic
from kanban_app.services.hub import Notice


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A service that answers at the port `other` of the host whose `port` does not answer. `url` is its address."""

    port: str
    other: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the monitor sees and what it can do. `ask` asks the service how it is: BoardError or NotSent.

    `find_elsewhere` looks at the other usual ports; `tell` keeps a notification (StoreUnavailable). `frames` is
    whether many frames cannot be read, and how many could not be used. `on_change` is called when the grade or an alert
    is another one.
    """

    connection: Callable[[], Connection]
    traffic: Callable[[], Traffic]
    board: Callable[[], Board]
    viewers: Callable[[], int]
    frames: Callable[[], tuple[bool, int]]
    ask: Callable[[], Awaitable[object]]
    find_elsewhere: Callable[[], Awaitable[Elsewhere | None]]
    tell: Callable[[Notice], Awaitable[None]]
    on_change: Callable[[], None]
