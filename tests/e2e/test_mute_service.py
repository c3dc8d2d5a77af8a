"""A service that says nothing after "accepted" and cannot stop a run: the board says so and asks no false questions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from kanban_app.domain.workflows import Vintage
from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage
from tests.support.staged import staged_service

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


@pytest.fixture(scope="module")
def old(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """A board on a service of the first vintage."""
    with staged_service(Vintage.V0) as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGER_GRACE_S": "0"}
        with running_app(tmp_path_factory.mktemp("old"), env=env) as app:
            yield app


def test_a_mute_run_says_so_and_goes_on_by_hand(old: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(old)
    expect(board.column("plan").get_by_text("DEMO")).to_have_count(0)
    card = board.create("Told by hand", stages=("plan", "build"))
    board.drag(card, "plan")
    card.wait_for("running", column="plan")
    expect(card.root.get_by_text("No reports")).to_be_visible()
    card.title.click()
    expect(board.detail).to_contain_text("This service does not report progress.")
    board.page.keyboard.press("Escape")

    board.drag(card, "document")
    expect(board.alert).to_contain_text("A decision is open")
    board.alert.get_by_role("button", name="Stage done").click()
    card.wait_in("build")
    expect(board.alert).to_have_count(0)
    card.wait_for("running", column="build")
    card.root.get_by_role("button", name="Stage done").click()
    card.wait_for("completed", column="ready-to-merge")
    expect(card.root.get_by_text("No reports")).to_have_count(0)


def test_nothing_is_asked_that_the_service_cannot_do(old: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(old)
    card = board.create("Cannot be stopped")
    board.drag(card, "plan")
    card.wait_for("running")
    board.drag(card, "backlog")
    expect(board.alert).to_contain_text("Stopping is not supported by this service")
    expect(board.dialog).to_have_count(0)
    card.wait_for("running", column="plan")
    card.wait_settled()

    card.choose("move-to-completed")
    expect(board.alert.last).to_contain_text("A decision is open")
    expect(board.dialog).to_have_count(0)
    card.wait_in("plan")
