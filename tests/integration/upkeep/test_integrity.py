"""What a start does with a damaged database, and with a restore that was cut short."""

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

from kanban_app.config import Settings
from kanban_app.errors import StartRefusal
from kanban_app.store.copying import soundness
from kanban_app.upkeep import integrity, unfinished
from kanban_app.upkeep.backup import make_backup
from kanban_app.upkeep.starting import prepare_data
from tests.integration.upkeep.conftest import titles
from tests.integration.upkeep.test_backup import damage
from tests.support.app import run_command


def test_a_sound_database_is_opened(settings: Settings) -> None:
    prepare_data(settings)
    assert titles(settings.database_path) == ["first"]


def test_a_new_folder_is_no_damage(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    prepare_data(settings)
    assert settings.database_path.exists()


def test_a_damaged_one_is_refused_untouched_with_the_way_out(settings: Settings) -> None:
    made = make_backup(settings)
    damage(settings.database_path)
    before = settings.database_path.read_bytes()
    with pytest.raises(StartRefusal) as refused:
        prepare_data(settings)
    assert f"The database {settings.database_path} is damaged" in str(refused.value)
    assert f"python -m kanban_app restore {made.path}" in str(refused.value)
    assert settings.database_path.read_bytes() == before


def test_without_a_backup_it_says_so(settings: Settings) -> None:
    damage(settings.database_path)
    with pytest.raises(StartRefusal, match="There is no backup"):
        prepare_data(settings)


def test_a_missing_index_entry_is_found_by_the_full_check(settings: Settings) -> None:
    """`quick_check` does not compare indexes with their tables; that is what makes it quick."""
    with closing(sqlite3.connect(settings.database_path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE listed (name TEXT)")
        connection.execute("CREATE INDEX by_name ON listed (name)")
        connection.execute("INSERT INTO listed VALUES ('a'), ('b')")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = 'CREATE INDEX by_name ON listed (name DESC)' WHERE name = 'by_name'"
        )
    assert not soundness(settings.database_path).is_damaged
    assert soundness(settings.database_path, full=True).is_damaged


def test_the_check_of_a_large_one_ends_in_time(tmp_path: Path) -> None:
    """Real rows, so that both the walk over the pages and that over the rows have something to do."""
    database = tmp_path / "large.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) "
            "INSERT INTO line SELECT i, hex(randomblob(40)) FROM n"
        )
    broken_off = soundness(database, limit_s=0.001)
    assert (broken_off.finished, broken_off.problems) == (False, ())
    whole = soundness(database)
    assert (whole.finished, whole.problems) == (True, ())


def test_a_check_that_is_broken_off_does_not_keep_the_board_from_starting(settings: Settings) -> None:
    with patch.object(integrity, "soundness", lambda *_, **__: soundness(settings.database_path, limit_s=0.0)):
        prepare_data(settings)


def test_a_restore_that_was_cut_short_is_completed_first(settings: Settings) -> None:
    coming = settings.data_dir / ".restoring-x" / "token"
    coming.parent.mkdir()
    coming.write_text("of the backup\n")
    token = settings.data_dir / "token"
    moves = unfinished.Moves(((str(token), str(settings.data_dir / "aside" / "token")),), ((str(coming), str(token)),))
    unfinished._write_down(settings.data_dir, moves)
    prepare_data(settings)
    assert token.read_text() == "of the backup\n"
    assert (settings.data_dir / "aside" / "token").read_text() == "s3cret\n"
    assert not unfinished.finish(settings.data_dir)


def test_the_program_says_it_in_a_sentence(settings: Settings) -> None:
    damage(settings.database_path)
    started = run_command("serve", data_dir=settings.data_dir)
    assert started.returncode == 2
    assert "is damaged" in started.stderr
    assert "Traceback" not in started.stderr
    assert "E-SYS-18" in started.stderr


def test_a_backup_and_a_restore_by_command(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "mine.tar.gz"
    made = run_command("backup", "--to", str(file), data_dir=settings.data_dir)
    assert (made.returncode, made.stderr) == (0, "")
    assert str(file) in made.stdout
    again = run_command("backup", "--to", str(file), data_dir=settings.data_dir)
    assert (again.returncode, "exists already" in again.stderr) == (2, True)
    damage(settings.database_path)
    back = run_command("restore", str(file), data_dir=settings.data_dir)
    assert (back.returncode, back.stderr) == (0, "")
    assert "before-restore-" in back.stdout
    assert titles(settings.database_path) == ["first"]
    wrong = run_command("restore", str(tmp_path / "none"), data_dir=settings.data_dir)
    assert (wrong.returncode, "does not exist" in wrong.stderr) == (2, True)
