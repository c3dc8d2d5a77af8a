"""The address of a card: opened fresh, with its tab, gone, and back and forth without losing place or message."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage
from tests.support.staged import WORKFLOW, make_cards, start, wait_status
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1200, "height": 700}}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 700}, "has_touch": True, "is_mobile": True}


def running(quiet: Quiet) -> tuple[str, str]:
    """A card that runs; its id and its run's."""
    with quiet.app.client() as client:
        (task,) = make_cards(client, 1)
        adw_id = start(client, task)
        wait_status(client, task, "running")
    return task, adw_id


def say(quiet: Quiet, adw_id: str, text: str) -> None:
    quiet.service.say("workflow_log", adw_id=adw_id, workflow_name=WORKFLOW, level="INFO", message=text)


def test_a_fresh_link_opens_the_card_at_its_tab(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet)
    say(quiet, adw_id, "a line to be found")
    board = open_board(quiet.app, path=f"/?card={task}&tab=log", **DESK)
    board.wait_for_line("a line to be found")
    expect(board.page).to_have_url(f"{board.base_url}/?card={task}&tab=log")


def test_the_address_goes_with_the_tab(quiet: Quiet, open_board: OpenBoard) -> None:
    task, _ = running(quiet)
    board = open_board(quiet.app, path="/?sort=newest", **DESK)
    board.card(task).title.click()
    board.page.get_by_test_id("tab-log").click()
    expect(board.page.get_by_test_id("log-view")).to_be_visible()
    expect(board.page).to_have_url(
        re.compile(rf"/\?card={task}&sort=newest&tab=log$|/\?card={task}&tab=log&sort=newest$")
    )
    board.page.reload()
    expect(board.page.get_by_test_id("log-view")).to_be_visible()
    board.page.get_by_test_id("tab-overview").click()
    expect(board.page).to_have_url(f"{board.base_url}/?card={task}&sort=newest")
    board.page.reload()
    expect(board.page.get_by_test_id("tab-overview")).to_have_attribute("aria-selected", "true")
    board.page.go_back()
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/?sort=newest")


def test_the_way_to_the_log_works_also_after_another_tab(quiet: Quiet, open_board: OpenBoard) -> None:
    task, _ = running(quiet)
    board = open_board(quiet.app, **DESK)
    for _ in range(2):
        board.card(task).title.focus()
        board.page.keyboard.press("Control+k")
        board.page.get_by_test_id("palette-words").fill("open log")
        board.page.keyboard.press("Enter")
        expect(board.page.get_by_test_id("log-view")).to_be_visible()
        board.page.get_by_test_id("tab-overview").click()
        expect(board.page.get_by_test_id("log-view")).to_have_count(0)


def test_an_address_without_a_card_says_so(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, path="/?card=nothing-of-this-kind", **DESK)
    missing = board.page.get_by_test_id("card-missing")
    expect(missing).to_contain_text("There is no such card")
    missing.get_by_role("button", name="Close").click()
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/")


def test_a_card_that_others_delete_says_so_and_comes_back(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        (task,) = make_cards(client, 1)
        board = open_board(quiet.app, path=f"/?card={task}", **DESK)
        expect(board.detail.get_by_role("heading", level=2)).to_be_visible()
        client.delete(f"/api/v1/tasks/{task}").raise_for_status()
        expect(board.page.get_by_test_id("card-missing")).to_be_visible()
        client.post(f"/api/v1/tasks/{task}/restore").raise_for_status()
        expect(board.page.get_by_test_id("card-missing")).to_have_count(0)
        expect(board.page.get_by_test_id("tab-overview")).to_be_visible()


@pytest.fixture(scope="module")
def tall(quiet: Quiet) -> None:
    """A column that is longer than the screen."""
    with quiet.app.client() as client:
        make_cards(client, 14)


@pytest.mark.usefixtures("tall")
@pytest.mark.parametrize("way", ["Escape", "back", "button"])
@pytest.mark.parametrize("width", [1200, 390])
def test_the_board_keeps_its_place(quiet: Quiet, open_board: OpenBoard, way: str, width: int) -> None:
    board = open_board(quiet.app, **(DESK if width == 1200 else PHONE))
    page = board.page
    place = "board => [board.scrollLeft, board.scrollTop]"
    area = page.get_by_test_id("board")
    expect(board.column("backlog").locator("[data-card]").nth(13)).to_be_attached()
    # Not so far that a click would have to bring the card into view.
    area.evaluate("board => board.scrollTo(14, 420)")
    wanted = area.evaluate(place)
    assert wanted == [14 if width == 1200 else 0, 420]
    titles = page.locator(".board .card-title a:visible")
    seen = next(title for title in titles.all() if 200 < (title.bounding_box() or {"y": 0})["y"] < 600)
    card = str(seen.get_attribute("data-open"))
    seen.click()
    expect(board.detail).to_be_visible()
    expect(page).to_have_url(f"{board.base_url}/?card={card}")
    wait_until(lambda: area.evaluate(place) == wanted)
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "back":
        page.go_back()
    else:
        page.get_by_test_id("panel-close").click()
    expect(board.detail).to_have_count(0)
    wait_until(lambda: area.evaluate(place) == wanted)
    page.go_forward()
    expect(board.detail).to_be_visible()
    wait_until(lambda: area.evaluate(place) == wanted)


def test_no_message_is_lost_while_it_opens_and_closes(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet)
    board = open_board(quiet.app, path=f"/?card={task}&tab=log", **DESK)
    expect(board.page.get_by_test_id("log-view")).to_be_visible()
    said: list[str] = []
    for turn in range(6):
        for step in range(5):
            said.append(f"line {turn}.{step}")
            say(quiet, adw_id, said[-1])
            if step == 1:
                board.page.keyboard.press("Escape")
            if step == 3:
                board.card(task).title.click()
        expect(board.detail).to_be_visible()
    expect(board.card(task).last_log).to_have_text(said[-1])
    board.page.get_by_test_id("tab-log").click()
    board.wait_for_line(said[-1])
    shown = board.shown_log()
    assert [number for number, _ in shown] == list(range(1, len(shown) + 1))
    assert [text for _, text in shown if text.startswith("line ")] == said
