"""Clarifying tickets and opening editors, with real commands."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger, MemoryRecords
from tests.support.waiting import eventually

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
QUESTION = {"task_id": 7, "description": "Add a button", "feedback": "bigger"}
UNDERSTOOD = {"understanding": "A button", "confidence": "high", "questions": ["Where?"]}
NEVER_ENDS = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
with Path({pids!r}).open("a") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}\\n")
time.sleep(600)
"""

Serve = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def make(script: str | None = None, **changes: Any) -> AsyncGenerator[Running]:
        path = tmp_path / "command.py"
        path.write_text(script or "")
        command = (sys.executable, str(path)) if script is not None else ()
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        config = new_config(tmp_path, clarify_command=command, **changes)
        service = TriggerService(config, ledger, journal, records=MemoryRecords(ledger))
        async with running(service, ledger, journal) as app:
            yield app

    return make


async def post(app: Running, path: str, body: Any = None) -> tuple[int, Any]:
    async with app.http() as http:
        answer = await http.post(path, json=body, timeout=60)
    return answer.status_code, answer.json()


def is_fallback(answer: Any) -> bool:
    return answer["confidence"] == "low" and len(answer["questions"]) == 1 and answer["status"] == "awaiting_approval"


async def test_the_command_gets_the_ticket_and_its_answer_is_the_answer(serve: Serve, tmp_path: Path) -> None:
    script = f"import json, sys\ngot = sys.stdin.read()\nopen({str(tmp_path / 'got')!r}, 'w').write(got)\n"
    async with serve(script + f"print(json.dumps({UNDERSTOOD!r}))") as app:
        assert await post(app, "/api/clarify", QUESTION) == (200, {**UNDERSTOOD, "status": "awaiting_approval"})
    got = json.loads((tmp_path / "got").read_text())
    assert {name: got[name] for name in QUESTION} == QUESTION
    assert set(got) == {*QUESTION, "adw_id", "previous_understanding", "previous_questions"}


@pytest.mark.parametrize("body", [QUESTION, {"task_id": "x"}, {"task_id": 1, "description": ""}])
async def test_without_a_command_people_are_asked(serve: Serve, body: Any) -> None:
    async with serve() as app:
        status, answer = await post(app, "/api/clarify", body)
    assert status == 200
    assert is_fallback(answer)


@pytest.mark.parametrize(
    "script",
    [
        "print('no JSON')",
        "print('[1]')",
        'print(\'{"understanding": ""}\')',
        'print(\'{"understanding": "x", "questions": "y"}\')',
        f"import json\nprint(json.dumps({UNDERSTOOD!r}))\nraise SystemExit(3)",
        "import os\nos.close(1)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        "while True:\n    print('x' * 100_000)",
    ],
)
async def test_what_is_no_answer_is_the_fallback(serve: Serve, script: str) -> None:
    async with serve(script) as app:
        status, answer = await post(app, "/api/clarify", QUESTION)
    assert status == 200
    assert is_fallback(answer)


async def test_a_command_that_cannot_be_started_is_the_fallback(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path, clarify_command=("/no/such/command",)), ledger, journal)
    async with running(service, ledger, journal) as app:
        assert is_fallback((await post(app, "/api/clarify", QUESTION))[1])


async def test_odd_answers_are_made_even(serve: Serve) -> None:
    odd = {"understanding": "x" * 50_000, "confidence": "sure", "questions": [1, {"a": 2}] * 100}
    async with serve(f"import json\nprint(json.dumps({odd!r}))") as app:
        _, answer = await post(app, "/api/clarify", QUESTION)
    assert (len(answer["understanding"]), answer["confidence"], len(answer["questions"])) == (20_000, "low", 50)
    assert answer["questions"][:2] == ["1", '{"a": 2}']


async def test_a_large_ticket_does_not_lock_a_command_that_never_reads(serve: Serve) -> None:
    async with serve(f"import json\nprint(json.dumps({UNDERSTOOD!r}))") as app:
        status, answer = await post(app, "/api/clarify", {**QUESTION, "description": "x" * 900_000})
    assert (status, answer["confidence"]) == (200, "high")


@pytest.mark.parametrize("body", [{}, {"task_id": None}, {"task_id": [1]}, {"task_id": 1, "description": 5}])
async def test_what_is_no_ticket_is_refused(serve: Serve, body: Any) -> None:
    async with serve() as app:
        status, answer = await post(app, "/api/clarify", body)
    assert status == 422
    assert isinstance(answer["error"], str)


