"""The panel of a card: history, focus, and the whole screen of a phone."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage
from tests.support.staged import make_cards

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def made(quiet: Quiet) -> list[str]:
    """Two cards on top of the backlog."""
    with quiet.app.client() as client:
        ids = make_cards(client, 2)
        for task_id in ids:
            client.post(f"/api/v1/tasks/{task_id}/move", json={"column": "backlog", "after": None}).raise_for_status()
    return ids


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_closing_is_going_back(quiet: Quiet, open_board: OpenBoard, way: str) -> None:
    first, second = made(quiet)
    board = open_board(quiet.app, **DESK)
    entries = board.page.evaluate("() => history.length")
    board.card(first).title.click()
    expect(board.detail).to_be_visible()
    board.card(second).title.click()
    expect(board.page).to_have_url(f"{board.base_url}/?card={second}")
    if way == "Escape":
        board.page.keyboard.press("Escape")
    else:
        board.page.get_by_test_id("panel-close").click()
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/")
    expect(board.card(second).title).to_be_focused()
    assert board.page.evaluate("() => history.length") == entries + 1
    board.page.go_forward()
    expect(board.page).to_have_url(f"{board.base_url}/?card={second}")
    expect(board.detail).to_be_visible()


def test_a_link_to_a_card_closes_to_the_board(quiet: Quiet, open_board: OpenBoard) -> None:
    first, second = made(quiet)
    board = open_board(quiet.app, path=f"/?card={first}", **DESK)
    board.card(second).title.click()
    expect(board.page).to_have_url(f"{board.base_url}/?card={second}")
    board.page.keyboard.press("Escape")
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/")


def test_on_a_phone_nothing_behind_it_can_be_reached(quiet: Quiet, open_board: OpenBoard) -> None:
    first, _ = made(quiet)
    board = open_board(quiet.app, **PHONE)
    board.card(first).title.tap()
    expect(board.page.get_by_role("dialog")).to_be_visible()
    for part in (".header", ".main"):
        expect(board.page.locator(part)).to_have_js_property("inert", value=True)
    board.page.get_by_test_id("panel-close").tap()
    expect(board.detail).to_have_count(0)
    for part in (".header", ".main"):
        expect(board.page.locator(part)).to_have_js_property("inert", value=False)
    expect(board.card(first).title).to_be_focused()


def test_text_selected_elsewhere_leaves_cards_alive(quiet: Quiet, open_board: OpenBoard) -> None:
    first, _ = made(quiet)
    board = open_board(quiet.app, **DESK)
    expect(board.card(first).root).to_be_visible()
    board.page.evaluate("() => getSelection().selectAllChildren(document.querySelector('.brand'))")
    board.card(first).root.locator(".segments").click()
    expect(board.detail).to_be_visible()
