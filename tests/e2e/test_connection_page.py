"""The page about the connection, reached from the board and back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


def test_a_run_of_others_gets_a_card_and_odd_messages_are_shown_inert(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    quiet.service.say("strange", text="<img src=x onerror=alert(1)>")
    quiet.service.say("workflow_log", adw_id="feedbeef", message="somebody else's run", level="INFO")
    with quiet.app.client() as client:
        wait_until(lambda: client.get("/api/v1/runs/feedbeef").is_success)
    page = board.page
    page.get_by_test_id("connection-status").click()
    page.get_by_test_id("connection-details").click()
    expect(page.get_by_test_id("held-frame").filter(has_text="strange")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_test_id("other-run")).to_contain_text("somebody else's run")
    page.get_by_test_id("adopt").click()
    expect(page.get_by_test_id("other-run")).to_have_count(0)
    quiet.service.service.answers["/health"] = {"status": "healthy"}
    page.get_by_test_id("check-health").click()
    # The board may have asked by itself a moment ago, before there was an answer.
    expect(page.locator(".said")).to_have_text(re.compile("that it is healthy|No check just now"))
    page.get_by_role("link", name="Back to the board").click()
    expect(page.get_by_test_id("column-backlog")).to_contain_text("Run feedbeef")
