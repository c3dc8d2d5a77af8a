"""What goes wrong while a run is being ended keeps neither its processes alive nor the service from working."""

import json
from pathlib import Path

import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service.triggers import TriggerDesk
from tests.support.scripted import lives, scripted
from tests.support.service_app import Running
from tests.support.service_memory import MemoryLedger
from tests.support.waiting import eventually

SLEEPS = "import time\ntime.sleep(300)\n"


class FullDisk(MemoryLedger):
    """Has no room for the reason why a run is to end, until it has ended."""

    async def save(self, launch: Launch) -> None:
        if launch.cancel_requested:
            raise RuntimeError("database or disk is full")
        await super().save(launch)


async def has_ended(app: Running, pid: int) -> None:
    await eventually(lambda: app.service.active_runs == 0)
    assert not lives(pid)


async def test_a_run_can_be_cancelled_although_the_reason_cannot_be_written_down(tmp_path: Path) -> None:
    async with scripted(tmp_path, SLEEPS, FullDisk()) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        pid = app.ledger.rows["r"].pid or 0
        await board.send("cancel_workflow", adw_id="abcd1234")
        answer = await board.wait(lambda m: m["type"] == "cancel_response")
        assert answer["data"]["status"] == "accepted"
        assert (await board.final("abcd1234"))["data"]["status"] == "cancelled"
        await has_ended(app, pid)
    assert app.ledger.rows["r"].message == "Cancelled by the user"


async def test_the_time_limit_holds_although_it_cannot_be_written_down(tmp_path: Path) -> None:
    async with scripted(tmp_path, SLEEPS, FullDisk(), run_time_limit_s=0.5) as app, app.board() as board:
        await board.trigger(adw_id="abcd1234", request_id="r")
        pid = app.ledger.rows["r"].pid or 0
        assert (await board.final("abcd1234"))["data"]["status"] == "failed"
        await has_ended(app, pid)
    assert app.ledger.rows["r"].message == "Ended after 0.5 s, the time limit"


async def test_all_runs_end_with_the_app_although_it_cannot_be_written_down(tmp_path: Path) -> None:
    async with scripted(tmp_path, SLEEPS, FullDisk(), end_runs_on_stop=True) as app, app.board() as board:
        for adw_id in ("one", "two"):
            await board.trigger(adw_id=adw_id, request_id=adw_id)
        pids = [row.pid or 0 for row in app.ledger.rows.values()]
    assert [pid for pid in pids if lives(pid)] == []
    assert {row.state for row in app.ledger.rows.values()} == {LaunchState.CANCELLED}


@pytest.mark.parametrize("adw_id", ["abcd1234", "nothing"])
async def test_the_answer_to_a_cancel_that_is_too_large_ends_nobody_else(tmp_path: Path, adw_id: str) -> None:
    async with scripted(tmp_path, SLEEPS) as app, app.board() as board, app.board() as hostile:
        await board.trigger(adw_id="abcd1234", request_id="r")
        data = {"adw_id": adw_id, "request_id": "x" * 9_000_000}
        await hostile.link.send(json.dumps({"type": "cancel_workflow", "data": data}))
        await hostile.wait(lambda m: m["type"] in {"error", "cancel_response"})
        await board.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)


async def test_a_fault_in_what_a_client_asked_for_breaks_its_connection_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    async with scripted(tmp_path, SLEEPS) as app, app.board() as board, app.board() as other:
        await board.trigger(adw_id="abcd1234", request_id="r")
        with monkeypatch.context() as broken:
            broken.setattr(TriggerDesk, "announce", fail)
            await other.send("ticket_notification", id="1", title="t", stage="build", old_adw_id="x")
            await eventually(lambda: other.closed_with == 1011)
        await board.send("cancel_workflow", adw_id="abcd1234", request_id="r")
        await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
