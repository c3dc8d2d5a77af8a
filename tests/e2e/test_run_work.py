"""The plan and the changes of a run in the card's panel: by mouse, finger and keyboard, live, inert, and one by one."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.conftest import Quiet
from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.staged import start, wait_status
from tests.support.staged_work import changed, show_changes, show_diff, show_plan
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
SCREENS: Final[dict[str, dict[str, Any]]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True},
    "small phone": {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True},
}
HOSTILE: Final = "<img src=x onerror='window.pwned=1'><script>window.pwned=2</script>"


def files_of(board: BoardPage) -> Locator:
    return board.page.get_by_test_id("changes-file")


def press(target: Locator, *, touch: bool = False) -> None:
    if touch:
        target.tap()
    else:
        target.click()


def finished(app: AppProcess, title: str) -> str:
    """A card of the demonstration whose run has made something; its id."""
    with app.client() as client:
        task = client.post("/api/v1/tasks", json={"title": title, "stages": ["plan", "build"]}).json()["id"]
        start(client, task)
        wait_until(lambda: client.get(f"/api/v1/tasks/{task}").json()["status"] == "completed", timeout=RUN_MS / 1000)
    return str(task)


def running(quiet: Quiet, title: str) -> tuple[str, str]:
    """A card whose run stays where it is; the ids of both."""
    with quiet.app.client() as client:
        task = client.post("/api/v1/tasks", json={"title": title, "stages": ["plan", "build"]}).json()["id"]
        adw_id = start(client, task)
        wait_status(client, task, "running")
    return task, adw_id


@pytest.mark.parametrize("name", SCREENS)
def test_what_a_run_has_made(app: AppProcess, open_board: OpenBoard, name: str) -> None:
    touch = name != "desk"
    task = finished(app, f"Made at the {name}")
    board = open_board(app, path=f"/?card={task}", **SCREENS[name])
    press(board.page.get_by_test_id("tab-plan"), touch=touch)
    plan = board.page.get_by_test_id("plan")
    expect(plan.get_by_role("heading").first).to_be_visible()
    expect(plan).to_contain_text("specs/")
    press(board.page.get_by_test_id("tab-changes"), touch=touch)
    changes = board.page.get_by_test_id("changes")
    expect(changes).to_contain_text("since it left main")
    module = files_of(board).filter(has_text="made_at")
    press(module, touch=touch)
    diff = board.page.get_by_test_id("diff")
    expect(diff.locator("tr[data-kind=added]").first).to_be_visible()
    expect(diff.locator(".code-keyword").first).to_be_visible()
    assert board.detail.locator(".panel-body").evaluate("body => body.scrollWidth === body.clientWidth")
    small = "all => all.filter(b => b.offsetParent && b.getBoundingClientRect().height < 44).map(b => b.textContent)"
    if name == "small phone":
        assert changes.locator("button").evaluate_all(small) == []
    board.page.reload()
    expect(files_of(board).first).to_be_visible()
    press(module, touch=touch)
    expect(diff).to_be_visible()
    press(module, touch=touch)
    expect(diff).to_have_count(0)


def test_after_a_merge_it_is_what_was_merged(app: AppProcess, open_board: OpenBoard) -> None:
    task = finished(app, "Merged and looked at")
    with app.client() as client:
        wish = {"column": "completed", "action": "merge", "method": "merge"}
        client.post(f"/api/v1/tasks/{task}/move", json=wish).raise_for_status()
    board = open_board(app, path=f"/?card={task}&tab=changes", **SCREENS["desk"])
    expect(board.detail.locator("[data-run-status=completed]").first).to_contain_text("Merged", timeout=RUN_MS)
    board.page.get_by_test_id("changes-refresh").click()
    expect(board.page.get_by_test_id("changes")).to_contain_text("As merged into main")
    files_of(board).filter(has_text="merged_and").click()
    expect(board.page.get_by_test_id("diff").locator("tr[data-kind=added]").first).to_be_visible()


def test_by_keyboard(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "By keyboard")
    show_changes(quiet.service, adw_id, [changed("src/one.py"), changed("src/two.py"), changed("docs/three.md")])
    show_diff(quiet.service, adw_id, "docs/three.md", "diff --git a/x b/x\n@@ -1 +1,2 @@\n one\n+two\n")
    board = open_board(quiet.app, path=f"/?card={task}", **SCREENS["desk"])
    board.page.get_by_test_id("tab-changes").focus()
    board.page.keyboard.press("Enter")
    field = board.page.get_by_test_id("changes-filter")
    expect(field).to_be_visible()
    while field.evaluate("field => document.activeElement !== field"):
        board.page.keyboard.press("Tab")
    board.page.keyboard.type("three")
    expect(files_of(board)).to_have_count(1)
    expect(board.page.get_by_test_id("changes")).to_contain_text("1 of 3 files")
    for _ in range(2):
        board.page.keyboard.press("Tab")
    expect(files_of(board)).to_be_focused()
    board.page.keyboard.press("Enter")
    expect(board.page.get_by_test_id("diff")).to_contain_text("two")
    field.focus()
    board.page.keyboard.press("Escape")
    expect(files_of(board)).to_have_count(3)
    expect(board.detail).to_be_visible()


def test_side_by_side_by_choice(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "Two sides")
    show_changes(quiet.service, adw_id, [changed("a.py", "M", 1, 1)])
    show_diff(quiet.service, adw_id, "a.py", "diff --git a/a.py b/a.py\n@@ -7 +7 @@ def f():\n-old = 1\n+new = 2\n")
    board = open_board(quiet.app, path=f"/?card={task}&tab=changes", **SCREENS["desk"])
    files_of(board).click()
    board.page.get_by_text("Side by side").click()
    row = board.page.locator(".diff[data-view=split] tr", has_text="old = 1")
    expect(row).to_contain_text("new = 2")
    assert (board.detail.bounding_box() or {"width": 0})["width"] > 1000
    board.page.reload()
    files_of(board).click()
    expect(row).to_be_visible()
    board.page.set_viewport_size({"width": 820, "height": 900})
    expect(board.page.locator(".diff[data-view=unified]")).to_be_visible()


def test_nothing_in_names_and_texts_acts(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "Hostile work")
    path = f"src/{HOSTILE}.html"
    show_plan(quiet.service, adw_id, f"# Plan {HOSTILE}\n\n[x](javascript:window.pwned=3)")
    show_changes(quiet.service, adw_id, [changed(path), changed("a\u202etxt.exe")])
    show_diff(quiet.service, adw_id, path, f"diff --git a/x b/x\n@@ -1 +1 @@ {HOSTILE}\n-\x1b[2J\n+{HOSTILE}\u202e\n")
    board = open_board(quiet.app, path=f"/?card={task}&tab=plan", **SCREENS["desk"])
    plan = board.page.get_by_test_id("plan")
    expect(plan).to_contain_text("window.pwned=2")
    assert plan.locator("img, script, a").count() == 0
    board.page.get_by_test_id("tab-changes").click()
    files_of(board).first.click()
    diff = board.page.get_by_test_id("diff")
    expect(diff).to_contain_text(HOSTILE + "[U+202E]")
    expect(diff).to_contain_text("␛[2J")
    expect(files_of(board).nth(1)).to_contain_text("a[U+202E]txt.exe")
    assert board.page.get_by_test_id("changes").locator("img, script, a").count() == 0
    assert board.page.evaluate("window.pwned") is None


def test_what_cannot_be_shown_leaves_the_rest_usable(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "Some are dead")
    diff = "diff --git a/x b/x\n@@ -0,0 +1 @@\n+fine\n"
    files = [changed("dead.py"), changed("fine.py", "A"), changed("logo.png", "A", None, None), changed("long.txt")]
    show_changes(quiet.service, adw_id, files)
    show_diff(quiet.service, adw_id, "fine.py", diff)
    show_diff(quiet.service, adw_id, "logo.png", "diff --git a/x b/x\nBinary files differ\n", binary=True)
    long = "diff --git a/x b/x\n@@ -0,0 +1,900 @@\n" + "".join(f"+line {number}\n" for number in range(900))
    show_diff(quiet.service, adw_id, "long.txt", long, truncated=True)
    board = open_board(quiet.app, path=f"/?card={task}&tab=changes", **SCREENS["tablet"])
    for number in range(4):
        files_of(board).nth(number).click()
    dead, fine, logo, cut = (board.page.get_by_test_id("diff").nth(number) for number in range(4))
    expect(dead.get_by_role("alert")).to_contain_text("This change does not exist.")
    expect(fine).to_contain_text("fine")
    expect(logo).to_contain_text("no text, or larger than 16 MB")
    expect(cut.locator("tr[data-kind=added]")).to_have_count(400)
    cut.get_by_test_id("diff-more").click()
    expect(cut.locator("tr[data-kind=added]")).to_have_count(900)
    expect(cut).to_contain_text("The rest is too long to be shown")
    show_diff(quiet.service, adw_id, "dead.py", diff)
    dead.get_by_test_id("diff-again").click()
    expect(dead).to_contain_text("fine")


def test_a_run_that_goes_on_says_so(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "Goes on")
    show_changes(quiet.service, adw_id, [])
    board = open_board(quiet.app, path=f"/?card={task}&tab=changes", **SCREENS["small phone"])
    changes = board.page.get_by_test_id("changes")
    expect(changes).to_contain_text("No changes yet.")
    expect(changes).not_to_contain_text("gone on")
    show_changes(quiet.service, adw_id, [changed("later.py", "A")])
    about = {"adw_id": adw_id, "workflow_name": "adw_orchestrator", "status": "in_progress"}
    quiet.service.say("status_update", **about, message="Writing", progress_percent=40, current_step="Writing it")
    expect(changes.get_by_role("status").filter(has_text="The run has gone on since")).to_be_visible()
    board.page.get_by_test_id("changes-refresh").tap()
    expect(files_of(board)).to_contain_text("later.py")
    expect(changes).not_to_contain_text("gone on")


def test_what_failed_without_the_service_comes_with_it(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = running(quiet, "Comes back")
    show_changes(quiet.service, adw_id, [changed("back.py")])
    show_plan(quiet.service, adw_id, "# Back")
    board = open_board(quiet.app, path=f"/?card={task}", **SCREENS["desk"])
    board.connection.click()
    board.page.get_by_test_id("disconnect").click()
    board.page.keyboard.press("Escape")
    board.page.get_by_test_id("tab-changes").click()
    alert = board.detail.get_by_role("alert")
    expect(alert).to_contain_text("isconnected")
    board.page.get_by_test_id("tab-plan").click()
    expect(alert).to_contain_text("isconnected")
    board.connection.click()
    board.page.get_by_test_id("connect").click()
    board.page.keyboard.press("Escape")
    expect(board.page.get_by_test_id("plan").get_by_role("heading", name="Back")).to_be_visible()
    board.page.get_by_test_id("tab-changes").click()
    expect(files_of(board)).to_contain_text("back.py")


def test_nothing_loading_and_failing_look_different(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        task = client.post("/api/v1/tasks", json={"title": "Never ran", "stages": ["plan"]}).json()["id"]
    board = open_board(quiet.app, path=f"/?card={task}&tab=plan", **SCREENS["desk"])
    expect(board.detail).to_contain_text("This card has not run yet.")
    task, adw_id = running(quiet, "Has no plan yet")
    board.go(f"/?card={task}&tab=plan")
    plan = board.page.get_by_test_id("plan")
    expect(plan).to_contain_text("No plan yet.")
    board.page.route("**/plan", lambda route: route.abort())
    board.page.get_by_test_id("plan-again").click()
    expect(plan.get_by_role("alert")).to_contain_text("The board does not answer")
    board.page.unroute("**/plan")
    show_plan(quiet.service, adw_id, "# At last")
    plan.get_by_role("alert").get_by_test_id("plan-again").click()
    expect(plan.get_by_role("heading", name="At last")).to_be_visible()
    expect(plan.get_by_role("alert")).to_have_count(0)
    board.page.route("**/changes", lambda route: route.fulfill(json={"supported": False, "files": []}))
    board.page.get_by_test_id("tab-changes").click()
    expect(board.detail).to_contain_text("This service cannot show changes.")
