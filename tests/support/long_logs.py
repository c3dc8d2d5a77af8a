"""Logs that are longer than a test could have a service say."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from kanban_app.config import DATABASE_FILE
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.store.database import Store

_CHUNK: Final = 5000
_KINDS: Final = (LogKind.LOG, LogKind.LOG, LogKind.TEXT, LogKind.THINKING, LogKind.STAGE)
_LEVELS: Final = (LogLevel.INFO, LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR)


def lengthen_log(data_dir: Path, adw_id: str, count: int) -> None:
    """Give a run so many lines more, of several kinds and heights. The board must not run meanwhile."""
    # Playwright has an event loop in the thread of the tests.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_lengthen(data_dir, adw_id, count))).result()


async def _lengthen(data_dir: Path, adw_id: str, count: int) -> None:
    begin = datetime.now(UTC) - timedelta(hours=3)
    async with await Store.open(f"sqlite:///{data_dir / DATABASE_FILE}") as store:
        for first in range(1, count + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, count + 1))
            async with store.write() as tx:
                await tx.append_log([_line(adw_id, number, begin) for number in numbers])


def _line(adw_id: str, number: int, begin: datetime) -> LogEntry:
    text = f"old line {number}" + " with more to say" * (number % 23 if number % 7 == 0 else 0)
    at = begin + timedelta(milliseconds=100 * number)
    return LogEntry(adw_id, at, _KINDS[number % len(_KINDS)], _LEVELS[number % len(_LEVELS)], text)
