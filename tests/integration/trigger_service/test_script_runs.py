"""Scripts of a project run as real processes: what they get, what they leave, and how their runs end."""

import json
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service.service import TriggerService
from tests.support.adw_project import STAGE_SCRIPTS, AdwProject, make_project
from tests.support.service_app import Board, Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

RUN = "abcd1234"
TICKET = {"title": "A lamp", "body": "that glows", "number": 7}
Serve = Callable[..., AbstractAsyncContextManager[tuple[AdwProject, Running, Board]]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def start(
        scripts: dict[str, str] = STAGE_SCRIPTS, **changes: Any
    ) -> AsyncGenerator[tuple[AdwProject, Running, Board]]:
        project = make_project(tmp_path / "project", **scripts)
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        service = TriggerService(new_config(tmp_path / "data", project_dir=project.root, **changes), ledger, journal)
        (tmp_path / "data").mkdir()
        async with running(service, ledger, journal) as app, app.board() as board:
            yield project, app, board

    return start


async def trigger(board: Board, workflow_type: str, **more: Any) -> dict[str, Any]:
    """The answer's data."""
    data = {"adw_id": RUN, "issue_number": "7", "issue_json": TICKET, "stages": None, **more}
    answer = await board.trigger(workflow_type=workflow_type, **data)
    return answer["data"]


def moves(board: Board) -> list[tuple[str, str]]:
    return [(m["data"]["from_stage"], m["data"]["to_stage"]) for m in board.of("stage_transition", RUN)]


async def ended(app: Running, board: Board) -> dict[str, Any]:
    """How the whole run ended, once nothing of it is left."""
    await eventually(lambda: app.service.active_runs == 0, 60.0)
    launch = max(app.ledger.rows.values(), key=lambda row: row.created_at)
    return {"state": launch.state, "message": launch.message, "exit_code": launch.exit_code}


async def test_a_script_gets_arguments_place_and_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "GITHUB_PAT": "pat",
        "CLAUDE_CODE_PATH": "/opt/claude",
        "WANTED": "yes",
        "UNWANTED": "no",
        "PYTHONPATH": "/ours",
        "KANBAN_TOKEN": "secret",
        "WEBSOCKET_URL": "http://elsewhere.invalid",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    async with serve(pass_env=("WANTED", "NOT_THERE")) as (project, app, board):
        (project.root / ".env").write_text("WEBSOCKET_URL=http://wrong.invalid\nWEBSOCKET_PORT=1\nOF_THE_PROJECT=1\n")
        answer = await trigger(board, "adw_plan_iso")
        assert (answer["status"], answer["logs_path"]) == ("accepted", f"agents/{RUN}/adw_plan_iso/")
        assert (await ended(app, board))["state"] is LaunchState.COMPLETED
        files = list((app.service.config.runs_dir / RUN).rglob("*"))
    call = project.call(RUN, "adw_plan_iso")
    assert call.argv == [str(project.root / "adws" / "adw_plan_iso.py"), "7", RUN]
    assert call.cwd == str(project.root)
    env = call.env
    assert (env["GITHUB_PAT"], env["GH_TOKEN"], env["CLAUDE_CODE_PATH"], env["WANTED"]) == (
        "pat",
        "pat",
        "/opt/claude",
        "yes",
    )
    assert (env["PYTHONUNBUFFERED"], env["PWD"], env["PATH"]) == ("1", str(project.root), os.environ["PATH"])
    assert env["WEBSOCKET_URL"].startswith(f"http://127.0.0.1:{env['WEBSOCKET_PORT']}/r/")
    assert Path(env["KANBAN_ISSUE_FILE"]).is_relative_to(app.service.config.runs_dir)
    assert env["OF_THE_PROJECT"] == "1"  # its own .env, in its own hands
    assert env.keys().isdisjoint({"UNWANTED", "PYTHONPATH", "KANBAN_TOKEN", "NOT_THERE"})
    assert not [name for name in env if name.startswith("KANBAN_PASSED_")]
    written = [file.read_text(errors="replace") for file in files if file.is_file()]
    assert written
    assert not any('"pat"' in text for text in written)


async def test_a_plan_reports_its_way_and_its_end(serve: Serve) -> None:
    async with serve() as (project, app, board):
        await trigger(board, "adw_plan_iso", request_id="r")
        end = await ended(app, board)
    assert end == {"state": LaunchState.COMPLETED, "message": "Plan phase completed", "exit_code": 0}
    updates = [m["data"] for m in board.of("status_update", RUN)]
    assert [u["progress_percent"] for u in updates] == [None, None, 0, 40, 60, 80, 100]
    assert updates[-1]["status"] == "completed"
    launch = app.ledger.rows["r"]
    assert launch.branch == f"feature-issue-7-adw-{RUN}-a-lamp"
    assert launch.worktree == str(project.worktree(RUN))
    assert not launch.demo


async def test_the_state_is_there_before_the_script_and_keeps_what_it_has(serve: Serve) -> None:
    async with serve() as (project, app, board):
        await trigger(board, "adw_plan_iso", issue_type="feature", model_set="heavy")
        await ended(app, board)
        before = project.state(RUN)
        assert before == {
            "adw_id": RUN,
            "issue_number": "7",
            "model_set": "heavy",
            "issue_class": "/feature",
            "issue_json": TICKET,
            "data_source": "kanban",
            "branch_name": f"feature-issue-7-adw-{RUN}-a-lamp",
            "worktree_path": str(project.worktree(RUN)),
            "plan_file": f"specs/issue-7-adw-{RUN}-sdlc_planner-a-lamp.md",
        }
        await trigger(board, "adw_build_iso", issue_json=None, issue_number=None)
        assert (await ended(app, board))["state"] is LaunchState.COMPLETED
    assert project.state(RUN) == {**before, "model_set": "base"}
    assert project.call(RUN, "adw_build_iso").argv[1:] == ["7", RUN]
    assert project.git("log", "-1", "--format=%s", cwd=project.worktree(RUN)) == f"Build: {before['plan_file']}"


async def test_a_state_that_cannot_be_read_is_kept_aside(serve: Serve) -> None:
    async with serve({"adw_plan_iso": "quiet"}) as (project, app, board):
        project.agents(RUN).mkdir(parents=True)
        (project.agents(RUN) / "adw_state.json").write_text('{"half')
        await trigger(board, "adw_plan_iso")
        await ended(app, board)
    assert project.state(RUN)["issue_json"] == TICKET
    assert (project.agents(RUN) / "adw_state.unreadable.json").read_text() == '{"half'


async def test_nothing_is_written_through_links_out_of_the_project(serve: Serve, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "adw_state.json").write_text('{"issue_number": "666"}')
    async with serve({"adw_plan_iso": "quiet"}) as (project, app, board):
        project.agents(RUN).mkdir(parents=True)
        (project.agents(RUN) / "adw_state.json").symlink_to(outside / "adw_state.json")
        await trigger(board, "adw_plan_iso")
        await ended(app, board)
        assert "666" not in json.dumps(project.state(RUN))
        project.agents("aaaa0000").symlink_to(outside)
        answer = await trigger(board, "adw_plan_iso", adw_id="aaaa0000")
    assert answer["status"] == "error"
    assert "leads out of the project" in answer["error"]
    assert sorted(path.name for path in outside.iterdir()) == ["adw_state.json"]
    assert (outside / "adw_state.json").read_text() == '{"issue_number": "666"}'


async def test_a_missing_script_is_refused_before_anything_happens(serve: Serve) -> None:
    async with serve() as (project, app, board):
        answer = await trigger(board, "adw_patch_iso", request_id="r")
        assert answer["error_type"] == "validation_error"
        assert answer["message"] == f"Workflow refused: there is no script adws/adw_patch_iso.py in {project.root}"
        assert [m["type"] for m in board.received] == ["error"]
        assert not app.ledger.rows
    assert not project.agents(RUN).exists()


async def test_uv_runs_the_script_where_there_is_one(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text('#!/bin/sh\necho "$@" > "$HOME/uv.argv"\nshift\nexec python3 "$@"\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    async with serve() as (project, app, board):
        await trigger(board, "adw_plan_iso")
        assert (await ended(app, board))["state"] is LaunchState.COMPLETED
    script = project.root / "adws" / "adw_plan_iso.py"
    assert (tmp_path / "uv.argv").read_text().split() == ["run", str(script), "7", RUN]


async def test_a_stage_that_reports_nothing_completes_by_its_exit_code(serve: Serve) -> None:
    async with serve() as (_, app, board):
        await trigger(board, "adw_test_iso")
        final = await board.final(RUN)
        assert (await ended(app, board))["state"] is LaunchState.COMPLETED
    assert final["data"]["status"] == "completed"
    assert moves(board) == []


async def test_a_stage_that_fails_without_a_word_tells_its_last_output(serve: Serve) -> None:
    async with serve({"adw_test_iso": "fails"}) as (_, app, board):
        await trigger(board, "adw_test_iso")
        await ended(app, board)
        final = await board.final(RUN)
    assert (final["data"]["status"], final["data"]["exit_code"]) == ("failed", 3)
    assert final["data"]["message"].endswith("last output: 2 of 5 tests failed")
    assert moves(board) == [("test", "errored")]


async def test_a_script_that_dies_at_import_fails_with_its_words(serve: Serve) -> None:
    async with serve({"adw_plan_iso": "dies_at_import"}) as (_, app, board):
        answer = await trigger(board, "adw_plan_iso")
        await ended(app, board)
        final = await board.final(RUN)
    assert answer["status"] == "accepted"
    assert "No module named 'a_package_that_nobody_has'" in final["data"]["message"]


async def test_an_orchestrator_of_the_project_runs_unchanged(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_orchestrator": "orchestrator"}) as (project, app, board):
        await trigger(board, "adw_orchestrator", stages=["plan", "build", "test"])
        end = await ended(app, board)
        await board.wait(lambda m: m["type"] == "stage_transition" and m["data"]["to_stage"] == "ready-to-merge")
    assert end["state"] is LaunchState.COMPLETED
    assert project.call(RUN, "adw_test_iso").argv[1:] == ["7", RUN]
    assert moves(board)[-2:] == [("build", "test"), ("test", "ready-to-merge")]


async def test_a_composite_ends_when_all_its_parts_have(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_sdlc_iso": "composite"}) as (_, app, board):
        await trigger(board, "adw_sdlc_iso")
        end = await ended(app, board)
        await board.wait(lambda m: m["type"] == "stage_transition")
    assert end["state"] is LaunchState.COMPLETED
    wholes = [m["data"]["status"] for m in board.of("status_update", RUN) if "sdlc" in m["data"]["workflow_name"]]
    assert wholes == ["started", "in_progress", "completed"]
    assert moves(board) == [("document", "ready-to-merge")]


async def test_a_composite_fails_in_the_stage_that_failed(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_test_iso": "fails", "adw_sdlc_iso": "composite"}) as (_, app, board):
        await trigger(board, "adw_sdlc_iso")
        end = await ended(app, board)
        await board.wait(lambda m: m["type"] == "stage_transition")
    assert (end["state"], end["exit_code"]) == (LaunchState.FAILED, 1)
    assert moves(board) == [("test", "errored")]


@pytest.mark.parametrize(
    ("workflow_type", "more"),
    [
        ("adw_orchestrator", {"stages": ["plan", "build", "test"]}),
        ("adw_plan_build_test_iso", {}),
    ],
)
async def test_stage_scripts_run_without_an_orchestrator(
    serve: Serve, workflow_type: str, more: dict[str, Any]
) -> None:
    async with serve() as (project, app, board):
        await trigger(board, workflow_type, **more)
        end = await ended(app, board)
        await board.wait(lambda m: m["type"] == "stage_transition" and m["data"]["to_stage"] == "ready-to-merge")
        log = next((app.service.config.runs_dir / RUN).glob("*/output.log")).read_text()
    assert (end["state"], end["message"]) == (LaunchState.COMPLETED, f"Workflow {workflow_type} completed")
    assert moves(board) == [
        ("backlog", "plan"),
        ("backlog", "plan"),
        ("plan", "build"),
        ("plan", "build"),
        ("build", "test"),
        ("build", "test"),
        ("test", "ready-to-merge"),
    ]
    call = project.call(RUN, "adw_test_iso")
    assert call.argv == [str(project.root / "adws" / "adw_test_iso.py"), "7", RUN]
    assert call.cwd == str(project.root)
    assert call.env.keys().isdisjoint({"PYTHONPATH", "ADW_MODEL"})
    assert "Build phase completed" in log  # the scripts' own words


async def test_the_built_in_orchestrator_honours_config(serve: Serve) -> None:
    stage_config = {
        "plan": {"custom_args": {"model": "opus"}},
        "build": {"custom_args": {"model": "haiku"}},
        "test": {"custom_args": {"skip_e2e": True}},
        "review": {"custom_args": {"skip_review": True}},
        "document": {"enabled": False},
    }
    config = {"stages": ["plan", "build", "test", "review", "document"], "stage_config": stage_config}
    async with serve() as (project, app, board):
        await trigger(board, "adw_orchestrator", config=config)
        assert (await ended(app, board))["state"] is LaunchState.COMPLETED
    plan, build, test = (project.call(RUN, f"adw_{stage}_iso") for stage in ("plan", "build", "test"))
    assert (plan.argv[1:], plan.env["ADW_MODEL"]) == (["7", RUN, "--model=opus"], "opus")
    assert (build.argv[1:], build.env["ADW_MODEL"]) == (["7", RUN, "--model=haiku"], "haiku")
    assert (test.argv[1:], test.env.get("ADW_MODEL")) == (["7", RUN, "--skip-e2e"], None)
    assert not project.was_called(RUN, "adw_review_iso")
    assert not project.was_called(RUN, "adw_document_iso")


async def test_a_failing_stage_ends_the_built_in_orchestrator(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_test_iso": "fails"}) as (project, app, board):
        await trigger(board, "adw_orchestrator", stages=["plan", "test", "review"])
        end = await ended(app, board)
        await board.wait(lambda m: m["type"] == "stage_transition" and m["data"]["to_stage"] == "errored")
    assert end["state"] is LaunchState.FAILED
    assert end["message"] == "Stage test failed: exit code 3; last output: 2 of 5 tests failed"
    failed = next(m["data"] for m in board.of("status_update", RUN) if m["data"]["status"] == "failed")
    assert (failed["exit_code"], failed["last_output"]) == (3, ["2 of 5 tests failed"])
    assert moves(board)[-1] == ("test", "errored")
    assert not project.was_called(RUN, "adw_review_iso")


async def test_what_a_card_shows_of_the_output_has_no_token(serve: Serve, tmp_path: Path) -> None:
    async with serve({**STAGE_SCRIPTS}) as (project, app, board):
        text = "import os, sys\nprint('reporting to', os.environ['WEBSOCKET_URL'])\nsys.exit(os.EX_USAGE)\n"
        (project.root / "adws" / "adw_build_iso.py").write_text(text)
        await trigger(board, "adw_orchestrator", stages=["build"])
        end = await ended(app, board)
    assert end["message"].startswith("Stage build failed: exit code 64; last output: reporting to http://127.0.0.1:")
    assert end["message"].endswith("/r/…")


async def test_a_script_that_is_killed_says_so(serve: Serve) -> None:
    async with serve() as (project, app, board):
        text = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
        (project.root / "adws" / "adw_build_iso.py").write_text(text)
        await trigger(board, "adw_orchestrator", stages=["build"])
        end = await ended(app, board)
    assert end["message"] == "Stage build failed: ended by signal 9"


async def test_a_failing_stage_can_be_passed_over(serve: Serve) -> None:
    config = {"stages": ["plan", "test", "review"], "continue_on_failure": True}
    async with serve({**STAGE_SCRIPTS, "adw_test_iso": "fails"}) as (project, app, board):
        await trigger(board, "adw_orchestrator", config=config)
        end = await ended(app, board)
    assert end["state"] is LaunchState.COMPLETED
    assert end["message"] == "Workflow adw_orchestrator completed, but failed in test"
    assert project.was_called(RUN, "adw_review_iso")


async def test_a_merge_among_the_stages_comes_last_and_moves_no_card_back(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_merge_iso": "merger"}) as (project, app, board):
        await trigger(board, "adw_orchestrator", stages=["plan", "merge"])
        end = await ended(app, board)
    assert end["state"] is LaunchState.COMPLETED, end
    assert project.call(RUN, "adw_merge_iso").argv[1:] == [RUN]
    assert "ready-to-merge" not in [target for _, target in moves(board)]
    assert (project.root / "specs" / f"issue-7-adw-{RUN}-sdlc_planner-a-lamp.md").exists()


async def test_cancel_ends_the_built_in_orchestrator_with_its_scripts(serve: Serve) -> None:
    async with serve({**STAGE_SCRIPTS, "adw_plan_iso": "stubborn"}) as (project, _, board):
        await trigger(board, "adw_orchestrator", stages=["plan", "build"])
        await eventually(lambda: project.pids(RUN), 60.0)
        pids = project.pids(RUN) or {}
        await board.send("cancel_workflow", adw_id=RUN)
        final = await board.final(RUN)
        left = {name: pid for name, pid in pids.items() if _lives(pid)}
    assert final["data"]["status"] == "cancelled"
    assert not left
    assert not project.was_called(RUN, "adw_build_iso")


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
