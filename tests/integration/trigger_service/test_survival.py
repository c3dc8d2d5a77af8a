"""Runs outlive the service, and the next one tells everything that happened meanwhile."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Board, ScriptPrograms, is_final, new_config, running
from tests.support.service_memory import FileJournal, FileLedger, MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

STAGES = ["plan", "build"]
ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def service_process(data_dir: Path, speed: float) -> Generator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, "-m", "tests.support.service_process", str(data_dir), str(speed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def spooled(run_dir: Path) -> list[dict[str, Any]]:
    lines = (run_dir / "spool.jsonl").read_text().splitlines()
    return [record for record in map(json.loads, lines) if record["path"] != "/exit"]


def posted_logs(run_dir: Path) -> list[str]:
    return [r["body"]["data"]["message"] for r in spooled(run_dir) if r["body"].get("type") == "workflow_log"]


def log_texts(messages: list[dict[str, Any]]) -> list[str]:
    return [m["data"]["message"] for m in messages if m["type"] == "workflow_log"]


async def test_a_killed_service_loses_no_report(tmp_path: Path) -> None:
    with service_process(tmp_path, 0.15) as (process, port):
        async with Board(f"ws://127.0.0.1:{port}/ws/trigger") as board:
            await board.trigger(adw_id="abcd1234", request_id="r", stages=STAGES, issue_json={"title": "x"})
            await eventually(lambda: len(board.of("workflow_log")) > 3)
            process.kill()
            process.wait()
    seen = max(board.numbers)
    ledger = FileLedger(tmp_path / "ledger.jsonl")
    journal = FileJournal(tmp_path / "journal.jsonl", ledger)
    run_dir = Path(ledger.rows["r"].run_dir)
    reports = len(spooled(run_dir))
    await eventually(lambda: len(spooled(run_dir)) > reports + 5)
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        assert app.service.active_runs == 1
        async with app.board() as again:
            await again.send("register_session", session_id="s", since=seen)
            final = await again.final("abcd1234", timeout=60)
            await eventually(lambda: app.service.active_runs == 0)
    assert final["data"]["status"] == "completed"
    assert again.numbers == list(range(seen + 1, seen + 1 + len(again.numbers)))
    assert log_texts(journal.messages()) == posted_logs(run_dir)
    assert ledger.rows["r"].state is LaunchState.COMPLETED


async def test_a_run_that_ended_meanwhile_is_told_from_its_spool(tmp_path: Path) -> None:
    with service_process(tmp_path, 0.05) as (process, port):
        async with Board(f"ws://127.0.0.1:{port}/ws/trigger") as board:
            await board.trigger(adw_id="abcd1234", request_id="r", stages=STAGES, issue_json={"title": "[fail:build]"})
            process.kill()
            process.wait()
    ledger = FileLedger(tmp_path / "ledger.jsonl")
    journal = FileJournal(tmp_path / "journal.jsonl", ledger)
    runner = ledger.rows["r"].pid
    assert runner is not None
    run_dir = Path(ledger.rows["r"].run_dir)
    await eventually((run_dir / "exit.json").exists, timeout=30)
    os.kill(runner, signal.SIGKILL)
    await eventually(lambda: not psutil.pid_exists(runner) or psutil.Process(runner).status() == "zombie")
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        await eventually(lambda: app.service.active_runs == 0)
    assert log_texts(journal.messages()) == posted_logs(run_dir)
    assert ledger.rows["r"].state is LaunchState.FAILED
    assert "does not compile" in ledger.rows["r"].message
    assert ledger.rows["r"].exit_code == 1


async def test_a_run_whose_runner_died_unseen_fails_with_its_last_output(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "output.log").write_text("one\nTraceback: the disk is on fire\n")
    data = {"adw_id": "abcd1234", "workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t"}
    report = {"type": "workflow_log", "data": data}
    line = json.dumps({"id": 1, "at": "2026-01-01T00:00:00Z", "path": "/api/workflow-updates", "body": report})
    (run_dir / "spool.jsonl").write_text(line + "\n" + line[:40])
    launch = a_launch(run_dir, state=LaunchState.RUNNING, pid=2**22 - 7, process_created=1.0)
    await ledger.save(launch)
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        await eventually(lambda: app.service.active_runs == 0)
    found = ledger.rows["r"]
    assert found.state is LaunchState.FAILED
    assert found.message == "The run's process ended while nobody watched; last output: Traceback: the disk is on fire"
    assert found.last_report == 1
    assert [m["type"] for m in journal.messages()] == ["workflow_log", "status_update", "stage_transition"]
    assert journal.messages()[1]["data"]["last_output"] == ["one", "Traceback: the disk is on fire"]
    assert journal.messages()[2]["data"]["to_stage"] == "errored"


async def test_a_launch_that_never_got_a_process_gets_one(tmp_path: Path) -> None:
    """The service was killed between its promise and the start; a repeat of the request gets the first answer."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    run_dir = tmp_path / "service" / "runs" / "abcd1234" / "1-r"
    run_dir.mkdir(parents=True)
    (run_dir / "issue.json").write_text("{}")
    request = {"workflow_type": "adw_orchestrator", "stages": ["plan"], "issue_json": {"title": "Promised"}}
    await ledger.save(a_launch(run_dir, state=LaunchState.STARTING, request=request))
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        async with app.board() as board:
            answer = await board.trigger(adw_id="abcd1234", request_id="r", stages=["plan"])
        await eventually(lambda: app.service.active_runs == 0, 30)
    assert answer["data"]["status"] == "accepted"
    assert [(row.state, row.worktree is not None) for row in ledger.rows.values()] == [(LaunchState.COMPLETED, True)]
    assert any("Title: Promised" in message["data"].get("message", "") for message in journal.messages())


