"""An error that is shown leads to a page that helps, in a tab of its own, without a network and for everybody."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from kanban_app.catalogue import CATALOGUE
from tests.e2e.test_looks import violations
from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
NewProfile = Callable[..., BrowserContext]


def test_a_refusal_leads_to_its_entry(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Nothing planned yet", stages=("plan", "build"))
    card.choose("move-to-build")
    link = board.alert.get_by_role("link", name="What to do about “This step needs an existing run” (opens a new tab)")
    with board.page.context.expect_page() as opened:
        link.click()
    page = opened.value
    expect(page).to_have_url(f"{app.base_url}/help/E-VAL-4")
    expect(page.get_by_role("heading", level=1)).to_have_text("This step needs an existing run")
    expect(page.get_by_text("What to do", exact=True)).to_be_visible()
    expect(board.alert, "the board is as it was").to_be_visible()


def test_a_failed_card_leads_to_its_entry_on_the_board_and_in_its_panel(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("It breaks [fail:plan]", stages=("plan",))
    card.choose("move-to-plan")
    card.wait_for("failed", "errored", RUN_MS)
    expect(card.root.get_by_test_id("help-link")).to_have_attribute("href", "/help/E-WF-6")
    expect(card.root.get_by_test_id("help-link")).to_have_attribute("target", "_blank")
    card.title.click()
    expect(board.detail.get_by_test_id("help-link")).to_have_attribute("href", "/help/E-WF-6")
    with board.page.context.expect_page() as opened:
        board.detail.get_by_test_id("help-link").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Earlier step missing")


def test_a_form_and_a_trial_connection_lead_to_theirs(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.get_by_test_id("new-task").click()
    board.fill("", "")
    board.page.get_by_test_id("task-save").click()
    expect(board.page.get_by_test_id("task-error").get_by_test_id("help-link")).to_have_attribute(
        "href", "/help/E-VAL-17"
    )
    board.page.goto(f"{app.base_url}/settings/")
    board.page.get_by_test_id("setting-tac7_url").fill("ws://127.0.0.1:9/ws/trigger")
    board.page.get_by_test_id("settings-test").click()
    expect(board.page.get_by_test_id("settings-finding").get_by_test_id("help-link")).to_have_attribute(
        "href", re.compile("/help/E-CONN-")
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "E-CONN-1", "E-WF-7", "E-NONE-1"])
def test_the_pages_are_open_to_everybody(app: AppProcess, new_profile: NewProfile, path: str, theme: str) -> None:
    context = new_profile(viewport={"width": 360, "height": 740}, color_scheme=theme)
    page = context.new_page()
    elsewhere: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.goto(f"{app.base_url}/help/{path}?token={app.token}")
    assert fits(page)
    assert violations(page) == []
    assert [url for url in elsewhere if not url.startswith((app.base_url, "data:"))] == []


def test_a_stranger_is_asked_to_sign_in_and_then_led_there(app: AppProcess, new_profile: NewProfile) -> None:
    page = new_profile().new_page()
    page.goto(f"{app.base_url}/help/E-AUTH-1")
    expect(page.get_by_label("Access token")).to_be_visible()
    page.get_by_label("Access token").fill(app.token or "")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{app.base_url}/help/E-AUTH-1")


def test_the_list_leads_to_all_of_them(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.goto(f"{app.base_url}/help/")
    expect(board.page.locator(".codes a")).to_have_count(len(CATALOGUE))
    board.page.get_by_role("link", name="E-DEP-1").click()
    expect(board.page.get_by_role("heading", level=1)).to_have_text("Cards would wait for each other")
    board.page.get_by_role("link", name="All errors").click()
    board.page.get_by_role("link", name="Board", exact=True).click()
    board.wait_ready()


def test_it_is_there_below_the_address_of_a_project(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.goto(f"{app.base_url}/p/default/help/E-PROJ-1")
    expect(board.page.get_by_role("link", name="Board", exact=True)).to_have_attribute("href", "/p/default/")


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
