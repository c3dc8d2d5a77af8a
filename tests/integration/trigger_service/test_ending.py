"""After any end of a run none of its processes is left, whatever they do to get away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service.service import TriggerService
from tests.support.scripted import POST, UNTIL_TOLD, lives, marked, scripted
from tests.support.service_app import Board, Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

DEAF = "import signal,time\nfor s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)\n"
TREE = (
    POST
    + f"DEAF = {DEAF!r}\n"
    + """
import signal, subprocess
for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(s, signal.SIG_IGN)
NAP = DEAF + "time.sleep(300)"
FORKED = '''
import os, sys
%s
if os.fork():
    time.sleep(0.2)
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.chdir("/")
open(sys.argv[1] + ".new", "w").write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(300)
''' % DEAF
python, nowhere = sys.executable, {"PATH": os.environ["PATH"]}
started = {
    "workflow": os.getpid(),
    "child": subprocess.Popen([python, "-c", NAP]).pid,
    "own session": subprocess.Popen([python, "-c", NAP], start_new_session=True).pid,
    "own group": subprocess.Popen([python, "-c", NAP], process_group=0).pid,
    "other directory": subprocess.Popen([python, "-c", NAP], cwd="/").pid,
    "empty environment": subprocess.Popen(["env", "-i", python, "-c", NAP]).pid,
    "all at once": subprocess.Popen(
        ["env", "-i", python, "-c", NAP], cwd="/", start_new_session=True, stdout=subprocess.DEVNULL).pid,
}
for name, env in (("double fork", None), ("double fork without environment", nowhere)):
    path = os.path.abspath(sys.argv[2] + "." + name.replace(" ", "-"))
    subprocess.Popen([python, "-c", FORKED, path], env=env, start_new_session=True)
    while not os.path.exists(path):
        time.sleep(0.01)
    started[name] = int(open(path).read())
with open("pids.new", "w") as file:
    json.dump(started, file)
