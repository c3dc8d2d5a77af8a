"""What happens elsewhere while a card is in the hand."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.staged import show_run

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


def make(quiet: Quiet, *titles: str) -> list[str]:
    with quiet.app.client() as client:
        return [str(client.post("/api/v1/tasks", json={"title": title}).json()["id"]) for title in titles]


def places(board: BoardPage, card: CardOnScreen) -> list[str]:
    """The columns in which a card stands on the screen."""
    found = board.page.locator(f"[data-testid^=column-]:has([data-card='{card.id}'])")
    return found.evaluate_all("all => all.map(column => column.dataset.testid.slice('column-'.length))")


def test_the_order_stands_still_and_catches_up_at_the_drop(quiet: Quiet, open_board: OpenBoard) -> None:
    held, gone = make(quiet, "In the hand", "Deleted meanwhile")
    board = open_board(quiet.app)
    expect(board.card(gone).root).to_be_visible()
    board.lift(board.card(held), "build")
    with quiet.app.client() as client:
        client.delete(f"/api/v1/tasks/{gone}").raise_for_status()
    (new,) = make(quiet, "Made meanwhile")
    elsewhere = open_board(quiet.app)
    expect(elsewhere.card(new).root).to_be_visible()
    expect(elsewhere.card(gone).root).to_have_count(0)
    assert board.card(new).root.count() == 0
    assert board.card(gone).root.count() == 1
    board.drop()
    expect(board.card(new).root).to_be_visible()
    expect(board.card(gone).root).to_have_count(0)
    expect(board.alert).to_be_visible()
    assert places(board, board.card(held)) == ["backlog"]


def test_the_service_moves_the_card_that_is_in_the_hand(quiet: Quiet, open_board: OpenBoard) -> None:
    (held,) = make(quiet, "Moved by its run")
    board = open_board(quiet.app)
    card = board.card(held)
    board.drag(card, "plan")
    card.wait_for("running", column="plan")
    with quiet.app.client() as client:
        adw_id = client.get(f"/api/v1/tasks/{held}").json()["run_id"]
    board.lift(card, "review")
    show_run(quiet.service, adw_id, ["plan", "build"], 30, "Writing the first half")
    expect(card.part("-step")).to_have_text("Writing the first half")
    assert places(board, card) == ["plan"]
    board.drop()
    card.wait_for("running", column="build")
    expect(board.alert).to_be_visible()
    assert places(board, card) == ["build"]


def test_the_card_in_the_hand_is_deleted(quiet: Quiet, open_board: OpenBoard) -> None:
    (held,) = make(quiet, "Deleted in the hand")
    board = open_board(quiet.app)
    card = board.card(held)
    expect(card.root).to_be_visible()
    board.lift(card, "plan")
    with quiet.app.client() as client:
        client.delete(f"/api/v1/tasks/{held}").raise_for_status()
    board.drop()
    expect(card.root).to_have_count(0)
    expect(board.alert).to_be_visible()


def test_the_tab_is_closed_with_a_card_in_the_hand(quiet: Quiet, open_board: OpenBoard) -> None:
    (held,) = make(quiet, "Left in the hand")
    board = open_board(quiet.app)
    expect(board.card(held).root).to_be_visible()
    board.lift(board.card(held), "plan")
    board.page.close()
    again = open_board(quiet.app)
    again.card(held).wait_for("idle", column="backlog")


def test_a_card_can_be_lifted_by_its_body(quiet: Quiet, open_board: OpenBoard) -> None:
    (held,) = make(quiet, "Taken by its title")
    board = open_board(quiet.app)
    card = board.card(held)
    card.title.hover()
    box = card.title.bounding_box()
    zone = board.column("plan").locator("[data-rfd-droppable-id]")
    target = zone.bounding_box()
    assert box
    assert target
    board.page.mouse.down()
    board.page.mouse.move(box["x"] + 20, box["y"] + 20, steps=4)
    expect(board.page.get_by_test_id("board")).to_have_attribute("data-dragging", "true")
    for nudge in range(200):
        if zone.get_attribute("data-over") == "true":
            break
        board.page.mouse.move(target["x"] + 100, target["y"] + 30 + nudge % 3)
    board.drop()
    card.wait_for("running", column="plan")
    expect(board.detail).to_have_count(0)
