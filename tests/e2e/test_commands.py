"""The command palette, the keys of the board with their help sheet, and copying."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
DESK: Final[dict[str, Any]] = {"viewport": {"width": 1440, "height": 900}}
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def made(quiet: Quiet, *titles: str) -> list[str]:
    """Cards on top of the backlog, the first on top."""
    ids: list[str] = []
    with quiet.app.client() as client:
        for title in reversed(titles):
            task = client.post("/api/v1/tasks", json={"title": title, "stages": ["plan"]}).json()["id"]
            client.post(f"/api/v1/tasks/{task}/move", json={"column": "backlog", "after": None}).raise_for_status()
            ids.insert(0, task)
    return ids


def words(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("palette-words")


def options(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("palette-option")


def chosen(board: BoardPage) -> Locator:
    return board.page.locator("[data-testid=palette-option][aria-selected=true]")


def violations(board: BoardPage) -> list[str]:
    found = Axe().run(board.page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{rule['id']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}" for rule in found]


def test_a_card_is_jumped_to_by_a_few_letters(quiet: Quiet, open_board: OpenBoard) -> None:
    first, second = made(quiet, "Export the invoices", "Zebra crossing of the warehouse")
    board = open_board(quiet.app, **DESK)
    board.page.keyboard.press("Control+k")
    expect(words(board)).to_be_focused()
    words(board).fill("zebcr")
    expect(chosen(board)).to_contain_text("Zebra crossing")
    expect(chosen(board).locator("mark").first).to_have_text("Zeb")
    expect(words(board)).to_have_attribute("aria-activedescendant", str(chosen(board).get_attribute("id")))
    assert violations(board) == []
    board.page.keyboard.press("Enter")
    expect(board.dialog).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/?card={second}")
    expect(board.detail).to_be_focused()
    board.page.keyboard.press("Escape")
    expect(board.card(second).title).to_be_focused()

    # What was used last comes first, and the card in focus has its actions on top.
    board.card(first).title.focus()
    board.page.keyboard.press("Control+k")
    expect(chosen(board)).to_have_text(re.compile("^Open"))
    expect(board.page.get_by_role("group", name="Recent").get_by_role("option")).to_contain_text(["Zebra crossing"])
    words(board).fill("no such thing at all")
    expect(options(board)).to_have_count(0)
    expect(board.dialog).to_contain_text("Nothing matches")
    board.page.keyboard.press("Escape")
    expect(board.dialog).to_have_count(0)
    expect(board.card(first).title).to_be_focused()


def test_moving_and_starting_with_the_palette(quiet: Quiet, open_board: OpenBoard) -> None:
    task, other = made(quiet, "Moved by the palette", "Stays")
    board = open_board(quiet.app, **DESK)
    board.card(task).title.focus()
    board.page.keyboard.press("Control+k")
    words(board).fill("move to")
    board.page.locator("[data-key='act:move']").click()
    expect(words(board)).to_be_focused()
    expect(board.dialog).to_contain_text("Moved by the palette")
    board.page.keyboard.press("Escape")
    expect(words(board)).to_have_attribute("aria-label", re.compile("^Commands"))
    words(board).fill("completed")
    expect(chosen(board)).to_have_text("Move to Completed")
    board.page.keyboard.press("Enter")
    board.page.get_by_test_id("question-yes").click()
    expect(board.column("completed")).to_have_attribute("data-count", "1")

    board.card(other).title.focus()
    board.page.keyboard.press("s")
    board.card(other).wait_for("running", column="plan")
    board.page.keyboard.press("s")
    expect(board.page.get_by_test_id("toast").filter(has_text="“Start” is not possible now")).to_be_visible()


def test_all_of_it_by_touch(quiet: Quiet, open_board: OpenBoard) -> None:
    (task,) = made(quiet, "Touched")
    board = open_board(quiet.app, **PHONE)
    board.page.get_by_test_id("commands").tap()
    expect(words(board)).to_be_focused()
    box = board.dialog.bounding_box()
    assert box
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 360, 740)
    assert violations(board) == []
    words(board).fill("dark")
    options(board).first.tap()
    expect(board.page.locator("html")).to_have_class(re.compile("dark"))
    expect(board.dialog).to_have_count(0)

    board.page.get_by_test_id("commands").tap()
    words(board).fill("go to")
    options(board).first.tap()
    words(board).fill("build")
    options(board).first.tap()
    expect(board.page.locator(".switcher [data-column=build]")).to_have_attribute("aria-pressed", "true")

    board.go(f"/?card={task}")
    board.page.get_by_test_id("panel-menu").tap()
    # No keyboard over what there is to choose.
    expect(board.page.get_by_role("listbox")).to_be_focused()
    assert violations(board) == []
    words(board).fill("edit")
    options(board).first.tap()
    expect(board.page.get_by_test_id("task-title")).to_have_value("Touched")
    board.page.keyboard.press("Escape")
    board.page.get_by_test_id("panel-menu").tap()
    words(board).fill("delete")
    options(board).first.tap()
    board.page.get_by_test_id("question-yes").tap()
    expect(board.detail).to_have_count(0)
    expect(board.card(task).root).to_have_count(0)


def test_keys_lead_from_card_to_card(quiet: Quiet, open_board: OpenBoard) -> None:
    first, second, third = made(quiet, "Top", "Middle", "Below")
    board = open_board(quiet.app, **DESK)
    press = board.page.keyboard.press
    press("j")
    expect(board.card(first).title).to_be_focused()
    press("j")
    press("ArrowDown")
    expect(board.card(third).title).to_be_focused()
    press("k")
    expect(board.card(second).title).to_be_focused()
    press("Enter")
    expect(board.detail.get_by_role("heading", name="Middle")).to_be_visible()
    # In the panel letters go on to the next card; Back still leads to the board.
    press("j")
    expect(board.page).to_have_url(f"{board.base_url}/?card={third}")
    expect(board.detail.get_by_role("heading", name="Below")).to_be_visible()
    press("Escape")
    expect(board.detail).to_have_count(0)
    expect(board.card(third).title).to_be_focused()
    press("m")
    words(board).fill("plan")
    press("Enter")
    board.card(third).wait_in("plan")
    expect(board.card(third).title).to_be_focused()
    press("ArrowLeft")
    expect(board.column("backlog").locator("a:focus")).to_have_count(1)
    press("e")
    expect(board.page.get_by_test_id("task-title")).to_be_focused()
    press("Escape")
    expect(board.dialog).to_have_count(0)


def test_no_key_does_anything_while_somebody_types(quiet: Quiet, open_board: OpenBoard) -> None:
    made(quiet, "Typed")
    board = open_board(quiet.app, **DESK)
    board.page.keyboard.press("/")
    search = board.page.get_by_test_id("search")
    expect(search).to_be_focused()
    board.page.keyboard.type("nsjk?cm")
    board.page.keyboard.press("Control+k")
    expect(board.dialog).to_have_count(0)
    expect(search).to_have_value("nsjk?cm")
    board.page.get_by_test_id("clear-all").click()

    # Nor while a word is put together, with a modifier, or above a dialog.
    board.page.evaluate(
        """() => {
          for (const held of ["isComposing", "ctrlKey", "altKey", "repeat"]) {
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true, [held]: true }));
          }
        }"""
    )
    board.page.keyboard.press("?")
    expect(board.page.get_by_test_id("shortcuts")).to_be_visible()
    board.page.keyboard.press("n")
    expect(board.page.get_by_test_id("task-title")).to_have_count(0)
    expect(board.dialog).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_single_keys_can_be_switched_off(quiet: Quiet, open_board: OpenBoard, theme: str) -> None:
    (task,) = made(quiet, "Not selected")
    board = open_board(quiet.app, **DESK, color_scheme=theme)
    board.page.keyboard.press("?")
    expect(board.page.get_by_test_id("shortcuts")).to_contain_text("Next card")
    assert violations(board) == []
    board.page.get_by_test_id("single-keys").uncheck()
    board.page.keyboard.press("Escape")
    board.page.reload()
    board.wait_ready()
    board.card(task).title.focus()
    board.page.keyboard.press("x")
    board.page.keyboard.press("n")
    board.page.keyboard.press("Control+k")
    expect(words(board)).to_be_focused()
    expect(board.page.get_by_test_id("task-title")).to_have_count(0)
    expect(board.page.get_by_test_id("selection")).to_have_count(0)
    words(board).fill("keyboard sho")
    board.page.keyboard.press("Enter")
    board.page.get_by_test_id("single-keys").check()
    board.page.keyboard.press("Escape")
    board.page.keyboard.press("n")
    expect(board.page.get_by_test_id("task-title")).to_be_focused()


def test_copying_what_a_card_has(quiet: Quiet, open_board: OpenBoard) -> None:
    (task,) = made(quiet, "Copied")
    board = open_board(quiet.app, **DESK, permissions=["clipboard-read", "clipboard-write"])
    board.card(task).choose("copy")
    expect(options(board)).to_have_count(3)
    expect(options(board).first).to_contain_text(f"{board.base_url}/?card={task}")
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_test_id("toast")).to_contain_text("Copied: Link to the card")
    assert board.page.evaluate("() => navigator.clipboard.readText()") == f"{board.base_url}/?card={task}"
    expect(board.card(task).part("-menu")).to_be_focused()

    board.card(task).choose("start")
    board.card(task).wait_for("running")
    board.card(task).title.focus()
    board.page.keyboard.press("c")
    words(board).fill("run id")
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_test_id("toast").filter(has_text="Run id")).to_be_visible()
    assert re.fullmatch("[0-9a-f]{8}", board.page.evaluate("() => navigator.clipboard.readText()"))


def test_copying_where_the_browser_does_not_let(quiet: Quiet, open_board: OpenBoard) -> None:
    (task,) = made(quiet, "Copied by hand")
    board = open_board(quiet.app, **DESK)
    board.page.evaluate(
        """() => {
          Object.defineProperty(navigator, "clipboard", { value: undefined });
          document.execCommand = () => false;
        }"""
    )
    board.card(task).title.focus()
    board.page.keyboard.press("c")
    expect(words(board)).to_be_focused()
    board.page.keyboard.press("Enter")
    field = board.page.get_by_test_id("copy-by-hand")
    expect(field).to_be_focused()
    assert board.page.evaluate("() => getSelection().toString()") == f"{board.base_url}/?card={task}"
    # While it comes up it is faint.
    board.page.wait_for_function("() => document.getAnimations().length === 0")
    assert violations(board) == []
    # Like any other message: Escape dismisses it, F8 leads to it, and the focus goes back.
    said = board.page.get_by_test_id("toast")
    board.page.keyboard.press("Escape")
    expect(said).to_have_count(0)
    board.card(task).title.focus()
    board.page.keyboard.press("r")
    expect(said).to_contain_text("“Retry” is not possible now")
    board.page.keyboard.press("F8")
    expect(said.get_by_role("button")).to_be_focused()
    board.page.keyboard.press("Escape")
    expect(said).to_have_count(0)
    expect(board.card(task).title).to_be_focused()


def test_keys_go_on_where_a_column_shows_its_first_cards_only(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        for number in range(55):
            client.post("/api/v1/tasks", json={"title": f"One of many {number}"}).raise_for_status()
    board = open_board(quiet.app, **DESK)
    cards = board.column("backlog").locator("[data-card]")
    expect(cards).to_have_count(50)
    cards.nth(49).locator(".card-title a").focus()
    board.page.keyboard.press("j")
    expect(cards.nth(50).locator(".card-title a")).to_be_focused()
    expect(cards.nth(50)).to_be_in_viewport(ratio=1)
