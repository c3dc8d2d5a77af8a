import json
from typing import Any

import pytest

from kanban_app.domain.stages import Column, Stage
from kanban_app.web.states.panel import PanelState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


async def running(board: FakeBoard, lines: int = 0) -> tuple[str, str]:
    """A card that runs, with so many log lines; its id and its run's."""
    task = await board.add("Runs", description="What it is about")
    await board.move(task, Column.PLAN)
    adw_id = await board.run(task, Stage.PLAN, 10)
    await board.log(adw_id, *(f"line {n}" for n in range(1, lines + 1)))
    return task, adw_id


async def test_the_url_opens_a_card_and_its_tab(tab: Tab, board: FakeBoard):
    task, _ = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("card_id", bool)
    state = await tab.state(PanelState)
    assert (state.card_id, state.tab, state.detail["description"]) == (task, "log", "What it is about")
    cancel()


@pytest.mark.parametrize("query", ["", "?card=unknown", "?card=" + "x" * 10_000, "?card=%00&tab=log", "?tab=log"])
async def test_a_url_without_a_card_opens_nothing(tab: Tab, board: FakeBoard, query: str):
    await tab.send_from(PanelState.follow, query)
    assert tab.errors == []
    assert (await tab.state(PanelState)).card_id == ""
    assert board.hub.viewers == 0


async def test_changes_arrive_and_lines_of_the_log_do_not(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("card_id", bool)
    await board.log(adw_id, "line 4")
    await board.report(board.status(adw_id, "failed", message="no"))
    await tab.until("detail", lambda detail: detail["card"]["status"] == "failed")
    assert "line 2" not in json.dumps(tab.sent)
    cancel()


async def test_a_new_run_is_shown(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board, 3)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("detail", lambda detail: detail["card"]["run_id"] == adw_id)
    await board.report(board.status(adw_id, "failed", message="no"))
    await board.move(task, Column.PLAN)
    await tab.until("detail", lambda detail: detail["card"]["run_id"] not in {"", adw_id})
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
