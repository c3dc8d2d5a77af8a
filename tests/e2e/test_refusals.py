"""Drops that cannot be: the card goes back, the words say why, and the offers do what they say."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.run_files import run, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


def test_a_later_stage_needs_the_earlier_ones(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Dropped on Build")
    board.drag(card, "build")
    expect(board.alert).to_contain_text("This step needs an existing run")
    expect(board.alert).to_contain_text("Plan has not completed")
    card.wait_for("idle", column="backlog")
    card.wait_settled()
    with app.client() as client:
        assert task(client, card.id)["attempt"] is None

    board.alert.get_by_role("button", name="Start from Plan").click()
    expect(board.alert).to_have_count(0)
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")


def test_only_a_failure_gets_to_errored(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Dropped on Errored")
    board.drag(card, "errored")
    expect(board.alert).to_contain_text("Only a failure gets there")
    card.wait_for("idle", column="backlog")
    board.alert.get_by_label("Dismiss").click()
    expect(board.alert).to_have_count(0)


def test_only_a_finished_run_gets_to_ready_to_merge(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Dropped on Ready to merge")
    board.drag(card, "ready-to-merge")
    expect(board.alert).to_contain_text("Only a finished run gets there")
    card.wait_for("idle", column="backlog")


def test_a_stage_that_the_card_does_not_have(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Without a review", stages=("plan", "build"))
    board.drag(card, "plan")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    board.drag(card, "review")
    expect(board.alert).to_contain_text("This card does not have that stage")
    expect(board.alert).to_contain_text("Plan, Build")
    card.wait_in("ready-to-merge")

    board.alert.get_by_role("button", name="Add Review and run").click()
    expect(card.root.locator(".segments li")).to_have_count(3)
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    with app.client() as client:
        now = task(client, card.id)
        assert now["stages"] == ["plan", "build", "review"]
        assert [attempt["stages"] for attempt in run(client, now["run"])["attempts"]] == [["plan", "build"], ["review"]]


def test_a_patch_skips_plan(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("A patch", kind="patch")
    board.drag(card, "plan")
    expect(board.alert).to_contain_text("Patch cards skip that stage")
    card.wait_for("idle", column="backlog")


def test_completed_is_asked_about(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Marked as complete")
    rail = board.column("completed")
    board.drag(card, "completed")
    expect(board.dialog).to_contain_text("Mark as complete?")
    board.page.get_by_test_id("question-no").click()
    card.wait_in("backlog")
    before = int(rail.get_attribute("data-count") or 0)
    board.drag(card, "completed")
    board.page.get_by_test_id("question-yes").click()
    expect(rail).to_have_attribute("data-count", str(before + 1))
    rail.get_by_role("button", name=re.compile("Completed")).click()
    card.wait_in("completed")

    board.drag(card, "review")
    expect(board.alert).to_contain_text("This card is completed")
    card.wait_in("completed")
    board.drag(card, "backlog")
    card.wait_in("backlog")
