"""`kill -9` at any statement of the real migrations, and of the copy that is made before them."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from alembic import command
from kanban_app.store import copying, migrate
from kanban_app.store.copying import soundness
from kanban_app.store.migrate import prepare_database

OLD: Final = "0004"
CARDS: Final = 300
# A statement is one point; a sample of them, the first and the last ones included.
SAMPLE: Final = 12


def query(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement).fetchall()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A board of an earlier version."""
    path = tmp_path / "old" / "kanban.db"
    path.parent.mkdir()
    engine = migrate.migration_engine(f"sqlite:///{path}")
    config = migrate._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLD)
        columns = sa.inspect(connection).get_columns("task")
        row = {column["name"]: _value(column) for column in columns}
        rows = [{**row, "id": f"task-{number}", "number": number} for number in range(1, CARDS + 1)]
        names = ", ".join(row)
        connection.execute(
            sa.text(f"INSERT INTO task ({names}) VALUES ({', '.join(f':{name}' for name in row)})"),
            rows,
        )
    engine.dispose()
    return path


def _value(column: Any) -> object:
    known = {
        "project_id": "default",
        "title": "A card",
        "type": "feature",
        "column": "backlog",
        "stages": '["plan"]',
        "labels": "[]",
    }
    if column["name"] in known or column["nullable"]:
        return known.get(column["name"])
    return 0 if isinstance(column["type"], sa.Integer | sa.Boolean) else "2026-05-01 12:00:00"


def killed(work: Callable[[], object]) -> int:
    """How a process that does this work ended."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def migrate_until(database: Path, statement: int) -> int:
    """Prepare a database in a process that dies before its statement of this number; how it ended."""
    left = statement

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        event.listen(sa.Engine, "before_cursor_execute", count)
        prepare_database(f"sqlite:///{database}", database.parent / "backups")

    return killed(work)


def statements_of(database: Path) -> int:
    """How many statements bring it up to date."""
    copy = database.parent.parent / "counted" / "kanban.db"
    shutil.copytree(database.parent, copy.parent)
    count = 0

    def one(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(sa.Engine, "before_cursor_execute", one)
    try:
        prepare_database(f"sqlite:///{copy}", copy.parent / "backups")
    finally:
        event.remove(sa.Engine, "before_cursor_execute", one)
    return count


def test_a_kill_at_any_statement_is_as_if_nothing_had_happened(old: Path) -> None:
    total = statements_of(old)
    assert total > SAMPLE
    points = sorted({0, 1, total - 1, *range(0, total, max(1, total // SAMPLE))})
    for point in points:
        folder = old.parent.parent / f"killed-{point}"
        shutil.copytree(old.parent, folder)
        database = folder / "kanban.db"
        assert migrate_until(database, point) == -signal.SIGKILL
        assert query(database, "SELECT version_num FROM alembic_version") == [(OLD,)]
        assert query(database, "SELECT count(*) FROM task") == [(CARDS,)]
        assert not soundness(database, full=True).is_damaged
        # The copy was whole before the first statement, and the next start makes its own.
        for copy in (folder / "backups").glob("*.db"):
            assert query(copy, "SELECT count(*) FROM task") == [(CARDS,)]
        prepare_database(f"sqlite:///{database}", folder / "backups")
        assert query(database, "SELECT count(*) FROM task") == [(CARDS,)]
        assert not soundness(database, full=True).is_damaged


def test_a_kill_while_the_copy_is_made_leaves_nothing_that_looks_like_one(old: Path) -> None:
    def work() -> None:
        with patch.object(Path, "rename", lambda *_: os.kill(os.getpid(), signal.SIGKILL)):
            prepare_database(f"sqlite:///{old}", old.parent / "backups")

    assert killed(work) == -signal.SIGKILL
    assert list((old.parent / "backups").glob("*.db")) == []
    assert query(old, "SELECT version_num FROM alembic_version") == [(OLD,)]
    prepare_database(f"sqlite:///{old}", old.parent / "backups")
    assert len(list((old.parent / "backups").glob("*.db"))) == 1


def test_a_kill_while_a_backup_is_copied_leaves_the_board_as_it_was(old: Path) -> None:
    def work() -> None:
        with patch.object(copying, "PAGES_PER_STEP", 1):
            copying.copy_database(old, old.parent / "copy.db", lambda: os.kill(os.getpid(), signal.SIGKILL))

    assert killed(work) == -signal.SIGKILL
    assert query(old, "SELECT count(*) FROM task") == [(CARDS,)]
    assert not soundness(old, full=True).is_damaged
