"""Being told: messages that keep out of the way, and notifications that every tab and every visit agree on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Quiet
from tests.e2e.test_looks import violations
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.run_files import task
from tests.support.staged import WORKFLOW
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE = {"width": 360, "height": 740}
LAPTOP = {"width": 1280, "height": 800}


def break_run(quiet: Quiet, board: BoardPage, title: str) -> CardOnScreen:
    """A card whose run has failed."""
    card = run_of(board, title)
    fail(quiet, card, f"{title} broke")
    return card


def run_of(board: BoardPage, title: str) -> CardOnScreen:
    """A card with a run under way."""
    card = board.create(title, stages=("plan",))
    card.choose("move-to-plan")
    card.wait_for("running")
    return card


def fail(quiet: Quiet, card: CardOnScreen, why: str) -> None:
    with quiet.app.client() as client:
        adw_id = str(task(client, card.id)["run"])
    quiet.service.say("status_update", adw_id=adw_id, workflow_name=WORKFLOW, status="failed", message=why)
    card.wait_for("failed")


def bell(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("notifications")


def told(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("notification")


def test_a_failure_is_told_in_all_tabs_and_after_a_reload(quiet: Quiet, open_board: OpenBoard) -> None:
    board, phone = open_board(quiet.app), open_board(quiet.app, viewport=PHONE)
    expect(bell(board)).to_have_accessible_name("Notifications")
    card = break_run(quiet, board, "Export invoices")
    for tab in (board, phone):
        expect(bell(tab)).to_have_accessible_name("Notifications, 1 unread")
    board.page.reload()
    board.wait_ready()
    expect(bell(board)).to_have_accessible_name("Notifications, 1 unread")

    bell(phone).click()
    expect(told(phone)).to_contain_text("Export invoices broke")
    told(phone).get_by_role("button", name="Mark as read").click()
    expect(bell(phone)).to_have_accessible_name("Notifications")
    told(phone).get_by_role("button", name="Mark as unread").click()
    expect(bell(phone)).to_have_accessible_name("Notifications, 1 unread")
    phone.page.get_by_test_id("notifications-finished").click()
    expect(phone.page.locator("#told-sheet")).to_contain_text("Nothing of this kind.")
    phone.page.get_by_test_id("notifications-failed").click()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    told(phone).get_by_role("link").click()
    expect(phone.detail).to_contain_text("Export invoices")
    assert f"card={card.id}" in phone.page.url

    bell(board).press("Enter")
    board.page.get_by_test_id("notifications-read").click()
    expect(bell(board)).to_have_accessible_name("Notifications")
    board.page.keyboard.press("Escape")
    expect(told(board)).to_have_count(0)


def test_the_tab_says_what_has_failed_and_runs(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, viewport=PHONE)
    board.page.set_viewport_size({"width": 320, "height": 700})
    break_run(quiet, board, "Breaks")
    with quiet.app.client() as client:
        failed = next(c for c in client.get("/api/v1/board").json()["columns"] if c["id"] == "errored")["tasks"]
    expect(board.page).to_have_title(f"({len(failed)} failed) Kanban")
    card = run_of(board, "Runs")
    expect(board.page).to_have_title(f"({len(failed)} failed) 1 running · Kanban")
    icon = board.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", re.compile("^data:image/svg"))
    assert board.page.evaluate("document.documentElement.scrollWidth") == 320
    fail(quiet, card, "it broke")
    for task_id in (card.id, *(one["id"] for one in failed)):
        with quiet.app.client() as client:
            client.delete(f"/api/v1/tasks/{task_id}").raise_for_status()
    expect(board.page).to_have_title("Board · Agentic Kanban")
    expect(icon).to_have_attribute("href", "/favicon.svg")


# Chromium without a screen shows none: what would be shown is kept, and every tab is hidden that says so.
_STAND_IN = """
  window.notes = [];
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { return (Notification.permission = window.answer ?? "granted"); }
    constructor(title, options) { Object.assign(this, { title, ...options }); window.notes.push(this); }
    close() {}
  };
  Object.defineProperty(document, "hidden", { get: () => window.isAway ?? false });
"""
_GO_AWAY = "() => { window.isAway = true; document.dispatchEvent(new Event('visibilitychange')); }"


def test_one_tab_of_those_that_nobody_looks_at_tells(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, viewport=LAPTOP)
    board.page.context.add_init_script(_STAND_IN)
    board.page.reload()
    board.wait_ready()
    bell(board).click()
    board.page.get_by_test_id("notifications-settings").click()
    board.page.get_by_test_id("notify-failed").check()
    board.page.keyboard.press("Escape")
    other = BoardPage(board.page.context.new_page(), quiet.app.base_url)
    other.go()
    tabs = (board, other)

    looked_at = break_run(quiet, board, "Seen")
    for tab in tabs:
        expect(tab.card(looked_at.id).root).to_have_attribute("data-run-status", "failed")
    unseen = run_of(board, "Unseen")
    for tab in tabs:
        tab.page.evaluate(_GO_AWAY)
    fail(quiet, unseen, "it broke")
    notes = "() => window.notes.map((note) => note.body)"

    def shown() -> list[str]:
        return [note for tab in tabs for note in tab.page.evaluate(notes)]

    wait_until(shown, timeout=20)
    (note,) = shown()
    assert "Unseen" in note
    teller = next(tab for tab in tabs if tab.page.evaluate(notes))
    teller.page.evaluate("() => window.notes[0].onclick()")
    expect(teller.detail).to_contain_text("Unseen")


def test_a_refused_permission_is_explained(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, viewport=PHONE)
    board.page.context.add_init_script(_STAND_IN + "window.answer = 'denied';")
    board.page.reload()
    board.wait_ready()
    bell(board).click()
    board.page.get_by_test_id("notifications-settings").click()
    board.page.get_by_test_id("notify-failed").click()
    expect(board.page.locator(".told-said")).to_contain_text("does not let the board show notifications")
    expect(board.page.get_by_test_id("notify-failed")).not_to_be_checked()
    board.page.get_by_test_id("sound-failed").check()
    board.page.get_by_test_id("notify-try").click()
    assert board.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(board.page) == []
    board.page.reload()
    board.wait_ready()
    bell(board).click()
    board.page.get_by_test_id("notifications-settings").click()
    expect(board.page.get_by_test_id("sound-failed")).to_be_checked()


def test_messages_are_stacked_and_leave_by_key(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app, viewport=LAPTOP)
    for number in range(5):
        break_run(quiet, board, f"Card {number}")
    toasts = board.page.get_by_test_id("toast")
    alerts = board.page.locator("[data-testid=toast][role=alert]")
    expect(alerts).to_have_count(5)
    expect(alerts.filter(visible=True)).to_have_count(3)
    expect(alerts.last).to_have_attribute("data-tone", "error")
    more = board.page.get_by_test_id("toasts-more")
    more.click()
    expect(more).to_have_text("Show fewer")
    expect(alerts.first).to_be_visible()

    board.page.get_by_test_id("new-task").focus()
    board.page.keyboard.press("F8")
    for left in (4, 3, 2, 1, 0):
        expect(toasts.last.get_by_role("button", name="Dismiss")).to_be_focused()
        board.page.keyboard.press("Escape")
        expect(alerts).to_have_count(left)
    expect(board.page.get_by_test_id("new-task")).to_be_focused()
