"""What a service makes at its start of the runs in its ledger, whatever has happened meanwhile."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from kanban_app.domain.launch import LaunchState
from kanban_app.trigger_service import adoption
from kanban_app.trigger_service.runner import files
from kanban_app.trigger_service.service import TriggerService
from tests.support.scripted import POST, UNTIL_TOLD, lives, marked, scripted
from tests.support.service_app import Running, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

SCRIPT = POST + "log('begin')\n" + UNTIL_TOLD + "log('end')\nstatus('completed', 'it is done')\n"


async def begun(folder: Path) -> Running:
    """A run that goes on although its service has ended."""
    async with scripted(folder, SCRIPT) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        await board.wait(lambda m: m["type"] == "workflow_log")
    return app


def log_of(journal: MemoryJournal) -> list[str]:
    return [m["data"]["message"] for m in journal.messages() if m["type"] == "workflow_log"]


async def test_a_clock_that_was_set_back_makes_nobody_a_stranger(tmp_path: Path) -> None:
    app = await begun(tmp_path)
    launch = app.ledger.rows["r"]
    app.ledger.keep(replace(launch, process_created=(launch.process_created or 0.0) + 7200.0))
    async with scripted(tmp_path, SCRIPT, app.ledger, app.journal) as later:
        assert later.service.active_runs == 1
        (tmp_path / "abcd1234.go").touch()
        await eventually(lambda: later.service.active_runs == 0)
    assert app.ledger.rows["r"].state is LaunchState.COMPLETED
    assert log_of(app.journal) == ["begin", "end"]


async def test_another_process_with_the_old_pid_is_left_alone(tmp_path: Path) -> None:
    """As after a reboot: the pid lives, the run does not."""
    app = await begun(tmp_path)
    launch = app.ledger.rows["r"]
    runner = psutil.Process(launch.pid)
    for process in [runner, *runner.children()]:  # the runner first: it must not see how its program ends
        process.kill()
    await eventually(lambda: marked({launch.mark}) == [])
    app.ledger.keep(replace(launch, pid=os.getpid(), process_created=1.0))
    async with scripted(tmp_path, SCRIPT, app.ledger, app.journal) as later:
        await eventually(lambda: later.service.active_runs == 0)
    found = app.ledger.rows["r"]
    assert (found.state, found.message) == (LaunchState.FAILED, "The run's process ended while nobody watched")
    assert log_of(app.journal) == ["begin"]


async def test_a_workflow_whose_runner_died_unseen_is_ended(tmp_path: Path) -> None:
    app = await begun(tmp_path)
    launch = app.ledger.rows["r"]
    (workflow,) = psutil.Process(launch.pid).children()
    os.kill(launch.pid or 0, signal.SIGKILL)
    await eventually(lambda: not lives(launch.pid or 0))
    assert lives(workflow.pid)
    async with scripted(tmp_path, SCRIPT, app.ledger, app.journal) as later:
        await eventually(lambda: later.service.active_runs == 0)
    assert marked({launch.mark}) == []
    assert app.ledger.rows["r"].state is LaunchState.FAILED


async def test_the_data_directory_may_be_moved_while_a_run_goes_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    app = await begun(old)
    old.rename(new)
    async with scripted(new, SCRIPT, app.ledger, app.journal) as later:
        assert later.service.active_runs == 1
        (new / "abcd1234.go").touch()
        await eventually(lambda: later.service.active_runs == 0)
    assert log_of(app.journal) == ["begin", "end"]
    found = app.ledger.rows["r"]
    assert (found.state, found.exit_code) == (LaunchState.COMPLETED, 0)
    assert Path(found.run_dir).is_relative_to(new)


async def test_a_launch_in_doubt_is_begun_once(tmp_path: Path) -> None:
    """The service died while its runner was being made: whoever claims the run directory first decides."""
    app = await begun(tmp_path)
    launch = replace(app.ledger.rows["r"], state=LaunchState.STARTING, pid=None, process_created=None)
    never_ran, runner = adoption.look_up(launch)
    assert not never_ran
    assert runner is not None
    assert runner.pid == app.ledger.rows["r"].pid
    fresh = tmp_path / "service" / "runs" / "abcd1234" / "9-late"
    fresh.mkdir()
    assert adoption.look_up(replace(launch, token_hash="other", run_dir=str(fresh))) == (True, None)
    # The runner that comes late now finds its directory taken, and goes.
    assert not files.claim(fresh)
    os.kill(app.ledger.rows["r"].pid or 0, signal.SIGTERM)
    await eventually(lambda: marked({launch.mark}) == [])


async def test_reports_wait_as_long_as_nobody_knows_where_to(tmp_path: Path) -> None:
    app = await begun(tmp_path)
    (tmp_path / "service.json").write_text('{"url": "http://127.0.0.1:9"}')
    (tmp_path / "abcd1234.go").touch()
    run_dir = Path(app.ledger.rows["r"].run_dir)
    await eventually((run_dir / "exit.json").exists)
    (tmp_path / "service.json").unlink()
    async with scripted(tmp_path, SCRIPT, app.ledger, app.journal) as later:
        await eventually(lambda: later.service.active_runs == 0)
    assert log_of(app.journal) == ["begin", "end"]
    assert app.ledger.rows["r"].state is LaunchState.COMPLETED


async def test_a_workflow_may_close_its_output_and_go_on(tmp_path: Path) -> None:
    script = POST + "os.close(1)\nos.close(2)\ntime.sleep(0.3)\nlog('still here')\nstatus('completed', 'it is done')\n"
    async with scripted(tmp_path, script) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        assert (await board.final("abcd1234"))["data"]["status"] == "completed"
        await eventually(lambda: app.service.active_runs == 0)
    assert log_of(app.journal) == ["still here"]


@pytest.mark.parametrize("state", [LaunchState.STARTING, LaunchState.RUNNING])
async def test_a_launch_whose_directory_is_gone_ends_with_words(tmp_path: Path, state: LaunchState) -> None:
    app = await begun(tmp_path)
    launch = app.ledger.rows["r"]
    os.kill(launch.pid or 0, signal.SIGTERM)
    await eventually(lambda: marked({launch.mark}) == [])
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    ledger.keep(replace(launch, state=state, run_dir=str(tmp_path / "gone"), pid=None, request={}))
    service = TriggerService(new_config(tmp_path), ledger, journal)
    async with running(service, ledger, journal):
        await eventually(lambda: service.active_runs == 0)
    assert ledger.rows["r"].state is LaunchState.FAILED
    words = {
        LaunchState.STARTING: "adw_orchestrator was never started: the service was stopped before",
        LaunchState.RUNNING: "The run's process ended while nobody watched",
    }
    assert ledger.rows["r"].message == words[state]
