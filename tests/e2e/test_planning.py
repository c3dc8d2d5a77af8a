"""What a card has beside its words, by keyboard and finger; cards that wait for others; two people at one card."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Quiet
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
PHONE["reduced_motion"] = "reduce"  # axe must not meet a message that is still fading in
# By the browser's own calendar.
TOMORROW: Final = """() => {
  const day = new Date();
  day.setDate(day.getDate() + 1);
  return day.toLocaleDateString("sv-SE");
}"""
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def made(app: AppProcess, title: str, **fields: object) -> dict[str, Any]:
    with app.client() as client:
        answer = client.post("/api/v1/tasks", json={"title": title, "type": "chore", "stages": ["plan"], **fields})
        answer.raise_for_status()
        return answer.json()


def change(app: AppProcess, task: dict[str, Any], **fields: object) -> None:
    with app.client() as client:
        client.patch(f"/api/v1/tasks/{task['id']}", json=fields).raise_for_status()


def stored(app: AppProcess, task_id: str) -> dict[str, Any]:
    with app.client() as client:
        return client.get(f"/api/v1/tasks/{task_id}").json()


def expect_open_to_everybody(page: Page) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function("theme => document.documentElement.classList.contains(theme)", arg=theme)
        # While one theme turns into the other, colours are between them.
        page.wait_for_function("() => document.getAnimations().every((one) => !(one instanceof CSSTransition))")
        result = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
        assert result.response["violations"] == [], theme


def test_everything_is_set_by_the_keyboard_and_seen_in_every_tab(quiet: Quiet, open_board: OpenBoard) -> None:
    other = made(quiet.app, "Lay the ground", labels=["ground work"])
    board, second = open_board(quiet.app), open_board(quiet.app)
    page, press = board.page, board.page.keyboard.press
    page.get_by_test_id("new-task").click()
    page.get_by_test_id("task-title").fill("Build the house")
    page.get_by_test_id("task-labels").get_by_role("combobox").focus()
    page.keyboard.type("ui, gro")
    expect(page.get_by_role("option", name="ground work")).to_be_visible()
    press("ArrowDown")
    press("Enter")
    page.keyboard.type("mistake")
    press("Enter")
    press("Backspace")
    page.get_by_test_id("task-priority").select_option("High")
    page.get_by_test_id("task-due").fill(page.evaluate(TOMORROW))
    page.get_by_test_id("task-issue-number").fill("77")
    page.get_by_test_id("task-blocked-by").get_by_role("combobox").focus()
    page.keyboard.type(str(other["number"]))
    found = page.get_by_role("option", name=f"#{other['number']} Lay the ground")
    expect(found).to_have_attribute("aria-selected", "true")
    press("Enter")
    page.get_by_test_id("task-models").locator("summary").click()
    page.get_by_test_id("task-model-set").select_option("Base")
    page.get_by_test_id("task-model-plan").select_option("Opus")
    press("Control+Enter")
    expect(board.dialog).to_have_count(0)
    card = second.card_titled("Build the house")
    facts = card.root.locator(".card-facts")
    expect(facts).to_contain_text("High")
    expect(facts).to_contain_text("Due tomorrow")
    expect(facts).to_contain_text(f"Waits for #{other['number']}")
    task = stored(quiet.app, card.id)
    assert (task["labels"], task["priority"], task["issue_number"]) == (["ui", "ground work"], 3, "77")
    assert (task["model_set"], task["stage_models"]) == ("base", {"plan": "opus"})
    second.go(f"/?card={card.id}")
    shown = second.page.get_by_test_id("panel-facts")
    for words in ("High", "ground work", "77", "Base, plan: opus"):
        expect(shown).to_contain_text(words)
    shown.get_by_role("link", name="Lay the ground").click()
    expect(second.detail).to_contain_text("Waited for by")


def test_an_undo_brings_all_of_it_back(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "Undone", labels=["keep"], priority=4, due_on="2020-01-01")
    board = open_board(quiet.app)
    card = board.card(task["id"])
    expect(card.root.locator(".due")).to_contain_text("Overdue by")
    card.choose("edit")
    board.page.get_by_role("button", name="Remove keep").click()
    board.page.get_by_test_id("task-priority").select_option("None")
    board.page.get_by_test_id("task-due").fill("")
    board.save()
    expect(card.root.locator(".card-facts")).to_have_count(0)
    board.page.keyboard.press("Control+z")
    expect(card.root.locator(".card-facts")).to_contain_text("Urgent")
    expect(card.root.locator(".labels")).to_contain_text("keep")
    expect(card.root.locator(".due")).to_contain_text("Overdue by")


def test_a_start_waits_in_view_and_goes_out_by_itself(quiet: Quiet, open_board: OpenBoard) -> None:
    first = made(quiet.app, "Goes first")
    task = made(quiet.app, "Comes after", blocked_by=[first["id"]])
    board = open_board(quiet.app)
    card = board.card(task["id"])
    board.drag(card, "plan")
    card.wait_for("queued", "plan")
    expect(card.root).to_contain_text(f"Waiting for #{first['number']}")
    board.page.reload()
    board.wait_ready()
    expect(card.root).to_contain_text(f"Waiting for #{first['number']}")
    board.card(first["id"]).choose("move-to-completed")
    board.page.get_by_test_id("question-yes").click()
    card.wait_for("running")


def test_it_can_be_started_anyway_and_withdrawn(quiet: Quiet, open_board: OpenBoard) -> None:
    first = made(quiet.app, "Never done")
    one, two = (made(quiet.app, title, blocked_by=[first["id"]]) for title in ("Anyway", "Not now"))
    board = open_board(quiet.app)
    for task in (one, two):
        board.card(task["id"]).choose("start")
        board.card(task["id"]).wait_for("queued")
    board.card(two["id"]).root.get_by_role("button", name="Withdraw").click()
    board.card(two["id"]).wait_for("idle", "backlog")
    board.card(one["id"]).root.get_by_role("button", name="Start anyway").click()
    expect(board.card(one["id"]).root.get_by_role("button", name="Start anyway")).to_have_count(0)


def test_a_circle_is_refused_in_words_and_nothing_is_lost(quiet: Quiet, open_board: OpenBoard) -> None:
    first = made(quiet.app, "Hen")
    second = made(quiet.app, "Egg", blocked_by=[first["id"]])
    board = open_board(quiet.app)
    board.card(first["id"]).choose("edit")
    board.page.get_by_test_id("task-blocked-by").get_by_role("combobox").fill("egg")
    board.page.get_by_role("option", name="Egg").click()
    board.page.get_by_test_id("task-save").click()
    path = f"#{first['number']} waits for #{second['number']} waits for #{first['number']}"
    expect(board.page.get_by_test_id("task-error")).to_contain_text(path)
    board.page.get_by_role("button", name="Remove #").click()
    board.save()


def in_conflict(quiet: Quiet, open_board: OpenBoard, **options: Any) -> tuple[BoardPage, dict[str, Any]]:
    """Somebody else has saved the card meanwhile: another title, text and label."""
    task = made(quiet.app, "As it was", description="The text")
    board = open_board(quiet.app, **options)
    board.card(task["id"]).choose("edit")
    expect(board.page.get_by_test_id("task-title")).to_have_value("As it was")
    change(quiet.app, task, title="Theirs", description="Their text", labels=["theirs"])
    board.fill("Mine")
    board.page.get_by_test_id("task-priority").select_option("High")
    board.page.get_by_test_id("task-save").click()
    expect(board.page.get_by_test_id("task-conflict")).to_be_visible()
    return board, task


def difference(board: BoardPage, name: str) -> Any:
    return board.page.locator(f"[data-testid=task-conflict] [data-field={name}]")


def test_both_versions_are_in_view_and_chosen_field_by_field(quiet: Quiet, open_board: OpenBoard) -> None:
    board, task = in_conflict(quiet, open_board)
    expect(difference(board, "title")).to_contain_text("Theirs")
    expect(difference(board, "title").get_by_label("Mine")).to_be_checked()
    expect(difference(board, "description").get_by_label("Theirs")).to_be_checked()
    expect(board.page.get_by_test_id("task-description")).to_have_value("Their text")
    expect(board.page.get_by_role("button", name="Remove theirs")).to_be_visible()
    difference(board, "title").get_by_label("Theirs").check()
    expect(board.page.get_by_test_id("task-title")).to_have_value("Theirs")
    difference(board, "title").get_by_label("Mine").check()
    expect(board.page.get_by_test_id("task-title")).to_have_value("Mine")
    difference(board, "labels").get_by_label("Mine").check()
    expect(board.page.get_by_role("button", name="Remove theirs")).to_have_count(0)
    expect_open_to_everybody(board.page)
    board.page.get_by_role("button", name="Save mine").click()
    expect(board.dialog).to_have_count(0)
    saved = stored(quiet.app, task["id"])
    assert (saved["title"], saved["description"], saved["labels"], saved["priority"]) == ("Mine", "Their text", [], 3)


def test_a_third_change_is_told_again(quiet: Quiet, open_board: OpenBoard) -> None:
    board, task = in_conflict(quiet, open_board)
    change(quiet.app, task, title="Once more")
    board.page.get_by_role("button", name="Save mine").click()
    expect(difference(board, "title")).to_contain_text("Once more")
    board.page.get_by_role("button", name="Save mine").click()
    expect(board.dialog).to_have_count(0)
    assert stored(quiet.app, task["id"])["title"] == "Mine"


@pytest.mark.parametrize("hook", ["task-restore", "task-anew"])
def test_what_was_typed_outlives_the_card(quiet: Quiet, open_board: OpenBoard, hook: str) -> None:
    task = made(quiet.app, "Deleted meanwhile")
    board = open_board(quiet.app)
    board.card(task["id"]).choose("edit")
    board.fill(f"Saved by {hook}", "My text")
    with quiet.app.client() as client:
        client.delete(f"/api/v1/tasks/{task['id']}").raise_for_status()
    board.page.get_by_test_id("task-save").click()
    expect(board.page.get_by_test_id("task-error")).to_be_visible()
    board.page.get_by_test_id(hook).click()
    expect(board.dialog).to_have_count(0)
    saved = stored(quiet.app, board.card_titled(f"Saved by {hook}").id)
    assert (saved["description"], saved["id"] == task["id"]) == ("My text", hook == "task-restore")


def test_a_template_is_kept_chosen_renamed_and_deleted(quiet: Quiet, open_board: OpenBoard) -> None:
    board = open_board(quiet.app)
    page = board.page
    page.get_by_test_id("new-task").click()
    expect(page.get_by_test_id("task-template")).to_have_count(0)
    board.fill("The first bug", "Steps to see it:")
    page.get_by_test_id("task-type").select_option("bug")
    page.get_by_test_id("task-stage-document").uncheck()
    page.get_by_test_id("task-labels").get_by_role("combobox").fill("bug,")
    page.get_by_test_id("task-templates").locator("summary").click()
    page.get_by_test_id("template-name").fill("A bug")
    page.get_by_test_id("template-name").press("Enter")
    expect(page.get_by_test_id("task-templates")).to_contain_text("Kept as “A bug”.")
    expect(page.get_by_test_id("task-title")).to_have_value("The first bug")
    page.get_by_test_id("template-name").fill("a BUG")
    page.get_by_test_id("template-save").click()
    expect(page.get_by_test_id("task-templates").get_by_role("alert")).to_contain_text("already")
    expect_open_to_everybody(page)
    page.keyboard.press("Escape")

    page.get_by_test_id("new-task").click()
    page.get_by_test_id("task-title").fill("The second bug")
    page.get_by_test_id("task-template").select_option("A bug")
    expect(page.get_by_test_id("task-description")).to_have_value("Steps to see it:")
    board.save()
    task = stored(quiet.app, board.card_titled("The second bug").id)
    assert (task["type"], task["labels"], task["stages"]) == ("bug", ["bug"], ["plan", "build", "test", "review"])

    page.get_by_test_id("new-task").click()
    board.fill(description="My own words")
    page.get_by_test_id("task-template").select_option("A bug")
    expect(page.get_by_test_id("task-type")).to_have_value("bug")
    expect(page.get_by_test_id("task-description")).to_have_value("My own words")
    page.get_by_test_id("task-templates").locator("summary").click()
    page.get_by_label("Name of A bug").fill("Any bug")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Delete Any bug").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete Any bug").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_test_id("task-template")).to_have_count(0)


def test_on_a_phone_by_finger(quiet: Quiet, open_board: OpenBoard) -> None:
    other = made(quiet.app, "On the phone first")
    task = made(quiet.app, "On the phone")
    board = open_board(quiet.app, path=f"/?card={task['id']}", **PHONE)
    page = board.page
    page.get_by_test_id("panel-edit").tap()
    labels = page.get_by_test_id("task-labels").get_by_role("combobox")
    labels.fill("a, " + "long label " * 5 + ",")
    page.get_by_role("button", name="Remove a", exact=True).tap()
    waits = page.get_by_test_id("task-blocked-by").get_by_role("combobox")
    waits.tap()
    waits.fill("phone first")
    page.get_by_role("option", name="On the phone first").tap()
    page.get_by_test_id("task-models").locator("summary").tap()
    expect(page.get_by_test_id("task-model-plan")).to_be_visible()
    expect(page.get_by_test_id("task-model-build")).to_be_hidden()
    assert board.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    expect_open_to_everybody(page)
    page.get_by_test_id("task-save").tap()
    expect(board.dialog).to_have_count(0)
    expect(page.get_by_test_id("panel-facts")).to_contain_text("On the phone first")
    assert stored(quiet.app, task["id"])["blocked_by"] == [other["id"]]
    body = board.detail.locator(".panel-body")
    assert body.evaluate("body => body.scrollWidth === body.clientWidth")
    expect_open_to_everybody(page)


def test_a_conflict_on_a_phone(quiet: Quiet, open_board: OpenBoard) -> None:
    task = made(quiet.app, "As it was on the phone")
    board = open_board(quiet.app, path=f"/?card={task['id']}", **PHONE)
    board.page.get_by_test_id("panel-edit").tap()
    change(quiet.app, task, title="Theirs " + "x" * 150)
    board.fill("Mine on the phone")
    board.page.get_by_test_id("task-save").tap()
    difference(board, "title").get_by_label("Mine").tap()
    assert board.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    expect_open_to_everybody(board.page)
    board.page.get_by_role("button", name="Save mine").tap()
    expect(board.dialog).to_have_count(0)
    assert stored(quiet.app, task["id"])["title"] == "Mine on the phone"
