"""A failure offers what can be done about it, on its card, in its toast and in its panel, and the buttons do it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage, CardOnScreen
from tests.support.run_files import task
from tests.support.staged import WORKFLOW, StagedService, show_run, staged_service

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
WAYS = ["Retry", "Open log", "Start over"]


@dataclass(frozen=True)
class Stage:
    app: AppProcess
    service: StagedService

    def run_of(self, card: CardOnScreen) -> str:
        with self.app.client() as client:
            return str(task(client, card.id)["run"])

    def fail(self, board: BoardPage, title: str, why: str) -> CardOnScreen:
        """A card whose run has failed in Build."""
        card = board.create(title, stages=("plan", "build"))
        card.choose("move-to-plan")
        card.wait_for("running", column="plan")
        adw_id = self.run_of(card)
        show_run(self.service, adw_id, ["plan", "build"], 40, "Compiling")
        self.service.say("status_update", adw_id=adw_id, workflow_name=WORKFLOW, status="failed", message=why)
        card.wait_for("failed", column="errored")
        return card


@pytest.fixture(scope="module")
def stage(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged_service() as service:
        env = {"KANBAN_TAC7_URL": service.url, "KANBAN_TRIGGER_GRACE_S": "0"}
        with running_app(tmp_path_factory.mktemp("failures"), env=env) as app:
            yield Stage(app, service)


def ways(where: Locator) -> Locator:
    return where.locator(".card-actions > :not(.help-link)")


def test_a_toast_opens_the_log_and_tries_again(stage: Stage, open_board: OpenBoard) -> None:
    board = open_board(stage.app)
    card = stage.fail(board, "Fails once", "the compiler gave up")
    expect(ways(board.alert)).to_have_text(WAYS)
    expect(ways(card.root)).to_have_text(WAYS)
    first = stage.run_of(card)

    board.alert.get_by_role("link", name="Open log").click()
    expect(board.detail).to_be_visible()
    expect(board.page.get_by_test_id("tab-log")).to_have_attribute("aria-selected", "true")
    expect(board.log_lines.filter(has_text="the compiler gave up")).to_be_visible()
    board.page.get_by_test_id("panel-close").click()

    board.alert.get_by_role("button", name="Retry").click()
    card.wait_for("running", column="build")
    expect(board.alert).to_have_count(0)
    assert stage.run_of(card) == first


def test_a_card_opens_the_log_and_starts_over(stage: Stage, open_board: OpenBoard) -> None:
    board = open_board(stage.app)
    card = stage.fail(board, "Fails for good", "Precondition failed: no worktree at trees/9f3a")
    expect(card.root).to_contain_text("Earlier step missing. What the stage needs is not there: no worktree")
    first = stage.run_of(card)
    card.root.get_by_role("link", name="Open log").click()
    expect(board.page.get_by_test_id("tab-log")).to_have_attribute("aria-selected", "true")
    board.page.get_by_test_id("panel-close").click()

    card.root.get_by_role("button", name="Start over").click()
    card.wait_for("running", column="plan")
    expect(ways(card.root)).to_have_count(0)
    assert stage.run_of(card) != first


def test_the_panel_says_what_can_be_done_elsewhere(stage: Stage, open_board: OpenBoard) -> None:
    board = open_board(stage.app)
    card = stage.fail(board, "Fails outside", "API Error: 401 authentication_error: please run /login")
    expect(board.alert).to_contain_text("Check its login and quota on the service's machine.")
    card.title.click()
    expect(board.detail).to_contain_text("The AI tool reported an error")
    expect(board.detail).to_contain_text("Check its login and quota on the service's machine.")
    expect(board.detail.get_by_role("button", name=re.compile("^(Retry|Open log|Start over)$"))).to_have_count(3)
    board.detail.get_by_role("button", name="Open log").click()
    expect(board.log_lines.filter(has_text="authentication_error")).to_be_visible()
    board.page.get_by_test_id("tab-overview").click()
    board.page.get_by_test_id("panel-retry").click()
    card.wait_for("running", column="build")