os.rename("pids.new", "pids")
"""
)


async def the_tree(folder: Path) -> dict[str, int]:
    """The processes of `TREE`, once all of them live."""
    await eventually((folder / "pids").exists)
    pids: dict[str, int] = json.loads((folder / "pids").read_text())
    assert survivors(pids) == list(pids), "not all of them were there at all"
    return pids


def survivors(pids: dict[str, int]) -> list[str]:
    return [name for name, pid in pids.items() if lives(pid)]


async def cancel(board: Board, adw_id: str = "abcd1234") -> str:
    await board.send("cancel_workflow", adw_id=adw_id)
    return str((await board.final(adw_id))["data"]["status"])


def runner_of(app: Running) -> int:
    return next(iter(app.ledger.rows.values())).pid or 0


async def test_cancel_leaves_nobody(tmp_path: Path) -> None:
    async with scripted(tmp_path, TREE + "time.sleep(300)\n") as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        pids = await the_tree(tmp_path)
        assert await cancel(board) == "cancelled"
        assert survivors(pids) == []
    assert not board.of("workflow_log")


async def test_a_good_end_leaves_nobody_and_says_how_many_there_were(tmp_path: Path) -> None:
    script = TREE + UNTIL_TOLD + "status('completed')\n"
    async with scripted(tmp_path, script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        pids = await the_tree(tmp_path)
        (tmp_path / "abcd1234.go").touch()
        await board.wait(lambda m: m["type"] == "workflow_log")
        assert survivors(pids) == []
        await eventually(lambda: app.service.active_runs == 0)
    told = board.of("workflow_log")[-1]["data"]
    # The two that began the double forks have gone by themselves.
    assert told["message"] == "The workflow has left 8 processes running, which had to be ended"
    assert told["level"] == "WARNING"
    assert [row.state for row in app.ledger.rows.values()] == [LaunchState.COMPLETED]


async def test_who_ends_in_a_moment_after_the_workflow_is_no_leftover(tmp_path: Path) -> None:
    script = POST + (
        "import subprocess\nstatus('completed')\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(0.2); open(\"done\", \"w\")'])\n"
    )
    async with scripted(tmp_path, script, cancel_grace_s=20.0) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
        assert (tmp_path / "done").exists()
    assert not board.of("workflow_log")


async def test_the_death_of_the_runner_leaves_nobody_with_the_mark_or_in_the_session(tmp_path: Path) -> None:
    """Who has left the session, has no environment and works elsewhere is known to nobody then (docs/internals.md)."""
    async with scripted(tmp_path, TREE + "time.sleep(300)\n") as app, app.board() as board:
        await board.trigger(adw_id="abcd1234")
        pids = await the_tree(tmp_path)
        os.kill(runner_of(app), signal.SIGKILL)
        final = await board.final("abcd1234")
        left = survivors(pids)
        for name in left:
            os.kill(pids[name], signal.SIGKILL)
    assert left == ["all at once", "double fork without environment"]
    assert final["data"]["status"] == "failed"
    assert final["data"]["message"] == "The run's process ended unexpectedly"


@pytest.mark.parametrize("place", ["project", "demo"])
async def test_a_stray_without_anything_is_found_in_the_worktree(tmp_path: Path, place: str) -> None:
    tree = tmp_path / place / "trees" / "abcd1234"
    tree.mkdir(parents=True)
    script = POST + (
        f"import subprocess\ntree = {str(tree)!r}\n"
        "state = {'event_type': 'state_change', 'adw_id': sys.argv[2]}\n"
        "post('/api/agent-state-update', {**state, 'data': {'state_snapshot': {'worktree_path': tree}}})\n"
        f"nap = {DEAF + 'time.sleep(300)'!r}\n"
        "stray = subprocess.Popen(['env', '-i', sys.executable, '-c', nap], cwd=tree, start_new_session=True)\n"
        "open('pid.new', 'w').write(str(stray.pid))\nos.rename('pid.new', 'pid')\ntime.sleep(300)\n"
    )
    project = tmp_path / place if place == "project" else None
    async with scripted(tmp_path, script, project_dir=project) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await eventually(lambda: app.ledger.rows["r"].worktree and (tmp_path / "pid").exists())
        pid = int((tmp_path / "pid").read_text())
        await eventually(lambda: Path(f"/proc/{pid}/environ").read_bytes() == b"")
        os.kill(runner_of(app), signal.SIGKILL)
        await board.final("abcd1234")
        assert not lives(pid)


ORPHAN = """
import subprocess, sys
nap = ['env', '-i', sys.executable, '-c', 'import time; time.sleep(300)']
null = {name: subprocess.DEVNULL for name in ('stdin', 'stdout', 'stderr')}
print(subprocess.Popen(nap, cwd=sys.argv[1], start_new_session=True, **null).pid)
"""


@contextmanager
def somebody_elses_orphan(folder: Path) -> Generator[int]:
    pid = int(subprocess.run([sys.executable, "-c", ORPHAN, folder], check=True, capture_output=True).stdout)
    try:
        yield pid
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("named", ["project", "project/trees", "project/trees/abcd1234/../..", "project/link", "."])
async def test_a_run_that_names_a_wide_folder_its_worktree_ends_no_strangers(tmp_path: Path, named: str) -> None:
    """As a script may that says `/`, or the home directory."""
    project = tmp_path / "project"
    home = project / "trees" / "home"
    home.mkdir(parents=True)
    (project / "trees" / "abcd1234").mkdir()
    (project / "link").symlink_to(project)
    script = (
        POST
        + UNTIL_TOLD
        + (
            f"snapshot = {{'worktree_path': {str(tmp_path) + '/' + named!r}}}\n"
            "state = {'event_type': 'state_change', 'adw_id': sys.argv[2], 'data': {'state_snapshot': snapshot}}\n"
            "post('/api/agent-state-update', state)\nstatus('completed')\n"
        )
    )
    async with scripted(tmp_path, script, project_dir=project) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        with somebody_elses_orphan(home) as stranger:
            (tmp_path / "abcd1234.go").touch()
            await board.final("abcd1234")
            await eventually(lambda: app.service.active_runs == 0)
            assert app.ledger.rows["r"].worktree
            assert lives(stranger)


@pytest.mark.parametrize(
    ("ignored", "signum"), [([], signal.SIGINT), ([signal.SIGINT], signal.SIGTERM), ([2, 15], signal.SIGKILL)]
)
async def test_a_run_is_interrupted_then_asked_then_killed(tmp_path: Path, ignored: list[int], signum: int) -> None:
    script = (
        "import signal, sys, time\n"
        "def note(number, frame):\n    print('got', int(number), flush=True)\n"
        f"    if int(number) not in {[int(n) for n in ignored]}:\n        sys.exit(0)\n"
        "signal.signal(signal.SIGINT, note)\nsignal.signal(signal.SIGTERM, note)\nprint('ready', flush=True)\n"
        "while True: time.sleep(1)\n"
    )
    async with scripted(tmp_path, script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        log = Path(app.ledger.rows["r"].run_dir) / "output.log"
        await eventually(lambda: log.exists() and "ready" in log.read_text())
        assert await cancel(board) == "cancelled"
        printed = (await board.final("abcd1234"))["data"]["last_output"]
    expected = [f"got {int(number)}" for number in (signal.SIGINT, signal.SIGTERM)]
    assert printed == ["ready", *expected[: [2, 15, 9].index(signum) + 1]]


async def test_a_runner_goes_on_ending_its_run_when_the_service_is_gone(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with scripted(tmp_path, TREE + "time.sleep(300)\n", ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        pids = await the_tree(tmp_path)
        await board.send("cancel_workflow", adw_id="abcd1234")
        await board.wait(lambda m: m["type"] == "cancel_response")
    await eventually(lambda: survivors(pids) == [])
    service = TriggerService(new_config(tmp_path), ledger, journal)
    async with running(service, ledger, journal):
        await eventually(lambda: service.active_runs == 0)
    assert ledger.rows["r"].state is LaunchState.CANCELLED
    assert marked({ledger.rows["r"].mark}) == []


async def test_the_demonstration_takes_an_interrupt_without_a_word(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path, demo_speed=1.0, cancel_grace_s=20.0), ledger, journal)
    async with running(service, ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r", issue_json={"title": "x"})
        await board.wait(lambda m: m["type"] == "workflow_log")
        assert await cancel(board) == "cancelled"
        run_dir = Path(ledger.rows["r"].run_dir)
        assert "Traceback" not in (run_dir / "output.log").read_text()
        assert (run_dir / "runner.log").read_text() == ""
    assert json.loads((run_dir / "exit.json").read_text())["exit_code"] == 128 + signal.SIGINT


async def test_failing_because_of_the_cancel_is_no_failure(tmp_path: Path) -> None:
    script = POST + (
        "print('ready', flush=True)\nlog('at work')\n"
        "try:\n    time.sleep(300)\nexcept KeyboardInterrupt:\n    status('failed', 'Interrupted!')\n    sys.exit(1)\n"
    )
    async with scripted(tmp_path, script, cancel_grace_s=20.0) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.wait(lambda m: m["type"] == "workflow_log")
        assert await cancel(board) == "cancelled"
    assert [m["data"]["message"] for m in board.of("workflow_log")] == ["at work", "Interrupted!"]
    assert app.ledger.rows["r"].state is LaunchState.CANCELLED


async def test_the_workflow_is_gentle_and_its_runner_is_not(tmp_path: Path) -> None:
    script = POST + "log(str(os.getpriority(os.PRIO_PROCESS, 0)))\n" + UNTIL_TOLD + "status('completed')\n"
    async with scripted(tmp_path, script, run_niceness=7) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        told = await board.wait(lambda m: m["type"] == "workflow_log")
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        assert int(told["data"]["message"]) == min(19, mine + 7)
        assert psutil.Process(runner_of(app)).nice() == mine
        (tmp_path / "abcd1234.go").touch()
        await board.final("abcd1234")


async def test_a_run_ends_at_its_time_limit_and_has_failed(tmp_path: Path) -> None:
    async with scripted(tmp_path, TREE + "time.sleep(300)\n", run_time_limit_s=2.0) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        pids = await the_tree(tmp_path)
        final = await board.final("abcd1234")
        assert survivors(pids) == []
        moved = await board.wait(lambda m: m["type"] == "stage_transition")
    assert (final["data"]["status"], final["data"]["message"]) == ("failed", "Ended after 2 s, the time limit")
    assert moved["data"]["to_stage"] == "errored"
    assert app.ledger.rows["r"].state is LaunchState.FAILED


async def test_the_time_of_a_run_goes_on_while_the_service_is_away(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with scripted(tmp_path, "import time\ntime.sleep(300)\n", ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        runner = psutil.Process(runner_of(app))
    began = asyncio.get_running_loop().time()
    await eventually(lambda: asyncio.get_running_loop().time() - began > 1.5)
    service = TriggerService(new_config(tmp_path, run_time_limit_s=1.0), ledger, journal)
    async with running(service, ledger, journal):
        await eventually(lambda: service.active_runs == 0)
    assert ledger.rows["r"].message == "Ended after 1 s, the time limit"
    assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE
