"""Cancelling, dying and starting: what happens to real processes."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.stages import Stage
from kanban_app.trigger_service.broadcaster import Broadcaster, Subscriber
from kanban_app.trigger_service.programs import Program
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_app import Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[Running]]

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
nap = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
child = subprocess.Popen([sys.executable, "-c", nap])
away = subprocess.Popen([sys.executable, "-c", nap], start_new_session=True)
bare = subprocess.Popen([sys.executable, "-c", nap], env={})
with open("pids.new", "w") as file:
    file.write(f"{os.getpid()} {child.pid} {away.pid} {bare.pid}")
os.rename("pids.new", "pids")
time.sleep(300)
"""
POST = """
import json, os, urllib.request
def post(path, body):
    url = os.environ["WEBSOCKET_URL"] + path
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=2).read()
def status(status, adw_id, **more):
    data = {"adw_id": adw_id, "workflow_name": "adw_orchestrator", "status": status, "message": "m", "timestamp": "t"}
    post("/api/workflow-updates", {"type": "status_update", "data": {**data, **more}})
"""


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def start(script: str, **changes: Any) -> AsyncGenerator[Running]:
        path = tmp_path / "flow.py"
        path.write_text(script)
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        programs = ScriptPrograms(path, (Stage.PLAN, Stage.BUILD))
        service = TriggerService(new_config(tmp_path, **changes), ledger, journal, programs=programs)
        async with running(service, ledger, journal) as app:
            yield app

    return start


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_cancel_ends_the_whole_tree(serve: Serve, tmp_path: Path) -> None:
    async with serve(STUBBORN) as app, app.board() as board, app.board() as other:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await eventually((tmp_path / "pids").exists)
        pids = [int(text) for text in (tmp_path / "pids").read_text().split()]
        assert all(map(lives, pids))
        await board.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        answer = await board.wait(lambda m: m["type"] == "cancel_response")
        final = await board.final("abcd1234")
        assert not any(map(lives, pids))
        await eventually(lambda: not lives(app.ledger.rows["r"].pid or 0))
        assert (await other.final("abcd1234"))["seq"] == final["seq"]
    assert (answer["data"]["status"], answer["request_id"]) == ("accepted", "r")
    assert final["data"]["status"] == "cancelled"
    assert final["data"]["message"] == "Cancelled by the user"
    assert not board.of("stage_transition")
    assert app.ledger.rows["r"].state is LaunchState.CANCELLED


async def test_cancel_of_nothing_is_ignored(serve: Serve) -> None:
    async with serve("") as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
        await board.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        answer = await board.wait(lambda m: m["type"] == "cancel_response")
    assert answer["data"]["status"] == "ignored"


async def test_a_script_that_dies_at_import_fails_with_its_words(serve: Serve) -> None:
    async with serve("import nothing_of_that_name") as app, app.board() as board:
        answer = await board.trigger(adw_id="abcd1234", request_id="r")
        final = await board.final("abcd1234")
        await board.wait(lambda m: m["type"] == "stage_transition")
    assert answer["data"]["status"] == "accepted"
    assert final["data"]["status"] == "failed"
    assert final["data"]["exit_code"] == 1
    assert final["data"]["last_output"][-1] == "ModuleNotFoundError: No module named 'nothing_of_that_name'"
    assert "ended with exit code 1 without a final report" in final["data"]["message"]
    assert final["request_id"] == "r"
    moved = board.of("stage_transition")[-1]["data"]
    assert (moved["from_stage"], moved["to_stage"]) == ("plan", "errored")


async def test_a_silent_good_end_is_a_failure(serve: Serve) -> None:
    async with serve("print('hello')") as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        final = await board.final("abcd1234")
    assert final["data"]["status"] == "failed"
    assert "exit code 0 without reporting that it completed" in final["data"]["message"]


