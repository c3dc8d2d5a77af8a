"""Reading what the store has recorded: the board's events by number, and the lines of a run by what they hold."""

from dataclasses import dataclass

from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable

__all__ = ["EventLog", "LogFilter", "LogPage", "StoreUnavailable"]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines of a log are wanted; `text` is part of the message, case ignored."""

    kind: LogKind | None = None
    level: LogLevel | None = None
    text: str | None = None


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

    def __init__(self, store: Store) -> None:
        self._store = store

    async def since(self, seq: int, limit: int) -> list[EventRecord]:
        """The first `limit` events after number `seq`, oldest first."""
        return await self._store.events_since(seq, limit)

    async def last_seq(self) -> int:
        """The number of the newest stored event; 0 when there is none."""
        return await self._store.last_seq()

    async def lines(self, adw_id: str, since: int, limit: int, wanted: LogFilter) -> LogPage:
        """The first `limit` wanted lines of a run after number `since`."""
        entries, last = await self._store.log_page(
            adw_id, since=since, limit=limit, kind=wanted.kind, level=wanted.level, q=wanted.text
        )
        # A page that is not full has looked at everything there is.
        following = entries[-1].seq if len(entries) == limit else max(since, last)
        return LogPage(entries, following, last)

    async def lines_before(self, adw_id: str, before: int, limit: int, wanted: LogFilter) -> LogPage:
        """The last `limit` wanted lines of a run before number `before`, in ascending order."""
        entries, last = await self._store.log_page(
            adw_id, before=before, limit=limit, kind=wanted.kind, level=wanted.level, q=wanted.text
        )
        return LogPage(entries, entries[-1].seq if entries else min(before - 1, last), last)
