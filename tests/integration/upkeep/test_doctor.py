"""The doctor's checks on real folders, programs, ports and services: when all is well and when it is not."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.config import Settings
from kanban_app.serving.data_dir import hold_data_dir
from kanban_app.upkeep.backup import folder_of, make_backup
from kanban_app.upkeep.doctor import data, environment, network
from kanban_app.upkeep.doctor.finding import Finding, Level
from kanban_app.upkeep.unfinished import MARKER
from tests.integration.upkeep.conftest import query
from tests.integration.upkeep.test_backup import damage
from tests.support.app import AppProcess, run_command
from tests.support.staged import staged_service


def program(folder: Path, name: str, prints: str = "", code: int = 0) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
    file.chmod(0o755)


def by_subject(findings: Iterable[Finding]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in findings}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(environment.sys, "executable", str(tmp_path / "python" / "python"))
    return folder


@pytest.mark.parametrize(
    ("prints", "code", "level"),
    [("v22.1.0", 0, Level.OK), ("v18.0.0", 0, Level.WARN), ("v22.1.0", 1, Level.WARN), ("hello", 0, Level.WARN)],
)
def test_node(path: Path, prints: str, code: int, level: Level) -> None:
    assert environment.node(str(path)).level is Level.WARN
    program(path, "node", prints, code)
    assert environment.node(str(path)).level is level


def test_git_and_uv(path: Path) -> None:
    assert environment.git(str(path), needed=True).level is Level.FAIL
    assert environment.git(str(path), needed=False).level is Level.OK
    assert environment.uv(str(path)).level is Level.WARN
    program(path, "git", "git version 2.39.5")
    program(path, "uv", "uv 0.5.1")
    assert environment.git(str(path), needed=True).text == "2.39.5"
    assert environment.uv(str(path)).level is Level.OK


def test_agents_that_the_scripts_call(path: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "adws" / "adw_modules").mkdir(parents=True)
    (project / "adws" / "adw_modules" / "github.py").write_text('subprocess.run(["gh", "issue"])\n')
    found = by_subject(environment.agents(project, {"PATH": str(path)}))
    assert {name: finding.level for name, finding in found.items()} == {"claude": Level.WARN, "gh": Level.WARN}
    program(path, "gh", "gh version 2.40.1")
    program(path, "agent", "1.0.44 (Claude Code)")
    found = by_subject(environment.agents(project, {"PATH": str(path), "CLAUDE_CODE_PATH": str(path / "agent")}))
    assert {name: finding.level for name, finding in found.items()} == {"claude": Level.OK, "gh": Level.OK}


def test_a_program_that_does_not_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ANSWER_S", 0.2)
    (path / "uv").write_text("#!/bin/sh\nexec sleep 60\n")
    (path / "uv").chmod(0o755)
    assert environment.uv(f"{path}:{os.environ['PATH']}").level is Level.WARN


def test_a_sound_data_folder(settings: Settings) -> None:
    settings.data_dir.chmod(0o700)
    (settings.data_dir / "token").chmod(0o600)
    make_backup(settings)
    found = by_subject(data.data(settings, full=True))
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert set(found) == {"Data folder", "Disk", "Database", "Database of shop", "Backup"}
    assert "opens, sound, form 00" in found["Database"].text


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert [f.level for f in data.data(Settings(data_dir=tmp_path / "none"), full=False)] == [Level.OK]
    (tmp_path / "file").touch()
    assert [f.level for f in data.data(Settings(data_dir=tmp_path / "file" / "none"), full=False)] == [Level.FAIL]
    assert data.rights(Path("/proc/self")).level is Level.FAIL


def test_what_others_can_read(settings: Settings) -> None:
    settings.data_dir.chmod(0o755)
    (settings.data_dir / "token").chmod(0o644)
    found = by_subject(data.data(settings, full=False))
    assert found["Data folder"].level is Level.WARN
    assert found["Access token"].level is Level.FAIL
    assert "s3cret" not in str(found)


def test_a_database_that_is_damaged_newer_or_of_others(settings: Settings) -> None:
    first, second = settings.data_dir / "kanban.db", settings.data_dir / "projects" / "shop" / "kanban.db"
    backup = make_backup(settings)
    damage(first)
    with closing(sqlite3.connect(second)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_future'")
    found = by_subject(data.data(settings, full=False))
    assert found["Database"].level is Level.FAIL
    assert str(backup.path) in found["Database"].advice
    assert "newer version" in found["Database of shop"].text
    first.write_bytes(b"no database at all, but some text" * 200)
    assert by_subject(data.data(settings, full=False))["Database"].level is Level.FAIL
    first.unlink()
    with closing(sqlite3.connect(first)) as connection:
        connection.execute("CREATE TABLE other (x)")
    assert "another program" in by_subject(data.data(settings, full=False))["Database"].text


def test_references_are_checked_when_asked_for_all(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data_dir / "kanban.db")) as connection, connection:
        connection.execute("UPDATE task SET project_id = 'nowhere'")
    assert by_subject(data.data(settings, full=False))["Database"].level is Level.OK
    assert "refers to a row" in by_subject(data.data(settings, full=True))["Database"].text


def test_backups_that_are_old_or_not_wanted(settings: Settings) -> None:
    now = datetime.now(UTC)
    assert data.backups(settings, now).level is Level.OK
    assert data.backups(settings.model_copy(update={"backup_every_h": 0.0}), now).level is Level.WARN
    make_backup(settings)
    assert data.backups(settings, now).level is Level.OK
    assert data.backups(settings, now + timedelta(days=3)).level is Level.WARN
    assert folder_of(settings).exists()


def test_a_restore_that_was_cut_short(settings: Settings) -> None:
    (settings.data_dir / MARKER).write_text("{}")
    assert by_subject(data.data(settings, full=False))["Restore"].level is Level.WARN


def test_the_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(data_dir=tmp_path, port=taken.getsockname()[1])
        found = network.port(settings, None)
        assert found.level is Level.FAIL
        assert "Set KANBAN_PORT" in found.advice
    assert network.port(settings, None).level is Level.OK
    assert network.port(settings, "").level is Level.WARN
    assert network.port(settings.model_copy(update={"port": 0}), None).level is Level.OK
    # It should answer, and does not.
    assert network.port(settings, f"http://127.0.0.1:{settings.port}").level is Level.FAIL


def test_whether_a_board_runs(tmp_path: Path) -> None:
    assert network.running_board(tmp_path / "none") is None
    with hold_data_dir(tmp_path):
        assert network.running_board(tmp_path) == ""
        (tmp_path / "service.json").write_text('{"url": "http://127.0.0.1:3000"}')
        assert network.running_board(tmp_path) == "http://127.0.0.1:3000"
    assert network.running_board(tmp_path) is None


def test_a_service_elsewhere(tmp_path: Path) -> None:
    with staged_service() as service:
        settings = Settings(data_dir=tmp_path, tac7_url=service.url)
        found = by_subject(network.network(settings))
        assert found["Trigger service"].level is Level.OK
        assert found["Clock"].level is Level.OK
    assert network.service(settings).level is Level.FAIL


def test_what_was_saved_on_the_settings_page_counts(settings: Settings) -> None:
    assert network.with_saved(settings).tac7_url is None
    saved = json.dumps({"tac7_url": "ws://127.0.0.1:9/ws/trigger"})
    with closing(sqlite3.connect(settings.data_dir / "kanban.db")) as connection, connection:
        connection.execute("INSERT INTO setting VALUES ('default', 'service.default', ?)", (saved,))
    assert network.with_saved(settings).tac7_url == "ws://127.0.0.1:9/ws/trigger"
    fixed = Settings(data_dir=settings.data_dir, tac7_url="ws://127.0.0.1:8500/ws/trigger")
    assert network.with_saved(fixed).tac7_url == "ws://127.0.0.1:8500/ws/trigger"


def test_the_command_beside_a_running_board_and_without(start_board: Callable[..., AppProcess]) -> None:
    board = start_board()
    during = run_command("doctor", "--json", data_dir=board.data_dir, port=board.port)
    found = {one["subject"]: one for one in json.loads(during.stdout)["findings"]}
    assert during.returncode == json.loads(during.stdout)["exit_code"] < 2, during.stdout
    assert found["Port"]["text"] == f"the board of this data folder answers at {board.base_url}"
    assert "connected" in found["Trigger service"]["text"]
    assert found["Database"]["level"] == "ok"
    assert (board.token or "-") not in during.stdout + during.stderr
    before = query(board.data_dir / "kanban.db", "SELECT count(*) FROM event")
    assert board.terminate() == 0
    after = run_command("doctor", data_dir=board.data_dir, port=board.port)
    assert after.returncode < 2, after.stdout
    assert f"ok    Port: {board.port} on 127.0.0.1 is free." in after.stdout
    assert query(board.data_dir / "kanban.db", "SELECT count(*) FROM event") == before
    wrong = run_command("doctor", data_dir=board.data_dir, env={"KANBAN_PORT": "x"})
    assert (wrong.returncode, "KANBAN_PORT must be" in wrong.stdout) == (2, True)
