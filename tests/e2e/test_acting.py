"""Merging, patching and starting over on a service that says what the test makes it say."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from kanban_app.domain.workflows import Vintage
from tests.e2e.conftest import Quiet
from tests.support.app import running_app
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.staged import complete, show_merge, staged_service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
MERGE = "adw_merge_iso"


@pytest.fixture(scope="module", params=[Vintage.V0, Vintage.V1], ids=["v0", "v1"])
def other(
    built_client: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Quiet]:
    """A board on somebody else's service."""
    with (
        staged_service(request.param) as service,
        running_app(tmp_path_factory.mktemp("other"), env={"KANBAN_TAC7_URL": service.url}) as app,
    ):
        yield Quiet(app, service)


def finished(place: Quiet, title: str) -> tuple[str, str]:
    """A card whose run is through; its id and its run's."""
    with place.app.client() as client:
        task = str(client.post("/api/v1/tasks", json={"title": title}).json()["id"])
        return task, complete(client, place.service, task)


def asked_for(place: Quiet, workflow: str, adw_id: str) -> list[dict[str, Any]]:
    """What the service was asked to start of this kind on this run."""
    started = (message["data"] for message in place.service.service.of_type("trigger_workflow"))
    return [data for data in started if (data["workflow_type"], data["adw_id"]) == (workflow, adw_id)]


def merged_by(quiet: Quiet, board: BoardPage, adw_id: str) -> dict[str, Any]:
    """Confirm the open dialog; what the service is asked for."""
    before = len(asked_for(quiet, MERGE, adw_id))
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    board.page.get_by_test_id("merge-confirm").click()
    wait_until(lambda: len(asked_for(quiet, MERGE, adw_id)) > before, timeout=20)
    return asked_for(quiet, MERGE, adw_id)[-1]


def say(quiet: Quiet, adw_id: str, status: str, **data: object) -> None:
    quiet.service.say("status_update", adw_id=adw_id, workflow_name=MERGE, status=status, **data)


