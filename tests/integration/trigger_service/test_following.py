"""What scripts of a project write is broadcast: each line once, in order, and all of it before the end of the run."""

import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.store.database import Store
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.trigger_service.programs import DemoPrograms
from kanban_app.trigger_service.service import TriggerService
from tests.support.adw_project import AdwProject, make_project
from tests.support.project_service import ProjectPrograms, project_service
from tests.support.service_app import Board, Running, is_final, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually
from tests.support.whole_journal import whole_journal

RUN = "a1b2c3d4"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> AdwProject:
    scripts = {"adw_plan_iso": "planner", "adw_build_iso": "floods", "adw_test_iso": "half_lines"}
    return make_project(tmp_path / "project", **scripts, adw_review_iso="waits")


def service_of(
    project: AdwProject, data: Path, ledger: MemoryLedger, journal: MemoryJournal, lines: int = 0
) -> TriggerService:
    config = new_config(data, project_dir=project.root)
    return TriggerService(config, ledger, journal, programs=ProjectPrograms(project.root, lines))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def told_in(messages: list[dict[str, Any]], folder: str, source: str) -> list[str]:
    """The texts that one file of agents has brought."""
    texts: list[str] = []
    for message in messages:
        given = message["data"]
        if given.get("agent_role") != folder:
            continue
        is_log = given.get("source") == "execution.log"
        if is_log == (source == "execution.log"):
            texts.append(given.get("content") or given.get("message") or message["type"])
    return texts


def lines_of(file: Path) -> list[str]:
    return file.read_bytes().decode("utf-8", "replace").splitlines()


def said_in(file: Path) -> list[str]:
    texts: list[str] = []
    for line in lines_of(file):
        value = json.loads(line)
        if value["type"] == "assistant":
            texts.append(value["message"]["content"][0]["text"])
        else:
            texts.append(
                f"Agent ended ({value['num_turns']} turns, {value['duration_ms'] / 1000:.1f} s): {value['result']}"
            )
    return texts


async def start(board: Board, workflow_type: str, **more: Any) -> None:
    answer = await board.trigger(workflow_type=workflow_type, adw_id=RUN, issue_json={"title": "x"}, **more)
    assert answer["data"]["status"] == "accepted"


async def ended(app: Running) -> None:
    await eventually(lambda: app.service.active_runs == 0, timeout=60)


