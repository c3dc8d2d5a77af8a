"""A program that dies: the panel shows what it printed last, as text and nothing else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage
from tests.support.staged import WORKFLOW, start, wait_status

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


def test_the_panel_shows_the_last_output(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    card = board.create("Dies at import")
    with quiet.app.client() as client:
        adw_id = start(client, card.id)
        wait_status(client, card.id, "running")
    printed = ["Traceback (most recent call last):", "\x1b[31m<img src=x onerror=alert(1)>\x1b[0m", "the end"]
    why = f"{WORKFLOW} ended with exit code 1 without a final report; last output: the end"
    about = {"adw_id": adw_id, "workflow_name": WORKFLOW, "status": "failed", "message": why}
    quiet.service.say("status_update", **about, exit_code=1, last_output=printed)
    card.wait_for("failed", column="errored")
    card.title.click()
    shown = board.detail.get_by_role("region", name="Last output")
    expect(shown).to_have_text(f"{printed[0]}\n<img src=x onerror=alert(1)>\nthe end", use_inner_text=True)
    expect(board.detail.locator("img")).to_have_count(0)
    expect(card.root).not_to_contain_text("Traceback")

    board.detail.get_by_test_id("panel-retry").click()
    card.wait_for("running")
    expect(shown).to_have_count(0)
