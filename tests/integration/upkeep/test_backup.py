"""A backup holds all that a board is, of one moment, and is there only when it is whole."""

import json
import sqlite3
import stat
import tarfile
import threading
from contextlib import closing
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from kanban_app.config import Settings
from kanban_app.store.copying import copy_database, soundness
from kanban_app.upkeep import backup, unfinished
from kanban_app.upkeep.archive import unpack
from kanban_app.upkeep.backup import backups_in, make_backup, prune
from kanban_app.upkeep.trouble import CannotDo
from tests.integration.upkeep.conftest import query, titles


def test_it_holds_every_project_its_images_and_the_token_but_nothing_of_one_start(
    settings: Settings, tmp_path: Path
) -> None:
    made = make_backup(settings)
    assert made.path.parent == settings.data_dir / "backups"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    contents = unpack(made.path, tmp_path / "out")
    image = f"attachments/{'a' * 32}.png"
    expected = {"kanban.db", "projects/shop/kanban.db", image, f"projects/shop/{image}", "token"}
    assert {held.name for held in contents.files} == expected
    assert titles(tmp_path / "out" / "kanban.db") == ["first"]
    assert titles(tmp_path / "out" / "projects/shop/kanban.db") == ["second"]
    assert set(contents.revisions) == {"kanban.db", "projects/shop/kanban.db"}
    assert backups_in(settings.data_dir / "backups") == [made]
    # Nothing is left of the work.
    assert {path.name for path in (settings.data_dir / "backups").iterdir()} == {made.path.name, ".lock", ".order"}


def test_files_of_other_programs_in_the_data_folder_are_left_out(settings: Settings, tmp_path: Path) -> None:
    for name in ("token~", "notes 1.txt", "#x#"):
        (settings.data_dir / name).write_text("of an editor")
    (settings.data_dir / "projects" / "p1 copy").mkdir()
    contents = unpack(make_backup(settings).path, tmp_path / "out")
    assert "token" in {held.name for held in contents.files}
    assert not [held.name for held in contents.files if " " in held.name or held.name.endswith(("~", "#"))]


def test_to_a_file_or_a_folder_of_ones_own_choice(settings: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert make_backup(settings, elsewhere / "mine.tar.gz").path == elsewhere / "mine.tar.gz"
    assert backup.NAME.fullmatch(make_backup(settings, elsewhere).path.name)
    with pytest.raises(CannotDo, match="exists already"):
        make_backup(settings, elsewhere / "mine.tar.gz")


def test_a_database_that_is_elsewhere(settings: Settings, tmp_path: Path) -> None:
    far = tmp_path / "far" / "board.db"
    far.parent.mkdir()
    (settings.data_dir / "kanban.db").rename(far)
    made = make_backup(Settings(data_dir=settings.data_dir, database_url=f"sqlite:///{far}"))
    unpack(made.path, tmp_path / "out")
    assert titles(tmp_path / "out" / "kanban.db") == ["first"]


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match="nothing to back up"):
        make_backup(Settings(data_dir=tmp_path / "none"))


def test_a_damaged_database_makes_no_backup_and_costs_none(settings: Settings) -> None:
    good = make_backup(settings)
    damage(settings.data_dir / "kanban.db")
    with pytest.raises(CannotDo, match="is damaged"):
        make_backup(settings)
    assert backups_in(settings.data_dir / "backups") == [good]


def damage(database: Path) -> None:
    """Spoil all pages but the first, which say what there is."""
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xaa" * (database.stat().st_size - 4096))


def test_no_backup_when_the_disk_would_be_full_after_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "ROOM_LEFT", 2**60)
    with pytest.raises(CannotDo, match="no room for a backup"):
        make_backup(settings)
    assert backups_in(settings.data_dir / "backups") == []


def test_one_at_a_time(settings: Settings) -> None:
    with backup.alone(settings.data_dir / "backups"), pytest.raises(CannotDo, match="made already"):
        make_backup(settings)


def test_not_of_a_folder_whose_restore_was_cut_short(settings: Settings) -> None:
    """Half of it is the old board and half the new."""
    (settings.data_dir / unfinished.MARKER).write_text("{}")
    with pytest.raises(CannotDo, match="cut short: start the board"):
        make_backup(settings)
    assert backups_in(settings.data_dir / "backups") == []


def test_what_a_killed_backup_has_left_goes_with_the_next(settings: Settings) -> None:
    left = settings.data_dir / "backups" / ".unfinished-abc"
    left.mkdir(parents=True)
    (left / "0.db").write_bytes(b"half")
    make_backup(settings)
    assert not left.exists()