async def test_a_planner_is_heard(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with running(service_of(project, data, ledger, journal), ledger, journal) as app, app.board() as board:
        await start(board, "adw_plan_iso", request_id="r")
        await ended(app)
        told = journal.messages()
        kinds = {message["type"] for message in told}
        assert {"agent_updated", "text_block", "agent_log", "spec_created"} <= kinds
        assert is_final(told[-1], RUN) or told[-1]["type"] == "stage_transition"
        assert told_in(told, "adw_plan_iso", "execution.log") == lines_of(
            project.agents(RUN) / "adw_plan_iso" / "execution.log"
        )
        assert all(message["request_id"] == "r" for message in told)
        assert ledger.rows["r"].worktree == str(project.worktree(RUN))
        assert ledger.rows["r"].branch == project.state(RUN)["branch_name"]


async def test_half_lines_wait_and_the_last_one_is_told_before_the_end(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with running(service_of(project, data, ledger, journal), ledger, journal) as app, app.board() as board:
        await start(board, "adw_test_iso")
        await board.wait(lambda m: m["data"].get("message") == "Half a line is written")
        await eventually(lambda: told_in(journal.messages(), "sdlc_planner", "raw_output.jsonl") == ["before"])
        project.go(RUN)
        await ended(app)
    told = journal.messages()
    texts = told_in(told, "sdlc_planner", "raw_output.jsonl")
    assert texts[:2] == ["before", "cut in two – with an umlaut: ü"]
    assert texts[2].startswith('{"type": "assistant"')
    assert texts[3:] == ["no JSON at all", "[1, 2]", "after the bad bytes", "long " + "y" * 200_000, "without an end"]
    assert told_in(told, "adw_test_iso", "execution.log") == [
        "2026-01-02 03:04:05 - INFO - half a line",
        "2026-01-02 03:04:06 - ERROR - bad bytes: \ufffd\ufffd",
        "no time, no level",
    ]
    assert told[-1]["type"] in {"status_update", "stage_transition"}
    assert told[-1]["data"]["message"] == "All lines are written"


async def test_whole_lines_come_before_the_report_that_follows_them(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = service_of(project, data, ledger, journal, lines=3000)
    async with running(service, ledger, journal) as app, app.board() as board:
        await start(board, "adw_build_iso")
        await ended(app)
    told = journal.messages()
    final = next(number for number, message in enumerate(told) if is_final(message, RUN))
    assert told[final]["data"]["message"] == "Flooded"
    stream = said_in(project.agents(RUN) / "sdlc_implementor" / "raw_output.jsonl")
    assert told_in(told[:final], "sdlc_implementor", "raw_output.jsonl") == stream


async def test_a_second_launch_of_the_run_tells_only_what_is_new(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = service_of(project, data, ledger, journal, lines=500)
    async with running(service, ledger, journal) as app, app.board() as board:
        for _ in range(2):
            await start(board, "adw_build_iso")
            await ended(app)
    stream = said_in(project.agents(RUN) / "sdlc_implementor" / "raw_output.jsonl")
    assert len(stream) == 1002
    assert told_in(journal.messages(), "sdlc_implementor", "raw_output.jsonl") == stream


async def test_a_journal_that_fails_for_a_while_costs_no_line(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = service_of(project, data, ledger, journal)
    async with running(service, ledger, journal) as app, app.board() as board:
        await start(board, "adw_review_iso")
        await board.wait(lambda m: m["data"].get("message") == "Waiting")
        journal.fail = 2
        stream = project.agents(RUN) / "x" / "raw_output.jsonl"
        stream.parent.mkdir()
        stream.write_text("".join(f"line {number}\n" for number in range(250)))
        await eventually(lambda: len(told_in(journal.messages(), "x", "raw_output.jsonl")) >= 250)
        project.go(RUN)
        await ended(app)
    assert told_in(journal.messages(), "x", "raw_output.jsonl") == lines_of(stream)


async def test_where_nothing_can_be_watched_the_files_are_looked_at(
    project: AdwProject, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_watch(*_: object, **__: object) -> AsyncGenerator[set[tuple[object, str]]]:
        raise OSError("no space left on device")
        yield set()

    monkeypatch.setattr("kanban_app.trigger_service.following.watching.awatch", no_watch)
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with running(service_of(project, data, ledger, journal), ledger, journal) as app, app.board() as board:
        await start(board, "adw_review_iso")
        stream = project.agents(RUN) / "x" / "raw_output.jsonl"
        stream.parent.mkdir(parents=True)
        stream.write_text("one\n")
        await eventually(lambda: told_in(journal.messages(), "x", "raw_output.jsonl") == ["one"])
        project.go(RUN)
        await ended(app)


async def test_the_demonstration_is_not_followed(project: AdwProject, data: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    config = new_config(data, project_dir=project.root)
    service = TriggerService(config, ledger, journal, programs=DemoPrograms(config))
    async with running(service, ledger, journal) as app, app.board() as board:
        stream = project.agents(RUN) / "x" / "raw_output.jsonl"
        stream.parent.mkdir(parents=True)
        stream.write_text("one\n")
        await board.trigger(adw_id=RUN, issue_json={"title": "x"})
        await ended(app)
    assert told_in(journal.messages(), "x", "raw_output.jsonl") == []


@contextmanager
def service_process(data: Path, project: AdwProject, lines: int) -> Generator[tuple["subprocess.Popen[str]", int]]:
    command = [sys.executable, "-m", "tests.support.project_service", str(data), str(project.root), str(lines)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        with process.stdout:
            yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


async def all_messages(store: Store) -> list[dict[str, Any]]:
    return await whole_journal(ServiceJournal(store))


async def test_a_service_that_is_killed_again_and_again_loses_no_line_and_tells_none_twice(
    project: AdwProject, data: Path
) -> None:
    lines = 50_000
    for kill_after in (2_000, 20_000, 45_000):
        with service_process(data, project, lines) as (process, port):
            async with Board(f"ws://127.0.0.1:{port}/ws/trigger") as board:
                await board.send("register_session", session_id="s", since=0)
                if kill_after == 2_000:
                    await start(board, "adw_build_iso", request_id="r")
                await eventually(lambda after=kill_after: len(board.received) > after, timeout=60)
                process.kill()
                process.wait()
    async with project_service(data, project.root, lines) as (app, store):
        await ended(app)
        told = await all_messages(store)
        launch = await ServiceLedger(store).find_request("r")
    assert launch is not None
    assert launch.state is LaunchState.COMPLETED
    agents = project.agents(RUN)
    stream, log = agents / "sdlc_implementor" / "raw_output.jsonl", agents / "adw_build_iso" / "execution.log"
    assert told_in(told, "sdlc_implementor", "raw_output.jsonl") == said_in(stream)
    assert told_in(told, "adw_build_iso", "execution.log") == lines_of(log)
    assert len(lines_of(log)) == lines
    final = next(number for number, message in enumerate(told) if is_final(message, RUN))
    assert told_in(told[final:], "sdlc_implementor", "raw_output.jsonl") == []
