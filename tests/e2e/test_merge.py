"""Merging what a run has made, in the demonstration's real repository."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage, CardOnScreen
from tests.support.finger import Finger
from tests.support.git_project import GitProject

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
WIDTHS = {"desk": (2700, 1000), "tablet": (820, 1180), "phone": (390, 844), "small phone": (360, 640)}


def opened(app: AppProcess, open_board: OpenBoard, name: str = "desk") -> BoardPage:
    width, height = WIDTHS[name]
    touch = width < 500
    return open_board(app, viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch)


def repository(app: AppProcess) -> GitProject:
    return GitProject(app.data_dir / "demo" / "repository", Path("/nowhere"))


def ready(app: AppProcess, board: BoardPage, title: str) -> CardOnScreen:
    """A card whose run has made something, on the screen."""
    with app.client() as client:
        task = client.post("/api/v1/tasks", json={"title": title, "stages": ["plan", "build"]}).json()["id"]
        client.post(f"/api/v1/tasks/{task}/move", json={"column": "plan", "after": None}).raise_for_status()
    card = board.card(task)
    chip = board.page.locator(".switcher [data-column=ready-to-merge]")
    if chip.is_visible():
        chip.click()
    card.wait_for("completed", column="ready-to-merge", timeout=RUN_MS)
    return card


def confirm(board: BoardPage) -> None:
    """Press Merge once it can be."""
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    board.page.get_by_test_id("merge-confirm").click()
    expect(board.dialog).to_have_count(0)


def is_merged(app: AppProcess, board: BoardPage, card: CardOnScreen) -> None:
    expect(board.page.get_by_test_id("toast").filter(has_text="Merged into main")).to_be_visible(timeout=RUN_MS)
    with app.client() as client:
        assert client.get(f"/api/v1/tasks/{card.id}").json()["column"] == "completed"


def test_a_drag_to_completed_shows_what_would_be_merged_and_merges(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board)
    card = ready(app, board, "Dragged to completed")
    before = len(repository(app).subjects())
    board.drag(card, "completed")
    preview = board.page.get_by_test_id("merge-preview")
    expect(preview).to_contain_text("2 commits")
    expect(preview).to_contain_text("demo_work/dragged_to_completed.py")
    expect(board.page.get_by_test_id("merge-dialog")).to_contain_text("main")
    card.watch()
    confirm(board)
    is_merged(app, board, card)
    assert {(seen.column, seen.status) for seen in card.seen()} >= {("ready-to-merge", "running")}
    assert len(repository(app).subjects()) == before + 1
    assert "Dragged to completed" in repository(app).read("demo_work/dragged_to_completed.py")


@pytest.mark.parametrize("entry", ["merge", "move-to-completed"])
def test_the_menu_leads_to_the_same_dialog(app: AppProcess, open_board: OpenBoard, entry: str) -> None:
    board = opened(app, open_board, "tablet")
    card = ready(app, board, f"By its menu entry {entry}")
    card.choose(entry)
    board.page.get_by_text("Rebase", exact=True).click()
    expect(board.page.get_by_test_id("merge-dialog")).to_contain_text("written anew on top of main")
    before = len(repository(app).subjects())
    confirm(board)
    is_merged(app, board, card)
    assert len(repository(app).subjects()) == before + 2


def test_a_thumb_merges(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board, "phone")
    card = ready(app, board, "Under a thumb")
    finger = Finger(board.page)
    finger.press(card.title)
    finger.move_to(board.page.get_by_test_id("target-completed"))
    expect(board.page.get_by_test_id("target-completed")).to_have_attribute("data-aimed", "true")
    finger.up()
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    board.page.get_by_test_id("merge-confirm").tap()
    is_merged(app, board, card)


def test_a_small_phone_has_room_for_all_of_it(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board, "small phone")
    card = ready(app, board, "In a small place")
    card.choose("merge")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    dialog = board.dialog
    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    for name in ("merge-mark", "merge-cancel", "merge-confirm"):
        button = board.page.get_by_test_id(name)
        button.scroll_into_view_if_needed()
        expect(button).to_be_in_viewport(ratio=1)
        box = button.bounding_box()
        assert box
        assert box["height"] >= 44
    board.page.get_by_test_id("merge-cancel").tap()
    card.wait_for("completed", column="ready-to-merge")


def test_with_the_keyboard_alone(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board)
    page = board.page
    card = ready(app, board, "Merged by keys")
    card.part("-menu").focus()
    page.keyboard.press("Enter")
    page.get_by_test_id("merge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("merge-method-squash")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_test_id("merge-method-merge")).to_be_checked()
    page.keyboard.press("Escape")
    expect(board.dialog).to_have_count(0)
    card.wait_for("completed", column="ready-to-merge")
    expect(card.part("-menu")).to_be_focused()
    expect(page.locator("p[role=status]", has_text="Merged by keys is back in Ready to merge.")).to_have_count(1)

    page.keyboard.press("Enter")
    page.get_by_test_id("merge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("merge-method-merge")).to_be_checked()
    expect(page.get_by_test_id("merge-confirm")).to_be_enabled()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.get_by_test_id("merge-method-merge").focus()
    page.keyboard.press("Enter")
    is_merged(app, board, card)
    assert len(repository(app).git("log", "-1", "--format=%P", "main").split()) == 2


def test_a_conflict_is_shown_and_cancelling_leaves_all_as_it_was(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board)
    page = board.page
    card = ready(app, board, "In each others way")
    theirs = repository(app)
    theirs.commit({"demo_work/in_each_others_way.py": "mine = True\n"}, "Be first")
    before = theirs.tip()
    board.drag(card, "completed")
    preview = page.get_by_test_id("merge-preview")
    expect(preview).to_contain_text("Merge conflict")
    expect(preview.get_by_role("list", name="Files in conflict")).to_have_text("demo_work/in_each_others_way.py")
    expect(page.get_by_test_id("merge-confirm")).to_be_disabled()
    page.keyboard.press("Escape")
    card.wait_for("completed", column="ready-to-merge")
    assert theirs.tip() == before

    card.choose("merge")
    expect(preview).to_contain_text("Merge conflict")
    theirs.commit({"demo_work/in_each_others_way.py": None}, "Step aside")
    page.get_by_test_id("merge-again").click()
    confirm(board)
    is_merged(app, board, card)


def test_it_can_be_marked_as_complete_instead(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board)
    card = ready(app, board, "Merged elsewhere")
    before = repository(app).tip()
    board.drag(card, "completed")
    board.page.get_by_test_id("merge-mark").click()
    board.column("completed").get_by_role("button", name="Completed").click()
    card.wait_in("completed")
    assert repository(app).tip() == before


def test_the_panel_has_the_way_to_it_and_keeps_what_was_done(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board, "phone")
    card = ready(app, board, "From its panel")
    card.title.tap()
    board.page.get_by_test_id("panel-merge").tap()
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    board.page.get_by_test_id("merge-confirm").tap()
    is_merged(app, board, card)
    board.page.get_by_test_id("tab-attempts").click()
    past = board.page.get_by_test_id("attempts").get_by_role("listitem")
    expect(past).to_have_count(2)
    expect(past.nth(0)).to_contain_text("Squash, into main")
    expect(past.nth(0)).to_contain_text("Merged")
    expect(past.nth(1)).to_contain_text("Plan, Build")


def test_starting_over_clears_up_after_the_old_run_when_told(app: AppProcess, open_board: OpenBoard) -> None:
    board = opened(app, open_board)
    card = ready(app, board, "Done twice")
    with app.client() as client:
        old = client.get(f"/api/v1/tasks/{card.id}").json()["run"]
    theirs = repository(app)
    assert f"/{old}" in theirs.git("worktree", "list")
    card.choose("restart")
    board.page.get_by_test_id("question-option").check()
    card.watch()
    board.page.get_by_test_id("question-yes").click()
    board.page.wait_for_function("id => window.seenOfCards[id].some((seen) => seen[0] === 'plan')", arg=card.id)
    card.wait_for("completed", column="ready-to-merge", timeout=RUN_MS)
    with app.client() as client:
        assert client.get(f"/api/v1/tasks/{card.id}").json()["run"] != old
    assert f"/{old}" not in theirs.git("worktree", "list")
    assert f"adw/{old}" in theirs.git("branch", "--list", f"adw/{old}*")
