"""Bring the database to the form that this version needs.

Synchronous: `serve` does it before it builds and before there is an event loop; where there is one, in a thread.
"""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from alembic import command
from kanban_app.store.engine import sqlite_url
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, unavailable

_ROOT: Final = Path(__file__).resolve().parents[2]
# Long enough for a process that was just killed to let go of its locks.
_LOCK_WAIT_S: Final = 5.0
_VERSIONS: Final = "alembic_version"
_STORED: Final = "SELECT version_num FROM alembic_version"


def prepare_database(url: str, backups_dir: Path) -> Path | None:
    """Create or upgrade the database at `url`; the path of the backup that was made before an upgrade, if any.

    All migrations are one transaction: a process that dies on the way leaves the database as it was. The directory of
    the database must exist, `backups_dir` is made when it is needed. Raises `DatabaseTooNew`, `NotOurDatabase`, or
    `StoreUnavailable` (disk, permissions, damage); the database is then unchanged.
    """
    path = database_path(url)
    config = _config()
    script = ScriptDirectory.from_config(config)
    try:
        revision = _stored_revision(path)
        if revision is not None and not _is_known(script, revision):
            raise DatabaseTooNew(revision)
        if revision == script.get_current_head():
            return None
        backup = None if revision is None else _back_up(path, backups_dir, revision)
        _upgrade(url, config)
    except (sqlite3.Error, DBAPIError, OSError) as error:
        failure = unavailable(error)
        if failure is None:
            raise
        raise failure from error
    return backup


def is_current(revision: str) -> bool:
    """Whether a database of this revision needs no migration. Raises `DatabaseTooNew`."""
    script = ScriptDirectory.from_config(_config())
    if not _is_known(script, revision):
        raise DatabaseTooNew(revision)
    return revision == script.get_current_head()


def database_path(url: str) -> Path:
    """The file that an SQLite URL names; ValueError for any other URL."""
    return Path(sqlite_url(url, "sqlite").database or "")


def migration_engine(url: str) -> sa.Engine:
    """Connections whose transactions hold the write lock from their beginning and include changes of tables.

    Foreign keys are not enforced (SQLite's default): a migration may have to build a table anew.
    """
    engine = sa.create_engine(
        sqlite_url(url, "sqlite"),
        poolclass=sa.NullPool,
        # The driver must not begin and end transactions by itself.
        connect_args={"isolation_level": None, "timeout": _LOCK_WAIT_S},
    )

    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", on_begin)
    return engine


def _config() -> Config:
    """Built here, not read from alembic.ini: the working directory and logging stay out of it."""
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "alembic").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _stored_revision(path: Path) -> str | None:
    """The revision of an existing database; None where there is nothing yet."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    with closing(sqlite3.connect(path, timeout=_LOCK_WAIT_S)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return None
        row = connection.execute(_STORED).fetchone() if _VERSIONS in tables else None
    if row is None:
        raise NotOurDatabase(f"{path} is a database of another program")
    return str(row[0])


def _is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        script.get_revision(revision)
    except CommandError:
        return False
    return True


def _back_up(path: Path, backups_dir: Path, revision: str) -> Path:
    """A consistent copy, also of what is still in the write-ahead log. It gets its name when it is complete."""
    backups_dir.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target = backups_dir / f"{path.stem}-{stamp}-{revision}.db"
    partial = target.with_suffix(".partial")
    try:
        with closing(sqlite3.connect(path, timeout=_LOCK_WAIT_S)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
        partial.chmod(0o600)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _upgrade(url: str, config: Config) -> None:
    engine = migration_engine(url)
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