def test_a_merge_is_asked_for_as_it_was_shown_and_tells_how_far_it_is(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = finished(quiet, "Merged step by step")
    show_merge(quiet.service, adw_id)
    board = open_board(quiet.app)
    card = board.card(task)
    card.choose("merge")
    sent = merged_by(quiet, board, adw_id)
    assert sent["config"]["merge"] == {"method": "squash", "target": "main", "expect": "4be1d0c2" * 5}
    say(quiet, adw_id, "in_progress", progress_percent=30, current_step="Trying to squash", message="Trying")
    card.wait_for("running", column="ready-to-merge")
    expect(card.root).to_contain_text("Merging")
    expect(card.progress).to_have_attribute("aria-valuenow", "30")
    expect(card.part("-step")).to_have_text("Trying to squash")

    say(quiet, adw_id, "failed", message="Merge conflict in a.py", conflicts=["a.py", "b.py"])
    card.wait_for("failed", column="ready-to-merge")
    expect(card.root).to_contain_text("Merge conflict")
    card.title.click()
    expect(board.detail.get_by_role("region", name="Files in conflict")).to_contain_text("b.py")
    board.page.keyboard.press("Escape")
    board.alert.get_by_role("button", name="Merge again").click()
    expect(board.page.get_by_test_id("merge-dialog")).to_be_visible()
    expect(board.alert).to_have_count(0)
    board.page.keyboard.press("Escape")
    card.root.get_by_role("button", name="Merge again").click()
    merged_by(quiet, board, adw_id)
    say(quiet, adw_id, "completed", progress_percent=100, message="Complete")
    expect(board.page.get_by_test_id("toast").filter(has_text="Merged into main")).to_be_visible()
    expect(board.column("completed")).not_to_have_attribute("data-count", "0")


def test_a_preview_that_fails_can_be_asked_for_again(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = finished(quiet, "Not seen at first")
    board = open_board(quiet.app)
    show_merge(quiet.service, adw_id)
    quiet.service.service.manners.http_status = 503
    board.card(task).choose("merge")
    preview = board.page.get_by_test_id("merge-preview")
    expect(preview.get_by_role("alert")).to_contain_text("The service could not do this")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_disabled()
    quiet.service.service.manners.http_status = None
    board.page.get_by_test_id("merge-again").click()
    expect(preview).to_contain_text("3 commits")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()


def test_with_nothing_to_merge_it_can_only_be_marked(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = finished(quiet, "In main already")
    none: dict[str, object] = {"commits": [], "files": [], "ahead": 0}
    show_merge(quiet.service, adw_id, possible=False, code="nothing", reason="main has everything already", **none)
    board = open_board(quiet.app)
    board.card(task).choose("merge")
    expect(board.page.get_by_test_id("merge-preview").get_by_role("status")).to_contain_text("Nothing to merge")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_disabled()
    for key in ("Enter", "Control+Enter"):
        board.page.keyboard.press(key)
        expect(board.dialog).to_be_visible()
    board.page.get_by_test_id("merge-mark").click()
    expect(board.card(task).root).to_have_count(0)
    with quiet.app.client() as client:
        wait_until(lambda: client.get(f"/api/v1/tasks/{task}").json()["column"] == "completed", timeout=20)
    assert asked_for(quiet, MERGE, adw_id) == []


def test_services_of_others_merge_in_their_own_way_or_not_at_all(other: Quiet, open_board: OpenBoard) -> None:
    is_v1 = other.service.service.vintage is Vintage.V1
    task, adw_id = through(other, "On another service")
    board = open_board(other.app)
    card = board.card(task)
    card.wait_for("completed", column="ready-to-merge")
    if not is_v1:
        card.part("-menu").click()
        expect(board.page.get_by_test_id("merge")).to_have_count(0)
        board.page.get_by_test_id("move-to-completed").click()
        expect(board.dialog).to_contain_text("Mark as complete?")
        return
    card.choose("move-to-completed")
    expect(board.page.get_by_test_id("merge-preview")).to_contain_text("No preview from this service")
    expect(board.page.get_by_test_id("merge-method-squash")).to_have_count(0)
    expect(board.page.get_by_test_id("merge-cancel")).to_be_focused()
    assert "config" not in merged_by(other, board, adw_id)


def through(place: Quiet, title: str) -> tuple[str, str]:
    """As `finished`, also where the service reports nothing and a person tells."""
    if place.service.service.vintage is Vintage.V1:
        return finished(place, title)
    with place.app.client() as client:
        task = str(client.post("/api/v1/tasks", json={"title": title, "stages": ["plan"]}).json()["id"])
        client.post(f"/api/v1/tasks/{task}/move", json={"column": "plan", "after": None}).raise_for_status()
        wait_until(lambda: client.get(f"/api/v1/tasks/{task}").json()["status"] == "running", timeout=20)
        card = client.get(f"/api/v1/tasks/{task}").json()
        client.post(f"/api/v1/attempts/{card['attempt_id']}/stage-done").raise_for_status()
        return task, str(card["run"])


def test_a_patch_is_described_and_kept_in_the_history(quiet: Quiet, open_board: OpenBoard) -> None:
    task, adw_id = finished(quiet, "Patched in words")
    board = open_board(quiet.app)
    page = board.page
    board.card(task).title.click()
    page.get_by_test_id("panel-patch").click()
    text = page.get_by_test_id("patch-text")
    expect(text).to_be_focused()
    text.fill("too short")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("patch-error")).to_contain_text("Between 10 and 10,000")
    expect(text).to_have_value("too short")
    text.fill("Use the green of the logo\nfor all buttons")
    expect(page.get_by_test_id("patch-dialog")).to_contain_text("41")
    page.keyboard.press("Control+Enter")
    expect(board.dialog).to_have_count(0)
    wait_until(lambda: bool(asked_for(quiet, "adw_patch_iso", adw_id)), timeout=20)
    (sent,) = asked_for(quiet, "adw_patch_iso", adw_id)
    assert sent["issue_json"]["patch_request"] == "Use the green of the logo\nfor all buttons"
    board.card(task).wait_for("running", column="build")

    page.get_by_test_id("tab-attempts").click()
    past = page.get_by_test_id("attempts").get_by_role("listitem")
    expect(past).to_have_count(2)
    expect(past.first).to_contain_text("Patch")
    expect(past.first.get_by_text("for all buttons")).to_be_hidden()
    past.first.get_by_text("Use the green of the logo").click()
    expect(past.first.get_by_text("for all buttons")).to_be_visible()


@pytest.mark.parametrize("clears", [False, True])
def test_starting_over_keeps_the_old_files_unless_told(quiet: Quiet, open_board: OpenBoard, clears: bool) -> None:
    task, adw_id = finished(quiet, f"Starts over, clears {clears}")
    board = open_board(quiet.app)
    card = board.card(task)
    card.choose("restart")
    box = board.page.get_by_test_id("question-option")
    expect(box).not_to_be_checked()
    if clears:
        box.check()
    board.page.get_by_test_id("question-yes").click()
    card.wait_for("running", column="plan")
    (sent,) = started_after(quiet, card, adw_id)
    assert sent["issue_json"].get("metadata", {}).get("adw_id") == (adw_id if clears else None)


def started_after(quiet: Quiet, card: CardOnScreen, adw_id: str) -> list[dict[str, Any]]:
    with quiet.app.client() as client:
        run = client.get(f"/api/v1/tasks/{card.id}").json()["run"]
    assert run != adw_id
    return [m["data"] for m in quiet.service.service.of_type("trigger_workflow") if m["data"]["adw_id"] == run]


def test_a_run_that_waits_for_a_person_says_for_what(quiet: Quiet, open_board: OpenBoard) -> None:
    with quiet.app.client() as client:
        task = str(client.post("/api/v1/tasks", json={"title": "Waits for a word"}).json()["id"])
        client.post(f"/api/v1/tasks/{task}/move", json={"column": "plan", "after": None}).raise_for_status()
        wait_until(lambda: client.get(f"/api/v1/tasks/{task}").json()["status"] == "running", timeout=20)
        adw_id = client.get(f"/api/v1/tasks/{task}").json()["run"]
    board = open_board(quiet.app)
    about = {"adw_id": adw_id, "workflow_name": "adw_orchestrator", "status": "waiting"}
    quiet.service.say("status_update", **about, message="Approve the plan", current_step="Approve the plan")
    card = board.card(task)
    card.wait_for("waiting")
    expect(card.root).to_contain_text("Waiting for approval")
    expect(card.part("-step")).to_have_text("Approve the plan")
    card.title.click()
    expect(board.page.get_by_test_id("panel-cancel")).to_be_visible()
