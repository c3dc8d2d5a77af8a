"""Several cards at once, the archive and the bin, the line of the backlog, and limits: by mouse, keyboard and touch."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Quiet
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def fresh(place: Quiet, *titles: str) -> list[str]:
    """The only cards of the backlog, from top to bottom."""
    with place.app.client() as client:
        board = client.get("/api/v1/board").json()
        old = [task["id"] for column in board["columns"] for task in column["tasks"]]
        if old:
            client.post("/api/v1/tasks/bulk", json={"ids": old, "act": "archive"}).raise_for_status()
        return [str(client.post("/api/v1/tasks", json={"title": title}).json()["id"]) for title in titles]


def toast(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("toast")


def of_column(board: BoardPage, column: str, entry: str) -> None:
    """An entry of a column's menu, by its hook."""
    board.page.get_by_test_id(f"column-{column}-menu").click()
    board.page.get_by_test_id(entry).click()


def is_open_to_everybody(page: Page) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.classList.contains(theme)", arg=theme)
        # While one theme turns into the other, colours are between them.
        page.wait_for_function("() => document.getAnimations().every((one) => !(one instanceof CSSTransition))")
        found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
        assert [(rule["id"], [node["target"] for node in rule["nodes"][:3]]) for rule in found] == [], theme


def test_cards_are_selected_with_the_mouse_and_moved_and_brought_back_as_one(
    quiet: Quiet, open_board: OpenBoard
) -> None:
    ids = fresh(quiet, "One", "Two", "Three", "Four")
    board, other = open_board(quiet.app), open_board(quiet.app)
    bar = board.page.get_by_test_id("selection")
    board.card(ids[0]).part("-handle").locator("..").click(modifiers=["ControlOrMeta"], position={"x": 90, "y": 8})
    expect(bar).to_contain_text("1 selected")
    board.card(ids[2]).title.click(modifiers=["Shift"])
    expect(bar).to_contain_text("3 selected")
    expect(board.detail).to_have_count(0)
    board.page.get_by_test_id("bulk-move").click()
    board.page.get_by_test_id("bulk-to-completed").click()
    expect(board.dialog).to_contain_text("Mark 3 cards as complete?")
    board.page.get_by_test_id("question-yes").click()
    expect(toast(board)).to_contain_text("3 cards moved to Completed")
    for tab in (board, other):
        expect(tab.column("completed")).to_have_attribute("data-count", "3")
        expect(tab.column("backlog")).to_have_attribute("data-count", "1")
    expect(bar).to_have_count(0)
    board.page.get_by_test_id("undo").click()
    expect(board.column("backlog")).to_have_attribute("data-count", "4")
    assert board.order("backlog") == ["One", "Two", "Three", "Four"]