async def test_at_its_limit_the_command_is_ended_with_all_of_its_children(serve: Serve, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with serve(NEVER_ENDS.format(pids=str(pids)), clarify_limit_s=1.0) as app:
        _, answer = await post(app, "/api/clarify", QUESTION)
        assert is_fallback(answer)
        assert not living(pids)


async def test_a_command_is_ended_when_its_client_goes(serve: Serve, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with serve(NEVER_ENDS.format(pids=str(pids))) as app:
        async with app.http() as http:
            asking = asyncio.create_task(http.post("/api/clarify", json=QUESTION, timeout=60))
            await eventually(lambda: pids.exists() and len(pids.read_text().split()) == 2)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        await eventually(lambda: not living(pids))


async def test_two_commands_run_at_once_and_nobody_else_waits_for_them(serve: Serve, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with serve(NEVER_ENDS.format(pids=str(pids)), clarify_limit_s=2.0) as app, app.http() as http:
        asking = [asyncio.create_task(http.post("/api/clarify", json=QUESTION, timeout=60)) for _ in range(4)]
        await eventually(lambda: pids.exists() and len(pids.read_text().split()) >= 4)
        assert len(pids.read_text().splitlines()) == 2
        assert (await http.get("/health", timeout=10)).status_code == 200
        answers = await asyncio.gather(*asking)
        assert all(is_fallback(answer.json()) for answer in answers)
        assert len(pids.read_text().splitlines()) == 4
        assert not living(pids)


def living(pids: Path) -> list[int]:
    return [pid for pid in map(int, pids.read_text().split()) if lives(pid)]


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_the_commands_get_nothing_of_ours(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANBAN_TOKEN", "s3cret")
    monkeypatch.setenv("FOREIGN_KEY", "theirs")
    script = "import json, os\nprint(json.dumps({'understanding': ' '.join(os.environ), 'questions': []}))"
    async with serve(script) as app:
        _, answer = await post(app, "/api/clarify", QUESTION)
    assert "FOREIGN_KEY" in answer["understanding"]
    assert "KANBAN_TOKEN" not in answer["understanding"]


def a_launch(worktree: str | None) -> Launch:
    return Launch(
        "r1", "abcd1234", "adw_plan_iso", LaunchState.COMPLETED, "h", "/x", AT, finished_at=AT, worktree=worktree
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    (path / "trees" / "abcd1234").mkdir(parents=True)
    (path / "elsewhere").mkdir()
    return path


def editor(out: Path) -> tuple[str, ...]:
    code = f"import sys, pathlib; pathlib.Path({str(out)!r}).write_text(' '.join(sys.argv[1:]))"
    return (sys.executable, "-c", code, "--wait")


@pytest.mark.parametrize(
    ("worktree", "opened"),
    [
        (None, "trees/abcd1234"),
        ("elsewhere", "elsewhere"),
        ("/etc", "trees/abcd1234"),
        ("trees/../../..", "trees/abcd1234"),
        ("a\0", "trees/abcd1234"),
    ],
)
async def test_an_editor_opens_the_runs_folder_and_none_outside_of_the_project(
    serve: Serve, project: Path, tmp_path: Path, worktree: str | None, opened: str
) -> None:
    out = tmp_path / "out"
    async with serve(project_dir=project, editor_command=editor(out)) as app:
        app.ledger.keep(a_launch(worktree))
        for kind in ("worktree", "codebase"):
            status, answer = await post(app, f"/api/{kind}/open/abcd1234")
            assert (status, answer["success"], answer["worktree_path"]) == (200, True, str(project / opened))
            await eventually(lambda: out.exists() and out.read_text() == f"--wait {project / opened}")
            out.unlink()


async def test_a_run_without_a_folder(serve: Serve, project: Path, tmp_path: Path) -> None:
    (project / "trees" / "abcd1234").rmdir()
    out = tmp_path / "out"
    async with serve(project_dir=project, editor_command=editor(out)) as app:
        app.ledger.keep(a_launch(None))
        assert (await post(app, "/api/worktree/open/abcd1234"))[0] == 404
        assert (await post(app, "/api/codebase/open/abcd1234"))[1]["worktree_path"] == str(project)
        assert (await post(app, "/api/codebase/open/unknown1"))[0] == 404
        assert (await post(app, "/api/codebase/open/a%0a"))[0] == 400
        await eventually(out.exists)


async def test_editors_are_off_until_they_are_set(serve: Serve, project: Path) -> None:
    async with serve(project_dir=project) as app:
        status, answer = await post(app, "/api/worktree/open/abcd1234")
    assert status == 501
    assert "KANBAN_EDITOR_COMMAND" in answer["error"]


async def test_an_editor_that_is_not_there(serve: Serve, project: Path) -> None:
    async with serve(project_dir=project, editor_command=("/no/such/editor",)) as app:
        app.ledger.keep(a_launch(None))
        status, answer = await post(app, "/api/worktree/open/abcd1234")
    assert (status, "could not be started" in answer["error"]) == (500, True)


async def test_an_editor_outlives_the_service(serve: Serve, project: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"import os, time, pathlib; pathlib.Path({str(pids)!r}).write_text(str(os.getpid())); time.sleep(600)"
    async with serve(project_dir=project, editor_command=(sys.executable, "-c", code)) as app:
        app.ledger.keep(a_launch(None))
        await post(app, "/api/worktree/open/abcd1234")
        await eventually(lambda: pids.exists() and pids.read_text())
    (left,) = living(pids)
    psutil.Process(left).kill()
