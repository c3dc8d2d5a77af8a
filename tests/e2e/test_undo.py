"""Undo and redo of moves, edits and deletions: by message, by keys, in every tab."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage, CardOnScreen

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
STOP = "Stop the run and move back"


def fresh(place: Quiet, *titles: str) -> list[str]:
    with place.app.client() as client:
        return [str(client.post("/api/v1/tasks", json={"title": title}).json()["id"]) for title in titles]


def undo(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("undo")


def marked(board: BoardPage, card: CardOnScreen) -> None:
    """The card goes to Completed by its menu."""
    card.choose("move-to-completed")
    board.page.get_by_test_id("question-yes").click()
    expect(board.column("completed")).to_have_attribute("data-count", "1")
    card.wait_settled()


def test_a_move_is_undone_and_done_again_by_its_message(quiet: Quiet, open_board: OpenBoard) -> None:
    first, second, third = fresh(quiet, "First", "Second", "Third")
    board, other = open_board(quiet.app), open_board(quiet.app)
    order = board.order("backlog")
    board.card(third).choose("move-up")
    expect(undo(board)).to_have_text("Undo")
    expect(board.page.get_by_test_id("toast")).to_contain_text("Third")
    expect(undo(other)).to_have_count(0)
    undo(board).click()
    expect(board.page.get_by_test_id("redo")).to_have_text("Redo")
    assert board.order("backlog") == order
    board.page.get_by_test_id("redo").click()
    expect(undo(board)).to_have_text("Undo")
    assert board.order("backlog") != order
    assert other.order("backlog") == board.order("backlog")
    assert {first, second}


def test_keys_undo_one_after_the_other_also_after_a_reload(quiet: Quiet, open_board: OpenBoard) -> None:
    task = fresh(quiet, "By keys")[0]
    board, other = open_board(quiet.app), open_board(quiet.app)
    card = board.card(task)
    card.choose("edit")
    board.fill("By keys, renamed")
    board.save()
    expect(card.title).to_have_text("By keys, renamed")
    card.choose("delete")
    board.page.get_by_test_id("question-yes").click()
    expect(card.root).to_have_count(0)

    board.page.reload()
    board.wait_ready()
    board.page.keyboard.press("Control+z")
    expect(card.title).to_have_text("By keys, renamed")
    board.page.keyboard.press("Control+z")
    expect(card.title).to_have_text("By keys", use_inner_text=True)
    expect(other.card(task).title).to_have_text("By keys")
    board.page.keyboard.press("Control+Shift+z")
    expect(card.title).to_have_text("By keys, renamed")
    board.page.keyboard.press("Control+y")
    expect(card.root).to_have_count(0)
    expect(other.card(task).root).to_have_count(0)


def test_keys_do_nothing_while_somebody_types(quiet: Quiet, open_board: OpenBoard) -> None:
    task = fresh(quiet, "Typed")[0]
    board = open_board(quiet.app)
    card = board.card(task)
    card.choose("move-up")
    expect(undo(board)).to_be_visible()
    order = board.order("backlog")
    board.page.get_by_test_id("new-task").click()
    board.page.get_by_test_id("task-title").press("Control+z")
    board.page.keyboard.press("Escape")
    expect(board.dialog).to_have_count(0)
    assert board.order("backlog") == order


def test_what_another_tab_has_changed_is_not_undone(quiet: Quiet, open_board: OpenBoard) -> None:
    task = fresh(quiet, "Shared")[0]
    board, other = open_board(quiet.app), open_board(quiet.app)
    board.card(task).choose("edit")
    board.fill("Shared, by me")
    board.save()
    expect(undo(board)).to_be_visible()
    other.card(task).choose("edit")
    other.fill("Shared, by another")
    other.save()
    expect(undo(board)).to_have_count(0)
    board.page.keyboard.press("Control+z")
    expect(board.alert).to_contain_text("it was edited")
    expect(board.card(task).title).to_have_text("Shared, by another")


def test_a_move_whose_run_has_started_is_undone_by_stopping_it(quiet: Quiet, open_board: OpenBoard) -> None:
    task = fresh(quiet, "Started")[0]
    board = open_board(quiet.app)
    card = board.card(task)
    card.choose("move-to-plan")
    card.wait_for("running", column="plan")
    expect(undo(board)).to_have_text(STOP)
    board.page.keyboard.press("Control+z")
    expect(board.alert).to_contain_text("Its run has started")
    expect(card.root).to_have_attribute("data-column", "plan")
    undo(board).and_(board.alert.get_by_role("button")).click()
    card.wait_in("backlog")


def test_the_message_stays_while_it_is_in_use(quiet: Quiet, open_board: OpenBoard) -> None:
    task = fresh(quiet, "Pointed at")[0]
    board = open_board(quiet.app)
    board.page.clock.install()
    board.card(task).choose("move-up")
    undo(board).focus()
    board.page.clock.run_for(60_000)
    expect(undo(board)).to_be_focused()
    undo(board).evaluate("(button) => button.blur()")
    board.page.clock.run_for(11_000)
    expect(undo(board)).to_have_count(0)