def test_cards_are_selected_by_keys_labelled_and_archived(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two")
    board = open_board(quiet.app)
    bar = board.page.get_by_test_id("selection")
    board.card(ids[0]).title.focus()
    board.page.keyboard.press("x")
    expect(bar).to_contain_text("1 selected")
    board.page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    for task in ids:
        board.card(task).title.focus()
        board.page.keyboard.press("x")
    expect(bar).to_contain_text("2 selected")
    board.page.get_by_test_id("bulk-label").click()
    board.page.get_by_test_id("bulk-label-name").fill("urgent")
    board.page.keyboard.press("Enter")
    expect(board.card(ids[1]).root).to_contain_text("urgent")
    expect(toast(board)).to_contain_text("2 cards saved")
    is_open_to_everybody(board.page)
    board.page.get_by_test_id("bulk-archive").click()
    expect(board.column("backlog")).to_have_attribute("data-count", "0")
    board.page.keyboard.press("Control+z")
    expect(board.column("backlog")).to_have_attribute("data-count", "2")


def test_keys_are_about_the_card_whose_box_has_the_focus(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two", "Three")
    board = open_board(quiet.app)
    bar, press = board.page.get_by_test_id("selection"), board.page.keyboard.press
    board.card(ids[0]).title.focus()
    press("x")
    board.page.get_by_test_id(f"pick-{ids[1]}").check()
    expect(bar).to_contain_text("2 selected")
    press("e")
    expect(board.page.get_by_test_id("task-title")).to_have_value("Two")
    press("Escape")
    press("x")
    expect(bar).to_contain_text("1 selected")
    press("j")
    expect(board.card(ids[2]).title).to_be_focused()
    # The focus stays with its card when the bar goes.
    press("x")
    board.page.get_by_test_id("bulk-clear").focus()
    press("Enter")
    expect(bar).to_have_count(0)
    expect(board.card(ids[2]).title).to_be_focused()
    # And the card that is open is meant where no other has the focus.
    press("Enter")
    expect(board.detail).to_be_focused()
    press("x")
    expect(bar).to_contain_text("1 selected")
    expect(board.page.get_by_test_id(f"pick-{ids[2]}")).to_be_checked()


@pytest.mark.parametrize("width", [1280, 900])
def test_the_bar_is_in_reach_beside_an_open_card(quiet: Quiet, open_board: OpenBoard, width: int) -> None:
    ids = fresh(quiet, "One", "Two")
    board = open_board(quiet.app, viewport={"width": width, "height": 800})
    board.go(f"/?card={ids[0]}")
    board.page.keyboard.press("x")
    board.page.get_by_test_id("bulk-label").click()
    board.page.keyboard.press("Escape")
    board.page.get_by_test_id("bulk-clear").click()
    expect(board.page.get_by_test_id("selection")).to_have_count(0)
    expect(board.detail).to_be_visible()


def test_the_panel_goes_with_a_card_that_is_archived_among_others(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two")
    board = open_board(quiet.app)
    board.go(f"/?card={ids[0]}")
    board.page.keyboard.press("x")
    board.page.get_by_test_id(f"pick-{ids[1]}").check()
    board.page.get_by_test_id("bulk-archive").click()
    expect(board.detail).to_have_count(0)
    expect(board.page).to_have_url(f"{board.base_url}/")
    expect(toast(board)).to_contain_text("2 cards archived")


def test_what_several_cards_start_is_asked_about_first(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two")
    board = open_board(quiet.app)
    of_column(board, "backlog", "column-select")
    for task in ids:
        board.page.get_by_test_id(f"pick-{task}").check()
    board.page.get_by_test_id("bulk-move").click()
    board.page.get_by_test_id("bulk-to-plan").click()
    expect(board.dialog).to_contain_text("Start 2 runs?")
    board.page.get_by_test_id("question-yes").click()
    for task in ids:
        board.card(task).wait_in("plan")
        expect(board.card(task).root).not_to_have_attribute("data-run-status", "idle")
    with quiet.app.client() as client:
        for task in ids:
            client.post(f"/api/v1/runs/{client.get(f'/api/v1/tasks/{task}').json()['run_id']}/cancel")


def test_on_a_phone_cards_are_selected_by_touch(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two", "Three")
    board = open_board(quiet.app, **PHONE)
    board.go(f"/?card={ids[0]}")
    board.page.get_by_test_id("panel-menu").tap()
    board.page.locator("[data-key='act:select']").tap()
    expect(board.detail).to_have_count(0)
    bar = board.page.get_by_test_id("selection")
    expect(bar).to_contain_text("1 selected")
    board.card(ids[1]).title.tap()
    expect(bar).to_contain_text("2 selected")
    expect(board.detail).to_have_count(0)
    expect(board.page.get_by_test_id("bulk-delete")).to_be_in_viewport(ratio=1)
    assert board.page.evaluate("document.documentElement.scrollWidth") <= 360
    board.page.get_by_test_id("bulk-delete").tap()
    board.page.get_by_test_id("question-yes").tap()
    expect(board.column("backlog")).to_have_attribute("data-count", "1")
    of_column(board, "backlog", "open-archive")
    expect(board.page.get_by_test_id("removed-archive")).to_be_visible()
    board.page.get_by_test_id("removed-bin").tap()
    listed = board.page.get_by_test_id("removed-card")
    expect(listed.filter(has_text="Two")).to_have_count(1)
    assert board.page.evaluate("document.documentElement.scrollWidth") <= 360
    is_open_to_everybody(board.page)


def test_the_archive_gives_back_and_the_bin_forgets(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "To keep", "To lose")
    board, page = open_board(quiet.app), open_board(quiet.app).page
    page.goto(f"{quiet.app.base_url}/archive/")
    expect(page.get_by_test_id("removed-archive")).to_be_visible()
    page.get_by_test_id("removed-search").fill("to keep")
    listed = page.get_by_test_id("removed-card")
    expect(listed).to_have_count(0)
    board.card(ids[0]).choose("archive")
    expect(board.card(ids[0]).root).to_have_count(0)
    expect(toast(board)).to_contain_text("Card archived")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("on the board, from Backlog")
    is_open_to_everybody(page)
    listed.get_by_test_id("restore").click()
    expect(listed).to_have_count(0)
    expect(page.get_by_test_id("said")).to_contain_text("To keep is back in Backlog.")
    expect(board.card(ids[0]).root).to_be_visible()
    assert board.order("backlog") == ["To keep", "To lose"]

    board.card(ids[1]).choose("delete")
    board.page.get_by_test_id("question-yes").click()
    page.get_by_test_id("removed-bin").click()
    page.get_by_test_id("removed-search").fill("lose")
    listed.get_by_test_id("purge").click()
    page.get_by_test_id("purge-no").click()
    expect(listed).to_have_count(1)
    listed.get_by_test_id("purge").click()
    page.get_by_test_id("purge-yes").click()
    expect(page.get_by_test_id("said")).to_contain_text("1 card was deleted for good.")
    expect(listed).to_have_count(0)
    board.page.keyboard.press("Control+z")
    expect(board.alert).to_contain_text("it was deleted for good")


def test_all_that_is_completed_is_archived_by_one_entry(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "Done", "Done, too")
    with quiet.app.client() as client:
        body = {"ids": ids, "act": "move", "column": "completed"}
        client.post("/api/v1/tasks/bulk", json=body).raise_for_status()
    board = open_board(quiet.app)
    expect(board.column("completed")).to_have_attribute("data-count", "2")
    board.page.locator(".rail-head").click()
    of_column(board, "completed", "archive-completed")
    expect(board.column("completed")).to_have_attribute("data-count", "0")
    board.page.get_by_test_id("undo").click()
    expect(board.column("completed")).to_have_attribute("data-count", "2")


def test_cards_are_written_down_one_after_the_other_and_many_at_once(quiet: Quiet, open_board: OpenBoard) -> None:
    fresh(quiet)
    board = open_board(quiet.app)
    line = board.page.get_by_test_id("quick-add")
    line.click()
    for title in ("First", "Second"):
        board.page.keyboard.type(title)
        board.page.keyboard.press("Enter")
        expect(line).to_have_value("")
        expect(line).to_be_focused()
    expect(board.column("backlog")).to_have_attribute("data-count", "2")
    assert board.order("backlog") == ["Second", "First"]
    line.evaluate(
        """(field) => {
          const data = new DataTransfer();
          data.setData("text", "Third\\n\\n Fourth ");
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(board.dialog).to_contain_text("Add 2 cards?")
    board.page.get_by_test_id("question-yes").click()
    expect(board.column("backlog")).to_have_attribute("data-count", "4")
    assert board.order("backlog") == ["Third", "Fourth", "Second", "First"]
    board.card_titled("First").choose("duplicate")
    expect(toast(board).filter(has_text="Card duplicated")).to_have_count(1)
    assert board.order("backlog")[-2:] == ["First", "First"]


def test_lines_without_room_stay_until_there_is_room(quiet: Quiet, open_board: OpenBoard) -> None:
    fresh(quiet, "One")
    with quiet.app.client() as client:
        client.put("/api/v1/columns/backlog/limit", json={"limit": 2}).raise_for_status()
    board = open_board(quiet.app)
    board.page.get_by_test_id("quick-add").evaluate(
        """(field) => {
          const data = new DataTransfer();
          data.setData("text", "Two\\nThree\\nFour");
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    board.page.get_by_test_id("question-yes").click()
    left = board.page.get_by_test_id("quick-left")
    expect(left).to_contain_text("Not added: 2 lines")
    expect(left.locator("li")).to_have_text(["Three", "Four"])
    is_open_to_everybody(board.page)
    with quiet.app.client() as client:
        client.put("/api/v1/columns/backlog/limit", json={"limit": None}).raise_for_status()
    board.page.get_by_test_id("quick-left-again").click()
    expect(left).to_have_count(0)
    expect(board.column("backlog")).to_have_attribute("data-count", "4")


def test_a_full_column_takes_no_card_and_says_why(quiet: Quiet, open_board: OpenBoard) -> None:
    ids = fresh(quiet, "One", "Two")
    board, other = open_board(quiet.app), open_board(quiet.app)
    of_column(board, "backlog", "column-limit")
    board.page.get_by_test_id("limit-value").fill("2")
    board.page.keyboard.press("Enter")
    for tab in (board, other):
        expect(tab.column("backlog").locator(".count")).to_have_text("2 / 2")
    line = board.page.get_by_test_id("quick-add")
    line.fill("One too many")
    line.press("Enter")
    expect(board.alert).to_contain_text("Backlog holds 2 cards, and its limit is 2.")
    expect(line).to_have_value("One too many")
    board.page.reload()
    board.wait_ready()
    of_column(board, "backlog", "column-limit")
    board.page.get_by_test_id("limit-value").fill("1")
    board.page.get_by_test_id("limit-save").click()
    expect(board.column("backlog").locator(".count")).to_have_text("2 / 1 over the limit")
    is_open_to_everybody(board.page)
    board.card(ids[0]).choose("move-down")
    shown = board.column("backlog").locator(".card-title a")
    expect(shown.nth(1)).to_have_text("One")
    board.card(ids[0]).wait_settled()
    assert board.order("backlog") == ["Two", "One"]
    of_column(board, "backlog", "column-limit")
    board.page.get_by_test_id("limit-value").fill("")
    board.page.get_by_test_id("limit-save").click()
    expect(board.column("backlog").locator(".count")).to_have_text("2")
