"""The indicator's popup says what is wrong and what to do about it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


def test_the_popup_tells_what_to_do(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    board.connection.click()
    popup = board.page.locator("#connection-detail")
    expect(popup).to_contain_text(quiet.service.url)
    expect(popup.get_by_role("listitem")).to_have_count(0)

    quiet.service.stop()
    expect(popup).to_contain_text(f"Workflow service not running. Nothing answers at {quiet.service.url}.")
    expect(popup.get_by_role("listitem")).to_have_text(["Start the service", "Check host and port"])
    expect(popup.get_by_role("button")).to_have_text(["Retry now", "Disconnect"])
