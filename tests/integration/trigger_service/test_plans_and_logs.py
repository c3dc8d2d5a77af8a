"""Plans and logs, out of a project's files and out of what the runners have spooled."""

import json
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from kanban_app.domain.stages import Stage
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.plans import find_plan
from kanban_app.trigger_service.project_files import MAX_READ, read_newest_lines, read_object, read_text
from kanban_app.trigger_service.service import TriggerService
from kanban_app.trigger_service.stage_folders import STAGES, find_folder
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger, MemoryRecords
from tests.support.waiting import eventually

RUN = "abcd1234"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    return path


@pytest_asyncio.fixture
async def app(tmp_path: Path, project: Path) -> AsyncGenerator[Running]:
    """Works in the project; its script ends at once."""
    script = tmp_path / "script.py"
    script.write_text("")
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    config = new_config(tmp_path / "data", project_dir=project)
    config.data_dir.mkdir()
    programs = ScriptPrograms(script, (Stage.PLAN,))
    service = TriggerService(config, ledger, journal, programs=programs, records=MemoryRecords(ledger))
    async with running(service, ledger, journal) as found:
        yield found


def write(path: Path, text: str | bytes, at: float | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if at is not None:
        os.utime(path, (at, at))
    return path


def jsonl(*raws: Any) -> str:
    return "".join(json.dumps(raw) + "\n" for raw in raws)


async def ask(app: Running, path: str, status: int = 200) -> Any:
    async with app.http() as http:
        answer = await http.get(path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_execution_log_line_by_line(app: Running, project: Path) -> None:
    text = (
        "2026-01-02 03:04:05 - INFO - Beginning\nTraceback of something\n2026-01-02 03:04:06 - ERROR - no - way\nhalf"
    )
    write(project / "agents" / RUN / "adw_plan_iso" / "execution.log", text.encode() + b" \xff line")
    # V1 would look into this folder alone, since it comes first.
    write(project / "agents" / RUN / "sdlc_planner" / "raw_output.jsonl", "")
    log = await ask(app, f"/api/execution-logs/{RUN}/PLAN")
    assert (log["adw_id"], log["stage"], log["stage_folder"]) == (RUN, "plan", "adw_plan_iso")
    assert (log["has_logs"], log["error"]) == (True, None)
    assert [(line.get("timestamp"), line["level"], line["message"]) for line in log["logs"]] == [
        ("2026-01-02 03:04:05", "INFO", "Beginning"),
        (None, "INFO", "Traceback of something"),
        ("2026-01-02 03:04:06", "ERROR", "no - way"),
        (None, "INFO", "half � line"),
    ]
    assert log["logs"][2]["raw_line"] == "2026-01-02 03:04:06 - ERROR - no - way"


async def test_a_stage_log_of_agents(app: Running, project: Path) -> None:
    text = {"type": "text", "text": "so"}
    lines = jsonl(
        {"type": "system", "subtype": "init", "session_id": "s"},
        {"type": "assistant", "message": {"content": [text]}, "timestamp": "2026-01-02T03:04:05Z"},
        {"type": "result", "subtype": "success", "result": "done", "num_turns": 3},
    )
    write(project / "trees" / RUN / "agents" / RUN / "test_runner" / "raw_output.jsonl", lines + '{"type": "assis')
    log = await ask(app, f"/api/stage-logs/{RUN}/test")
    assert (log["stage_folder"], log["has_streaming_logs"], log["has_result"]) == ("test_runner", True, True)
    assert [entry["entry_type"] for entry in log["logs"]] == ["system", "assistant", "result", "unreadable"]
    assert (log["logs"][1]["message"], log["logs"][1]["timestamp"]) == ("so", "2026-01-02T03:04:05Z")
    assert log["result"]["num_turns"] == 3


async def test_a_result_that_only_the_whole_output_has(app: Running, project: Path) -> None:
    folder = project / "agents" / RUN / "reviewer"
    write(folder / "raw_output.jsonl", jsonl({"type": "system"}))
    write(folder / "raw_output.json", json.dumps([{"type": "system"}, {"type": "result", "result": "fine"}]))
    log = await ask(app, f"/api/stage-logs/{RUN}/review")
    assert log["result"] == {"type": "result", "result": "fine"}
    write(folder / "raw_output.json", "{oops")
    assert (await ask(app, f"/api/stage-logs/{RUN}/review"))["has_result"] is False


async def test_a_stage_without_a_log_is_empty_and_a_run_without_any_is_404(app: Running, project: Path) -> None:
    (project / "agents" / RUN / "planner").mkdir(parents=True)
    for kind in ("execution-logs", "stage-logs"):
        empty = await ask(app, f"/api/{kind}/{RUN}/plan")
        assert (empty["logs"], bool(empty["error"])) == ([], True)
        await ask(app, f"/api/{kind}/ffffffff/plan", 404)
        await ask(app, f"/api/{kind}/{RUN}/merge", 400)
        for odd in ("abc", "..", "x" * 65, "%00", "a%0a", "%2e%2e"):
            async with app.http() as http:
                answer = await http.get(f"/api/{kind}/{odd}/plan")
            assert answer.status_code in {400, 404}, odd


async def test_the_demonstrations_log_comes_from_the_spool(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, records=MemoryRecords(ledger))
    async with running(service, ledger, journal) as app:
        async with app.board() as board:
            await board.trigger(adw_id=RUN, issue_json={"title": "x"})
            await board.final(RUN)
            await eventually(lambda: app.service.active_runs == 0)
        log = await ask(app, f"/api/execution-logs/{RUN}/plan")
        told = await ask(app, f"/api/stage-logs/{RUN}/plan")
        plan = await ask(app, f"/api/adws/{RUN}/plan")
        await ask(app, "/api/adws/ffffffff/plan", 404)
    assert log["logs"][0]["message"] == "[plan] Reading the card"
    assert set(log["logs"][0]) == {"timestamp", "level", "message", "raw_line"}
    assert {entry["entry_type"] for entry in told["logs"]} >= {"thinking_block", "tool_use_pre", "tool_use_post"}
    assert all(entry["message"] for entry in told["logs"])
    assert plan["plan_file"] == f"specs/{RUN}-x.md"
    assert plan["plan_content"].startswith("#")


async def test_the_plan_of_a_run(app: Running, project: Path) -> None:
    write(project / "agents" / RUN / "adw_state.json", jsonl({"issue_number": "7", "plan_file": "specs/named.md"}))
    await ask(app, f"/api/adws/{RUN}/plan", 404)
    async with app.board() as board:
        await board.trigger(adw_id=RUN)
        await board.final(RUN)
    await ask(app, f"/api/adws/{RUN}/plan", 404)
    expected = {
        project / "specs" / "issue-7-adw-other123-sdlc_planner-x.md": "of the issue",
        project / "specs" / "named.md": "named by the state",
        project / "specs" / f"issue-7-adw-{RUN}-sdlc_planner-x.md": "of the run",
        project / "trees" / "other" / "trees" / RUN / "specs" / f"issue-7-adw-{RUN}-sdlc_planner-y.md": "nested",
    }
    for age, (path, text) in enumerate(expected.items()):
        write(path, text, at=1_700_000_000 + age)
        write(path.with_name(f"issue-7-adw-{RUN}5-sdlc_planner-x.md"), "of another run", at=1_600_000_000)
        assert await ask(app, f"/api/adws/{RUN}/plan") == {
            "plan_content": text,
            "plan_file": f"specs/{path.name}",
            "truncated": False,
        }


def test_plans_of_odd_states(project: Path) -> None:
    layout = ProjectLayout(project)
    secret = write(project.parent / "secret.md", "secret")
    for odd in ("../secret.md", str(secret), "a\0.md", 7, None, ["x"], "adw_state.json"):
        assert find_plan(layout, RUN, {"plan_file": odd}, "..") is None


def test_only_regular_files_inside_of_the_project_are_read(project: Path) -> None:
    layout = ProjectLayout(project)
    secret = write(project.parent / "secret", '{"a": 1}')
    inside = write(project / "inside.json", '{"b": 1}')
    links = {project / "out": secret, project / "in": inside, project / "loop": project / "loop"}
    for link, target in links.items():
        link.symlink_to(target)
    (project / "folder").symlink_to(project.parent)
    os.mkfifo(project / "pipe")
    found = {name: read_object(layout, project / name) for name in ("out", "in", "loop", "pipe", "folder/secret", ".")}
    assert found == {"out": {}, "in": {"b": 1}, "loop": {}, "pipe": {}, "folder/secret": {}, ".": {}}
    assert read_newest_lines(layout, project / "pipe") is None


def test_a_folder_that_leads_out_is_none_of_the_runs(project: Path) -> None:
    outside = project.parent / "outside"
    write(outside / "planner" / "execution.log", "secret")
    agents = project / "agents"
    agents.mkdir()
    (agents / RUN).symlink_to(outside)
    (agents / "ffffffff").mkdir()
    (agents / "ffffffff" / "planner").symlink_to(outside / "planner")
    for adw_id in (RUN, "ffffffff"):
        assert find_folder(ProjectLayout(project), adw_id, "plan", "execution.log") is None


def test_of_large_files_the_newest_part_is_read(project: Path) -> None:
    layout = ProjectLayout(project)
    lines = [f"{number:09}" for number in range(MAX_READ // 10 + 1000)]
    path = write(project / "log", "\n".join(lines) + "\nlast")
    found = read_newest_lines(layout, path)
    assert found is not None
    expected = [*lines, "last"][-len(found) :]
    assert [line.decode() for line in found] == expected
    assert MAX_READ * 0.99 < len(found) * 10 <= MAX_READ
    assert read_text(layout, path, 20) == ("000000000\n000000001\n", False)


@pytest.mark.parametrize(
    ("stage", "folders", "expected"),
    [
        ("plan", ["planner", "sdlc_planner"], "sdlc_planner"),
        ("build", ["adw_build_iso", "sdlc_implementor_committer"], "adw_build_iso"),
        ("test", ["test_runner", "e2e_test_runner_1"], "test_runner"),
        ("test", ["test_resolver_iter1_0"], "test_resolver_iter1_0"),
        ("review", ["in_loop_review_1", "adw_review_iso"], "adw_review_iso"),
        ("document", ["ops"], "ops"),
        ("patch", ["patch_implementor", "adw_patch_iso"], "patch_implementor"),
    ],
)
def test_which_folder_is_a_stages(project: Path, stage: str, folders: list[str], expected: str) -> None:
    for folder in folders:
        write(project / "agents" / RUN / folder / "raw_output.jsonl", "")
    found = find_folder(ProjectLayout(project), RUN, stage, "raw_output.jsonl")
    assert found is not None
    assert found.name == expected
    assert stage in STAGES
