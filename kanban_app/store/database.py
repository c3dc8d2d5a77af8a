"""The store: one door for writing, and all that is read."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kanban_app.domain.model import Board
from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel, Operation
from kanban_app.store import mapping, queries
from kanban_app.store.engine import READERS, guarded, reader_engine, whole, writer_engine
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.tables import DEFAULT_PROJECT
from kanban_app.store.transaction import Transaction

_PROBE: Final = "store.write_probe"


class Store:
    """The database of a migrated SQLite file. One per process; `StoreUnavailable` can come out of every method."""

    def __init__(self, writer: AsyncEngine, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers
        self._lock = asyncio.Lock()
        self._read_slots = asyncio.Semaphore(READERS)
        self._log_seqs: dict[str, int] = {}
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open a database that `migrate.prepare_database` has prepared; ValueError unless it is an SQLite file."""
        store = cls(writer_engine(url), reader_engine(url))
        try:
            async with store.write():
                pass
            await store.ping()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Wait for what is under way and end all connections; the store cannot be used afterwards."""
        async with self._lock:
            if self._closed:
                return
            self._closed = True
            await whole(self._end_connections())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def write(self, project_id: str = DEFAULT_PROJECT) -> AsyncGenerator[Transaction]:
        """One transaction: committed when the block ends, rolled back when it raises. Writers take turns.

        A cancellation that arrives during the commit is delivered after it: then the data are stored.
        Do not wait for anything slow inside the block, nor open a second one in it (it would wait for ever).
        """
        async with self._lock:
            self._check_open()
            # Known before the first step: a caller cancelled during that step must still give it back.
            connection = self._writer.connect()
            transaction = Transaction(connection, project_id, self._log_seqs)
            try:
                await guarded(_begin(connection))
                yield transaction
                await guarded(transaction.commit())
            finally:
                await whole(_end(connection))

    async def load_board(self, project_id: str = DEFAULT_PROJECT) -> Board:
        """All of a project: deleted cards, ended runs and old attempts included."""
        tasks, runs, attempts = await self.fetch(
            queries.TASKS, queries.RUNS, queries.ATTEMPTS, parameters={"project_id": project_id}
        )
        return Board(
            project_id,
            {row["id"]: mapping.task_from(row) for row in tasks},
            {row["adw_id"]: mapping.run_from(row) for row in runs},
            {row["id"]: mapping.attempt_from(row) for row in attempts},
        )

    async def last_seq(self) -> int:
        """The number of the newest event; 0 when there is none."""
        return (await self._rows(queries.LAST_EVENT_SEQ))[0]["seq"] or 0

    async def events_since(self, seq: int, limit: int) -> list[EventRecord]:
        """The events after number `seq`, oldest first."""
        rows = await self._rows(queries.EVENTS_SINCE, {"seq": seq, "limit": limit})
        return [mapping.event_from(row) for row in rows]

    async def log_page(
        self,
        adw_id: str,
        *,
        since: int = 0,
        before: int | None = None,
        limit: int = 200,
        kind: LogKind | None = None,
        level: LogLevel | None = None,
        q: str | None = None,
        newest: bool = False,
    ) -> tuple[list[LogEntry], int]:
        """Lines of one run in ascending order, and the number of its last line (whether it matches or not).

        The first `limit` lines after `since`; with `newest` or `before` the last `limit` lines of those that are
        after `since` and before `before`. `kind`, `level` and `q` (part of the message, case ignored) narrow it down.
        """
        backwards = newest or before is not None
        page = queries.log_page(
            adw_id, since=since, before=before, limit=limit, kind=kind, level=level, q=q, backwards=backwards
        )
        rows, last = await self.fetch(page, queries.LAST_LOG_SEQ, parameters={"adw_id": adw_id})
        entries = [mapping.log_from(row) for row in rows]
        if backwards:
            entries.reverse()
        return entries, last[0]["seq"] or 0

    async def log_last(self, adw_ids: Collection[str]) -> dict[str, LogEntry]:
        """The newest line of each of these runs that has any."""
        rows = await self._rows(queries.LOG_LAST, {"adw_ids": list(adw_ids)})
        return {row["adw_id"]: mapping.log_from(row) for row in rows}

    async def log_keys(self, adw_id: str) -> list[str]:
        """The source keys of a run's lines, oldest first."""
        return [row["source_key"] for row in await self._rows(queries.LOG_KEYS, {"adw_id": adw_id})]

    async def setting(self, key: str) -> Any:
        """The value under a key; None when there is none."""
        rows = await self._rows(queries.SETTING, {"key": key})
        return rows[0]["value"] if rows else None

    async def save_setting(self, key: str, value: object) -> None:
        """Keep a JSON-able value under a key. Raises StoreUnavailable."""
        async with self.write() as tx:
            await tx.set_setting(key, value)

    async def operation(self, op_id: str) -> Operation | None:
        rows = await self._rows(queries.OPERATION, {"op_id": op_id})
        return mapping.operation_from(rows[0]) if rows else None

    async def ping(self) -> None:
        """Raise unless the database can be read now."""
        await self._rows(queries.PING)

    async def write_probe(self) -> None:
        """Raise unless the database can be written now (a row is really written)."""
        async with self.write() as tx:
            await tx.set_setting(_PROBE, datetime.now(UTC).isoformat())

    async def fetch(
        self, *statements: sa.Executable, parameters: dict[str, Any] | None = None
    ) -> list[Sequence[RowMapping]]:
        """The rows of statements that all see the same state of the database. For the modules of this package only."""
        async with self._read_slots:
            self._check_open()
            return await guarded(self._fetch(statements, parameters))

    async def _fetch(
        self, statements: Sequence[sa.Executable], parameters: dict[str, Any] | None
    ) -> list[Sequence[RowMapping]]:
        async with self._readers.connect() as connection, connection.begin():
            return [(await connection.execute(statement, parameters)).mappings().all() for statement in statements]

    async def _rows(self, statement: sa.Executable, parameters: dict[str, Any] | None = None) -> Sequence[RowMapping]:
        return (await self.fetch(statement, parameters=parameters))[0]

    async def _end_connections(self) -> None:
        for _ in range(READERS):
            await self._read_slots.acquire()
        await self._readers.dispose()
        # The last connection to go folds the write-ahead log into the file.
        await self._writer.dispose()
        for _ in range(READERS):
            self._read_slots.release()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("closed")


async def _begin(connection: AsyncConnection) -> None:
    await connection.start()
    await connection.begin()


async def _end(connection: AsyncConnection) -> None:
    """Undo what was not committed and give the connection back; the next transaction gets a sound one."""
    if connection.sync_connection is None:
        return
    try:
        await connection.rollback()
    except DBAPIError:
        await connection.invalidate()
    finally:
        await connection.close()
