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


class Numbering:
    """Holds the cursor. Numbers are taken in strictly one after the other, from the answer to a registration on."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._following = False

    def register(self) -> None:
        """A registration is under way: what is numbered will come again after its answer."""
        self._following = False

    def registered(self, answer: SessionRegisteredData) -> tuple[Resumed, Gap | None] | None:
        """What the answer means; None when the registration has to be repeated with the new cursor."""
        journal = answer.journal or ""
        last = answer.last if answer.last is not None else self.cursor.seq
        start = last - (answer.replaying or 0)
        if journal != self.cursor.journal:
            known, self.cursor = self.cursor.seq, Cursor(journal, 0)
            if known and start > 0:
                return None
        since = self.cursor.seq
        applied = start if start > since or last < since else since
        self.cursor = Cursor(journal, applied)
        self._following = True
        gap = Gap(since, applied + 1, lost=True) if applied > since else None
        return Resumed(journal, last, applied), gap

    def judge(self, seq: int) -> Verdict:
        """Whether to take the broadcast in; it counts as taken in when it is NEW."""
        if not self._following or seq <= self.cursor.seq:
            return Verdict.OLD
        if seq > self.cursor.seq + 1:
            return Verdict.GAP
        self.cursor = Cursor(self.cursor.journal, seq)
        return Verdict.NEW
