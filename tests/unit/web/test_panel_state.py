import json
from typing import Any
from urllib.parse import quote

import pytest

from kanban_app.domain.commands import DeleteTask, EditTask, RestoreTask, RetryTask
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


@pytest.mark.parametrize("query", ["", "?card=", "?tab=log"])
async def test_a_url_without_a_card_opens_nothing(tab: Tab, board: FakeBoard, query: str):
    await tab.send_from(PanelState.follow, query)
    assert tab.errors == []
    assert (await tab.state(PanelState)).card_id == ""
    assert board.hub.viewers == 0


@pytest.mark.parametrize("wanted", ["unknown", "x" * 10_000, "\x00", "<b>"])
async def test_a_card_that_is_not_there_is_missing(tab: Tab, board: FakeBoard, wanted: str):
    cancel = await tab.start(PanelState.follow, f"?card={quote(wanted)}&tab=log")
    await tab.until("missing", lambda missing: missing == wanted)
    state = await tab.state(PanelState)
    assert (state.card_id, state.detail["card"]["id"]) == ("", "")
    cancel()


async def test_a_card_that_is_deleted_is_missing_until_it_is_back(tab: Tab, board: FakeBoard):
    task = await board.add("Deleted")
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    await board.services.board.execute(DeleteTask(task), author="api")
    await tab.until("missing", lambda missing: missing == task)
    tab.sent.clear()
    await board.services.board.execute(RestoreTask(task), author="api")
    await tab.until("card_id", lambda card_id: card_id == task)
    assert (await tab.state(PanelState)).missing == ""
    cancel()


async def test_a_link_to_the_log_shows_it_after_another_tab_was_chosen(tab: Tab, board: FakeBoard):
    task, _ = await running(board)
    await tab.send(PanelState.arrive())
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("tab", lambda shown: shown == "log")
    await tab.send(PanelState.show_tab("overview"))
    assert (await tab.state(PanelState)).tab == "overview"
    cancel()
    await tab.send(PanelState.arrive())
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("tab", lambda shown: shown == "log")
    cancel()


