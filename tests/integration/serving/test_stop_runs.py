"""Ending runs: by `stop-runs` those of one data folder and no others, and with the board where that is wished."""

import getpass
import json
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from kanban_app.store.migrate import prepare_database
from kanban_app.trigger_service.stopping import stop_runs
from tests.support.app import ROOT, run_command, running_app
from tests.support.run_files import run_processes
from tests.support.waiting import eventually, wait_until

STOP_S = 5.0
_WORKFLOW = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)']).wait()"


def start_run(data_dir: Path) -> tuple[Path, subprocess.Popen[bytes]]:
    """A runner whose workflow has a child of its own."""
    run_dir = data_dir / "service" / "runs" / "0123abcd" / "1-test"
    run_dir.mkdir(parents=True)
    mark = str(uuid.uuid4())
    instructions = {
        "adw_id": "0123abcd",
        "workflow_type": "test",
        "argv": [sys.executable, "-c", _WORKFLOW],
        "cwd": str(run_dir),
        "env": {"PATH": os.defpath, "KANBAN_LAUNCH": mark},
        "token": "token",
        "service_file": str(data_dir / "service.json"),
        "linger_s": 0.0,
    }
    (run_dir / "launch.json").write_text(json.dumps(instructions))
    runner = subprocess.Popen(
        [sys.executable, "-P", "-m", "kanban_app.trigger_service.runner", str(run_dir)],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "KANBAN_LAUNCH": mark},
        start_new_session=True,
    )
    return run_dir, runner


def descendants(runner: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    return psutil.Process(runner.pid).children(recursive=True) if psutil.pid_exists(runner.pid) else []


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[dict[str, tuple[Path, subprocess.Popen[bytes]]]]:
    started = {name: start_run(tmp_path / name) for name in ("mine", "other")}
    yield started
    for _, runner in started.values():
        for process in descendants(runner):
            process.kill()
        runner.kill()
        runner.wait()


async def test_the_runs_of_one_data_folder_end_with_all_their_processes(
    runs: dict[str, tuple[Path, subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    for _, runner in runs.values():
        await eventually(lambda runner=runner: len(descendants(runner)) == 2)
    run_dir, runner = runs["mine"]
    tree = [psutil.Process(runner.pid), *descendants(runner)]

    assert stop_runs(tmp_path / "mine") == 1

    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in tree)
    assert json.loads((run_dir / "exit.json").read_text())["cancelled"] is True
    assert len(descendants(runs["other"][1])) == 2


async def test_nothing_is_restored_below_runs_that_go_on(
    runs: dict[str, tuple[Path, subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    """The database would not know of them, and a second agent could be sent into the same repository."""
    await eventually(lambda: len(descendants(runs["mine"][1])) == 2)
    (tmp_path / "backup.tar.gz").touch()
    refused = run_command("restore", str(tmp_path / "backup.tar.gz"), data_dir=tmp_path / "mine")
    assert refused.returncode == 2
    assert refused.stderr.startswith("1 run goes on without the board. End it first")
    stop_runs(tmp_path / "mine")
    assert (
        "damaged or no backup"
        in run_command("restore", str(tmp_path / "backup.tar.gz"), data_dir=tmp_path / "mine").stderr
    )


async def test_the_command_is_in_the_audit_log(
    runs: dict[str, tuple[Path, subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    await eventually(lambda: len(descendants(runs["mine"][1])) == 2)
    prepare_database(f"sqlite:///{tmp_path / 'mine' / 'kanban.db'}", tmp_path / "backups")
    for said in ("1 run ended.", "0 runs ended."):
        assert run_command("stop-runs", data_dir=tmp_path / "mine").stdout.strip() == said
    with closing(sqlite3.connect(tmp_path / "mine" / "kanban.db")) as database:
        rows = database.execute("SELECT action, name, way, details FROM audit").fetchall()
    assert rows == [("run.all-ended", getpass.getuser(), "command line", '{"count":"1"}')]


def test_runs_end_with_the_board_where_that_is_wished(built_client: Path, tmp_path: Path) -> None:
    env = {"KANBAN_STOP_RUNS_ON_EXIT": "true", "KANBAN_DEMO_SPEED": "1"}
    with running_app(tmp_path, env=env) as app:
        with app.client() as client:
            card = client.post("/api/v1/tasks", json={"title": "Ends with the board", "type": "chore"}).json()["id"]
            moved = client.post(f"/api/v1/tasks/{card}/move", json={"column": "plan"}).raise_for_status().json()
            adw_id = moved["task"]["run_id"]
            wait_until(lambda: client.get(f"/api/v1/tasks/{card}").json()["status"] == "running", timeout=30)
            wait_until(lambda: len(run_processes(tmp_path, adw_id)) >= 2, timeout=30)
        processes = run_processes(tmp_path, adw_id)
        begun = time.monotonic()
        assert app.terminate() == 0
        assert time.monotonic() - begun < STOP_S
        _, alive = psutil.wait_procs(processes, timeout=1)
        assert alive == []
        assert "go on" not in app.logs
        assert "goes on" not in app.logs
    with running_app(tmp_path) as app, app.client() as client:
        wait_until(lambda: client.get(f"/api/v1/tasks/{card}").json()["status"] == "cancelled", timeout=30)


def test_the_command_says_how_many(tmp_path: Path) -> None:
    result = run_command("stop-runs", data_dir=tmp_path)
    assert (result.returncode, result.stdout) == (0, "0 runs ended.\n")
