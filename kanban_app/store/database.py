"""The store: one door for writing, and all that is read."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kanban_app.domain.alerts import Alert
from kanban_app.domain.audit import Entry
from kanban_app.domain.model import Board
from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel, NewsKind, Notification, Operation
from kanban_app.observing.instruments import STORE_FAILURES, STORE_WAIT, STORE_WRITE
from kanban_app.store import alerting, mapping, notifying, queries, searching
from kanban_app.store.engine import READERS, guarded, reader_engine, whole, writer_engine
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.log_matches import LogMatches, log_matches
from kanban_app.store.searching import LogHits
from kanban_app.store.tables import DEFAULT_PROJECT
from kanban_app.store.transaction import Transaction
from kanban_app.store.writing import Writing

_PROBE: Final = "store.write_probe"
# More than what a full disk happens to have left in the last page of a file.
_PROBE_SIZE: Final = 256 * 1024


class Store:
    """The database of a migrated SQLite file. One per process; `StoreUnavailable` can come out of every method."""

    def __init__(self, writer: AsyncEngine, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers
        self._lock = asyncio.Lock()
        self._read_slots = asyncio.Semaphore(READERS)
        self._log_seqs: dict[str, int] = {}
        self._closed = False
        self.writing = Writing()
        """How writing has gone."""
        self.on_failure: list[Callable[[StoreUnavailable], None]] = []
        """Called with every failure to write, before it is raised."""

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
        asked = time.perf_counter()
        async with self._lock:
            STORE_WAIT.observe(time.perf_counter() - asked)
            self._check_open()
            # Known before the first step: a caller cancelled during that step must still give it back.
            connection = self._writer.connect()
            transaction = Transaction(connection, project_id, self._log_seqs)
            began = time.monotonic()
            try:
                await guarded(_begin(connection))
                yield transaction
                await guarded(transaction.commit())
                self.writing.done(began, time.monotonic())
            except StoreUnavailable as problem:
                STORE_FAILURES.inc()
                self.writing.failed(problem.reason)
                for listener in self.on_failure:
                    listener(problem)
                raise
            finally:
                STORE_WRITE.observe(time.monotonic() - began)
                await whole(_end(connection))

    async def load_board(self, project_id: str = DEFAULT_PROJECT) -> Board:
        """All of a project: archived and deleted cards, ended runs and old attempts included."""
        tasks, runs, attempts, templates, limits = await self.fetch(
            queries.TASKS,
            queries.RUNS,
            queries.ATTEMPTS,
            queries.TEMPLATES,
            queries.LIMITS,
            parameters={"project_id": project_id},
        )
        return Board(
            project_id,
            {row["id"]: mapping.task_from(row) for row in tasks},
            {row["adw_id"]: mapping.run_from(row) for row in runs},
            {row["id"]: mapping.attempt_from(row) for row in attempts},
            {row["id"]: mapping.template_from(row) for row in templates},
            mapping.limits_from(limits),
        )

    async def last_seq(self) -> int:
        """The number of the newest event; 0 when there is none."""
        return (await self._rows(queries.LAST_EVENT_SEQ))[0]["seq"] or 0

    async def events_since(self, seq: int, limit: int) -> list[EventRecord]:
        """The events after number `seq`, oldest first."""
        rows = await self._rows(queries.EVENTS_SINCE, {"seq": seq, "limit": limit})
        return [mapping.event_from(row) for row in rows]

    async def events_of_card(
        self, task_id: str, before: int, limit: int, kinds: Sequence[str], any_of: str
    ) -> list[EventRecord]:
        """The last events of a card before number `before`, the newest first: of these kinds, or that begin so."""
        wanted = {"task_id": task_id, "before": before, "limit": limit, "kinds": list(kinds), "any_of": any_of}
        return [mapping.event_from(row) for row in await self._rows(queries.EVENTS_OF_CARD, wanted)]

    async def log_page(
        self,
        adw_id: str,
        *,
        since: int = 0,
        before: int | None = None,
        limit: int = 200,
        kinds: Sequence[LogKind] = (),
        levels: Sequence[LogLevel] = (),
        q: str | None = None,
        written_from: datetime | None = None,
        newest: bool = False,
    ) -> tuple[list[LogEntry], int]:
        """Lines of one run in ascending order, and the number of its last line (whether it matches or not).

        The first `limit` lines after `since`; with `newest` or `before` the last `limit` lines of those that are
        after `since` and before `before`. `kinds`, `levels`, `q` (part of the message, case ignored) and `written_from`
        (the least time) narrow it down.
        """
        backwards = newest or before is not None
        page = queries.log_page(
            adw_id,
            since=since,
            before=before,
            limit=limit,
            kinds=kinds,
            levels=levels,
            q=q,
            written_from=written_from,
            backwards=backwards,
        )
        rows, last = await self.fetch(page, queries.LAST_LOG_SEQ, parameters={"adw_id": adw_id})
        entries = [mapping.log_from(row) for row in rows]
        if backwards:
            entries.reverse()
        return entries, last[0]["seq"] or 0

    async def log_matches(
        self,
        adw_id: str,
        text: str,
        *,
        before: int,
        limit: int,
        kinds: Sequence[LogKind] = (),
        levels: Sequence[LogLevel] = (),
    ) -> LogMatches:
        """The lines of a run that have a text, see `store.log_matches`."""
        return await log_matches(self.fetch, adw_id, text, before=before, limit=limit, kinds=kinds, levels=levels)

    async def log_last(self, adw_ids: Collection[str]) -> dict[str, LogEntry]:
        """The newest line of each of these runs that has any."""
        rows = await self._rows(queries.LOG_LAST, {"adw_ids": list(adw_ids)})
        return {row["adw_id"]: mapping.log_from(row) for row in rows}

    async def find_cards(self, words: Sequence[str]) -> list[str]:
        """The ids of the cards, deleted ones too, whose texts have all of these words; case is ignored."""
        return await searching.find_cards(self.fetch, words)

    async def find_lines(self, words: Sequence[str]) -> LogHits:
        """The newest line with all of these words of each run that has one; of the newest runs, see `searching`."""
        return await searching.find_lines(self.fetch, words)

    async def index_log(self, now: datetime) -> bool:
        """Index a few more log lines (some milliseconds); False when there is nothing to do."""
        steps = await searching.next_steps(self.fetch, now)
        if not steps:
            return False
        async with self.write() as tx:
            for step in steps:
                for statement, parameters in searching.statements_of(step):
                    await tx.execute(statement, parameters)
            await tx.execute(searching.MERGE, {})
        return True

    async def last_notification(self) -> int:
        """The number of the newest notification; 0 when there never was one."""
        return (await self._rows(notifying.NEWEST))[0]["seq"]

    async def notifications(self, limit: int, *, since: int = 0, kind: NewsKind | None = None) -> list[Notification]:
        """The newest `limit` notifications after number `since`, the newest first."""
        return [notifying.from_row(row) for row in await self._rows(notifying.page(limit, since, kind))]

    async def alerts(self) -> list[Alert]:
        """All that are kept, the oldest first."""
        return [alerting.from_row(row) for row in await self._rows(alerting.ALL)]

    async def save_alerts(self, alerts: Sequence[Alert], kept: Sequence[int]) -> None:
        """Keep these as they are now, and of all only those with the numbers `kept`. Raises StoreUnavailable."""
        async with self.write() as tx:
            await tx.save_alerts(alerts, kept)

    async def log_keys(self, adw_id: str) -> list[str]:
        """The source keys of a run's lines, oldest first; those of lines that were removed, too, as far as known."""
        return [row["source_key"] for row in await self._rows(queries.LOG_KEYS, {"adw_id": adw_id})]

    async def setting(self, key: str) -> Any:
        """The value under a key; None when there is none."""
        rows = await self._rows(queries.SETTING, {"key": key})
        return rows[0]["value"] if rows else None

    async def save_setting(self, key: str, value: object, audit: Sequence[Entry] = ()) -> None:
        """Keep a JSON-able value under a key, and with it who has changed it. Raises StoreUnavailable."""
        async with self.write() as tx:
            await tx.set_setting(key, value)
            await tx.append_audit(audit)

    async def operation(self, op_id: str) -> Operation | None:
        rows = await self._rows(queries.OPERATION, {"op_id": op_id})
        return mapping.operation_from(rows[0]) if rows else None

    async def ping(self) -> None:
        """Raise unless the database can be read now."""
        await self._rows(queries.PING)

    async def write_probe(self) -> None:
        """Raise unless the database can be written now: some pages really are, and are given back."""
        async with self.write() as tx:
            await tx.set_setting(_PROBE, datetime.now(UTC).isoformat() + "." * _PROBE_SIZE)
        async with self.write() as tx:
            await tx.set_setting(_PROBE, None)

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
