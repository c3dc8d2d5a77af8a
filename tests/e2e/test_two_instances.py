"""Two boards, the second as the trigger service of the first: what a team has that shares one service."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess, end, start_app
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.run_files import board_log_text, run, spooled_log, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
SPEED = {"KANBAN_DEMO_SPEED": "0.3"}


@pytest.fixture(scope="module")
def service(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AppProcess]]:
    """The board that runs the workflows; in a list, because a test starts it anew."""
    running = [start_app(tmp_path_factory.mktemp("service"), env=SPEED)]
    yield running
    end(running[0])


@pytest.fixture(scope="module")
def board_app(service: list[AppProcess], tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    """The board that people look at."""
    other = service[0]
    env = {"KANBAN_TAC7_URL": f"ws://127.0.0.1:{other.port}/ws/trigger", "KANBAN_TAC7_TOKEN": str(other.token)}
    started = start_app(tmp_path_factory.mktemp("board"), env=env)
    yield started
    end(started)


def test_a_card_runs_on_the_other_instance(
    board_app: AppProcess, service: list[AppProcess], open_board: OpenBoard
) -> None:
    board = open_board(board_app)
    card = board.create("Runs elsewhere", stages=("plan", "build"))
    board.drag(card, "plan")
    board.open_log(card)
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    expect(card.progress).to_have_attribute("aria-valuenow", "100")
    board.wait_for_line("Workflow adw_orchestrator done: plan, build")
    expect(board.page.get_by_text("runs a demonstration workflow")).to_have_count(0)
    with board_app.client() as client:
        adw_id = task(client, card.id)["run"]
        assert board_log_text(client, adw_id) == spooled_log(service[0].data_dir, adw_id)
    assert not (board_app.data_dir / "service").exists()


def test_the_service_is_killed_and_comes_back(
    board_app: AppProcess, service: list[AppProcess], open_board: OpenBoard
) -> None:
    board = open_board(board_app)
    card = board.create("Outlives its service")
    board.drag(card, "plan")
    board.open_log(card)
    card.wait_progress(10)
    before = card.shown_progress()
    with board_app.client() as client:
        adw_id = task(client, card.id)["run"]

    service[0].kill9()
    expect(board.connection).to_have_attribute("data-state", re.compile("reconnecting|offline"))
    expect(board.connection).not_to_have_attribute("data-state", "connected")
    assert card.shown_progress() >= before
    later = board.create("Made while the service is away", stages=("plan",))
    board.drag(later, "plan")
    later.wait_for("queued", column="plan")
    expect(board.page.get_by_test_id("queue-count")).to_have_text("1 waiting")

    data_dir, port = service[0].data_dir, service[0].port
    end_output(service[0])
    service[0] = start_app(data_dir, port=port, env=SPEED)
    board.retry_now()
    board.wait_connected()
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    later.wait_for("completed", timeout=RUN_MS)
    with board_app.client() as client:
        assert board_log_text(client, adw_id) == spooled_log(data_dir, adw_id)
        assert len(run(client, adw_id)["attempts"]) == 1


def end_output(app: AppProcess) -> None:
    if app.process.stdout:
        app.process.stdout.close()
