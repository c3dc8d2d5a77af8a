"""Starts that wait: held back for a moment, or in line behind others."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage
from tests.support.run_files import task
from tests.support.staged import staged_service

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
# Long enough for any machine to press "Undo" in time.
ENV = {"KANBAN_TRIGGER_GRACE_S": "600"}


@pytest.fixture(scope="module")
def narrow(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """A board with one place, whose runs stay where they are."""
    with staged_service() as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_MAX_CONCURRENT_RUNS": "1"}
        with running_app(tmp_path_factory.mktemp("narrow"), env=env) as app:
            yield app


def test_a_start_that_is_held_counts_down_and_is_undone(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Held for a moment", stages=("plan",))
    card.choose("move-to-plan")
    card.wait_for("held", column="plan")
    expect(card.root).to_contain_text("Starting in 5")
    undo = card.root.get_by_role("button", name="Undo")
    undo.focus()
    board.page.keyboard.press("Enter")
    card.wait_for("idle", column="backlog")
    with app.client() as client:
        assert task(client, card.id)["attempt"] is None


def test_cards_in_line_say_their_place_and_for_what_they_wait_and_change_it_by_keyboard(
    narrow: AppProcess, open_board: OpenBoard
) -> None:
    board = open_board(narrow)
    running, first, second = (board.create(f"In line {n}", stages=("plan",)) for n in range(3))
    running.choose("move-to-plan")
    running.wait_for("running")
    for card in (first, second):
        card.choose("move-to-plan")
        card.wait_for("queued")
    expect(second.root).to_contain_text("Waiting, place 2 in line")
    expect(second.root).to_contain_text("1 is active. This one starts when a place is free.")
    count = board.page.get_by_test_id("queue-count")
    expect(count).to_contain_text("2")
    board.page.evaluate("localStorage.setItem('kanban.indicator', 'normal'); dispatchEvent(new Event('storage'))")
    expect(count).to_be_hidden()
    expect(board.connection).to_contain_text("2 waiting")
    wide = board.page.viewport_size
    assert wide
    # On a phone the indicator is cut.
    board.page.set_viewport_size({"width": 390, "height": 844})
    expect(count).to_be_visible()
    board.page.set_viewport_size(wide)

    second.part("-menu").focus()
    board.page.keyboard.press("Enter")
    board.page.get_by_test_id("queue-first").press("Enter")
    expect(second.root).to_contain_text("Waiting, place 1 in line")
    expect(first.root).to_contain_text("Waiting, place 2 in line")

    second.choose("queue-later")
    expect(second.root).to_contain_text("Waiting, place 2 in line")
    first.part("-menu").click()
    expect(board.page.get_by_test_id("queue-first")).to_be_disabled()
    board.page.keyboard.press("Escape")

    first.root.get_by_role("button", name="Withdraw").click()
    first.wait_for("idle", column="backlog")
    expect(second.root).to_contain_text("Waiting, place 1 in line")
