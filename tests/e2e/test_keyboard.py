"""The board without a pointer."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}}
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}


def make(quiet: Quiet, title: str, column: str = "backlog") -> str:
    """A card on top of a column."""
    with quiet.app.client() as client:
        task = str(client.post("/api/v1/tasks", json={"title": title}).json()["id"])
        client.post(f"/api/v1/tasks/{task}/move", json={"column": column, "after": None}).raise_for_status()
    return task


def said(board: BoardPage) -> Locator:
    """What the screen reader was told last about a drag."""
    return board.page.locator("[aria-live=assertive]")


def announced(board: BoardPage, text: str) -> None:
    """The line for moves that no drag of the library has made says so."""
    expect(board.page.locator("p[role=status]", has_text=text)).to_have_count(1)


@pytest.mark.parametrize("screen", [DESK, TABLET], ids=["1440", "820"])
def test_space_lifts_arrows_move_space_drops(quiet: Quiet, open_board: OpenBoard, screen: dict[str, Any]) -> None:
    task = make(quiet, "Driven by keys")
    board = open_board(quiet.app, **screen)
    card = board.card(task)
    expect(card.handle).to_have_attribute("aria-label", "Move Driven by keys")
    assert card.root.evaluate("card => [card.getAttribute('role'), card.tabIndex]") == [None, -1]
    card.handle.focus()
    board.page.keyboard.press("Space")
    expect(said(board)).to_contain_text("Lifted Driven by keys. Backlog, place 1 of")
    board.page.keyboard.press("ArrowRight")
    expect(said(board)).to_contain_text("Plan, place 1 of")
    board.page.keyboard.press("Space")
    expect(said(board)).to_contain_text("Driven by keys is now in Plan, place 1 of")
    card.wait_for("running", column="plan")
    expect(card.handle).to_be_focused()


def test_escape_puts_it_back(quiet: Quiet, open_board: OpenBoard) -> None:
    task = make(quiet, "Put back by keys")
    board = open_board(quiet.app, **DESK)
    card = board.card(task)
    card.handle.focus()
    board.page.keyboard.press("Space")
    board.page.keyboard.press("ArrowRight")
    expect(said(board)).to_contain_text("Plan, place")
    board.page.keyboard.press("Escape")
    expect(said(board)).to_contain_text("Put back by keys is back in Backlog.")
    card.wait_for("idle", column="backlog")
    expect(card.handle).to_be_focused()


def test_on_a_narrow_screen_left_and_right_go_through_the_columns(quiet: Quiet, open_board: OpenBoard) -> None:
    make(quiet, "Below the other one")
    task = make(quiet, "Keys on a small screen")
    board = open_board(quiet.app, **NARROW)
    card = board.card(task)
    card.handle.focus()
    board.page.keyboard.press("Space")
    expect(board.page.get_by_test_id("target-plan")).to_be_visible()
    board.page.keyboard.press("ArrowRight")
    expect(board.page.get_by_test_id("target-plan")).to_have_attribute("data-aimed", "true")
    announced(board, "Plan, place")
    board.page.keyboard.press("ArrowLeft")
    announced(board, "Backlog, place 1 of")
    board.page.keyboard.press("ArrowRight")
    announced(board, "Plan, place")
    board.page.keyboard.press("Space")
    expect(card.root).to_have_attribute("data-column", "plan")
    expect(board.page.locator(".switcher [data-column=plan]")).to_be_focused()


def test_the_focus_stays_with_a_card_moved_by_its_menu(quiet: Quiet, open_board: OpenBoard) -> None:
    task = make(quiet, "Moved by its menu")
    board = open_board(quiet.app, **DESK)
    card = board.card(task)
    card.part("-menu").focus()
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_role("menu")).to_be_visible()
    board.page.get_by_test_id("move-to-plan").focus()
    board.page.keyboard.press("Enter")
    card.wait_for("running", column="plan")
    expect(card.part("-menu")).to_be_focused()


def test_the_focus_stays_after_a_refusal_and_after_a_question(quiet: Quiet, open_board: OpenBoard) -> None:
    task = make(quiet, "Asked about")
    board = open_board(quiet.app, **DESK)
    card = board.card(task)
    for entry in ("move-to-build", "move-to-completed"):
        card.part("-menu").focus()
        board.page.keyboard.press("Enter")
        board.page.get_by_test_id(entry).focus()
        board.page.keyboard.press("Enter")
        if entry == "move-to-build":
            expect(board.alert).to_be_visible()
        else:
            board.page.get_by_test_id("question-no").focus()
            board.page.keyboard.press("Enter")
            expect(board.page.get_by_test_id("question-no")).to_have_count(0)
        card.wait_for("idle", column="backlog")
        expect(card.part("-menu")).to_be_focused()
    board.page.get_by_test_id("toast").get_by_role("button", name="Dismiss").first.click()


def test_a_move_is_announced_after_the_answer_to_its_question(quiet: Quiet, open_board: OpenBoard) -> None:
    task = make(quiet, "Asked before it goes")
    board = open_board(quiet.app, viewport={"width": 2700, "height": 1000})
    card = board.card(task)
    card.handle.focus()
    board.page.keyboard.press("Space")
    for _ in range(7):
        board.page.keyboard.press("ArrowRight")
        expect(said(board)).not_to_contain_text("Lifted")
    expect(said(board)).to_contain_text("Completed, place")
    board.page.keyboard.press("Space")
    expect(board.dialog).to_be_visible()
    expect(said(board)).to_contain_text("A question first: Mark as complete?")
    board.page.get_by_test_id("question-no").click()
    announced(board, "Asked before it goes is back in Backlog.")
    card.choose("move-to-completed")
    announced(board, "A question first: Mark as complete?")
    board.page.get_by_test_id("question-yes").click()
    announced(board, "Asked before it goes is now in Completed, place")


def test_up_and_down_keep_menu_and_focus_at_hand(quiet: Quiet, open_board: OpenBoard) -> None:
    for title in ("Below in the end", "Above in the end"):
        make(quiet, title)
    lower = make(quiet, "Goes down twice")
    board = open_board(quiet.app, **DESK)
    card = board.card(lower)
    for place in (2, 3):
        card.part("-menu").focus()
        board.page.keyboard.press("Enter")
        board.page.get_by_test_id("move-down").focus()
        board.page.keyboard.press("Enter")
        expect(board.column("backlog").locator(".card-title a").nth(place - 1)).to_have_text("Goes down twice")
        expect(board.page.get_by_role("status").filter(has_text=f"place {place} of")).to_have_count(1)
        expect(card.part("-menu")).to_be_focused()
        card.wait_settled()