async def test_all_stages_done_is_a_completion(serve: Serve) -> None:
    script = POST + (
        "for stage in ('plan', 'build'):\n"
        "    post('/api/stage-event', {'adw_id': 'abcd1234', 'event_type': 'stage_completed', 'stage_name': stage})\n"
    )
    async with serve(script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        final = await board.final("abcd1234")
        await board.wait(lambda m: m["type"] == "stage_transition")
    assert final["data"]["status"] == "completed"
    assert board.of("stage_transition")[-1]["data"]["to_stage"] == "ready-to-merge"


async def test_a_bad_end_after_a_reported_failure_says_nothing_more(serve: Serve) -> None:
    script = POST + "status('failed', 'abcd1234')\nraise SystemExit(3)\n"
    async with serve(script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await eventually(lambda: app.ledger.rows["r"].finished_at)
    assert [m["data"]["status"] for m in app.journal.messages()] == ["failed"]
    assert app.ledger.rows["r"].exit_code == 3


async def test_a_bad_end_after_a_completion_is_a_failure(serve: Serve) -> None:
    script = POST + "status('completed', 'abcd1234')\nraise SystemExit(3)\n"
    async with serve(script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await eventually(lambda: app.ledger.rows["r"].finished_at)
    assert [m["data"].get("status") for m in app.journal.messages()] == ["completed", "failed", None]
    assert "although it had reported its completion" in app.ledger.rows["r"].message


async def test_a_killed_runner_takes_its_workflow_with_it(serve: Serve, tmp_path: Path) -> None:
    script = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\nprint('at work')\ntime.sleep(300)\n"
    async with serve(script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        await eventually(lambda: "at work" in (Path(app.ledger.rows["r"].run_dir) / "output.log").read_text())
        os.kill(app.ledger.rows["r"].pid or 0, signal.SIGKILL)
        final = await board.final("abcd1234")
        assert not lives(int((tmp_path / "pid").read_text()))
    assert final["data"]["message"] == "The run's process ended unexpectedly; last output: at work"


async def test_a_request_is_carried_out_once(serve: Serve) -> None:
    async with serve("import time; time.sleep(300)") as app, app.board() as board, app.board() as other:
        first = await board.trigger(adw_id="abcd1234", request_id="r")
        again = await other.trigger(adw_id="abcd1234", request_id="r")
        ignored = await board.trigger(adw_id="abcd1234", request_id="another")
        assert app.service.active_runs == 1
        await board.send("cancel_workflow", adw_id="abcd1234")
        await board.final("abcd1234")
        after = await board.trigger(adw_id="abcd1234", request_id="r")
    assert again == first == after
    assert ignored["data"]["status"] == "ignored"
    assert list(app.ledger.rows) == ["r"]


async def test_requests_at_the_same_moment_start_one_process(serve: Serve) -> None:
    async with serve("import time; time.sleep(300)") as app, app.board() as one, app.board() as two:
        answers = await asyncio.gather(one.trigger(adw_id="abcd1234"), two.trigger(adw_id="abcd1234"))
        assert sorted(answer["data"]["status"] for answer in answers) == ["accepted", "ignored"]
        await one.send("cancel_workflow", adw_id="abcd1234")
        await one.final("abcd1234")


async def test_the_next_trigger_waits_for_a_run_that_has_said_its_last_word(serve: Serve) -> None:
    script = POST + "import time\nstatus('completed', 'abcd1234')\ntime.sleep(0.5)\n"
    async with serve(script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="one")
        await board.final("abcd1234")
        answer = await board.trigger(adw_id="abcd1234", request_id="two")
        assert answer["data"]["status"] == "accepted"
        await eventually(lambda: app.service.active_runs == 0)


async def test_a_connection_that_goes_does_not_cut_a_start_in_two(serve: Serve) -> None:
    async with serve("import time; time.sleep(300)") as app:
        async with app.board() as board:
            await board.send("trigger_workflow", workflow_type="adw_plan_iso", issue_number="1", adw_id="abcd1234")
        await eventually(lambda: [row for row in app.ledger.rows.values() if row.state is LaunchState.RUNNING])
        async with app.board() as board:
            await board.send("cancel_workflow", adw_id="abcd1234")
            await board.final("abcd1234")


async def test_a_launch_failure_is_told_in_order(tmp_path: Path) -> None:
    class Nothing:
        def choose(self, request: object, adw_id: str) -> Program:
            return Program((str(tmp_path / "missing"),), tmp_path, (Stage.PLAN,))

    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, programs=Nothing())
    async with running(service, ledger, journal) as app, app.board() as board:
        answer = await board.trigger(adw_id="abcd1234", request_id="r")
        again = await board.trigger(adw_id="abcd1234", request_id="r")
    assert [m["data"]["status"] for m in board.received[:3]] == ["started", "failed", "error"]
    assert board.received[1]["data"]["message"].startswith("Failed to start workflow")
    assert (answer["data"]["logs_path"], again) == ("", answer)
    assert ledger.rows["r"].state is LaunchState.FAILED


async def test_a_start_that_cannot_be_written_down_goes_on_and_is_heard(tmp_path: Path) -> None:
    class Forgetful(MemoryLedger):
        async def save(self, launch: Launch) -> None:
            if launch.state is LaunchState.RUNNING:
                raise RuntimeError("database unavailable")
            await super().save(launch)

    path = tmp_path / "flow.py"
    path.write_text(POST + "import sys\nstatus('completed', sys.argv[2])\n")
    ledger = Forgetful()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path), ledger, journal, programs=ScriptPrograms(path))
    async with running(service, ledger, journal) as app, app.board() as board:
        await board.send("register_session", session_id="s", since=0, journal="")
        answer = await board.trigger(adw_id="abcd1234", request_id="r")
        assert answer["data"]["error_type"] == "system_error"
        assert (await board.final("abcd1234"))["data"]["status"] == "completed"
        await eventually(lambda: service.active_runs == 0)


async def test_a_request_id_may_be_anything(serve: Serve) -> None:
    async with serve("") as app, app.board() as board:
        answer = await board.trigger(adw_id="abcd1234", request_id="a\0b")
        assert answer["data"]["status"] == "accepted"
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)


