"""Parts of the page whose code comes after it: nothing that was pressed or asked for meanwhile is lost."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.support.app import AppProcess
from tests.support.board_page import BoardPage
from tests.support.staged import make_cards

pytestmark = pytest.mark.e2e
NewProfile = Callable[..., BrowserContext]
# By the tab that shows it: the file of its code and what it is called.
VIEWS: Final = {
    "log": ("log", "The log"),
    "agent": ("agent_view", "The agent view"),
    "plan": ("plan", "The plan"),
    "changes": ("changes", "The list of changes"),
}
NOT_RUN: Final = "This card has not run yet"
ADDRESS: Final = """part => performance.getEntriesByType("resource").map(({ name }) => name)
  .find((name) => name.includes(`/assets/${part}-`))"""
# Whether the look of a log whose code has not come was on the page, be it for one frame. It has come before that.
WATCH: Final = """async (code) => {
  await import(code);
  window.waited = false;
  const look = () => { window.waited ||= document.body.textContent.includes("Loading the log"); };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


@dataclass
class Held:
    """Code that does not arrive before it is let go."""

    waiting: list[Route] = field(default_factory=list)
    free: bool = False

    def __call__(self, route: Route) -> None:
        if self.free:
            route.continue_()
        else:
            self.waiting.append(route)

    def let_go(self) -> None:
        self.free = True
        for route in self.waiting:
            route.continue_()


@dataclass
class Refused:
    """Code that cannot be fetched while this is on."""

    on: bool = True

    def __call__(self, route: Route) -> None:
        if self.on:
            route.abort()
        else:
            route.continue_()


def opened(app: AppProcess, new_profile: NewProfile, part: str, answer: Any, path: str = "/") -> BoardPage:
    """A board on whose way `answer` stands between the page and the code of a part."""
    context = new_profile()
    context.route(f"**/assets/{part}-*.js", answer)
    page: Page = context.new_page()
    page.goto(f"{app.base_url}{path}{'&' if '?' in path else '?'}token={app.token}")
    return BoardPage(page, app.base_url)


def test_until_its_code_is_there_the_board_has_its_skeleton(app: AppProcess, new_profile: NewProfile) -> None:
    held = Held()
    board = opened(app, new_profile, "board", held)
    expect(board.page.get_by_test_id("new-task")).to_be_visible()
    expect(board.page.get_by_role("status", name="Loading the board")).to_be_visible()
    held.let_go()
    expect(board.page.get_by_test_id("board")).to_be_visible()


def test_a_press_on_new_card_before_the_form_is_there_opens_it(app: AppProcess, new_profile: NewProfile) -> None:
    held = Held()
    board = opened(app, new_profile, "editor", held)
    board.wait_ready()
    board.page.get_by_test_id("new-task").click()
    expect(board.dialog).to_have_count(0)
    held.let_go()
    expect(board.page.get_by_test_id("task-title")).to_be_focused()


def test_the_panel_of_the_address_opens_when_its_code_comes(app: AppProcess, new_profile: NewProfile) -> None:
    with app.client() as client:
        (task_id,) = make_cards(client, 1)
    held = Held()
    board = opened(app, new_profile, "panel", held, f"/?card={task_id}")
    board.wait_ready()
    expect(board.detail).to_have_count(0)
    held.let_go()
    expect(board.detail).to_be_visible()


def test_escape_leaves_a_card_whose_panel_has_not_come_yet(app: AppProcess, new_profile: NewProfile) -> None:
    with app.client() as client:
        (task_id,) = make_cards(client, 1)
    held = Held()
    board = opened(app, new_profile, "panel", held)
    board.wait_ready()
    board.card(task_id).title.click()
    expect(board.page).to_have_url(f"{board.base_url}/?card={task_id}")
    board.page.keyboard.press("Escape")
    expect(board.page).to_have_url(f"{board.base_url}/")
    held.let_go()
    board.card(task_id).title.click()
    expect(board.detail).to_be_visible()


def test_code_that_cannot_be_fetched_is_told_to_whoever_wants_it_and_tried_again(
    app: AppProcess, new_profile: NewProfile
) -> None:
    refused = Refused()
    board = opened(app, new_profile, "editor", refused)
    board.wait_ready()
    told = board.page.get_by_text("This part of the page could not be loaded")
    expect(told).to_have_count(0)
    board.page.get_by_test_id("new-task").click()
    expect(told).to_be_visible()
    refused.on = False
    expect(board.page.get_by_test_id("task-title")).to_be_visible()


@pytest.mark.parametrize("way", ["press", "network"])
def test_a_board_whose_code_does_not_come_says_so_and_can_be_tried_again(
    app: AppProcess, new_profile: NewProfile, way: str
) -> None:
    refused = Refused()
    page = opened(app, new_profile, "board", refused).page
    missing = page.get_by_test_id("part-missing")
    expect(missing).to_contain_text("The board could not be loaded", timeout=15_000)
    # Only what stays: the words on the button change with every try.
    expect(missing.get_by_role("alert")).to_contain_text("The board could not be loaded")
    expect(missing.get_by_role("alert").get_by_role("button")).to_have_count(0)
    refused.on = False
    if way == "press":
        page.get_by_test_id("part-again").click()
    else:
        page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_test_id("board")).to_be_visible()
    expect(missing).to_have_count(0)


