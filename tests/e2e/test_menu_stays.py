"""The menu of a card stays open with its card, whatever goes on around it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.staged import start, wait_status

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
DESK = {"viewport": {"width": 1440, "height": 900}}


def running_card(quiet: Quiet, title: str) -> tuple[str, str]:
    """A card whose run is under way, and the run."""
    with quiet.app.client() as client:
        task_id = client.post("/api/v1/tasks", json={"title": title}).json()["id"]
        adw_id = start(client, task_id)
        wait_status(client, task_id, "running")
    return task_id, adw_id


def say(quiet: Quiet, adw_id: str, message: str) -> None:
    quiet.service.say("workflow_log", adw_id=adw_id, workflow_name="adw_orchestrator", level="INFO", message=message)


def is_beside(board: BoardPage, card: CardOnScreen) -> None:
    """The menu hangs below the button of the card."""
    board.page.wait_for_function(
        """(id) => {
          const button = document.querySelector(`[data-menu="${id}"]`).getBoundingClientRect();
          const menu = document.querySelector("[role=menu]").getBoundingClientRect();
          return Math.abs(menu.top - button.bottom - 4) < 1 && Math.abs(menu.right - button.right) < 1;
        }""",
        arg=card.id,
    )


def test_a_log_that_goes_on_leaves_it_open(quiet: Quiet, open_board: OpenBoard) -> None:
    task_id, adw_id = running_card(quiet, "Talks all the time")
    board = open_board(quiet.app, path=f"/?card={task_id}&tab=log", **DESK)
    card = board.card(task_id)
    for number in range(80):
        say(quiet, adw_id, f"line {number}")
    board.wait_for_line("line 79")
    card.part("-menu").click()
    expect(board.page.get_by_role("menuitem").first).to_be_focused()
    for number in range(80, 120):
        say(quiet, adw_id, f"line {number}")
    board.wait_for_line("line 119")
    expect(card.last_log).to_have_text("line 119")
    expect(board.page.get_by_role("menu")).to_be_visible()
    expect(board.page.get_by_role("menuitem").first).to_be_focused()
    is_beside(board, card)


def test_it_goes_with_a_card_that_is_moved_by_its_run(quiet: Quiet, open_board: OpenBoard) -> None:
    task_id, adw_id = running_card(quiet, "Moves on meanwhile")
    board = open_board(quiet.app, **DESK)
    card = board.card(task_id)
    card.part("-menu").click()
    is_beside(board, card)
    quiet.service.say("stage_transition", adw_id=adw_id, from_stage="ready", to_stage="plan", message="plan")
    quiet.service.say("stage_transition", adw_id=adw_id, from_stage="plan", to_stage="build", message="build")
    card.wait_in("build")
    is_beside(board, card)
    expect(card.part("-menu")).to_have_attribute("aria-expanded", "true")
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_role("menu")).to_have_count(0)
    expect(card.part("-menu")).to_be_focused()
    expect(card.part("-menu")).to_have_attribute("aria-expanded", "false")


def test_it_scrolls_with_its_card_and_closes_out_of_sight(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        made = [client.post("/api/v1/tasks", json={"title": f"Scrolled {number}"}).json()["id"] for number in range(30)]
    board = open_board(quiet.app, viewport={"width": 1440, "height": 1100})
    card = board.card(made[2])
    card.part("-menu").scroll_into_view_if_needed()
    card.part("-menu").click()
    for top in (20, 40):
        board.page.evaluate("(top) => { document.querySelector('.board').scrollTop += top; }", top)
        is_beside(board, card)
    board.page.evaluate("() => { document.querySelector('.board').scrollTop += 3000; }")
    expect(board.page.get_by_role("menu")).to_have_count(0)
    expect(card.part("-menu")).to_be_focused()
