"""Entries on their way to the audit log, of what happens where nothing is stored in the same breath."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kanban_app.domain.audit import ITSELF, Act, Action, Entry

WAITING_LIMIT: Final = 2000
"""Entries that wait to be written; what comes beyond is counted, and the log says how many are missing."""
REFUSALS_AT_ONCE: Final = 120
REFUSALS_EVERY: Final = timedelta(seconds=1)


@dataclass(slots=True)
class _Room:
    """How many refusals may still be recorded, and how many were not."""

    left: float = REFUSALS_AT_ONCE
    filled_at: datetime | None = None
    unrecorded: int = 0

    def take(self, now: datetime) -> bool:
        since = max(timedelta(), now - (self.filled_at or now))
        self.filled_at = now
        self.left = min(REFUSALS_AT_ONCE, self.left + since / REFUSALS_EVERY)
        if self.left < 1:
            self.unrecorded += 1
            return False
        self.left -= 1
        return True


class Trail:
    """Synchronous, for the event loop only; `on_put` are called after each entry. Whoever writes takes and gives back.

    Of refused deeds there is room for `REFUSALS_AT_ONCE`, and then for one each second: those beyond are only counted,
    in the detail `unrecorded` of the next one. So no caller can fill the disk by asking for what it may not do. What
    the built-in service refuses to other programs has as much room of its own: their flood hides nobody else's.
    """

    def __init__(self) -> None:
        self._waiting: deque[Entry] = deque()
        self._lost = 0
        self._refusals, self._of_the_service = _Room(), _Room()
        self.on_put: list[Callable[[], None]] = []

    @property
    def waiting(self) -> int:
        """How many entries."""
        return len(self._waiting)

    def put(self, entry: Entry) -> None:
        """Have an entry written soon."""
        if entry.act.code:
            room = self._of_the_service if entry.act.action is Action.SERVICE_ASKED else self._refusals
            if not room.take(entry.at):
                return
            if room.unrecorded:
                entry = _with_detail(entry, "unrecorded", room.unrecorded)
                room.unrecorded = 0
        if len(self._waiting) >= WAITING_LIMIT:
            self._lost += 1
            return
        self._waiting.append(entry)
        for listener in self.on_put:
            listener()

    def take(self, most: int) -> list[Entry]:
        """The oldest of those that wait; they are not among them any more."""
        taken = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        if self._lost and taken:
            lost = Entry(taken[-1].at, ITSELF, Act(Action.AUDIT_LOST, details={"count": str(self._lost)}))
            taken.append(lost)
            self._lost = 0
        return taken

    def give_back(self, entries: list[Entry]) -> None:
        """Those could not be written: they wait again, before all others."""
        self._waiting.extendleft(reversed(entries))

    def drop(self, entry: Entry) -> None:
        """That one can never be written: it counts as missing."""
        is_count = entry.act.action is Action.AUDIT_LOST
        self._lost += int(entry.act.details["count"]) if is_count else 1


def _with_detail(entry: Entry, name: str, count: int) -> Entry:
    act = entry.act
    details = {**act.details, name: str(count)}
    return Entry(entry.at, entry.actor, Act(act.action, act.target, details, act.code), entry.project)
