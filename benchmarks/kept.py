"""What the board's database holds: read past the board, or put there while it does not run."""

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.messages import line_text
from benchmarks.stamps import Faults, Stamp, faults_of, read_stamp
from kanban_app.config import DATABASE_FILE
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.store.database import Store

_KINDS: Final = (LogKind.LOG, LogKind.THINKING, LogKind.TOOL_USE, LogKind.TOOL_RESULT, LogKind.TEXT)
_CHUNK: Final = 5000


def stored_numbers(data_dir: Path, adw_id: str) -> list[int]:
    """The numbers of a run's stored messages in the order of its log; lines without a number are left out."""
    database = f"file:{data_dir / DATABASE_FILE}?mode=ro"
    with closing(sqlite3.connect(database, uri=True)) as connection:
        rows = connection.execute("SELECT message FROM run_log WHERE adw_id = ? ORDER BY seq", (adw_id,))
        stamps = [read_stamp(message) for (message,) in rows]
    return [stamp.number for stamp in stamps if stamp]


def faults_in_store(data_dir: Path, newest: Mapping[str, int], limit_s: float = 60) -> tuple[Faults, float]:
    """What of 1 … `newest` is not stored once and in order, and how many seconds the board needed to get so far."""
    start = time.monotonic()
    while True:
        faults = sum((faults_of(stored_numbers(data_dir, run), last) for run, last in newest.items()), Faults())
        waited = time.monotonic() - start
        if not faults.missing or waited > limit_s:
            return faults, waited
        time.sleep(0.2)


def insert_lines(data_dir: Path, adw_id: str, count: int) -> None:
    """Give a run so many numbered lines more. The board must not run, and no event loop in this thread."""
    asyncio.run(_insert(data_dir, adw_id, count))


async def _insert(data_dir: Path, adw_id: str, count: int) -> None:
    begin = datetime.now(UTC) - timedelta(hours=1)
    async with await Store.open(f"sqlite:///{data_dir / DATABASE_FILE}") as store:
        for first in range(1, count + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, count + 1))
            async with store.write() as tx:
                await tx.append_log([_line(adw_id, number, begin) for number in numbers])


def _line(adw_id: str, number: int, begin: datetime) -> LogEntry:
    at = begin + timedelta(milliseconds=number)
    text = line_text(Stamp(number, at.timestamp() * 1000))
    kind = _KINDS[number % len(_KINDS)]
    return LogEntry(adw_id, at, kind, LogLevel.INFO, text, _data(kind, number // len(_KINDS)))


def _data(kind: LogKind, call: int) -> dict[str, object] | None:
    """What a tool's call and its result have in common, so that they are shown as one row."""
    match kind:
        case LogKind.TOOL_USE:
            return {"id": f"toolu_{call}", "tool": "Read", "input": {"file_path": f"src/module_{call % 97}.py"}}
        case LogKind.TOOL_RESULT:
            return {"id": f"toolu_{call}", "tool": "Read", "failed": call % 50 == 0, "duration_ms": 12 + call % 400}
        case _:
            return None
