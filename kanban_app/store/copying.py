"""Copies of a database file while others write to it, and whether one is sound. Everything here blocks."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kanban_app.store.failures import StoreUnavailable, unavailable

PAGES_PER_STEP: Final = 256
REST_S: Final = 0.001
MOST_PROBLEMS: Final = 20
_LOCK_WAIT_S: Final = 5.0
_INTERRUPTED: Final = 9
_DAMAGED: Final = frozenset({"corrupt", "not-a-database"})


@dataclass(frozen=True, slots=True)
class Soundness:
    """What a check has found: `problems` in SQLite's words; not `finished` when the time was over before the end."""

    problems: tuple[str, ...] = ()
    finished: bool = True

    @property
    def is_damaged(self) -> bool:
        return bool(self.problems)


def rest() -> None:
    """Between two steps: whoever else uses the disk gets a turn."""
    time.sleep(REST_S)


def copy_database(source: Path, target: Path, between: Callable[[], None] = rest) -> None:
    """Copy the state that `source` has now into the new file `target`, by SQLite's backup API.

    The state is held by a read transaction: writers go on meanwhile and do not make the copy begin anew, as they would
    without one. The copy is one file without a log beside it. `between` is called between two steps, and ends the
    copying when it raises. Raises StoreUnavailable.
    """

    def step(_status: int, _remaining: int, _total: int) -> None:
        between()

    try:
        with closing(_opened(source)) as origin, closing(sqlite3.connect(target, isolation_level=None)) as copy:
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
            origin.backup(copy, pages=PAGES_PER_STEP, progress=step)
            origin.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode=DELETE")
    except (sqlite3.Error, OSError) as error:
        raise _told(error) from error


def soundness(path: Path, *, full: bool = False, limit_s: float | None = None) -> Soundness:
    """Check a database, the `full` way with its indexes and references. Raises StoreUnavailable when it cannot be read.

    A check that takes longer than `limit_s` is broken off.
    """
    try:
        with closing(_opened(path)) as connection:
            return _checked(connection, full=full, limit_s=limit_s)
    except (sqlite3.Error, OSError) as error:
        failure = _told(error)
        if failure.reason in _DAMAGED:
            return Soundness((failure.detail or failure.reason,))
        raise failure from error


def revision_of(path: Path) -> str:
    """The revision of one of our databases; "" where there is none. Raises StoreUnavailable."""
    try:
        with closing(_opened(path)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if found else None
    except (sqlite3.Error, OSError) as error:
        raise _told(error) from error
    return str(row[0]) if row else ""


def setting_in(path: Path, key: str) -> object:
    """What a database of ours has under a key of the settings, whatever its revision; None when it has nothing, or
    cannot be read.
    """
    if not path.is_file():
        return None
    try:
        with closing(_opened(path)) as connection:
            row = connection.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return json.loads(row[0]) if row else None
    except (sqlite3.Error, OSError, ValueError, TypeError):
        return None


def _opened(path: Path) -> sqlite3.Connection:
    """Never makes a file that is not there."""
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=_LOCK_WAIT_S, isolation_level=None)


def _checked(connection: sqlite3.Connection, *, full: bool, limit_s: float | None) -> Soundness:
    # A progress handler would not be asked during the walk over the pages.
    alarm = threading.Timer(limit_s, connection.interrupt) if limit_s is not None else None
    if alarm is not None:
        alarm.daemon = True
        alarm.start()
    try:
        pragma = "integrity_check" if full else "quick_check"
        problems = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}({MOST_PROBLEMS})") if row[0] != "ok"]
        if full and not problems:
            problems += [
                _reference(row) for row in connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_PROBLEMS)
            ]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != _INTERRUPTED:
            raise
        return Soundness(finished=False)
    finally:
        if alarm is not None:
            alarm.cancel()
            alarm.join()
    return Soundness(tuple(problems))


def _reference(row: tuple[object, ...]) -> str:
    table, number, parent = row[:3]
    return f"row {number} of {table} refers to a row of {parent} that is not there"


def _told(error: BaseException) -> StoreUnavailable:
    return unavailable(error) or StoreUnavailable("io-error", str(error))
