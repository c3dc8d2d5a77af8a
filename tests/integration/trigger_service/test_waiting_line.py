"""More starts than may run at a time wait at the service: in order, visible, and over its restart."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from kanban_app.domain.launch import LaunchState
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.programs import NoProgram, Program
from kanban_app.trigger_service.service import TriggerService
from tests.support.scripted import POST, UNTIL_TOLD, scripted
from tests.support.service_app import Board, Running, ScriptPrograms, new_config, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

SCRIPT = POST + UNTIL_TOLD + "status('completed')\n"


def go(folder: Path, *adw_ids: str) -> None:
    for adw_id in adw_ids:
        (folder / f"{adw_id}.go").touch()


def newest(board: Board) -> dict[str, Any]:
    shown = board.of("queue_status")
    return shown[-1]["data"] if shown else {}


def waiting(board: Board) -> list[str]:
    return [one["adw_id"] for one in newest(board).get("waiting", [])]


def states(app: Running) -> dict[str, LaunchState]:
    return {row.adw_id: row.state for row in app.ledger.rows.values()}


def in_state(app: Running, state: LaunchState) -> Callable[[Iterable[str]], bool]:
    return lambda ids: all(states(app).get(adw_id) is state for adw_id in ids)


def run_dirs(data_dir: Path) -> list[str]:
    return [str(path) for path in data_dir.glob("service/runs/*/*")]


async def trigger_all(board: Board, ids: Iterable[str]) -> list[dict[str, Any]]:
    return [await board.trigger(adw_id=adw_id, request_id=f"r-{adw_id}") for adw_id in ids]


async def test_starts_above_the_limit_wait_and_begin_in_their_order(tmp_path: Path) -> None:
    async with scripted(tmp_path, SCRIPT, max_runs=2) as app, app.board() as board, app.board() as other:
        answers = await trigger_all(board, "abcde")
        assert [answer["data"]["status"] for answer in answers] == ["accepted"] * 5
        told = [m["data"]["message"] for m in board.of("status_update", "d") if m["data"]["status"] == "in_progress"]
        assert told == ["Waiting for a free place: 2 runs are active, place 2"]
        await eventually(lambda: waiting(other) == ["c", "d", "e"])
        assert {key: newest(other)[key] for key in ("active", "limit")} == {"active": 2, "limit": 2}
        assert newest(other)["waiting"][0] == {
            "adw_id": "c",
            "request_id": "r-c",
            "workflow_name": "adw_orchestrator",
            "position": 1,
        }
        assert "seq" not in other.of("queue_status")[-1]
        go(tmp_path, "b")
        await eventually(lambda: waiting(other) == ["d", "e"])
        begun = await other.wait(lambda m: m["type"] == "status_update" and m["data"]["adw_id"] == "c")
        assert (begun["data"]["status"], begun["data"]["current_step"]) == ("in_progress", "Starting")
        assert begun["request_id"] == "r-c"
        assert in_state(app, LaunchState.QUEUED)("de")
        go(tmp_path, *"acde")
        for adw_id in "acde":
            assert (await other.final(adw_id))["data"]["status"] == "completed"
        await eventually(lambda: newest(other) == {"active": 0, "limit": 2, "waiting": []})
    beginnings = [m["data"]["adw_id"] for m in app.journal.messages() if m["data"].get("current_step") == "Starting"]
    assert beginnings == ["c", "d", "e"]


async def test_a_client_may_ask_how_the_line_stands(tmp_path: Path) -> None:
    async with scripted(tmp_path, SCRIPT, max_runs=1) as app, app.board() as board:
        await trigger_all(board, "ab")
        async with app.board() as asking:
            await asking.link.send('{"type": "queue_status"}')
            await eventually(lambda: waiting(asking) == ["b"])
            assert len(asking.received) == 1
        go(tmp_path, *"ab")
        await board.final("b")


async def test_a_waiting_run_can_be_cancelled_and_is_not_started_twice(tmp_path: Path) -> None:
    async with scripted(tmp_path, SCRIPT, max_runs=1) as app, app.board() as board:
        first = await trigger_all(board, "abc")
        assert await board.trigger(adw_id="b", request_id="r-b") == first[1]
        assert (await board.trigger(adw_id="b", request_id="another"))["data"]["status"] == "ignored"
        await board.send("cancel_workflow", adw_id="b", request_id="other")
        await board.wait(lambda m: m["type"] == "cancel_response" and m["data"]["status"] == "ignored")
        await board.send("cancel_workflow", adw_id="b", request_id="r-b")
        await board.wait(lambda m: m["type"] == "cancel_response" and m["data"]["status"] == "accepted")
        final = await board.final("b")
        assert (final["data"]["status"], final["request_id"]) == ("cancelled", "r-b")
        await eventually(lambda: waiting(board) == ["c"])
        go(tmp_path, *"abc")
        await board.final("c")
        await eventually(lambda: app.service.active_runs == 0)
    assert states(app) == {"a": LaunchState.COMPLETED, "b": LaunchState.CANCELLED, "c": LaunchState.COMPLETED}
    assert app.ledger.rows["r-b"].run_dir not in run_dirs(tmp_path)


async def test_who_waits_keeps_the_place_over_a_restart(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    async with scripted(tmp_path, SCRIPT, ledger, journal, max_runs=1) as app, app.board() as board:
        await trigger_all(board, "abcd")
    async with scripted(tmp_path, SCRIPT, ledger, journal, max_runs=1) as app, app.board() as board:
        await board.link.send('{"type": "queue_status"}')
        await eventually(lambda: waiting(board) == ["b", "c", "d"])
        assert (await board.trigger(adw_id="c", request_id="r-c"))["data"]["status"] == "accepted"
        go(tmp_path, *"abcd")
        for adw_id in "bcd":
            await board.final(adw_id)
        await eventually(lambda: app.service.active_runs == 0)
    beginnings = [m["data"]["adw_id"] for m in journal.messages() if m["data"].get("current_step") == "Starting"]
    assert beginnings == ["b", "c", "d"]


async def test_another_limit_is_in_force_at_once(tmp_path: Path) -> None:
    async with scripted(tmp_path, SCRIPT, max_runs=1) as app, app.board() as board:
        await trigger_all(board, "abcd")
        app.service.use_limit(3)
        await eventually(lambda: in_state(app, LaunchState.RUNNING)("abc"))
        assert in_state(app, LaunchState.QUEUED)("d")
        app.service.use_limit(1)
        go(tmp_path, "a")
        await board.final("a")
        await eventually(lambda: newest(board).get("active") == 2)
        assert in_state(app, LaunchState.QUEUED)("d")
        go(tmp_path, *"bcd")
        await board.final("d")


async def test_one_that_cannot_be_started_any_more_does_not_hold_up_the_others(tmp_path: Path) -> None:
    class Forgetful(ScriptPrograms):
        def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
            gone = adw_id == "b" and (tmp_path / "a.go").exists()
            if gone:
                raise OSError("the script is gone")
            return super().choose(request, adw_id)

    (tmp_path / "flow.py").write_text(SCRIPT)
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    programs = Forgetful(tmp_path / "flow.py")
    service = TriggerService(new_config(tmp_path, max_runs=1), ledger, journal, programs=programs)
    async with running(service, ledger, journal) as app, app.board() as board:
        await trigger_all(board, "abc")
        go(tmp_path, *"abc")
        final = await board.final("b")
        assert (final["data"]["status"], final["request_id"]) == ("failed", "r-b")
        assert final["data"]["message"] == "Failed to start workflow: the script is gone"
        assert (await board.final("c"))["data"]["status"] == "completed"
    assert states(app)["b"] is LaunchState.FAILED


async def test_a_fault_of_the_ledger_costs_nobody_the_place(tmp_path: Path) -> None:
    class Hiccup(MemoryLedger):
        faults = 0

        async def save(self, launch: Any) -> None:
            if self.faults and launch.state is LaunchState.STARTING:
                self.faults -= 1
                raise RuntimeError("database unavailable")
            await super().save(launch)

    ledger = Hiccup()
    async with scripted(tmp_path, SCRIPT, ledger, max_runs=1) as app, app.board() as board:
        await trigger_all(board, "ab")
        ledger.faults = 1
        go(tmp_path, *"ab")
        assert (await board.final("b"))["data"]["status"] == "completed"
        assert ledger.faults == 0
        await eventually(lambda: app.service.active_runs == 0)
