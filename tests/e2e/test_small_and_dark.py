"""The board on a phone's width, and in the dark."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE = {"width": 390, "height": 844}
_OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_GROUND = "() => getComputedStyle(document.body).backgroundColor"


def assert_fits(board: BoardPage) -> None:
    assert board.page.evaluate(_OVERFLOW) <= 0, "the page scrolls sideways"


def show_column(board: BoardPage, column: str) -> None:
    board.page.locator(f"nav [data-column={column}]").click()
    expect(board.column(column)).to_be_visible()


def test_a_phone_creates_moves_and_reads(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app, viewport=PHONE, has_touch=True, is_mobile=True)
    assert_fits(board)
    board.page.get_by_test_id("new-task").tap()
    board.fill("Made on a phone with a title that is rather long for so narrow a screen", "x" * 300)
    assert_fits(board)
    board.save()
    card = board.card_titled("Made on a phone with a title that is rather long for so narrow a screen")
    assert_fits(board)

    card.part("-menu").tap()
    box = board.page.get_by_role("menu").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    board.page.get_by_test_id("move-to-plan").tap()
    ready = board.page.locator("nav [data-column=ready-to-merge] .count")
    expect(ready).to_have_text("1", timeout=RUN_MS)
    show_column(board, "ready-to-merge")
    card.wait_for("completed", column="ready-to-merge")
    assert_fits(board)

    card.title.tap()
    expect(board.detail).to_be_visible()
    board.page.get_by_test_id("tab-log").tap()
    board.wait_for_line("Workflow adw_orchestrator done")
    assert_fits(board)
    panel = board.detail.bounding_box()
    assert panel
    assert panel["width"] <= PHONE["width"]
    board.page.get_by_test_id("panel-close").tap()
    expect(board.detail).to_have_count(0)


def test_dark_and_light_differ(app: AppProcess, open_board: OpenBoard) -> None:
    light, dark = (open_board(app, color_scheme=scheme) for scheme in ("light", "dark"))
    grounds = [board.page.evaluate(_GROUND) for board in (light, dark)]
    assert brightness(grounds[0]) > 200
    assert brightness(grounds[1]) < 60

    dark.page.get_by_label("Switch between light and dark").click()
    dark.page.wait_for_function(f"(ground) => ({_GROUND})() === ground", arg=grounds[0])
    dark.page.reload()
    dark.wait_ready()
    assert dark.page.evaluate(_GROUND) == grounds[0], "the choice is kept"


def brightness(colour: str) -> float:
    """Of a computed colour, from 0 to 255."""
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", colour)[:3])
    return (red + green + blue) / 3
