"""The board on a repository with workflow scripts: from a card to its end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.adw_project import STAGE_SCRIPTS, AdwProject, make_project
from tests.support.app import AppProcess, run_command, running_app
from tests.support.run_files import board_log, board_log_text, run, run_processes, task
from tests.support.waiting import wait_until

PATIENCE_S = 60.0


@pytest.fixture
def project(tmp_path: Path) -> AdwProject:
    return make_project(tmp_path / "project", **STAGE_SCRIPTS, adw_patch_iso="builder")


@pytest.fixture
def board(built_client: Path, project: AdwProject, tmp_path: Path) -> Iterator[AppProcess]:
    with running_app(tmp_path / "data", env={"KANBAN_PROJECT_DIR": str(project.root)}) as app:
        yield app


def drop(client: httpx.Client, column: str, **card: Any) -> tuple[str, str]:
    """A new card dropped there: its id and that of its run."""
    given = {"title": "A lamp", "type": "feature", "stages": ["plan", "build", "test"], **card}
    card_id = client.post("/api/v1/tasks", json=given).raise_for_status().json()["id"]
    answer = client.post(f"/api/v1/tasks/{card_id}/move", json={"column": column}).raise_for_status().json()
    return card_id, answer["task"]["run_id"]


def test_a_card_goes_through_the_scripts_of_its_stages(board: AppProcess, project: AdwProject) -> None:
    assert f"Cards work on {project.root} with its 6 workflow scripts." in board.logs
    assert "demonstration" not in board.logs
    with board.client() as client:
        assert client.get("/api/v1/board").json()["project"]["demo"] is False
        card, adw_id = drop(client, "plan", stage_models={"build": "opus"})
        wait_until(lambda: task(client, card)["status"] in {"completed", "failed"}, PATIENCE_S)
        ended = task(client, card)
        assert (ended["status"], ended["column"], ended["progress"]) == ("completed", "ready-to-merge", 100)
        assert "demo" not in ended["flags"]
        assert run(client, adw_id)["branch"] == f"feature-issue-{ended['number']}-adw-{adw_id}-a-lamp"
        wait_until(lambda: any("Plan committed" in text for text in board_log_text(client, adw_id)), PATIENCE_S)
    assert project.call(adw_id, "adw_build_iso").env["ADW_MODEL"] == "opus"
    assert project.state(adw_id)["issue_json"]["title"] == "A lamp"
    assert project.git("log", "--format=%s", f"main..{project.state(adw_id)['branch_name']}").splitlines() == [
        f"Build: {project.state(adw_id)['plan_file']}",
        "Plan: A lamp",
    ]


def test_a_script_that_is_missing_is_named_on_the_card(board: AppProcess, project: AdwProject) -> None:
    (project.root / "adws" / "adw_patch_iso.py").unlink()
    with board.client() as client:
        card, adw_id = drop(client, "build", type="patch", stages=["build"])
        wait_until(lambda: task(client, card)["status"] == "refused", PATIENCE_S)
        failure = task(client, card)["failure"]
    assert failure["code"] == "E-WF-3"
    assert failure["message"] == f"There is no script adws/adw_patch_iso.py in {project.root}."
    assert not project.agents(adw_id).exists()


def test_a_stage_that_fails_says_why(board: AppProcess, project: AdwProject) -> None:
    project.add("adw_test_iso", "fails")
    with board.client() as client:
        card, _ = drop(client, "plan")
        wait_until(lambda: task(client, card)["status"] == "failed", PATIENCE_S)
        failed = task(client, card)
    assert failed["column"] == "errored"
    assert failed["failure"]["message"].endswith("exit code 3; last output: 2 of 5 tests failed")


def test_a_script_outlives_the_board(
    built_client: Path, project: AdwProject, start_board: Callable[..., AppProcess]
) -> None:
    project.add("adw_plan_iso", "waits")
    env = {"KANBAN_PROJECT_DIR": str(project.root)}
    first = start_board(env=env)
    with first.client() as client:
        card, adw_id = drop(client, "plan", stages=["plan"])
        wait_until(lambda: project.was_called(adw_id, "adw_plan_iso"), PATIENCE_S)
    pid = project.call(adw_id, "adw_plan_iso").pid
    first.kill9()
    project.go(adw_id)
    wait_until(lambda: not psutil.pid_exists(pid), PATIENCE_S)
    with start_board(env=env).client() as client:
        wait_until(lambda: task(client, card)["status"] == "completed", PATIENCE_S)
        assert "Waited" in [entry["message"] for entry in board_log(client, adw_id)]


def test_stop_runs_ends_scripts_with_all_that_they_have_started(
    board: AppProcess, project: AdwProject, tmp_path: Path
) -> None:
    project.add("adw_plan_iso", "stubborn")
    with board.client() as client:
        _, adw_id = drop(client, "plan")
        wait_until(lambda: project.pids(adw_id), PATIENCE_S)
    pids = project.pids(adw_id) or {}
    processes = [psutil.Process(pid) for pid in pids.values()]
    runner_and_all = run_processes(tmp_path / "data", adw_id)
    assert board.terminate() == 0
    assert all(process.is_running() for process in processes)
    stopped = run_command("stop-runs", data_dir=tmp_path / "data")
    assert stopped.stdout == "1 run ended.\n"
    _, alive = psutil.wait_procs([*processes, *runner_and_all], timeout=5)
    assert alive == []
