"""What can be written in one transaction. Only `Store.write` makes these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kanban_app.domain.alerts import Alert
from kanban_app.domain.audit import Entry
from kanban_app.domain.model import Board
from kanban_app.domain.records import EventRecord, LogEntry, Notification, Operation
from kanban_app.store import alerting, audit_rows, mapping, notifying
from kanban_app.store.engine import guarded
from kanban_app.store.failures import StoreError
from kanban_app.store.tables import table

T = TypeVar("T")

_EVENT: Final = table("event")
_LOG: Final = table("run_log")
_SETTING: Final = table("setting")


def upsert(name: str) -> sa.Executable:
    """Insert rows of a table, or replace all columns of those whose primary key is there already."""
    target = table(name)
    statement = sqlite_insert(target)
    keys = [column.name for column in target.primary_key]
    values = {column.name: statement.excluded[column.name] for column in target.columns if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


_ROWS: Final = ("task", "run", "attempt", "template", "operation", "setting", "column_limit", "alert")
_UPSERTS: Final = {name: upsert(name) for name in _ROWS}
_LAST_LOG_SEQ: Final = sa.select(sa.func.max(_LOG.c.seq)).where(_LOG.c.adw_id == sa.bindparam("adw_id"))
_LAST_EVENT_SEQ: Final = sa.select(sa.func.max(_EVENT.c.seq))
_INSERT_EVENT: Final = sa.insert(_EVENT)
_INSERT_LOG: Final = sa.insert(_LOG)
# Rows are made ready on the event loop: this many hold it for some two milliseconds.
_LOG_CHUNK: Final = 100


class Transaction:
    """All or nothing: what its methods write is kept when the `async with` block ends without an exception.

    After a method has raised, nothing more can be saved by this transaction: it is rolled back at its end.
    """

    def __init__(self, connection: AsyncConnection, project_id: str, log_seqs: dict[str, int]) -> None:
        self._connection = connection
        self._project_id = project_id
        self._committed_log_seqs = log_seqs
        self._log_seqs: dict[str, int] = {}
        self._failed = False

    async def save_board(self, before: Board, after: Board) -> int:
        """Write what of `after` differs from `before`; the number of rows written.

        Nothing ever leaves a board (cards are deleted by a mark): ValueError when `after` lacks something.
        """
        return (
            await self._save("task", before.tasks, after.tasks, mapping.task_row, after.project_id)
            + await self._save("run", before.runs, after.runs, mapping.run_row, after.project_id)
            + await self._save("attempt", before.attempts, after.attempts, mapping.attempt_row, after.project_id)
            + await self._save("template", before.templates, after.templates, mapping.template_row, after.project_id)
            + await self._save_limits(before, after)
        )

    async def append_events(self, records: Sequence[EventRecord]) -> list[EventRecord]:
        """Store events in this order; the same records with their global numbers."""
        if not records:
            return []
        rows = [{"project_id": self._project_id, **mapping.event_row(record)} for record in records]
        await self.execute(_INSERT_EVENT, rows)
        # Nobody else writes in between and AUTOINCREMENT counts by one: these rows are the last ones. (RETURNING in
        # the order of the parameters would be one statement for each row.)
        last: int = (await self.execute(_LAST_EVENT_SEQ)).scalar_one()
        return [replace(record, seq=seq) for seq, record in enumerate(records, last - len(records) + 1)]

    async def append_log(self, entries: Sequence[LogEntry]) -> list[LogEntry]:
        """Store log lines in this order; the same entries with their numbers, which count per run without holes."""
        if not entries:
            return []
        last = {adw_id: await self._last_log_seq(adw_id) for adw_id in {entry.adw_id for entry in entries}}
        stored: list[LogEntry] = []
        for start in range(0, len(entries), _LOG_CHUNK):
            chunk = [_numbered(entry, last) for entry in entries[start : start + _LOG_CHUNK]]
            rows = [{"project_id": self._project_id, **mapping.log_row(entry)} for entry in chunk]
            await self.execute(_INSERT_LOG, rows)
            stored += chunk
        self._log_seqs.update(last)
        return stored

    async def set_setting(self, key: str, value: object) -> None:
        """Keep a JSON-able value under a key; None removes it."""
        if value is None:
            await self.execute(sa.delete(_SETTING).where(_SETTING.c.key == key))
            return
        await self.execute(_UPSERTS["setting"], {"project_id": self._project_id, "key": key, "value": value})

    async def save_operation(self, operation: Operation) -> None:
        await self.execute(_UPSERTS["operation"], {"project_id": self._project_id, **mapping.operation_row(operation)})

    async def add_notifications(self, told: Sequence[Notification]) -> int:
        """Store what people are told of, in this order, and let go of the oldest; the number of the newest one."""
        await self.execute(notifying.INSERT, notifying.rows(self._project_id, told))
        newest: int = (await self.execute(notifying.NEWEST)).scalar_one()
        await self.execute(notifying.PRUNE, {"newest": newest})
        return newest

    async def append_audit(self, entries: Sequence[Entry]) -> None:
        """Write who did what, in the transaction of what they did."""
        if entries:
            await self.execute(audit_rows.INSERT, [audit_rows.row_of(entry) for entry in entries])

    async def save_alerts(self, alerts: Sequence[Alert], kept: Sequence[int]) -> None:
        """Store these as they are now, and let go of all whose numbers are not among `kept`."""
        if alerts:
            await self.execute(_UPSERTS["alert"], [alerting.row(self._project_id, alert) for alert in alerts])
        await self.execute(alerting.others_than(kept))

    async def execute(
        self, statement: sa.Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """For the modules of this package only."""
        if self._failed:
            raise StoreError("an earlier statement of this transaction has failed")
        try:
            return await guarded(self._connection.execute(statement, parameters))
        except BaseException:
            self._failed = True
            raise

    async def commit(self) -> None:
        """For `Store.write` only."""
        if self._failed:
            raise StoreError("a statement of this transaction has failed, nothing was saved")
        try:
            await self._connection.commit()
        except DBAPIError:
            # SQLite may still be inside the transaction, SQLAlchemy no longer knows of it.
            await self._connection.invalidate()
            raise
        self._committed_log_seqs.update(self._log_seqs)

    async def _save(
        self, name: str, before: Mapping[str, T], after: Mapping[str, T], row: Callable[[T], Any], project_id: str
    ) -> int:
        if before is after:
            return 0
        missing = before.keys() - after.keys()
        if missing:
            raise ValueError(f"{name} {min(missing)} has vanished from the board")
        changed = [value for key, value in after.items() if not _same(before.get(key), value)]
        if changed:
            await self.execute(_UPSERTS[name], [{"project_id": project_id, **row(value)} for value in changed])
        return len(changed)

    async def _save_limits(self, before: Board, after: Board) -> int:
        rows = mapping.limit_rows(before.limits, after.limits)
        if rows:
            await self.execute(_UPSERTS["column_limit"], [{"project_id": after.project_id, **row} for row in rows])
        return len(rows)

    async def _last_log_seq(self, adw_id: str) -> int:
        known = self._log_seqs.get(adw_id, self._committed_log_seqs.get(adw_id))
        if known is not None:
            return known
        return (await self.execute(_LAST_LOG_SEQ, {"adw_id": adw_id})).scalar_one() or 0


def _same(before: object, after: object) -> bool:
    return before is after or before == after


def _numbered(entry: LogEntry, last: dict[str, int]) -> LogEntry:
    last[entry.adw_id] += 1
    return mapping.numbered(entry, last[entry.adw_id])