def test_only_the_newest_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    names = [f"kanban-2026010{day}T000000Z.tar.gz" for day in range(1, 6)]
    others = ["kanban-20260101T000000.000000Z-0004.db", "mine.tar.gz", "notes.txt"]
    for name in [*names, *others]:
        (tmp_path / name).touch()
    assert prune(tmp_path, 2) == 3
    assert {path.name for path in tmp_path.iterdir()} == {*names[3:], *others}


def test_one_with_a_date_in_the_future_makes_no_later_one_older(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = settings.data_dir / "backups"
    folder.mkdir()
    copied = folder / "kanban-20990101T000000Z.tar.gz"
    copied.touch()
    first = make_backup(settings)

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Wrong":
            return cls(2098, 1, 1, tzinfo=tz)

    with monkeypatch.context() as wrong:
        wrong.setattr(backup, "datetime", Wrong)
        future = make_backup(settings)
    last = make_backup(settings)
    assert future.path.name.startswith("kanban-2098")
    assert [found.path for found in backups_in(folder)] == [last.path, future.path, first.path, copied]
    prune(folder, 2)
    assert [found.path for found in backups_in(folder)] == [last.path, future.path]
    assert prune(folder, 1) == 1
    assert last.path.exists()


class Writer(threading.Thread):
    """Writes pairs of rows without end; a copy of one moment has both of a pair or none."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.database, self.ended = database, threading.Event()
        self.commits, self.longest = 0, 0.0

    def run(self) -> None:
        with closing(sqlite3.connect(self.database, timeout=0, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=OFF")
            while not self.ended.is_set():
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO pair VALUES (?, 'a'), (?, 'b')", (self.commits, self.commits))
                connection.execute("COMMIT")
                self.commits += 1


def test_a_copy_under_writing_is_of_one_moment_ends_and_keeps_nobody_from_writing(tmp_path: Path) -> None:
    """The writer does not wait for a lock at all: any lock that the copy held would end it with an error."""
    database = tmp_path / "busy.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pair (number, side)")
        connection.execute("CREATE TABLE ballast AS SELECT randomblob(16000000) AS data")
    writer = Writer(database)
    writer.start()
    try:
        before = writer.commits
        copy_database(database, tmp_path / "copy.db")
        during = writer.commits - before
    finally:
        writer.ended.set()
        writer.join()
    assert during > 10
    assert soundness(tmp_path / "copy.db", full=True).problems == ()
    assert query(tmp_path / "copy.db", "SELECT number FROM pair GROUP BY number HAVING count(*) <> 2") == []
    ((copied,),) = query(tmp_path / "copy.db", "SELECT count(*) / 2 FROM pair")
    assert before <= copied <= writer.commits
    assert not list(tmp_path.glob("copy.db-*"))


def test_damaged_files_are_no_backups(settings: Settings, tmp_path: Path) -> None:
    whole = make_backup(settings).path.read_bytes()
    spoiled = bytearray(whole)
    spoiled[len(whole) // 2] ^= 0xFF
    for number, data in enumerate((whole[: len(whole) // 2], bytes(spoiled), b"", b"hello" * 500)):
        file = tmp_path / f"{number}.tar.gz"
        file.write_bytes(data)
        with pytest.raises(CannotDo, match=r"damaged|no backup|no complete"):
            unpack(file, tmp_path / f"out{number}")


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "projects/../../evil", ".ssh", "service/runs/x", "a/b"])
def test_no_file_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(CannotDo, match="no place in a backup"):
        unpack(file, tmp_path / "deep" / "out")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_only_plain_files(tmp_path: Path, kind: bytes) -> None:
    file = tmp_path / "evil.tar.gz"
    member = tarfile.TarInfo("token")
    member.type, member.linkname = kind, "/etc/passwd"
    with tarfile.open(file, "w:gz") as tar:
        tar.addfile(member)
    with pytest.raises(CannotDo, match="no place in a backup"):
        unpack(file, tmp_path / "out")


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ({"program": "other"}, "another program"),
        ({"program": "agentic-kanban", "format": 2}, "newer version"),
        ({"program": "agentic-kanban", "format": 1}, "cannot be read"),
        ([], "cannot be read"),
    ],
)
def test_lists_that_are_not_ours(tmp_path: Path, listed: object, said: str) -> None:
    file, source = tmp_path / "other.tar.gz", tmp_path / "backup.json"
    source.write_text(json.dumps(listed))
    with tarfile.open(file, "w:gz") as tar:
        tar.add(source, "backup.json")
    with pytest.raises(CannotDo, match=said):
        unpack(file, tmp_path / "out")
