"""How the connection to the trigger service stands, in terms that screen and API show."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kanban_app.domain.health import Grade
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
    """A snapshot. `journal` names the memory of a service that has one; `since` is when the state began.

    `attempt` counts the tries that have failed since the last success. `clock_skew_s` is by how much the service's
    clock seems to be ahead of ours. `error_code`/`error_params` say in catalogue terms how things stand while not
    connected, `cause_code`/`cause_params` why the last try failed where that is another thing. `stale`: runs under way
    may have moved on without the board knowing. `unreadable`: much of what the service sends cannot be read.
    `grade` is how well everything that is measured is.
    """

    state: ConnectionState
    url: str
    embedded: bool = False
    vintage: Vintage | None = None
    extensions: frozenset[str] = frozenset()
    journal: str = ""
    attempt: int = 0
    next_try_at: datetime | None = None
    since: datetime | None = None
    connected_at: datetime | None = None
    last_connected_at: datetime | None = None
    round_trip_ms: float | None = None
    clock_skew_s: float = 0.0
    error_code: str | None = None
    error_params: dict[str, str] = field(default_factory=dict[str, str])
    cause_code: str | None = None
    cause_params: dict[str, str] = field(default_factory=dict[str, str])
    stale: bool = False
    unreadable: bool = False
    grade: Grade = Grade.UNKNOWN

    @property
    def can_cancel(self) -> bool:
        return "cancel" in self.extensions

    @property
    def can_merge(self) -> bool:
        """Whether a merge could be asked for; while nothing is connected nobody knows better."""
        return self.vintage is not Vintage.V0

    @property
    def merges(self) -> bool:
        """Whether it previews merges and takes a method and a target for them, and removes an earlier run."""
        return "merge" in self.extensions

    @property
    def shows_changes(self) -> bool:
        """Whether it can say what the work of a run has changed."""
        return "diff" in self.extensions

    @property
    def repeats_answers(self) -> bool:
        """Whether the service answers a repeated `request_id` with its first answer instead of starting again."""
        return "request_id" in self.extensions
