import asyncio
from typing import Any

import pytest

from kanban_app.domain.stages import Column, Stage
from kanban_app.web.states.panel import TAIL, WINDOW, PanelState, joined
from kanban_app.web.states.toasts import ToastState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


async def running(board: FakeBoard, lines: int = 0) -> tuple[str, str]:
    """A card that runs, with so many log lines; its id and its run's."""
    task = await board.add("Runs", description="What it is about")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.log(adw_id, *(f"line {n}" for n in range(1, lines + 1)))
    return task, adw_id


async def seqs(tab: Tab) -> list[int]:
    return [line["seq"] for line in (await tab.state(PanelState)).lines]


async def test_the_url_opens_a_card_and_its_tab(tab: Tab, board: FakeBoard):
    task, _ = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: len(lines) == 3)
    state = await tab.state(PanelState)
    assert (state.card_id, state.tab, state.detail["description"]) == (task, "log", "What it is about")
    cancel()


@pytest.mark.parametrize("query", ["", "?card=unknown", "?card=" + "x" * 10_000, "?card=%00&tab=log", "?tab=log"])
async def test_a_url_without_a_card_opens_nothing(tab: Tab, board: FakeBoard, query: str):
    await tab.send_from(PanelState.follow, query)
    assert tab.errors == []
    assert (await tab.state(PanelState)).card_id == ""
    assert board.hub.viewers == 0


async def test_new_lines_and_changes_arrive(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: len(lines) == 3)
    await board.log(adw_id, "line 4")
    await tab.until("lines", lambda lines: [line["seq"] for line in lines] == [1, 2, 3, 4])
    await board.report(board.status(adw_id, "failed", message="no"))
    await tab.until("detail", lambda detail: detail["card"]["status"] == "failed")
    cancel()


async def test_the_live_window_is_bounded_and_without_gaps(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 250)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: len(lines) == TAIL)
    await board.log(adw_id, *("more" for _ in range(500)))
    await tab.until("lines", lambda lines: lines != [] and lines[-1]["seq"] == 750)
    assert await seqs(tab) == list(range(551, 751))
    cancel()


async def test_paging_back_stops_following_until_newest(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 1500)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: lines != [])
    for _ in range(6):
        await tab.send(PanelState.older())
    assert len(await seqs(tab)) == WINDOW
    assert (await seqs(tab))[0] == 101
    await board.log(adw_id, "new")
    await asyncio.sleep(0.25)
    assert (await seqs(tab))[-1] == 1100
    await tab.send(PanelState.newest())
    assert await seqs(tab) == list(range(1302, 1502))
    cancel()


async def test_paging_back_stops_at_the_first_line(tab: Tab, board: FakeBoard):
    task, _ = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: len(lines) == 3)
    await tab.send(PanelState.older())
    assert (await tab.state(PanelState)).following
    cancel()


async def test_a_new_run_begins_a_new_log(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("lines", lambda lines: len(lines) == 3)
    await board.report(board.status(adw_id, "failed", message="no"))
    await board.move(task, Column.PLAN)
    await tab.until("run_id", lambda run_id: run_id not in {"", adw_id})
    assert await seqs(tab) == []
    cancel()


@pytest.mark.parametrize(("kept", "shown"), [("log", "log"), ("nonsense", "overview"), ("", "overview")])
async def test_a_restart_of_the_app_keeps_the_tab_that_the_browser_remembers(
    tab: Tab, board: FakeBoard, kept: str, shown: str
):
    task, _ = await running(board, 3)
    state = await tab.state(PanelState)
    state.place, state.tab = f"{task} ", kept
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    assert (await tab.state(PanelState)).tab == shown
    cancel()


@pytest.mark.parametrize("value", [None, 7, "nowhere", "x" * 10_000, {"a": 1}, ["log"]])
async def test_hostile_tabs_change_nothing(tab: Tab, value: Any):
    await tab.send(PanelState.show_tab(value))
    assert tab.errors == []
    assert (await tab.state(PanelState)).tab == "overview"


async def test_a_log_that_cannot_be_read_is_told(tab: Tab, board: FakeBoard, monkeypatch: pytest.MonkeyPatch):
    async def broken(*_args: Any) -> None:
        raise OSError

    task, _ = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    monkeypatch.setattr(type(board.services.logs), "tail", broken)
    await tab.send(PanelState.show_tab("log"))
    assert [toast["title"] for toast in (await tab.state(ToastState)).toasts] == ["Log not loaded"]
    cancel()


def test_joined_drops_what_does_not_connect():
    def line(seq: int) -> Any:
        return {"seq": seq}

    assert joined([line(1), line(2)], [line(3)]) == [line(1), line(2), line(3)]
    assert joined([line(1), line(2)], [line(2), line(3)]) == [line(1), line(2), line(3)]
    assert joined([line(1)], [line(5)]) == [line(5)]
