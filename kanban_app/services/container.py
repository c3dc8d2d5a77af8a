"""Everything that the API and the screen may use, in one record."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from kanban_app.services.board import BoardService
from kanban_app.services.hub import Hub
from kanban_app.services.logs import Logs
from kanban_app.services.reader import Reader


@dataclass(frozen=True, slots=True)
class Services:
    """The running app's use cases. `check` settles an uncertain or silent attempt by asking the service."""

    board: BoardService
    hub: Hub
    reader: Reader
    logs: Logs
    check: Callable[[str], Awaitable[None]]
    retry_now: Callable[[], None]
