"""Which of a service's numbered broadcasts are news (our `since` extension)."""

from enum import Enum, auto

from kanban_app.tac7.server_messages import SessionRegisteredData
from kanban_app.tac7.session_events import Cursor, Gap, Resumed


class Verdict(Enum):
    NEW = auto()
    OLD = auto()
    """Taken in already, or certain to come again after the registration that is under way."""
    GAP = auto()
    """Numbers before this one are missing: register again."""
    LOST = auto()
    """Numbers before this one did not come again either; it is taken in."""


class Numbering:
    """Holds the cursor. Numbers are taken in strictly one after the other, from the answer to a registration on."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._following = False
        self._missing_after: int | None = None

    def register(self) -> None:
        """A registration is under way: what is numbered will come again after its answer."""
        self._following = False

    def registered(self, answer: SessionRegisteredData) -> tuple[Resumed, Gap | None] | None:
        """What the answer means; None when the registration has to be repeated with the new cursor."""
        journal = answer.journal or ""
        last = answer.last if answer.last is not None else self.cursor.seq
        start = last - (answer.replaying or 0)
        if journal != self.cursor.journal:
            self.cursor = self.cursor.of(journal)
            if start > self.cursor.seq:
                return None
        since = self.cursor.seq
        applied = start if start > since or last < since else since
        self.cursor = self.cursor.at(applied)
        self._following = True
        gap = Gap(since, applied + 1, lost=True) if applied > since else None
        return Resumed(journal, last, applied), gap

    def judge(self, seq: int) -> Verdict:
        """Whether to take the broadcast in; it counts as taken in when it is NEW or LOST."""
        after = self.cursor.seq
        if not self._following or seq <= after:
            return Verdict.OLD
        has_hole = seq > after + 1
        if has_hole and self._missing_after != after:
            self._missing_after = after
            return Verdict.GAP
        self.cursor = self.cursor.at(seq)
        return Verdict.LOST if has_hole else Verdict.NEW