async def test_two_services_with_the_same_request_id_leave_each_other_alone(tmp_path: Path) -> None:
    """A client is free in its choice of request ids, and two services may run on one machine."""
    path = tmp_path / "flow.py"
    path.write_text("import time\ntime.sleep(60)\n")

    def service(name: str) -> tuple[TriggerService, MemoryLedger, MemoryJournal]:
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        (tmp_path / name).mkdir()
        config = new_config(tmp_path / name)
        return TriggerService(config, ledger, journal, programs=ScriptPrograms(path)), ledger, journal

    async with (
        running(*service("one")) as one,
        running(*service("other")) as other,
        one.board() as mine,
        other.board() as theirs,
    ):
        for board in (mine, theirs):
            await board.trigger(adw_id="abcd1234", request_id="r")
        await mine.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        await mine.final("abcd1234")
        await eventually(lambda: one.service.active_runs == 0)
        assert other.service.active_runs == 1
        await theirs.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        await theirs.final("abcd1234")


async def test_the_answer_to_a_stop_does_not_overtake_what_was_broadcast() -> None:
    journal = MemoryJournal(MemoryLedger())
    await journal.append([("x", None, '{"n":1}'), ("x", None, '{"n":2}')])
    hub, client = Broadcaster(journal), Subscriber(10, 1000)
    await hub.open()
    client.replay(0)
    client.reply_in_turn("no such run")
    client.reply("pong")
    texts = [(await client.next(hub)).text for _ in range(4)]
    assert texts == ["pong", '{"n":1,"seq":1}', '{"n":2,"seq":2}', "no such run"]
    client.offer(3, "three")
    client.reply_in_turn("once more")
    client.replay(2)
    await journal.append([("x", None, '{"n":3}')])
    hub.last = 3
    assert [(await client.next(hub)).text for _ in range(2)] == ['{"n":3,"seq":3}', "once more"]


async def test_a_token_is_nowhere_but_in_the_private_file(serve: Serve) -> None:
    async with serve("import os; print(os.environ['WEBSOCKET_URL'])") as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.final("abcd1234")
    run_dir = Path(app.ledger.rows["r"].run_dir)
    assert mode(run_dir / "launch.json") == 0o600
    assert mode(run_dir) == 0o700
    assert json.loads((run_dir / "launch.json").read_text())["token"] not in repr(app.ledger.rows)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
