"""A store that forgets: what `Keeper`, `BoardService` and `Logs` need of one, kept in memory."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from kanban_app.domain.alerts import Alert
from kanban_app.domain.audit import Entry
from kanban_app.domain.model import Board
from kanban_app.domain.records import EventRecord, LogEntry, Notification, Operation
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.writing import Writing


class MemoryTransaction:
    def __init__(self, store: "MemoryStore") -> None:
        self._store = store

    async def save_board(self, _before: Board, after: Board) -> None:
        self._store.board = after

    async def append_events(self, records: Sequence[EventRecord]) -> list[EventRecord]:
        start = len(self._store.events) + 1
        numbered = [replace(record, seq=start + n) for n, record in enumerate(records)]
        self._store.events.extend(numbered)
        return numbered

    async def append_log(self, lines: Sequence[LogEntry]) -> list[LogEntry]:
        numbered: list[LogEntry] = []
        for line in lines:
            log = self._store.logs.setdefault(line.adw_id, [])
            log.append(replace(line, seq=len(log) + 1))
            numbered.append(log[-1])
        return numbered

    async def set_setting(self, key: str, value: object) -> None:
        self._store.settings[key] = value

    async def save_operation(self, operation: Operation) -> None:
        self._store.operations[operation.op_id] = operation

    async def append_audit(self, entries: Sequence[Entry]) -> None:
        self._store.audit.extend(entries)

    async def add_notifications(self, told: Sequence[Notification]) -> int:
        start = len(self._store.told) + 1
        self._store.told.extend(replace(one, seq=start + n) for n, one in enumerate(told))
        return len(self._store.told)


class MemoryStore:
    def __init__(self) -> None:
        self.writing = Writing()
        self.kept_alerts: list[Alert] = []
        self.board = Board("default")
        self.events: list[EventRecord] = []
        self.logs: dict[str, list[LogEntry]] = {}
        self.told: list[Notification] = []
        self.audit: list[Entry] = []
        self.operations: dict[str, Operation] = {}
        self.settings: dict[str, object] = {}
        self.on_failure: list[Callable[[StoreUnavailable], None]] = []

    async def write_probe(self) -> None:
        """It can always be written."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[MemoryTransaction]:
        yield MemoryTransaction(self)

    async def alerts(self) -> list[Alert]:
        return list(self.kept_alerts)

    async def save_alerts(self, alerts: Sequence[Alert], kept: Sequence[int]) -> None:
        known = {alert.seq: alert for alert in (*self.kept_alerts, *alerts)}
        self.kept_alerts = [known[seq] for seq in sorted(kept)]

    async def load_board(self) -> Board:
        return self.board

    async def last_seq(self) -> int:
        return len(self.events)

    async def last_notification(self) -> int:
        return len(self.told)

    async def ping(self) -> None:
        return

    async def setting(self, key: str) -> object:
        return self.settings.get(key)

    async def log_last(self, adw_ids: Collection[str]) -> dict[str, LogEntry]:
        return {adw_id: self.logs[adw_id][-1] for adw_id in adw_ids if self.logs.get(adw_id)}

    async def index_log(self, _now: datetime) -> bool:
        return False

    async def log_keys(self, adw_id: str) -> list[str]:
        return [line.source_key for line in self.logs.get(adw_id, []) if line.source_key]

    async def save_setting(self, key: str, value: object, audit: Sequence[Entry] = ()) -> None:
        self.settings[key] = value
        self.audit.extend(audit)

    async def operation(self, op_id: str) -> Operation | None:
        return self.operations.get(op_id)

    async def log_page(
        self, adw_id: str, *, since: int = 0, before: int | None = None, limit: int = 200, newest: bool = False
    ) -> tuple[list[LogEntry], int]:
        lines = self.logs.get(adw_id, [])
        wanted = [line for line in lines if line.seq > since and (before is None or line.seq < before)]
        from_end = newest or before is not None
        return (wanted[-limit:] if from_end else wanted[:limit]), len(lines)
