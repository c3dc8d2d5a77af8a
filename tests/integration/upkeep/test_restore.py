"""A backup brings a board back, and what was there before is never lost on the way."""

import asyncio
import itertools
import json
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
import sqlalchemy as sa

from alembic import command
from kanban_app.config import Settings
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.projects import Project
from kanban_app.errors import StartRefusal
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.services.projects import kept_list
from kanban_app.serving.data_dir import hold_data_dir
from kanban_app.store import migrate
from kanban_app.store.copying import copy_database, setting_in
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.migrate import prepare_database
from kanban_app.upkeep import unfinished
from kanban_app.upkeep.backup import alone, folder_of, make_backup
from kanban_app.upkeep.restore import restore
from kanban_app.upkeep.starting import prepare_data
from kanban_app.upkeep.trouble import CannotDo
from tests.integration.upkeep.conftest import add_card, query, titles
from tests.integration.upkeep.test_backup import damage


def contents(folder: Path) -> dict[str, bytes]:
    """What must not change when a restore is refused."""
    left_out = {"lock", "backups"}
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    named = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in named.items() if name.partition("/")[0] not in left_out}


def test_all_is_as_it_was_and_what_came_later_is_kept_aside(settings: Settings) -> None:
    folder = settings.data_dir
    made = make_backup(settings)
    add_card(folder / "kanban.db", "later")
    add_card(folder / "projects" / "shop" / "kanban.db", "later")
    add_card(folder / "projects" / "new" / "kanban.db", "of a project that came later")
    (folder / "token").write_text("another\n")
    (folder / "attachments" / f"{'b' * 32}.png").write_bytes(b"a later image")

    done = restore(settings, made.path)
    assert titles(folder / "kanban.db") == ["first"]
    assert titles(folder / "projects" / "shop" / "kanban.db") == ["second"]
    assert titles(folder / "projects" / "new" / "kanban.db") == ["of a project that came later"]
    assert (folder / "token").read_text() == "s3cret\n"
    assert [path.name for path in (folder / "attachments").iterdir()] == [f"{'a' * 32}.png"]
    assert (folder / "service" / "runs" / "output").exists()
    assert done.databases == 2
    assert done.aside is not None
    assert titles(done.aside / "kanban.db") == ["first", "later"]
    assert (done.aside / "token").read_text() == "another\n"
    assert (done.aside / "attachments" / f"{'b' * 32}.png").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith((".restoring", "restore-"))]


def keep_list(database: Path, *projects: Project) -> None:
    text = json.dumps(kept_list.as_kept(projects))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO setting VALUES ('default', 'projects', ?)", (text,))


def listed(database: Path) -> list[Project]:
    return kept_list.read(setting_in(database, kept_list.KEY))


