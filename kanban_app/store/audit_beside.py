"""An entry in the audit log of a database that this process has not opened: by commands, beside a running board."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kanban_app.domain.audit import Entry
from kanban_app.store.audit_rows import row_of
from kanban_app.store.columns import storable
from kanban_app.store.failures import StoreUnavailable, unavailable
from kanban_app.store.tables import table

LOCK_WAIT_S: Final = 2.0
_TIME: Final = "%Y-%m-%d %H:%M:%S.%f"


def append_beside(database: Path, entry: Entry) -> None:
    """Write one entry in a short transaction, waiting at most `LOCK_WAIT_S` for others who write. Blocks.

    Raises StoreUnavailable when that cannot be done; with the reason `not-migrated` where there is no audit log yet.
    """
    row = row_of(entry)
    names = [column.name for column in table("audit").columns if column.name in row]
    values = [_value(row[name], name) for name in names]
    # Of constants: the names of the table's columns.
    statement = f"INSERT INTO audit ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    try:
        address = f"file:{quote(str(database))}?mode=rw"
        with closing(sqlite3.connect(address, uri=True, timeout=LOCK_WAIT_S, isolation_level=None)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit'").fetchone():
                raise StoreUnavailable("not-migrated", "it is of an older version of this program")
            connection.execute(statement, values)
    except (sqlite3.Error, OSError) as error:
        raise unavailable(error) or StoreUnavailable("io-error", str(error)) from error


def _value(value: object, name: str) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_TIME)
    if name == "details":
        return json.dumps(value, separators=(",", ":"))
    return storable(str(value))
