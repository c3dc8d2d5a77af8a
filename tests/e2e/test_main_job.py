"""The main job: create a card, drag it to Plan, watch real processes carry it to Ready to merge."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import ALL_STAGES, COLUMNS, RUN_MS, BoardPage
from tests.support.run_files import board_log_text, spooled_log, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
# Slow enough that a busy browser paints every stage.
ENV = {"KANBAN_DEMO_SPEED": "0.1"}


def test_a_dragged_card_ends_in_ready_to_merge(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app, viewport={"width": 1440, "height": 900})
    card = board.create("Greet people by name", "A greeting.\n- it names the person\n- it is polite")
    card.wait_in("backlog")
    card.watch()
    board.drag(card, "plan")
    board.open_log(card)
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")

    expect(card.progress).to_have_attribute("aria-valuenow", "100")
    expect(card.root).to_have_attribute("data-flags", re.compile(r"\bdemo\b"))
    expect(card.root.get_by_text("DEMO", exact=True)).to_be_visible()
    expect(board.detail.locator(".panel-meta").get_by_text("DEMO", exact=True)).to_be_visible()
    for column in COLUMNS:
        badge = board.column(column).locator(".column-head").get_by_text("DEMO", exact=True)
        expect(badge).to_have_count(1 if column in ALL_STAGES else 0)
    board.wait_for_line("Workflow adw_orchestrator done: plan, build, test, review, document")

    seen = card.seen()
    columns = list(dict.fromkeys(entry.column for entry in seen))
    assert columns == ["backlog", *ALL_STAGES, "ready-to-merge"]
    shown = [entry.progress for entry in seen if entry.progress is not None]
    assert shown == sorted(shown), "progress fell"
    assert [entry.status for entry in seen if entry.progress == 100] == ["completed"], "100 only when completed"
    with app.client() as client:
        adw_id = task(client, card.id)["run"]
        assert board_log_text(client, adw_id) == spooled_log(app.data_dir, adw_id)

    board.page.get_by_test_id("tab-overview").click()
    branch = board.detail.locator("dd", has_text=f"adw/{adw_id}")
    expect(branch.get_by_text("DEMO", exact=True)).to_be_visible()


def test_the_handle_drags_and_the_card_opens_the_panel(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Handle and card")
    card.handle.click()
    expect(board.detail).to_have_count(0)

    card.root.click(position={"x": 30, "y": 60})
    expect(board.detail).to_contain_text("Handle and card")
    expect(board.page).to_have_url(f"{app.base_url}/?card={card.id}")
    board.page.keyboard.press("Escape")
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{app.base_url}/")

    card.title.focus()
    board.page.keyboard.press("Enter")
    expect(board.detail).to_be_visible()
    board.page.go_back()
    expect(board.detail).to_have_count(0)
    board.page.go_forward()
    expect(board.detail).to_be_visible()
    board.page.get_by_test_id("panel-close").click()
    expect(board.detail).to_have_count(0)


def test_a_link_opens_the_panel(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Reached by a link", "With a text of its own")
    other = open_board(app, path=f"/?card={card.id}")
    expect(other.detail).to_contain_text("With a text of its own")
    other.page.keyboard.press("Escape")
    expect(other.detail).to_have_count(0)


def test_a_failing_card_says_why_and_goes_on_after_an_edit(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Fails once", "[fail:test]")
    board.drag(card, "plan")
    card.wait_for("failed", timeout=RUN_MS)
    card.wait_in("errored")
    expect(card.root).to_contain_text("Failed in test")
    expect(card.root.locator(".why")).to_contain_text("the unit tests failed: AssertionError")
    expect(card.root.locator("[data-state=failed]")).to_have_attribute("title", "Test: failed")
    with app.client() as client:
        first = task(client, card.id)["run"]

    card.choose("edit")
    board.fill(description="Now it may pass")
    board.save()
    card.watch()
    card.root.locator("[data-decision=retry]").click()
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    seen = [entry.column for entry in card.seen()]
    assert "plan" not in seen
    assert "build" not in seen
    assert list(dict.fromkeys(seen)) == ["errored", "test", "review", "document", "ready-to-merge"]
    with app.client() as client:
        assert task(client, card.id)["run"] == first, "it goes on with the same run"
        assert board_log_text(client, first) == spooled_log(app.data_dir, first)


def test_a_card_with_some_stages_runs_those(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Two stages", stages=("plan", "build"))
    card.watch()
    board.drag(card, "plan")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    assert list(dict.fromkeys(entry.column for entry in card.seen())) == ["backlog", "plan", "build", "ready-to-merge"]


def test_a_patch_runs_in_build(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    board.page.get_by_test_id("new-task").click()
    board.fill("A small patch")
    board.page.get_by_test_id("task-type").select_option("patch")
    expect(board.page.get_by_test_id("task-stage-plan")).to_be_hidden()
    board.save()
    card = board.card_titled("A small patch")
    board.drag(card, "build")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
