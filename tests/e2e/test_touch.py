"""The board under a thumb."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.finger import Finger

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
COLUMNS = ["backlog", "plan", "build", "test", "review", "document", "ready-to-merge", "completed", "errored"]


def touch_screen(width: int, height: int) -> dict[str, object]:
    return {"viewport": {"width": width, "height": height}, "has_touch": True, "is_mobile": True}


def cards(quiet: Quiet, *titles: str) -> list[str]:
    """New cards on top of the backlog, the first one topmost."""
    with quiet.app.client() as client:
        made = [client.post("/api/v1/tasks", json={"title": title}).json()["id"] for title in titles]
        after = None
        for task in made:
            client.post(f"/api/v1/tasks/{task}/move", json={"column": "backlog", "after": after}).raise_for_status()
            after = task
    return made


def body(card: CardOnScreen) -> CardOnScreen:
    expect(card.root).to_be_visible()
    return card


def is_on_top(board: BoardPage, *titles: str) -> None:
    """The backlog begins with these, and the server says so too."""
    expect(board.page.locator("[data-saving=true]")).to_have_count(0)
    shown = board.column("backlog").locator(".card-title a")
    for place, title in enumerate(titles):
        expect(shown.nth(place)).to_have_text(title)


def is_dragging(board: BoardPage, dragging: str) -> None:
    expect(board.page.get_by_test_id("board")).to_have_attribute("data-dragging", dragging)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 640)])
def test_a_long_press_carries_a_card_to_a_column_under_the_thumb(
    quiet: Quiet, open_board: OpenBoard, width: int, height: int
) -> None:
    first, _ = cards(quiet, f"Carried at {width} px", "Stays")
    board = open_board(quiet.app, **touch_screen(width, height))
    card, finger = body(board.card(first)), Finger(board.page)
    finger.press(card.title)
    for column in COLUMNS:
        target = board.page.get_by_test_id(f"target-{column}")
        expect(target).to_be_in_viewport(ratio=1)
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44
    plan = board.page.get_by_test_id("target-plan")
    finger.move_to(plan)
    expect(plan).to_have_attribute("data-aimed", "true")
    finger.up()
    is_dragging(board, "false")
    expect(plan).to_have_count(0)
    expect(card.root).to_have_attribute("data-column", "plan")
    expect(board.page.locator(".switcher [data-column=backlog]")).to_have_attribute("aria-pressed", "true")
    expect(board.page.get_by_test_id("task-detail")).to_have_count(0)
    board.page.locator(".switcher [data-column=plan]").tap()
    card.wait_for("running", column="plan")


def test_a_long_press_reorders_a_column(quiet: Quiet, open_board: OpenBoard) -> None:
    first, second = cards(quiet, "Goes below", "Comes up")
    board = open_board(quiet.app, **touch_screen(390, 844))
    finger = Finger(board.page)
    expect(board.card(second).root).to_be_visible()
    upper = board.card(first).root.bounding_box()
    finger.press(board.card(first).handle)
    lower = board.card(second).root.bounding_box()
    assert upper
    assert lower
    finger.move(finger.x, lower["y"] + lower["height"] + 10)
    board.page.wait_for_function(
        "([id, y]) => Math.abs(document.querySelector(`[data-card='${id}']`).getBoundingClientRect().y - y) < 2",
        arg=[second, upper["y"]],
    )
    finger.up()
    is_dragging(board, "false")
    is_on_top(board, "Comes up")


def test_a_swipe_scrolls_and_lifts_nothing(quiet: Quiet, open_board: OpenBoard) -> None:
    made = cards(quiet, *(f"Swiped over {number}" for number in range(12)))
    board = open_board(quiet.app, **touch_screen(390, 844))
    finger = Finger(board.page)
    finger.down(body(board.card(made[4])).title)
    finger.move(finger.x, finger.y - 260)
    board.page.wait_for_function("() => document.querySelector('.board').scrollTop > 100")
    is_dragging(board, "false")
    finger.up()
    is_dragging(board, "false")
    expect(board.detail).to_have_count(0)


def test_a_tap_opens_the_card_and_back_closes_it(quiet: Quiet, open_board: OpenBoard) -> None:
    (first,) = cards(quiet, "Tapped")
    board = open_board(quiet.app, **touch_screen(390, 844))
    body(board.card(first)).title.tap()
    expect(board.detail).to_be_visible()
    board.page.go_back()
    expect(board.detail).to_have_count(0)
    expect(board.card(first).root).to_be_visible()


def test_escape_puts_the_card_back(quiet: Quiet, open_board: OpenBoard) -> None:
    (first,) = cards(quiet, "Thought better of")
    board = open_board(quiet.app, **touch_screen(390, 844))
    finger = Finger(board.page)
    finger.press(body(board.card(first)).title)
    finger.move_to(board.page.get_by_test_id("target-plan"))
    board.page.keyboard.press("Escape")
    is_dragging(board, "false")
    finger.up()
    expect(board.card(first).root).to_have_attribute("data-column", "backlog")


def test_at_the_edge_of_a_tablet_the_board_scrolls(quiet: Quiet, open_board: OpenBoard) -> None:
    (first,) = cards(quiet, "Goes far to the right")
    board = open_board(quiet.app, **touch_screen(820, 1180))
    card, finger = body(board.card(first)), Finger(board.page)
    finger.press(card.title)
    finger.move(805, 300)
    zone = board.column("review").locator("[data-rfd-droppable-id]")
    for _ in range(600):
        box = zone.bounding_box()
        if box and box["x"] + box["width"] < 815:
            break
        finger.move(805, 300 + _ % 2, steps=1)
    # The board scrolls on while the finger is still near its edge: it follows the column, as a hand does.
    for _ in range(600):
        box = zone.bounding_box()
        assert box
        finger.move(box["x"] + box["width"] / 2, 300 + _ % 2)
        if zone.get_attribute("data-over") == "true":
            break
    expect(zone).to_have_attribute("data-over", "true")
    finger.up()
    is_dragging(board, "false")
    expect(board.alert).to_be_visible()
    expect(card.root).to_have_attribute("data-column", "backlog")


def test_with_only_taps_every_move_can_be_made(quiet: Quiet, open_board: OpenBoard) -> None:
    first, _ = cards(quiet, "Tapped downwards", "Tapped upwards")
    board = open_board(quiet.app, **touch_screen(320, 640))
    card = body(board.card(first))
    card.part("-menu").tap()
    expect(board.page.get_by_test_id("move-up")).to_be_disabled()
    for entry in board.page.get_by_role("menuitem").all():
        box = entry.bounding_box()
        assert box
        assert box["height"] >= 40
    board.page.get_by_test_id("move-down").tap()
    is_on_top(board, "Tapped upwards", "Tapped downwards")
    card.part("-menu").tap()
    board.page.get_by_test_id("move-up").tap()
    is_on_top(board, "Tapped downwards", "Tapped upwards")
