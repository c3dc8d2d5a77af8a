"""Reading what the store has recorded: the board's events by number, and the lines of a run by what they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kanban_app.domain.model import Board
from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel
from kanban_app.services.card_history import ANY_OF_CARDS, KINDS_SHOWN, HistoryEntry, entry_of
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.log_matches import LogMatches
from kanban_app.store.retention import Retention

__all__ = ["EventLog", "LogFilter", "LogMatches", "LogPage", "StoreUnavailable"]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines of a log are wanted: all kinds and levels where none is given. `text` is part of the message, case
    ignored; `written_from` is the least time.
    """

    kinds: Sequence[LogKind] = ()
    levels: Sequence[LogLevel] = ()
    text: str | None = None
    written_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines in ascending order; `last` is the number of the run's newest line, whether it is wanted or not.

    `following` is where the next page begins: what is asked for as `since`.
    """

    entries: list[LogEntry]
    following: int
    last: int


class EventLog:
    """StoreUnavailable can come out of every method."""

    def __init__(
        self, store: Store, looks: ColumnLooks = ITS_OWN, retention: Retention | None = None, kept: str = ""
    ) -> None:
        """`looks` tells what the columns are called, `retention` what was removed of a card's events and `kept` why, as
        the end of a sentence.
        """
        self._store = store
        self._looks = looks
        self._retention = retention
        self._kept = kept

    async def since(self, seq: int, limit: int) -> list[EventRecord]:
        """The first `limit` events after number `seq`, oldest first."""
        return await self._store.events_since(seq, limit)

    async def last_seq(self) -> int:
        """The number of the newest stored event; 0 when there is none."""
        return await self._store.last_seq()

    async def of_card(self, board: Board, task_id: str, before: int, limit: int) -> list[HistoryEntry]:
        """What has happened to a card before event number `before`, in words and the newest first."""
        records = await self._store.events_of_card(task_id, before, limit, KINDS_SHOWN, ANY_OF_CARDS)
        return [entry_of(board, record, self._looks) for record in records]

    async def removed_of_card(self, task_id: str) -> str:
        """What is not in a card's history any more, in words; "" when all of it is there."""
        count = await self._retention.removed_events(task_id) if self._retention else 0
        if not count:
            return ""
        why = f" {self._kept}" if self._kept else ""
        return f"{count:,} older {'entry was' if count == 1 else 'entries were'} removed{why}."

    async def lines(self, adw_id: str, since: int, limit: int, wanted: LogFilter) -> LogPage:
        """The first `limit` wanted lines of a run after number `since`."""
        entries, last = await self._store.log_page(
            adw_id,
            since=since,
            limit=limit,
            kinds=wanted.kinds,
            levels=wanted.levels,
            q=wanted.text,
            written_from=wanted.written_from,
        )
        # A page that is not full has looked at everything there is.
        following = entries[-1].seq if len(entries) == limit else max(since, last)
        return LogPage(entries, following, last)

    async def lines_before(self, adw_id: str, before: int, limit: int, wanted: LogFilter) -> LogPage:
        """The last `limit` wanted lines of a run before number `before`, in ascending order."""
        entries, last = await self._store.log_page(
            adw_id,
            before=before,
            limit=limit,
            kinds=wanted.kinds,
            levels=wanted.levels,
            q=wanted.text,
            written_from=wanted.written_from,
        )
        return LogPage(entries, entries[-1].seq if entries else min(before - 1, last), last)

    async def matches(self, adw_id: str, text: str, before: int, limit: int, wanted: LogFilter) -> LogMatches:
        """Where in the wanted lines of a run a text stands: the last `limit` places before `before`, and how many."""
        return await self._store.log_matches(
            adw_id, text, before=before, limit=limit, kinds=wanted.kinds, levels=wanted.levels
        )
