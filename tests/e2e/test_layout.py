"""Nothing moves when data comes, and nothing moves without end."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.conftest import Quiet
from tests.support.app import ROOT
from tests.support.board_page import BoardPage
from tests.support.pictures import wait_for_fonts
from tests.support.staged import make_cards, show_run, start, wait_status

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
NewProfile = Callable[..., BrowserContext]
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
_BOXES: Final = """(selector) => [...document.querySelectorAll(selector)].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return [element.textContent.trim().split(/[0-9]/)[0], x, y, width, height].join(" ");
})"""
_CARD_BOXES: Final = """() => [...document.querySelectorAll("[data-card]")].map((card) => {
  const { x, y, width, height } = card.getBoundingClientRect();
  return [card.dataset.card, x, y, width, height].join(" ");
})"""
# The heights that a card has had since the call, by whether it was being saved.
_WATCH_HEIGHTS: Final = """(id) => {
  window.heights = { true: [], false: [] };
  new MutationObserver(() => {
    const card = document.querySelector(`[data-testid="card-${id}"]`);
    if (card) window.heights[card.dataset.saving === "true"].push(card.getBoundingClientRect().height);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def test_a_card_keeps_its_height_while_it_is_saved(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        task_id, *_ = make_cards(client, 2)
    board = open_board(quiet.app, **DESK)
    card = board.card(task_id)
    card.part("-menu").scroll_into_view_if_needed()
    board.page.evaluate(_WATCH_HEIGHTS, task_id)
    card.choose("move-down")
    card.wait_settled()
    board.page.wait_for_function("() => window.heights.true.length > 0 && window.heights.false.length > 0")
    heights = board.page.evaluate("() => window.heights")
    assert len({*heights["true"], *heights["false"]}) == 1


def test_news_of_a_run_move_no_card(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        (task_id,) = make_cards(client, 1)
        adw_id = start(client, task_id)
        wait_status(client, task_id, "running")
    board = open_board(quiet.app, **DESK)
    card = board.card(task_id)
    expect(card.root).to_be_visible()
    wait_for_fonts(board.page)
    before = board.page.evaluate(_CARD_BOXES)
    show_run(quiet.service, adw_id, ["plan"], 34, "Counting the acceptance criteria, which are many more than one line")
    expect(card.last_log).to_contain_text("Counting the acceptance")
    expect(card.part("-step")).to_contain_text("Counting the acceptance")
    assert board.page.evaluate(_CARD_BOXES) == before


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (820, 1180), (390, 844)])
def test_the_board_comes_where_its_skeleton_was(
    quiet: Quiet, open_board: OpenBoard, new_profile: NewProfile, width: int, height: int
) -> None:
    size = {"width": width, "height": height}
    context = new_profile(viewport=size)
    # A socket that is opened and says nothing: the page waits for its first data.
    context.route_web_socket("**/_event/**", lambda _socket: None)
    page = context.new_page()
    page.goto(f"{quiet.app.base_url}/?token={quiet.app.token}")
    expect(page.get_by_role("status", name="Loading the board")).to_be_visible()
    heads = ", .column:not([data-folded=true]) :is(h2, .column-name)" if width > 640 else ""
    parts = f".header .brand, .header .new-card{heads}"
    wait_for_fonts(page)
    skeleton = page.evaluate(_BOXES, parts)
    board = open_board(quiet.app, viewport=size)
    wait_for_fonts(board.page)
    assert [place_of(box) for box in skeleton] == [place_of(box) for box in board.page.evaluate(_BOXES, parts)]


def place_of(box: str) -> str:
    """Name and place of an element, without its size: that of a column's name may be another."""
    return box.rsplit(" ", 2)[0]


def test_less_motion_is_none(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        (task_id,) = make_cards(client, 1)
    board = open_board(quiet.app, path=f"/?card={task_id}", reduced_motion="reduce", **DESK)
    expect(board.detail).to_be_visible()
    longest = board.page.evaluate(
        """() => Math.max(...[...document.querySelectorAll("*")].flatMap((element) => {
          const { animationDuration, transitionDuration } = getComputedStyle(element);
          return `${animationDuration},${transitionDuration}`.split(",").map(parseFloat);
        }))"""
    )
    assert longest <= 0.001


def test_nothing_is_animated_without_end() -> None:
    styles = (ROOT / "assets" / "styles").glob("*.css")
    assert [style.name for style in styles if "infinite" in style.read_text()] == []
