"""The original's `agentickanban.db`, read without trusting it. Source: reference section 6.2."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from kanban_app.domain.records import LogEntry, LogKind
from kanban_app.services.transfer import original
from kanban_app.services.transfer.source import FoundCard, Source, UnreadableFile

SIGNATURE: Final = b"SQLite format 3\0"
ROWS: Final = 20_000
LINES: Final = 200_000
TIME_LIMIT_S: Final = 10.0
CHARACTERS: Final = 100_000_000
_INSTRUCTIONS: Final = 10_000
_COLUMNS: Final = (
    "adw_id", "issue_number", "issue_title", "issue_body", "issue_class", "branch_name", "current_stage", "status",
    "workflow_name", "model_set", "created_at", "updated_at", "completed_at", "deleted_at",
)  # fmt: skip
_ACTIVITY: Final = ("adw_id", "event_type", "field_changed", "old_value", "new_value", "timestamp")

Row = dict[str, Any]


def read_database(path: Path, now: datetime) -> Source:
    """The cards of a database file, which nobody may write meanwhile. Raises UnreadableFile.

    At most `ROWS` cards and `LINES` lines of activity within `TIME_LIMIT_S`, with `CHARACTERS` in all: many rows can
    share one place in a file that was made to harm. Nothing that the file brings along
    (views, triggers, functions) is carried out with more rights than reading itself.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)) as connection:
            _restrain(connection)
            rows = list(_bounded(_rows(connection, "adw_states", _COLUMNS, ROWS), CHARACTERS // 2))
            activity = _by_run(_bounded(_rows(connection, "adw_activity_logs", _ACTIVITY, LINES), CHARACTERS // 2))
    except sqlite3.Error as error:
        raise UnreadableFile(f"SQLite cannot read it ({error})") from None
    kept = [row for row in rows if row["deleted_at"] is None]
    notes = [f"Cards that were deleted there: {len(rows) - len(kept)}."] if len(kept) < len(rows) else []
    return Source("database", [_card(row, activity.get(str(row["adw_id"]), []), now) for row in kept], notes)


def _restrain(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + TIME_LIMIT_S
    connection.set_progress_handler(lambda: int(time.monotonic() > deadline), _INSTRUCTIONS)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.text_factory = _as_text


def _rows(connection: sqlite3.Connection, table: str, wanted: Iterable[str], most: int) -> Iterator[Row]:
    """Rows of a table (not of a view) in their order, with None for columns that it does not have."""
    is_table = connection.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if is_table is None:
        if table == "adw_states":
            raise UnreadableFile("it is no database of the original: it has no table adw_states")
        return
    there = {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}
    columns = [name if name in there else f"NULL AS {name}" for name in wanted]
    select = f"SELECT {', '.join(columns)} FROM {table} ORDER BY rowid LIMIT {most}"  # noqa: S608 - names of ours
    for row in connection.execute(select):
        yield dict(zip(wanted, row, strict=True))


def _bounded(rows: Iterable[Row], most: int) -> Iterator[Row]:
    size = 0
    for row in rows:
        size += sum(len(value) for value in row.values() if isinstance(value, str | bytes))
        if size > most:
            raise UnreadableFile("it holds more text than can be taken over")
        yield row


def _by_run(rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[str(row["adw_id"])].append(row)
    return grouped


def _card(row: Row, activity: list[Row], now: datetime) -> FoundCard:
    created = original.moment(row["created_at"])
    adw_id = original.text(row["adw_id"])
    card = original.OriginalCard(
        key=str(row["adw_id"]),
        title=original.text(row["issue_title"]),
        description=original.text(row["issue_body"]),
        type=original.text(row["issue_class"]),
        stages=(),
        workflow=original.text(row["workflow_name"]),
        column=original.text(row["current_stage"]),
        is_completed=row["status"] == "completed" and row["completed_at"] is not None,
        created_at=created,
        updated_at=original.moment(row["updated_at"]),
        adw_id=adw_id,
        branch=original.text(row["branch_name"]) or None,
        issue_number=original.number(row["issue_number"]),
        model_set=original.text(row["model_set"]),
    )
    return original.to_card(card, _lines(adw_id, activity, created or now), now)


def _lines(adw_id: str, activity: list[Row], at: datetime) -> Iterator[LogEntry]:
    for number, row in enumerate(activity, 1):
        at = original.moment(row["timestamp"]) or at
        yield original.line(adw_id, number, _words(row), at, kind=LogKind.STATUS)


def _words(row: Row) -> str:
    what = str(row["event_type"] or "activity").replace("_", " ")
    if row["field_changed"] is None:
        return what
    return f"{what}: {row['field_changed']} from {row['old_value']} to {row['new_value']}"


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
