"""Connections to the SQLite file: one that writes, a few that read, none of which ever blocks the event loop.

Waiting is always for whole steps: a caller that is cancelled gets its cancellation as soon as the step that is under
way (a few milliseconds) has ended, so that no connection is left in the middle of something.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from kanban_app.domain.plain_text import plain
from kanban_app.store.columns import folded, values_of
from kanban_app.store.failures import unavailable

READERS: Final = 4
_PRAGMAS: Final = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000")

T = TypeVar("T")


def sqlite_url(url: str, driver: str) -> URL:
    """`url` (of a file, with or without a driver) for another driver; ValueError for anything but an SQLite file."""
    parsed = make_url(url)
    database = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or database in {"", ":memory:"} or database.startswith("file:"):
        raise ValueError(f"not the URL of an SQLite file: {parsed.render_as_string()}")
    return parsed.set(drivername=driver)


def writer_engine(url: str) -> AsyncEngine:
    """One connection whose transactions take SQLite's write lock at once, instead of failing at their first write."""
    return _engine(url, pool_size=1, begin="BEGIN IMMEDIATE", pragmas=_PRAGMAS)


def reader_engine(url: str) -> AsyncEngine:
    """A few connections that cannot write; each transaction sees one state of the database from its first read on."""
    return _engine(url, pool_size=READERS, begin="BEGIN", pragmas=(*_PRAGMAS, "query_only=ON"))


def _engine(url: str, *, pool_size: int, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    engine = create_async_engine(
        sqlite_url(url, "sqlite+aiosqlite"),
        pool_size=pool_size,
        max_overflow=0,
        # Every use ends its transaction itself; the pool's own ROLLBACK would be one more hop to the thread.
        pool_reset_on_return=None,
        # The driver must not begin transactions by itself: `begin` below is the only BEGIN.
        connect_args={"isolation_level": None},
    )

    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        for name, function in (("plain_text", plain), ("folded", folded), ("values_of", values_of)):
            connection.create_function(name, 1, function)
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """The result of `step`, which runs to its end also when the caller is cancelled; the cancellation comes after."""
    task = asyncio.ensure_future(step)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as request:
            cancelled = request
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # Retrieved: the cancellation takes precedence over what became of the step.
        raise cancelled
    return task.result()


async def guarded(step: Coroutine[Any, Any, T]) -> T:
    """`whole`, with errors of disk and file as `StoreUnavailable`."""
    try:
        return await whole(step)
    except DBAPIError as error:
        failure = unavailable(error)
        if failure is None:
            raise
        raise failure from error