async def test_a_launch_that_cannot_be_started_any_more_says_so(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    await ledger.save(a_launch(tmp_path / "nowhere", state=LaunchState.STARTING))
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        await eventually(lambda: app.service.active_runs == 0)
        async with app.board() as board:
            answer = await board.trigger(adw_id="abcd1234", request_id="r", stages=["plan"])
    assert "was never started" in ledger.rows["r"].message
    assert answer["type"] == "trigger_response"
    assert len(ledger.rows) == 1


async def test_a_process_that_the_ledger_does_not_know_yet_is_found_by_its_mark(tmp_path: Path) -> None:
    script = tmp_path / "flow.py"
    script.write_text("import time\ntime.sleep(60)\n")
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, programs=ScriptPrograms(script))
    async with running(service, ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r", stages=["plan"])
    launch = ledger.rows["r"]
    await eventually((Path(launch.run_dir) / "runner.json").exists)
    ledger.keep(replace(launch, state=LaunchState.STARTING, pid=None, process_created=None))
    (Path(launch.run_dir) / "runner.json").unlink(missing_ok=True)
    async with running(TriggerService(new_config(tmp_path), ledger, journal), ledger, journal) as app:
        assert ledger.rows["r"].pid == launch.pid
        async with app.board() as board:
            await board.send("cancel_workflow", adw_id="abcd1234")
            assert (await board.final("abcd1234"))["data"]["status"] == "cancelled"


async def test_stopping_leaves_runs_alone_unless_told_otherwise(tmp_path: Path) -> None:
    script = tmp_path / "flow.py"
    script.write_text("import time\ntime.sleep(60)\n")
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, programs=ScriptPrograms(script))
    async with running(service, ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r", stages=["plan"])
    pid = ledger.rows["r"].pid
    assert pid is not None
    assert service.active_runs == 1
    assert psutil.pid_exists(pid)
    ending = TriggerService(new_config(tmp_path, end_runs_on_stop=True), ledger, journal)
    async with running(ending, ledger, journal) as app:
        assert app.service.active_runs == 1
    assert ending.active_runs == 0
    assert ledger.rows["r"].state is LaunchState.CANCELLED
    assert ledger.rows["r"].message == "Ended together with the service"
    assert is_final(journal.messages()[-1], "abcd1234")
    await eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")


def a_launch(run_dir: Path, **changes: Any) -> Launch:
    given: dict[str, Any] = {
        "request_id": "r",
        "adw_id": "abcd1234",
        "workflow_type": "adw_orchestrator",
        "token_hash": "x",
        "run_dir": str(run_dir),
        "created_at": datetime.now(UTC),
        "stages": ("plan",),
        **changes,
    }
    return Launch(**given)
