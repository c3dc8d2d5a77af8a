"""The connection to the trigger service, in a person's hands."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import RUN_MS, BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


@pytest.fixture(scope="module")
def without_service(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """A board whose service is not there."""
    env = {"KANBAN_TAC7_URL": "ws://127.0.0.1:9/ws/trigger"}
    with running_app(tmp_path_factory.mktemp("alone"), env=env) as started:
        yield started


def test_leaving_the_service_and_coming_back(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    page = board.page
    board.connection.click()
    expect(page.get_by_text(re.compile(r"Since \d\d:\d\d"))).to_be_visible()
    page.get_by_test_id("disconnect").click()
    expect(board.connection).to_have_attribute("data-state", "disconnected")
    expect(page.get_by_text("You disconnected.")).to_be_visible()
    page.keyboard.press("Escape")

    card = board.create("Waits for the service", stages=("plan",))
    board.drag(card, "plan")
    card.wait_for("queued", column="plan")
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    page.reload()
    expect(board.connection).to_have_attribute("data-state", "disconnected")

    board.connection.click()
    page.get_by_test_id("connect").click()
    board.wait_connected()
    expect(page.get_by_test_id("disconnect")).to_be_visible()
    page.keyboard.press("Escape")
    card.wait_for("completed", timeout=RUN_MS)


def test_working_offline_says_why_and_when_it_is_tried_again(
    without_service: AppProcess, open_board: OpenBoard
) -> None:
    board = open_board(without_service, connected=False)
    page = board.page
    expect(board.connection).to_have_attribute("data-state", "offline", timeout=15_000)
    board.connection.click()
    expect(page.locator("#connection-detail")).to_contain_text("Working offline.")
    expect(page.locator("#connection-detail")).to_contain_text("Nothing answers at ws://127.0.0.1:9/ws/trigger.")
    expect(page.get_by_text("Check host and port")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Failed tries so far: [3-9]"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"Next try in \d+ s\."))).to_be_visible()
    page.keyboard.press("Escape")
    board.create("Made offline", stages=("plan",))

    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(board.connection).to_have_attribute("data-state", "connecting")