SHOP = Project("shop", "The shop", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
LATER = Project("new", "A later one", SHOP.created_at, SHOP.used_at, repository="/srv/new", op_id="op")


def test_projects_that_came_after_the_backup_stay_in_the_list(settings: Settings) -> None:
    database = settings.data_dir / "kanban.db"
    keep_list(database, SHOP)
    made = make_backup(settings)
    add_card(settings.data_dir / "projects" / "new" / "kanban.db", "of a project that came later")
    gone = replace(LATER, id="gone")
    keep_list(database, replace(SHOP, title="Renamed"), LATER, gone)
    done = restore(settings, made.path)
    assert listed(database) == [SHOP, LATER]
    assert done.later == ("A later one",)
    assert any("A later one" in line for line in done.lines())
    assert restore(settings, made.path).later == ("A later one",)


def test_projects_whose_list_is_lost_are_found_by_their_folders(settings: Settings) -> None:
    database = settings.data_dir / "kanban.db"
    keep_list(database, SHOP)
    made = make_backup(settings)
    add_card(settings.data_dir / "projects" / "new" / "kanban.db", "of a project that came later")
    keep_list(database, SHOP, LATER)
    damage(database)
    assert restore(settings, made.path).later == ("new",)
    first, second = listed(database)
    assert first == SHOP
    assert (second.id, second.archived) == ("new", True)


def test_an_api_token_that_was_revoked_since_stays_so(settings: Settings) -> None:
    tokens = ApiTokens(settings.data_dir)
    kept, kept_secret = tokens.create("kept", ["read"])
    revoked, revoked_secret = tokens.create("revoked", ["read"])
    made = make_backup(settings)
    tokens.revoke(revoked.id)
    later, _ = tokens.create("later", ["read"])
    restore(settings, made.path)
    after = ApiTokens(settings.data_dir)
    assert [token.id for token in after.all()] == [kept.id, later.id]
    assert after.find(revoked_secret) is None
    assert after.find(kept_secret)


def test_api_tokens_come_back_where_there_are_none(settings: Settings, tmp_path: Path) -> None:
    _, secret = ApiTokens(settings.data_dir).create("kept", ["read"])
    made = make_backup(settings)
    other = Settings(data_dir=tmp_path / "other")
    restore(other, made.path)
    assert ApiTokens(other.data_dir).find(secret)


def test_into_an_empty_folder(settings: Settings, tmp_path: Path) -> None:
    made = make_backup(settings)
    other = Settings(data_dir=tmp_path / "other")
    assert restore(other, made.path).aside is None
    assert titles(other.data_dir / "kanban.db") == ["first"]
    assert (other.data_dir / "token").stat().st_mode & 0o777 == 0o600
    assert (other.data_dir / "kanban.db").stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_elsewhere(settings: Settings, tmp_path: Path) -> None:
    made = make_backup(settings)
    far = tmp_path / "far" / "board.db"
    add_card(far, "later")
    restore(Settings(data_dir=settings.data_dir, database_url=f"sqlite:///{far}"), made.path)
    assert titles(far) == ["first"]
    (kept,) = far.parent.glob("board.db.before-restore-*")
    assert titles(kept) == ["later"]
    assert not list(far.parent.glob("*restoring*"))


def test_what_waited_does_not_start_by_itself(settings: Settings) -> None:
    """It may have run since the backup was made."""
    database = settings.data_dir / "kanban.db"
    add_card(database, "starts", started=True)
    assert query(database, "SELECT status FROM attempt") == [("queued",)]
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("INSERT INTO setting VALUES ('default', 'service.journal_id', '\"old\"')")
        cursor = '{"journal": "old", "seq": 7}'
        connection.execute("INSERT INTO setting VALUES ('default', 'tac7.cursor', ?)", (cursor,))
    done = restore(settings, make_backup(settings).path)
    assert done.held_back == 1
    assert query(database, "SELECT status FROM attempt") == [("cancelled",)]
    kept = dict(query(database, "SELECT key, value FROM setting"))
    assert kept["service.journal_id"] != '"old"'
    assert json.loads(kept["tac7.cursor"]) == {"journal": json.loads(kept["service.journal_id"]), "seq": 7}


def test_withdrawn_starts_are_in_the_audit_log_of_their_project(settings: Settings) -> None:
    places = {"default": settings.data_dir / "kanban.db", "shop": settings.data_dir / "projects" / "shop" / "kanban.db"}
    for database in places.values():
        add_card(database, "starts", started=True)
    assert restore(settings, make_backup(settings).path).held_back == 2
    newest = "SELECT about, action FROM audit ORDER BY seq DESC LIMIT 1"
    assert {name: query(database, newest) for name, database in places.items()} == {
        name: [(name, "run.withdrawn")] for name in places
    }


async def test_what_waited_in_the_line_of_the_built_in_service_does_not_start_either(settings: Settings) -> None:
    url = f"sqlite:///{settings.data_dir / 'kanban.db'}"
    now = datetime.now(UTC)
    async with await Store.open(url) as store:
        for state in (LaunchState.QUEUED, LaunchState.STARTING):
            await ServiceLedger(store).save(Launch(state, state[:8], "adw_plan_iso", state, f"of {state}", "", now))
    done = await asyncio.to_thread(lambda: restore(settings, make_backup(settings).path))
    assert done.held_back == 1
    async with await Store.open(url) as store:
        assert await ServiceLedger(store).queued() == []
        (beginning,) = await ServiceLedger(store).active()
        assert beginning.cancel_requested


def test_images_are_also_kept_aside_where_the_backup_has_none(settings: Settings, tmp_path: Path) -> None:
    """The restored board removes those that none of its cards has."""
    copy = tmp_path / "copy.db"
    copy_database(settings.data_dir / "kanban.db", copy)
    done = restore(settings, copy)
    image = f"attachments/{'a' * 32}.png"
    assert done.aside
    assert (done.aside / image).read_bytes() == (settings.data_dir / image).read_bytes()


@pytest.mark.parametrize("project", [None, "shop"])
def test_the_copy_that_was_made_before_a_migration(settings: Settings, tmp_path: Path, project: str | None) -> None:
    copy = tmp_path / "kanban-20260101T000000.000000Z-0004.db"
    shutil.copy(settings.data_dir / "kanban.db", copy)
    target = settings.data_dir / ("kanban.db" if project is None else f"projects/{project}/kanban.db")
    add_card(target, "later")
    assert restore(settings, copy, project).databases == 1
    assert titles(target) == ["first"]
    assert (settings.data_dir / "token").exists()


def test_an_older_form_is_brought_up_to_date(settings: Settings, tmp_path: Path) -> None:
    old = older(tmp_path / "old.db")
    before = query(old, "SELECT version_num FROM alembic_version")
    assert before == [("0009",)]
    restore(settings, old)
    now = query(settings.data_dir / "kanban.db", "SELECT version_num FROM alembic_version")
    assert now == query(settings.data_dir / "projects/shop/kanban.db", "SELECT version_num FROM alembic_version")
    assert now != before


def older(path: Path) -> Path:
    engine = sa.create_engine(f"sqlite:///{path}")
    config = migrate._config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
    engine.dispose()
    return path


def newer(path: Path) -> Path:
    prepare_database(f"sqlite:///{path}", path.parent)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    return path


def of_another_program(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE other (x)")
    return path


def damaged(path: Path) -> Path:
    add_card(path, "x")
    damage(path)
    return path


def text(path: Path) -> Path:
    path.write_text("no database")
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (newer, "newer version"),
        (of_another_program, "another program"),
        (damaged, "damaged"),
        (text, "no backup of this program"),
        (lambda path: path, "does not exist"),
    ],
)
def test_what_cannot_be_used_is_refused_and_changes_nothing(
    settings: Settings, tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    before = contents(settings.data_dir)
    folder = tmp_path / "given"
    folder.mkdir()
    with pytest.raises(CannotDo, match=said):
        restore(settings, make(folder / "file"))
    assert contents(settings.data_dir) == before


def test_a_backup_of_a_newer_version(settings: Settings, tmp_path: Path) -> None:
    newer(settings.data_dir / "kanban.db")
    made = make_backup(settings)
    target = Settings(data_dir=tmp_path / "other")
    with pytest.raises(CannotDo, match="newer version"):
        restore(target, made.path)
    assert not (target.data_dir / "kanban.db").exists()


def test_a_disk_that_is_full_in_between_is_a_refusal_in_words(settings: Settings) -> None:
    made = make_backup(settings)
    add_card(settings.data_dir / "projects" / "new" / "kanban.db", "of a project that came later")
    before = contents(settings.data_dir)
    full = StoreUnavailable("disk-full")
    with patch.object(Store, "save_setting", side_effect=full), pytest.raises(CannotDo, match="the disk is full"):
        restore(settings, made.path)
    assert contents(settings.data_dir) == before


def test_a_project_is_for_copies_of_one_database(settings: Settings) -> None:
    with pytest.raises(CannotDo, match="holds all projects"):
        restore(settings, make_backup(settings).path, "shop")


def test_not_while_a_board_runs(settings: Settings) -> None:
    made = make_backup(settings)
    with hold_data_dir(settings.data_dir), pytest.raises(StartRefusal, match="in use by another instance"):
        restore(settings, made.path)


def killed_before(rename_number: int, folder: Path, file: Path) -> int:
    """Restore in a process that dies, the way `kill -9` does, before the rename with this number; how it ended."""
    child = os.fork()
    if child == 0:
        left, rename = itertools.count(rename_number, -1), Path.rename

        def counted(self: Path, target: Path) -> Path:
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return rename(self, target)

        with patch.object(Path, "rename", counted):
            restore(Settings(data_dir=folder), file)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_kill_at_any_moment_leaves_either_the_old_or_goes_on_to_the_new(settings: Settings, tmp_path: Path) -> None:
    made = make_backup(settings)
    add_card(settings.data_dir / "kanban.db", "later")
    seen: set[tuple[str, ...]] = set()
    code = -1
    for number in range(40):
        folder = tmp_path / f"copy{number}"
        shutil.copytree(settings.data_dir, folder)
        code = killed_before(number, folder, made.path)
        with hold_data_dir(folder):
            unfinished.finish(folder)
        now = tuple(titles(folder / "kanban.db"))
        seen.add(now)
        assert now in {("first",), ("first", "later")}
        assert titles(folder / "projects/shop/kanban.db") == ["second"]
        assert (folder / "token").read_text() == "s3cret\n"
        if now == ("first",):
            (aside,) = folder.glob("before-restore-*")
            assert titles(aside / "kanban.db") == ["first", "later"]
        if code == 0:
            break
        assert code == -9
    assert code == 0
    assert seen == {("first",), ("first", "later")}


def test_what_was_cut_short_goes_on_where_the_folder_has_another_name(settings: Settings, tmp_path: Path) -> None:
    """As in a container that has it mounted elsewhere."""
    made = make_backup(settings)
    add_card(settings.data_dir / "kanban.db", "later")
    for number in (2, 5, 8):
        folder, mounted = tmp_path / f"host{number}", tmp_path / f"mounted{number}"
        shutil.copytree(settings.data_dir, folder)
        assert killed_before(number, folder, made.path) == -9
        folder.rename(mounted)
        assert unfinished.finish(mounted)
        assert titles(mounted / "kanban.db") == ["first"]
        (aside,) = mounted.glob("before-restore-*")
        assert titles(aside / "kanban.db") == ["first", "later"]
        assert not list(mounted.glob(".restoring-*/*.db"))


def written_by_an_older_version(folder: Path, aside: list[Path], comes_in: list[tuple[Path, Path]]) -> None:
    """Whole paths, and moves of files that never were there."""
    kept = folder / "before-restore-1"
    moves = {
        "aside": [(str(old), str(kept / old.name)) for old in aside],
        "comes_in": [(str(new), str(target)) for new, target in comes_in],
    }
    (folder / unfinished.MARKER).write_text(json.dumps(moves))


def test_what_an_older_version_has_left_goes_on(settings: Settings) -> None:
    folder = settings.data_dir
    new, target = folder / "api-tokens.new", folder / "api-tokens.json"
    new.write_text("of the backup")
    written_by_an_older_version(folder, [folder / "token", target], [(new, target)])
    assert unfinished.finish(folder)
    assert target.read_text() == "of the backup"
    assert (folder / "before-restore-1" / "token").read_text() == "s3cret\n"
    assert not unfinished.is_left(folder)


def test_what_an_older_version_has_left_is_not_taken_for_done_in_another_place(settings: Settings) -> None:
    folder, elsewhere = settings.data_dir, settings.data_dir.with_name("elsewhere")
    (folder / "token.new").write_text("of the backup")
    written_by_an_older_version(folder, [folder / "token"], [(folder / "token.new", folder / "token")])
    folder.rename(elsewhere)
    before = contents(elsewhere)
    with pytest.raises(FileNotFoundError):
        unfinished.finish(elsewhere)
    assert contents(elsewhere) == before


def test_a_restore_whose_files_are_in_another_place_is_not_taken_for_done(settings: Settings, tmp_path: Path) -> None:
    """The database outside the data folder has another name here."""
    folder, far = settings.data_dir, tmp_path / "of the host" / "board.db"
    away = ((str(far), str(far.with_name("board.db.before"))),)
    unfinished._write_down(folder, unfinished.Moves(away, (("token", "token.new"),)))
    before = contents(folder)
    with pytest.raises(StartRefusal, match="another name"):
        prepare_data(settings)
    with pytest.raises(CannotDo, match="another name"):
        restore(settings, text(tmp_path / "file"))
    assert contents(folder) == before


def test_new_files_that_are_nowhere_are_not_taken_for_done(settings: Settings, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.db")
    for aside in ((("token", "token.aside"),), ()):
        unfinished._write_down(
            settings.data_dir, unfinished.Moves(aside, ((gone, "kanban.db" if aside else "new.db"),))
        )
        with pytest.raises(FileNotFoundError):
            unfinished.finish(settings.data_dir)
        assert (settings.data_dir / "token").exists()


def test_not_while_a_backup_is_made(settings: Settings) -> None:
    made = make_backup(settings)
    before = contents(settings.data_dir)
    with alone(folder_of(settings)), pytest.raises(CannotDo, match="made already"):
        restore(settings, made.path)
    assert contents(settings.data_dir) == before
