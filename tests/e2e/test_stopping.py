"""Stopping the board: at once, with a word about the runs that go on, and they do."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect

from tests.support.app import AppProcess, end, run_command, start_app
from tests.support.board_page import RUN_MS, BoardPage, CardOnScreen
from tests.support.run_files import board_log_text, run, run_processes, spooled_log, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
SLOW = {"KANBAN_DEMO_SPEED": "1"}
STOP_S = 5.0


@pytest.fixture
def app(built_client: Path, tmp_path: Path) -> Iterator[list[AppProcess]]:
    """In a list, because the tests start it anew."""
    running = [start_app(tmp_path / "data", env=SLOW)]
    yield running
    end(running[0])


def started(board: BoardPage, app: AppProcess, title: str) -> tuple[CardOnScreen, str]:
    card = board.create(title)
    board.drag(card, "plan")
    card.wait_progress(2)
    with app.client() as client:
        return card, task(client, card.id)["run"]


def stop(app: AppProcess) -> None:
    """By SIGTERM, as a terminal or a service manager does."""
    begun = time.monotonic()
    assert app.terminate() == 0
    assert time.monotonic() - begun < STOP_S


def restart(running: list[AppProcess], speed: str = "0") -> AppProcess:
    old = running[0]
    if old.process.stdout:
        old.process.stdout.close()
    running[0] = start_app(old.data_dir, port=old.port, env={"KANBAN_DEMO_SPEED": speed})
    return running[0]


def wait_for_more(data_dir: Path, adw_id: str) -> None:
    """Until the run has said something new."""
    before, limit = len(spooled_log(data_dir, adw_id)), time.monotonic() + 10
    while len(spooled_log(data_dir, adw_id)) <= before:
        assert time.monotonic() < limit, "the run has stopped"


def test_runs_go_on_until_they_are_stopped(app: list[AppProcess], open_board: OpenBoard) -> None:
    first = app[0]
    board = open_board(first)
    card, adw_id = started(board, first, "Goes on")
    stop(first)
    assert "1 run goes on; `python -m kanban_app stop-runs` ends them" in first.logs
    wait_for_more(first.data_dir, adw_id)

    second = restart(app)
    card.wait_for("running")
    expect(board.page.get_by_text("This page lost its connection")).to_have_count(0)
    with second.client() as client:
        assert len(run(client, adw_id)["attempts"]) == 1
    wait_for_more(first.data_dir, adw_id)
    newest = spooled_log(first.data_dir, adw_id)[-1]
    board.open_log(card)
    board.wait_for_line(newest)

    processes = run_processes(first.data_dir, adw_id)
    assert processes
    told = run_command("stop-runs", data_dir=first.data_dir)
    assert (told.returncode, told.stdout) == (0, "1 run ended.\n")
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert alive == []
    card.wait_for("cancelled")
    with second.client() as client:
        assert board_log_text(client, adw_id) == spooled_log(first.data_dir, adw_id)

    card.choose("start")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    stop(second)
    assert "goes on" not in second.logs


def test_runs_that_are_stopped_while_the_board_is_away(app: list[AppProcess], open_board: OpenBoard) -> None:
    first = app[0]
    board = open_board(first)
    card, adw_id = started(board, first, "Stopped from outside")
    stop(first)
    assert run_command("stop-runs", data_dir=first.data_dir).stdout == "1 run ended.\n"
    assert run_processes(first.data_dir, adw_id) == []

    second = restart(app)
    card.wait_for("cancelled")
    with second.client() as client:
        assert run(client, adw_id)["status"] == "cancelled"
        assert board_log_text(client, adw_id) == spooled_log(first.data_dir, adw_id)
