"""Two requests at one moment, and a death between two writes."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kanban_app.domain.followed import FollowedFile
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service import launcher
from kanban_app.trigger_service.protocols import JournalEntry
from tests.support.git_project import GitProject
from tests.support.scripted import POST, UNTIL_TOLD, lives, scripted
from tests.support.service_app import Board, is_final
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

RUN = "abcd1234"
SCRIPT = POST + UNTIL_TOLD + "status('completed')\n"


class Held:
    """A place in the service at which it stops once, until it is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.free = asyncio.Event()

    async def stop(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            await self.free.wait()


async def go_round(board: Board, times: int = 3) -> None:
    """Let the service have a few turns."""
    for _ in range(times):
        before = len(board.of("pong"))
        await board.link.send('{"type": "ping"}')
        await eventually(lambda before=before: len(board.of("pong")) > before)


async def test_nothing_of_a_run_starts_while_it_is_cleared_up_after(tmp_path: Path) -> None:
    class Slow(MemoryLedger):
        def __init__(self) -> None:
            super().__init__()
            self.held = Held()

        async def latest_for(self, adw_id: str) -> Launch | None:
            found = await super().latest_for(adw_id)
            await self.held.stop()
            return found

    project = GitProject.make(tmp_path)
    agents = project.root / "agents" / RUN
    agents.mkdir(parents=True)
    ledger = Slow()
    async with (
        scripted(tmp_path, SCRIPT, ledger, project_dir=project.root) as app,
        app.board() as board,
        app.board() as other,
    ):
        await board.send("ticket_notification", id="1", title="t", stage="build", old_adw_id=RUN)
        await ledger.held.reached.wait()
        answer = await other.trigger(adw_id=RUN, request_id="r")
        ledger.held.free.set()
        told = await board.wait(lambda m: m["type"] == "status_update")
        assert answer["data"]["status"] == "ignored"
        assert told["data"]["message"] == f"Cleaned up after run {RUN}: agents' files removed"
        assert app.service.active_runs == 0
    assert not agents.exists()


async def test_a_run_is_not_queued_again_while_its_cancel_is_written_down(tmp_path: Path) -> None:
    class Slow(MemoryJournal):
        def __init__(self, ledger: MemoryLedger) -> None:
            super().__init__(ledger)
            self.held = Held()

        async def append(
            self, entries: Sequence[JournalEntry], launch: Launch | None = None, places: Sequence[FollowedFile] = ()
        ) -> list[int]:
            if launch is not None and launch.state is LaunchState.CANCELLED:
                await self.held.stop()
                raise OSError("disk full")
            return await super().append(entries, launch, places)

    ledger = MemoryLedger()
    journal = Slow(ledger)
    async with (
        scripted(tmp_path, SCRIPT, ledger, journal, max_runs=1) as app,
        app.board() as board,
        app.board() as other,
    ):
        for adw_id in ("a", "b"):
            await board.trigger(adw_id=adw_id, request_id=f"r-{adw_id}")
        await board.send("cancel_workflow", adw_id="b", request_id="r-b")
        await journal.held.reached.wait()
        again = asyncio.create_task(other.trigger(adw_id="b", request_id="again"))
        async with app.board() as third:
            await go_round(third)
        journal.held.free.set()
        assert (await again)["data"]["status"] == "ignored"
        answer = await board.wait(lambda m: m["type"] == "cancel_response")
        assert answer["data"]["status"] == "error"
        for adw_id in ("a", "b"):
            (tmp_path / f"{adw_id}.go").touch()
            await board.final(adw_id)
        await eventually(lambda: app.service.active_runs == 0)
    assert sorted(ledger.rows) == ["r-a", "r-b"]


async def test_a_start_that_fails_while_it_is_cancelled_leaves_no_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, free = threading.Event(), threading.Event()

    def fail(*_: object) -> None:
        reached.set()
        free.wait()
        raise OSError("no room")

    monkeypatch.setattr(launcher, "start_runner", fail)
    async with scripted(tmp_path, SCRIPT) as app, app.board() as board, app.board() as other:
        starting = asyncio.create_task(board.trigger(adw_id=RUN, request_id="r"))
        await eventually(reached.is_set)
        await other.send("cancel_workflow", adw_id=RUN, request_id="r")
        await other.wait(lambda m: m["type"] == "cancel_response")
        free.set()
        assert (await starting)["data"]["status"] == "error"
        await eventually(lambda: f"stop {RUN}" not in {task.get_name() for task in asyncio.all_tasks()}, 10)


async def test_a_runner_that_dies_before_it_has_written_the_end_has_told_it(tmp_path: Path) -> None:
    """The last report of its spool says the same as the file that is not there."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    script = POST + UNTIL_TOLD
    async with scripted(tmp_path, script, ledger, journal, linger_s=0.1) as app, app.board() as board:
        await board.trigger(workflow_type="adw_plan_build_iso", stages=None, adw_id=RUN, request_id="r")
    launch = ledger.rows["r"]
    (tmp_path / f"{RUN}.go").touch()
    await eventually(lambda: not lives(launch.pid or 0))
    (Path(launch.run_dir) / "exit.json").unlink()
    async with scripted(tmp_path, script, ledger, journal) as app:
        await eventually(lambda: app.service.active_runs == 0)
    assert (ledger.rows["r"].state, ledger.rows["r"].exit_code) == (LaunchState.COMPLETED, 0)


async def test_a_promised_start_that_cannot_be_told_is_not_taken_for_none(tmp_path: Path) -> None:
    """The service died before it had begun; its next life begins it, and the journal fails just then."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with scripted(tmp_path, SCRIPT, ledger, journal) as app, app.board() as board:
        await board.trigger(adw_id=RUN, request_id="r")
        (tmp_path / f"{RUN}.go").touch()
        await board.final(RUN)
        await eventually(lambda: app.service.active_runs == 0)
    ended = ledger.rows["r"]
    fresh = replace(ended, request_id="next", state=LaunchState.STARTING, run_dir=f"{ended.run_dir}-next")
    ledger.keep(replace(fresh, pid=None, process_created=None, exit_code=None, finished_at=None, last_report=0))
    (tmp_path / f"{RUN}.go").unlink()
    journal.fail = 1
    async with scripted(tmp_path, SCRIPT, ledger, journal) as app, app.board() as board:
        assert journal.fail == 0
        assert app.service.active_runs == 1
        (tmp_path / f"{RUN}.go").touch()
        assert (await board.final(RUN))["data"]["status"] == "completed"
        await eventually(lambda: app.service.active_runs == 0)
    assert ledger.rows["next"].state is LaunchState.COMPLETED
    ends = [m for m in journal.messages() if m.get("request_id") == "next" and is_final(m, RUN)]
    assert len(ends) == 1


async def test_a_refused_start_is_on_record_as_soon_as_that_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that is full just then: the next life of the service must not begin what was refused."""

    class Hiccup(MemoryLedger):
        faults = 1

        async def save(self, launch: Launch) -> None:
            if self.faults and launch.state is LaunchState.FAILED:
                self.faults -= 1
                raise RuntimeError("database or disk is full")
            await super().save(launch)

    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(launcher, "start_runner", fail)
    async with scripted(tmp_path, SCRIPT, Hiccup()) as app, app.board() as board:
        answer = await board.trigger(adw_id=RUN, request_id="r")
        assert (answer["type"], answer["data"]["status"]) == ("trigger_response", "error")
        await eventually(lambda: app.ledger.rows["r"].state is LaunchState.FAILED, 20)
