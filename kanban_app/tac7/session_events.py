"""What comes out of a client's end of a connection: one ordered stream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kanban_app.domain.connection import Connection
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import Unknown, Unreadable
from kanban_app.tac7.messages import ServerMessage

_JOURNALS: Final = 50
"""How many other journals are remembered."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a service's numbered broadcasts have been taken in: the number `seq` of the journal named `journal`.

    `earlier` has the same of other journals, so that who comes back to a service takes nothing in twice.
    """

    journal: str = ""
    seq: int = 0
    earlier: Mapping[str, int] = field(default_factory=dict[str, int])

    def at(self, seq: int) -> "Cursor":
        return Cursor(self.journal, seq, self.earlier)

    def of(self, journal: str) -> "Cursor":
        """The cursor in that journal."""
        if journal == self.journal:
            return self
        others = {name: seq for name, seq in self.earlier.items() if name != journal}
        if self.journal:
            others[self.journal] = self.seq
        newest = dict(list(others.items())[-_JOURNALS:])
        return Cursor(journal, self.earlier.get(journal, 0), newest)


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """The newest snapshot. Comes from the client, not from the session."""

    connection: Connection


@dataclass(frozen=True, slots=True)
class Ready:
    """The service is known and takes requests. Comes once per connection, after `Resumed` where that comes."""

    vintage: Vintage
    extensions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Resumed:
    """What is `Received` with a number from here on follows `since` in `journal` without holes.

    Keep `Cursor.of(journal).at(since)` from now on: that is another journal than you have kept where the service has
    changed, and an earlier number where it was restored from a backup. `last` was its newest number at that moment.
    """

    journal: str
    last: int
    since: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Broadcasts between the numbers `after` and `before` (both exclusive) did not come.

    `lost` tells whether they are gone for good (the service keeps them no longer); else they have been asked for again.
    """

    after: int
    before: int
    lost: bool


@dataclass(frozen=True, slots=True)
class TriggerAnswered:
    """The `trigger_response` of an attempt. `status` is "accepted", "error", "ignored" or another word (E-WF-3).

    May also come after a `TriggerUncertain` with E-TIME-1, when the answer was merely late, and settles it.
    """

    attempt_id: str
    status: str
    adw_id: str
    message: str
    error: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TriggerRefused:
    """The service answered with an `error`. Nothing was started, save that E-SYS-1 leaves it open."""

    attempt_id: str
    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TriggerUncertain:
    """Nobody knows whether it was started. `reason` is E-LOAD-4 (connection gone) or E-TIME-1 (no answer in time)."""

    attempt_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class TriggerUnsent:
    """The connection went before anything of the request was handed out: certainly nothing was started."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class CancelAnswered:
    """`status` is "accepted", "ignored", "error", or "unknown" when no answer came."""

    adw_id: str
    status: str
    message: str


@dataclass(frozen=True, slots=True)
class TicketAnswered:
    """`status` is "received", "error", or "unknown" when no answer came."""

    ticket_id: str
    status: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A message that settles no request of ours, or one of a type that nobody knows.

    `text` is the frame as it came, `at` the message's own time (the time of receipt where it has none), `seq` and
    `request_id` what our service adds at the top level.
    """

    message: ServerMessage | Unknown
    text: str
    at: datetime
    received_at: datetime
    seq: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """Seconds between a ping and its pong, by our own clock, while no trigger was open.

    `clock_skew_s` is by how much the service's clock seems to be ahead of ours; None where its pong tells no time.
    """

    seconds: float
    clock_skew_s: float | None = None


SessionEvent = (
    ConnectionChanged
    | Ready
    | Resumed
    | Gap
    | TriggerAnswered
    | TriggerRefused
    | TriggerUncertain
    | TriggerUnsent
    | CancelAnswered
    | TicketAnswered
    | Received
    | RoundTrip
    | Unreadable
)
