"""How the connection to the trigger service stands, in terms that screen and API show."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kanban_app.domain.workflows import Vintage


class ConnectionState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Connection:
    """A snapshot. `journal` names the memory of a service that has one.

    `error_code`/`error_params` name the last trouble in catalogue terms while not connected. `stale`: runs under way
    may have moved on without the board knowing. `unreadable`: much of what the service sends cannot be read.
    """

    state: ConnectionState
    url: str
    embedded: bool = False
    vintage: Vintage | None = None
    extensions: frozenset[str] = frozenset()
    journal: str = ""
    attempt: int = 0
    next_try_at: datetime | None = None
    connected_at: datetime | None = None
    last_connected_at: datetime | None = None
    round_trip_ms: float | None = None
    error_code: str | None = None
    error_params: dict[str, str] = field(default_factory=dict[str, str])
    stale: bool = False
    unreadable: bool = False

    @property
    def can_cancel(self) -> bool:
        return "cancel" in self.extensions

    @property
    def repeats_answers(self) -> bool:
        """Whether the service answers a repeated `request_id` with its first answer instead of starting again."""
        return "request_id" in self.extensions
