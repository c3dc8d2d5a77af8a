"""A database is created, upgraded after a backup, or refused."""

import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from alembic import command
from kanban_app.domain.events import TaskPurged
from kanban_app.domain.evolve import evolve
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.spending import Spending
from kanban_app.store import migrate
from kanban_app.store.database import Store
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, StoreUnavailable
from kanban_app.store.migrate import database_path, prepare_database
from kanban_app.store.tables import METADATA, is_ours

ROOT = Path(migrate.__file__).resolve().parents[2]

# A migration that does some work and then, on request, dies the way `kill -9` does.
NEXT = """
import os
import sqlalchemy as sa
from alembic import op

revision = "0002_test"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("task", sa.Column("extra", sa.String()))
    op.execute("UPDATE project SET title = 'changed'")
    if os.environ.get("DIE"):
        os.kill(os.getpid(), 9)
"""


@pytest.fixture
def later_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a version that has one migration more."""
    root = tmp_path / "later"
    shutil.copytree(ROOT / "alembic", root / "alembic", ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory.from_config(migrate._config()).get_current_head()
    (root / "alembic" / "versions" / "0002_test.py").write_text(NEXT.format(head=head))
    monkeypatch.setattr(migrate, "_ROOT", root)
    return root


def query(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement).fetchall()


def test_the_migrations_build_what_the_tables_say(database: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        opts = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "table" or is_ours(name),
        }
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    # What alembic does not compare.
    schema = dict(query(database, "SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    assert "AUTOINCREMENT" in schema["event"]
    assert "WITHOUT ROWID" in schema["run_log"]


def test_a_new_database_has_the_default_project_and_needs_no_backup(tmp_path: Path) -> None:
    assert prepare_database(f"sqlite+aiosqlite:///{tmp_path}/new.db", tmp_path / "backups") is None
    assert query(tmp_path / "new.db", "SELECT id FROM project") == [("default",)]
    assert not (tmp_path / "backups").exists()


def test_an_upgrade_that_is_not_needed_changes_nothing(url: str, database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    assert prepare_database(url, tmp_path / "backups") is None
    assert database.read_bytes() == before
    assert not (tmp_path / "backups").exists()


def test_a_backup_is_made_before_an_upgrade(url: str, database: Path, tmp_path: Path, later_version: Path) -> None:
    backup = prepare_database(url, tmp_path / "backups")
    assert backup is not None
    assert [backup] == list((tmp_path / "backups").iterdir())
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert query(database, "SELECT version_num FROM alembic_version") == [("0002_test",)]
    assert query(database, "SELECT title FROM project") == [("changed",)]
    assert query(backup, "SELECT version_num FROM alembic_version") != [("0002_test",)]
    assert query(backup, "SELECT title FROM project") != [("changed",)]
    assert prepare_database(url, tmp_path / "backups") is None


def test_a_kill_in_the_middle_of_a_migration(url: str, database: Path, tmp_path: Path, later_version: Path) -> None:
    before = query(database, "SELECT * FROM sqlite_master")
    program = (
        "import sys; from pathlib import Path; from kanban_app.store import migrate;"
        "migrate._ROOT = Path(sys.argv[1]); migrate.prepare_database(sys.argv[2], Path(sys.argv[3]))"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(later_version), url, str(tmp_path / "backups")],
        cwd=ROOT,
        env={**os.environ, "DIE": "1"},
        check=False,
    )
    assert killed.returncode == -9
    assert query(database, "SELECT * FROM sqlite_master") == before
    assert query(database, "SELECT title FROM project") != [("changed",)]
    prepare_database(url, tmp_path / "backups")
    assert query(database, "SELECT version_num FROM alembic_version") == [("0002_test",)]
    assert query(database, "SELECT title FROM project") == [("changed",)]


def test_a_kill_while_the_first_tables_are_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    program = (
        "import os, sys; from pathlib import Path; from alembic.operations import Operations;"
        "Operations.bulk_insert = lambda *_: os.kill(os.getpid(), 9);"
        "from kanban_app.store import migrate; migrate.prepare_database(sys.argv[1], Path(sys.argv[2]))"
    )
    killed = subprocess.run([sys.executable, "-c", program, url, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    assert query(tmp_path / "new.db", "SELECT * FROM sqlite_master") == []
    assert prepare_database(url, tmp_path / "backups") is None
    assert query(tmp_path / "new.db", "SELECT id FROM project") == [("default",)]


def test_a_newer_database_is_refused_untouched(
    url: str, database: Path, tmp_path: Path, later_version: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_database(url, tmp_path / "backups")
    monkeypatch.setattr(migrate, "_ROOT", ROOT)
    before = database.read_bytes()
    with pytest.raises(DatabaseTooNew) as caught:
        prepare_database(url, tmp_path / "more")
    assert caught.value.revision == "0002_test"
    assert database.read_bytes() == before
    assert not (tmp_path / "more").exists()


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    with pytest.raises(StoreUnavailable, match="not-a-database"):
        prepare_database(f"sqlite:///{tmp_path}/text.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE project (name TEXT)")
    with pytest.raises(NotOurDatabase):
        prepare_database(f"sqlite:///{tmp_path}/other.db", tmp_path)
    with pytest.raises(StoreUnavailable, match="cannot-open"):
        prepare_database(f"sqlite:///{tmp_path}/missing/new.db", tmp_path)
    with pytest.raises(ValueError, match="not the URL of an SQLite file"):
        database_path("postgresql://host/db")


def test_no_backup_no_upgrade(url: str, database: Path, tmp_path: Path, later_version: Path) -> None:
    (tmp_path / "backups").write_text("a file where the directory should be")
    with pytest.raises(StoreUnavailable):
        prepare_database(url, tmp_path / "backups")
    assert query(database, "SELECT title FROM project") != [("changed",)]


def test_it_is_silent_and_independent_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    handlers, level = list(logging.root.handlers), logging.root.level
    prepare_database("sqlite:///relative.db", Path("backups"))
    assert (tmp_path / "relative.db").exists()
    assert capfd.readouterr() == ("", "")
    assert (list(logging.root.handlers), logging.root.level) == (handlers, level)


def test_the_developers_configuration_finds_the_scripts() -> None:
    script = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))
    assert script.get_current_head() == ScriptDirectory.from_config(migrate._config()).get_current_head()


def test_what_waited_keeps_its_order(tmp_path: Path) -> None:
    """0002 gives a rank to every attempt that has none, by the time of its creation."""
    path = tmp_path / "old.db"
    config = migrate._config()
    engine = migrate.migration_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number, status in enumerate(("queued", "held", "queued", "completed")):
            connection.exec_driver_sql(
                "INSERT INTO attempt (project_id, id, adw_id, task_id, kind, stages, status, created_at, model_set,"
                " finished, fraction, progress, step, cancel_requested, released, origin, origin_rank)"
                f" VALUES ('default', 'a{9 - number}', 'r', 't', 'start', '[]', '{status}', '2026-01-0{number + 1}',"
                " 'base', '[]', 0, 0, '', 0, 0, 'backlog', 'i')"
            )
    engine.dispose()
    prepare_database(f"sqlite:///{path}", tmp_path / "backups")
    rows = query(path, "SELECT id, queue_rank FROM attempt WHERE queue_rank <> '' ORDER BY queue_rank")
    assert [row[0] for row in rows] == ["a9", "a8", "a7"]
    ranks = [row[1] for row in rows]
    assert ranks[0] < rank_between(ranks[0], ranks[1]) < ranks[1] < rank_between(ranks[2], None)
    assert rank_between(None, ranks[0]) < ranks[0]


_CARD_OF_0004: Final = """
    INSERT INTO task (project_id, id, number, title, description, type, stages, "column", rank, created_at, updated_at,
        priority, labels, model_set, stage_models, issue_number, version, run_id, attempt_id, deleted_at)
    VALUES ('default', ?, ?, ?, 'Über alles', 'feature', '["plan"]', 'backlog', ?, '2026-01-01 00:00:00',
        '2026-01-01 00:00:00', 1, '["ui"]', 'base', '{}', '77', 3, ?, ?, ?)