@pytest.mark.parametrize("tab", VIEWS)
def test_a_view_of_a_card_whose_code_is_on_its_way_has_something_in_its_place(
    app: AppProcess, new_profile: NewProfile, tab: str
) -> None:
    with app.client() as client:
        (task_id,) = make_cards(client, 1)
    held = Held()
    board = opened(app, new_profile, VIEWS[tab][0], held, f"/?card={task_id}&tab={tab}")
    shown = board.page.locator("#tab-panel")
    expect(shown).to_contain_text(re.compile("Loading|Opening"))
    held.let_go()
    expect(shown).to_contain_text(NOT_RUN)


@pytest.mark.parametrize(
    ("tab", "way"), [("log", "time"), ("log", "press"), ("agent", "network"), ("plan", "time"), ("changes", "press")]
)
def test_a_view_of_a_card_whose_code_does_not_come_says_so_and_is_tried_again(
    app: AppProcess, new_profile: NewProfile, tab: str, way: str
) -> None:
    with app.client() as client:
        (task_id,) = make_cards(client, 1)
    part, name = VIEWS[tab]
    refused = Refused()
    board = opened(app, new_profile, part, refused, f"/?card={task_id}&tab={tab}")
    shown = board.page.locator("#tab-panel")
    missing = shown.get_by_test_id("part-missing")
    expect(missing.get_by_role("alert")).to_contain_text(f"{name} could not be loaded")
    # It stands where the view would be, so that it needs no message beside it.
    expect(board.page.get_by_text("This part of the page could not be loaded")).to_have_count(0)
    refused.on = False
    if way == "press":
        missing.get_by_test_id("part-again").click()
    elif way == "network":
        board.page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(shown).to_contain_text(NOT_RUN)
    expect(missing).to_have_count(0)


def test_the_log_is_drawn_at_once_when_its_code_was_fetched_ahead(app: AppProcess, new_profile: NewProfile) -> None:
    with app.client() as client:
        (task_id,) = make_cards(client, 1)
    board = opened(app, new_profile, "none", Held(), f"/?card={task_id}")
    board.wait_ready()
    code = board.page.wait_for_function(ADDRESS, arg="log").json_value()
    board.page.evaluate(WATCH, code)
    board.page.get_by_test_id("tab-log").click()
    expect(board.page.locator("#tab-panel")).to_contain_text(NOT_RUN)
    assert board.page.evaluate("window.waited") is False


def test_what_is_typed_before_the_palette_is_there_is_meant_for_it(app: AppProcess, new_profile: NewProfile) -> None:
    held = Held()
    board = opened(app, new_profile, "palette", held)
    board.wait_ready()
    page = board.page
    page.keyboard.press("Control+k")
    # Each of these is a shortcut of the board, and Enter opens the card that has the focus.
    for key in ("n", "/", "x", "Backspace", "?", "Enter"):
        page.keyboard.press(key)
    expect(board.dialog).to_have_count(0)
    held.let_go()
    expect(page.get_by_test_id("palette-words")).to_have_value("n/?")
    page.keyboard.type("!")
    expect(page.get_by_test_id("palette-words")).to_have_value("n/?!")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("palette-words")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.get_by_test_id("task-title")).to_be_focused()


def test_a_help_sheet_that_does_not_come_keeps_no_palette_from_being_shown(
    app: AppProcess, new_profile: NewProfile
) -> None:
    board = opened(app, new_profile, "shortcut_sheet", Held())
    board.wait_ready()
    board.page.keyboard.press("Control+k")
    expect(board.page.get_by_test_id("palette-words")).to_be_focused()


def test_a_popup_that_is_opened_early_has_its_inside(app: AppProcess, new_profile: NewProfile) -> None:
    """On a page that never comes to rest, as in its first moments."""
    context = new_profile()
    context.add_init_script("window.requestIdleCallback = () => 0;")
    page = context.new_page()
    page.goto(f"{app.base_url}/?token={app.token}")
    board = BoardPage(page, app.base_url)
    board.wait_ready()
    board.connection.click()
    expect(page.locator("#connection-detail").get_by_test_id("connection-details")).to_be_visible()


def test_escape_takes_back_a_palette_that_does_not_come(app: AppProcess, new_profile: NewProfile) -> None:
    held = Held()
    board = opened(app, new_profile, "palette", held)
    board.wait_ready()
    board.page.keyboard.press("Control+k")
    board.page.keyboard.press("Escape")
    board.page.keyboard.press("n")
    expect(board.page.get_by_test_id("task-title")).to_be_focused()
