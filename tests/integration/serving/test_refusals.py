"""Every reason not to start: one sentence on stderr, exit code 2, no traceback."""

import shutil
import socket
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.app import ROOT, AppProcess, run_command


def refused(data_dir: Path, port: int = 0, env: Mapping[str, str] | None = None) -> str:
    result = run_command("serve", data_dir=data_dir, port=port, env=env)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    sentence = result.stderr.strip()
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert refused(tmp_path, port) == (
            f"Port {port} on 127.0.0.1 is taken by another program: set KANBAN_PORT to a free one."
        )


def test_the_port_of_another_board(board: AppProcess, tmp_path: Path) -> None:
    assert "is taken by another program" in refused(tmp_path / "second", board.port)


def test_a_data_folder_in_use(board: AppProcess) -> None:
    assert f"in use by another instance (process {board.pid})" in refused(board.data_dir)


def test_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written (not a directory)" in refused(tmp_path / "file" / "data")


def test_a_read_only_data_folder() -> None:
    # Nobody can write there, root neither.
    assert "cannot be written" in refused(Path("/proc/self"))


def test_a_foreign_address(tmp_path: Path) -> None:
    assert "no address of this machine" in refused(tmp_path, env={"KANBAN_HOST": "203.0.113.7"})


def test_an_unknown_host_name(tmp_path: Path) -> None:
    assert "no address of that name" in refused(tmp_path, env={"KANBAN_HOST": "no-such-host.invalid"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "127.1", "[::ffff:127.0.0.1]"])
def test_a_service_that_is_ourselves(tmp_path: Path, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"ws://{host}:{port}/ws/trigger"
    assert refused(tmp_path, port, {"KANBAN_TAC7_URL": url}).startswith(
        f"KANBAN_TAC7_URL is {url}, which is this board"
    )


@pytest.mark.parametrize(
    "env",
    [
        {"KANBAN_PORT": "abc"},
        {"KANBAN_HOST": "0.0.0.0", "KANBAN_AUTH": "none"},
        {"KANBAN_DATABASE_URL": "postgresql://localhost/board"},
        {"KANBAN_PROJECT_DIR": "/srv/repository"},
        {"KANBAN_LOG_LEVEL": "loud"},
    ],
)
def test_settings(tmp_path: Path, env: dict[str, str]) -> None:
    assert refused(tmp_path, env=env).startswith("KANBAN_")


def test_a_project_without_git_on_this_computer(tmp_path: Path) -> None:
    (tmp_path / "project" / ".git").mkdir(parents=True)
    env = {"KANBAN_PROJECT_DIR": str(tmp_path / "project"), "PATH": str(tmp_path)}
    assert refused(tmp_path / "data", env=env) == (
        f"The runs of KANBAN_PROJECT_DIR ({tmp_path / 'project'}) need git, and there is none on the PATH."
    )


def a_database_of(data_dir: Path, *statements: str) -> Path:
    data_dir.mkdir(exist_ok=True)
    path = data_dir / "kanban.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def test_a_database_from_a_newer_version(tmp_path: Path) -> None:
    made = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
    path = a_database_of(tmp_path, made, "INSERT INTO alembic_version VALUES ('9999_later')")
    before = path.read_bytes()
    assert refused(tmp_path).startswith(f"The database {path} was made by a newer version of this program: ")
    assert path.read_bytes() == before


def test_a_database_of_another_program(tmp_path: Path) -> None:
    path = a_database_of(tmp_path, "CREATE TABLE recipe (name TEXT)")
    assert refused(tmp_path) == f"{path} is a database of another program."


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "kanban.db").write_text("This is a shopping list, and a long one: " + "milk " * 500)
    database = tmp_path / "kanban.db"
    assert refused(tmp_path).startswith(f"The database {database} is damaged (file is not a database).")


def test_the_database_is_looked_at_before_anything_is_built(tmp_path: Path) -> None:
    """In a program folder without any build: its refusal comes first."""
    root, data = tmp_path / "checkout", tmp_path / "data"
    root.mkdir()
    for name in ("kanban_app", "alembic"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    a_database_of(data, "CREATE TABLE recipe (name TEXT)")
    result = run_command("serve", data_dir=data, root=root)
    assert (result.returncode, "Building" in result.stderr) == (2, False)
    assert "is a database of another program" in result.stderr
    assert not (root / ".web-dist").exists()


def test_no_service_at_all(tmp_path: Path) -> None:
    assert refused(tmp_path, env={"KANBAN_EMBEDDED": "false"}).startswith("Nothing would run the workflows: ")


def test_a_refused_start_takes_nothing_with_it(board: AppProcess) -> None:
    refused(board.data_dir)
    with board.client() as client:
        assert client.get("/healthz").status_code == 200