"""
_REST_OF_0004: Final = (
    (
        "INSERT INTO run (project_id, adw_id, task_id, created_at, stages, flags)"
        " VALUES ('default', '0000000a', 'waits', '2026-01-01 00:00:00', '{}', '[]')"
    ),
    (
        "INSERT INTO attempt (project_id, id, adw_id, task_id, kind, stages, status, created_at, model_set, finished,"
        " fraction, progress, step, cancel_requested, released, origin, origin_rank, queue_rank)"
        " VALUES ('default', 'a1', '0000000a', 'waits', 'start', '[\"plan\"]', 'queued', '2026-01-01 00:00:00', 'base',"
        " '[]', 0, 0, '', 0, 0, 'backlog', 'i', 'i')"
    ),
    (
        "INSERT INTO event (project_id, kind, at, author, data, task_id, adw_id, attempt_id)"
        " VALUES ('default', 'attempt.opened', '2026-01-01 00:00:00', 'ann', '{}', 'waits', '0000000a', 'a1')"
    ),
)


async def test_a_board_of_0004_is_whole_and_found(tmp_path: Path) -> None:
    """All that came since is empty on its cards; what waited still waits; the index of cards follows them."""
    path = tmp_path / "old.db"
    config = migrate._config()
    engine = migrate.migration_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.exec_driver_sql(_CARD_OF_0004, ("waits", 1, "Waits", "i", "0000000a", "a1", None))
        connection.exec_driver_sql(_CARD_OF_0004, ("gone", 2, "Gone", "j", None, None, "2026-01-02 00:00:00"))
        for statement in _REST_OF_0004:
            connection.exec_driver_sql(statement)
    engine.dispose()
    prepare_database(f"sqlite:///{path}", tmp_path / "backups")
    assert query(path, "PRAGMA foreign_key_check") == []
    async with await Store.open(f"sqlite:///{path}") as store:
        board = await store.load_board()
        waits, gone = board.tasks["waits"], board.tasks["gone"]
        assert (waits.images, waits.blocked_by, waits.due_on, waits.archived_at) == ((), (), None, None)
        assert (gone.removed_by, gone.purged_at, gone.is_on_board) == ("", None, False)
        assert [(a.id, a.author, a.unbound, a.spent) for a in board.queue()] == [("a1", "ann", False, Spending())]
        assert (board.limits, board.templates) == ({}, {})
        assert sorted(await store.find_cards(["über", "ui"])) == ["gone", "waits"]
        after = board.with_task(replace(waits, title="Renamed", archived_at=waits.created_at))
        after = evolve(TaskPurged("gone", waits.created_at), after)
        async with store.write() as tx:
            await tx.save_board(board, after)
        assert await store.find_cards(["renamed"]) == ["waits"]
        assert await store.find_cards(["waits"]) == []
        assert await store.find_cards(["über"]) == ["waits"]
        assert await store.find_cards(["#2"]) == ["gone"]