async def test_a_tab_that_is_chosen_while_the_page_loads_holds(tab: Tab, board: FakeBoard):
    """A reload finds the card's state as it was, so the tabs are there before the board looks at the URL again."""
    task, _ = await running(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("tab", lambda shown: shown == "log")
    cancel()
    await tab.send(PanelState.arrive())
    await tab.send_from(PanelState.show_tab("history"), f"?card={task}&tab=log")
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await describe(board, task, "Seen by then")
    await tab.until("description_html", lambda html: "Seen by then" in html)
    assert (await tab.state(PanelState)).tab == "history"
    cancel()


async def test_a_tab_that_is_chosen_before_the_page_load_is_known_holds(tab: Tab, board: FakeBoard):
    """The tabs are there with the first answer, so what is pressed then can overtake the events of the load."""
    task, _ = await running(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("tab", lambda shown: shown == "log")
    cancel()
    await tab.load(PanelState.show_tab("agent"), "before")
    await tab.load(PanelState.show_tab("history"), "now")
    await tab.load(PanelState.arrive(), "now")
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await describe(board, task, "Seen by then")
    await tab.until("description_html", lambda html: "Seen by then" in html)
    assert (await tab.state(PanelState)).tab == "history"
    cancel()


async def test_a_link_on_the_same_page_is_newer_than_what_was_chosen_before_it(tab: Tab, board: FakeBoard):
    task, _ = await running(board)
    for _ in range(2):
        await tab.load(PanelState.arrive(), "now")
        cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
        await tab.until("tab", lambda shown: shown == "log")
        cancel()
        tab.sent.clear()
        await tab.load(PanelState.show_tab("history"), "now")


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


async def describe(board: FakeBoard, task: str, text: str) -> None:
    await board.services.board.execute(EditTask(task, {"description": text}), author="api")


async def test_a_description_comes_rendered_with_its_card(tab: Tab, board: FakeBoard):
    task = await board.add("Reads well", description="**bold** <b>text</b>")
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    first = next(delta for delta in tab.sent if delta.get("card_id"))
    assert first["description_html"] == "<p><strong>bold</strong> &lt;b&gt;text&lt;/b&gt;</p>\n"
    await describe(board, task, "*other*")
    await tab.until("description_html", lambda html: "<em>other</em>" in html)
    await describe(board, task, "")
    await tab.until("description_html", lambda html: html == "")
    cancel()


async def test_a_long_description_is_shown_as_it_was_typed_until_it_is_rendered(tab: Tab, board: FakeBoard):
    task = await board.add("Long", description="*long* " * 2_000)
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("description_html", lambda html: "<em>long</em>" in html)
    opening = next(delta for delta in tab.sent if delta.get("card_id"))
    assert "description_html" not in opening
    assert opening["detail"]["description"].startswith("*long*")
    cancel()


async def test_a_change_of_something_else_does_not_send_the_text_again(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    tab.sent.clear()
    await board.report(board.status(adw_id, "failed", message="no"))
    await tab.until("detail", lambda detail: detail["card"]["status"] == "failed")
    assert not any("description_html" in delta for delta in tab.sent)
    cancel()


async def two_runs(board: FakeBoard) -> tuple[str, str, str]:
    """A card that has failed on one run and runs on another; its id, and the runs from the first to the last."""
    task, first = await running(board)
    await board.report(board.status(first, "failed", message="no"))
    await board.move(task, Column.PLAN)
    second = await board.run(task, Stage.PLAN, 10)
    return task, first, second


async def test_the_log_is_about_the_newest_attempt_until_another_is_chosen(tab: Tab, board: FakeBoard):
    task, first, second = await two_runs(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    state = await tab.state(PanelState)
    assert [past["run_id"] for past in state.attempts] == [second, first]
    assert (state.log_run, state.log_attempt, state.log_from) == (second, state.attempts[0]["id"], None)
    await tab.send(PanelState.look_at(state.attempts[1]["id"], "log"))
    state = await tab.state(PanelState)
    assert (state.tab, state.log_run, state.attempt) == ("log", first, state.attempts[1]["id"])
    await tab.send(PanelState.choose(state.attempts[0]["id"]))
    state = await tab.state(PanelState)
    assert (state.log_run, state.attempt) == (second, "")
    cancel()


async def test_an_attempt_on_the_same_run_is_read_from_its_beginning(tab: Tab, board: FakeBoard):
    task, adw_id = await running(board)
    await board.run(task, Stage.BUILD, 10)
    await board.report(board.status(adw_id, "failed", message="no"))
    await board.services.board.execute(RetryTask(task), author="api")
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    state = await tab.state(PanelState)
    _, older = state.attempts
    await tab.send(PanelState.choose(older["id"]))
    state = await tab.state(PanelState)
    assert (state.log_run, state.log_from) == (adw_id, older["begins_at"])
    cancel()


async def test_the_attempt_of_the_url_is_shown_and_one_of_another_card_is_not(tab: Tab, board: FakeBoard):
    task, first, second = await two_runs(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log")
    await tab.until("card_id", bool)
    older = (await tab.state(PanelState)).attempts[1]["id"]
    cancel()
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log&attempt={older}")
    await tab.until("log_run", lambda run: run == first)
    cancel()
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=log&attempt=nobody")
    await tab.until("log_run", lambda run: run == second)
    cancel()


async def test_what_happens_to_the_card_is_news(tab: Tab, board: FakeBoard):
    task, _ = await running(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}&tab=history")
    await tab.until("card_id", bool)
    before = (await tab.state(PanelState)).news
    await describe(board, task, "Other words")
    await tab.until("news", lambda news: news > before)
    cancel()


@pytest.mark.parametrize("value", [None, 7, "nobody", "x" * 10_000, {"a": 1}, ["log"]])
async def test_hostile_attempts_change_nothing(tab: Tab, value: Any):
    await tab.send(PanelState.choose(value))
    await tab.send(PanelState.look_at(value, value))
    assert tab.errors == []
    state = await tab.state(PanelState)
    assert (state.tab, state.attempt) == ("overview", "")


async def test_a_restart_of_the_app_keeps_what_was_chosen_since_the_card_was_opened(tab: Tab, board: FakeBoard):
    """The router, which then tells where the person is, knows the place at which they came in."""
    task, first, _ = await two_runs(board)
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("card_id", bool)
    older = (await tab.state(PanelState)).attempts[1]["id"]
    cancel()
    state = await tab.state(PanelState)
    state.place, state.tab, state.attempt, state.card_id = f"{task} agent {older}", "agent", older, ""
    cancel = await tab.start(PanelState.follow, f"?card={task}")
    await tab.until("log_run", lambda run: run == first)
    assert (await tab.state(PanelState)).tab == "agent"
    cancel()
