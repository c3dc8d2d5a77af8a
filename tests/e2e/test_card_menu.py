"""What the menu of a card does: move, start, stop, edit, delete."""

from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.run_files import board_log_text, run, run_processes, spooled_log, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
# A run must still be under way when a busy machine gets to what the test does with it.
ENV = {"KANBAN_DEMO_SPEED": "1"}


def test_move_to_a_stage_starts(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Moved by menu", stages=("plan",))
    card.choose("move-to-plan")
    card.wait_for("running", column="plan")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    card.choose("move-to-backlog")
    card.wait_in("backlog")


def test_the_menu_by_keyboard(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Moved by keyboard", stages=("plan",))
    card.part("-menu").focus()
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_test_id("start")).to_be_focused()
    expect(board.page.get_by_test_id("move-to-errored")).to_be_disabled()
    expect(board.page.get_by_test_id("move-to-backlog")).to_have_count(0)
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_role("menu")).to_have_count(0)
    expect(card.part("-menu")).to_be_focused()
    board.page.keyboard.press("Enter")
    board.page.keyboard.press("Enter")
    card.wait_for("running", column="plan")
    card.wait_for("completed", timeout=RUN_MS)


def test_stop_a_run(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Stopped in mid-run")
    board.drag(card, "plan")
    card.wait_progress(5)
    with app.client() as client:
        adw_id = task(client, card.id)["run"]
        started = run_processes(app.data_dir, adw_id)
        assert len(started) >= 2, "runner and workflow"
        expect(card.part("-menu")).to_be_enabled()
        card.part("-menu").click()
        expect(board.page.get_by_test_id("delete")).to_be_disabled()
        board.page.get_by_test_id("cancel").click()
        card.wait_for("cancelled")
        column = str(card.root.get_attribute("data-column"))
        assert column in {"plan", "build"}
        _, alive = psutil.wait_procs(started, timeout=10)
        assert alive == []
        assert run_processes(app.data_dir, adw_id) == []
        assert run(client, adw_id)["status"] == "cancelled"
        assert board_log_text(client, adw_id)[: len(spooled_log(app.data_dir, adw_id))]

    # It stays where it is, and goes on when told to.
    card.wait_in(column)
    card.choose("start")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")


def test_parking_a_running_card_asks_first(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Parked in mid-run")
    board.drag(card, "plan")
    card.wait_progress(2)
    board.drag(card, "backlog")
    expect(board.dialog).to_contain_text("Stop the run and park the card?")
    board.page.get_by_test_id("question-no").click()
    expect(card.root).not_to_have_attribute("data-column", "backlog")
    expect(card.root).to_have_attribute("data-run-status", "running")

    board.drag(card, "backlog")
    board.page.get_by_test_id("question-yes").click()
    card.wait_for("cancelled", column="backlog")


def test_an_active_card_goes_to_no_other_stage(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Already running")
    board.drag(card, "plan")
    card.wait_for("running")
    board.drag(card, "document")
    expect(board.alert).to_contain_text("Already running")
    expect(card.root).not_to_have_attribute("data-column", "document")
    card.wait_settled()
    card.choose("cancel")
    card.wait_for("cancelled")


def test_delete_asks_first(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("To be deleted")
    card.choose("delete")
    expect(board.dialog).to_contain_text("To be deleted")
    board.page.get_by_test_id("question-no").click()
    expect(board.dialog).to_have_count(0)
    expect(card.root).to_be_visible()
    card.choose("delete")
    board.page.get_by_test_id("question-yes").click()
    expect(card.root).to_have_count(0)
    with app.client() as client:
        assert client.get(f"/api/v1/tasks/{card.id}").status_code == 404


def edited_by_both(app: AppProcess, open_board: OpenBoard) -> tuple[BoardPage, str]:
    """Both tabs edit one card; the other one has saved, this one's dialog shows the conflict."""
    mine, yours = open_board(app), open_board(app)
    card = mine.create("Edited by both")
    card.choose("edit")
    expect(mine.page.get_by_test_id("task-title")).to_have_value("Edited by both")
    yours.card(card.id).choose("edit")
    yours.fill("Yours", "Your text")
    yours.save()
    expect(card.title).to_have_text("Yours")

    mine.fill("Mine", "My text")
    mine.page.get_by_test_id("task-save").click()
    expect(mine.page.get_by_test_id("task-conflict")).to_contain_text("Changed meanwhile")
    expect(mine.page.get_by_test_id("task-title")).to_have_value("Mine")
    expect(mine.page.get_by_test_id("task-description")).to_have_value("My text")
    with app.client() as client:
        assert task(client, card.id)["title"] == "Yours"
    return mine, card.id


def test_a_conflict_can_be_saved_over(app: AppProcess, open_board: OpenBoard) -> None:
    board, task_id = edited_by_both(app, open_board)
    board.page.get_by_role("button", name="Save mine").click()
    expect(board.dialog).to_have_count(0)
    expect(board.card(task_id).title).to_have_text("Mine")
    with app.client() as client:
        assert task(client, task_id)["description"] == "My text"


def test_a_conflict_can_be_loaded_anew(app: AppProcess, open_board: OpenBoard) -> None:
    board, task_id = edited_by_both(app, open_board)
    board.page.get_by_test_id("task-reload").click()
    expect(board.page.get_by_test_id("task-title")).to_have_value("Yours")
    expect(board.page.get_by_test_id("task-description")).to_have_value("Your text")
    expect(board.page.get_by_test_id("task-conflict")).to_have_count(0)
    board.fill("Both")
    board.save()
    expect(board.card(task_id).title).to_have_text("Both")
