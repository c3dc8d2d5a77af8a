"""Reload, second start and `kill -9` in mid-run: position, progress and every log line are there afterwards."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import WebSocket, expect

from tests.support.app import end, start_app
from tests.support.board_page import RUN_MS, BoardPage, CardOnScreen
from tests.support.run_files import board_log, board_log_text, run, spooled_log, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
BACK_S = 10.0


class Restartable:
    """A board on a fixed port and data folder that can be killed and started again."""

    def __init__(self, data_dir: Path) -> None:
        self.app = start_app(data_dir, env={"KANBAN_DEMO_SPEED": "0.3"})

    def kill(self) -> None:
        self.app.kill9()

    def start(self, speed: str = "0.3") -> None:
        """On the same port. The process has to be gone by now."""
        self.app.process.wait(10)
        if self.app.process.stdout:
            self.app.process.stdout.close()
        self.app = start_app(self.app.data_dir, port=self.app.port, env={"KANBAN_DEMO_SPEED": speed})


@pytest.fixture(scope="module")
def board_process(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restartable]:
    restartable = Restartable(tmp_path_factory.mktemp("board"))
    yield restartable
    end(restartable.app)


def wait_for_whole_log(client: httpx.Client, data_dir: Path, adw_id: str, limit_s: float) -> None:
    """Until the board has every line that the runner has written down so far, each once and in order."""
    expected = spooled_log(data_dir, adw_id)
    limit = time.monotonic() + limit_s
    while (have := board_log_text(client, adw_id)[: len(expected)]) != expected:
        assert time.monotonic() < limit, f"{len(have)} of {len(expected)} lines after {limit_s} s"
    assert expected


def started(board: BoardPage, title: str, least: int) -> CardOnScreen:
    """A card whose run has come so far, in percent."""
    card = board.create(title)
    board.drag(card, "plan")
    card.wait_for("running")
    card.wait_progress(least)
    return card


def test_reload_in_mid_run(board_process: Restartable, open_board: OpenBoard) -> None:
    app = board_process.app
    board = open_board(app)
    card = started(board, "Reloaded", 15)
    board.open_log(card)
    expect(board.log_lines.first).to_be_visible()
    before, lines = card.shown_progress(), board.shown_log()
    column = str(card.root.get_attribute("data-column"))

    board.page.reload()
    board.wait_ready()
    card.wait_for("running")
    assert card.shown_progress() >= before
    assert card.root.get_attribute("data-column") in {column, "build", "test"}
    expect(board.detail).to_contain_text("Reloaded")
    board.page.get_by_test_id("tab-log").click()
    board.wait_for_line(lines[-1][1])
    assert board.shown_log()[: len(lines)] == lines
    card.wait_for("completed", timeout=RUN_MS)
    with app.client() as client:
        adw_id = task(client, card.id)["run"]
        assert board_log_text(client, adw_id) == spooled_log(app.data_dir, adw_id)


def test_kill_in_mid_run(board_process: Restartable, open_board: OpenBoard) -> None:
    data_dir = board_process.app.data_dir
    board = open_board(board_process.app)
    card = started(board, "Killed in mid-run", 15)
    board.open_log(card)
    before, lines = card.shown_progress(), board.shown_log()
    with board_process.app.client() as client:
        adw_id = task(client, card.id)["run"]

    board_process.kill()
    expect(board.page.get_by_text("This page lost its connection")).to_be_visible()
    at_kill = len(spooled_log(data_dir, adw_id))
    board_process.start()
    back = time.monotonic()
    with board_process.app.client() as client:
        wait_for_whole_log(client, data_dir, adw_id, BACK_S)
        assert len(board_log_text(client, adw_id)) >= at_kill
        told = run(client, adw_id)
        assert told["status"] in {"running", "completed"}
        assert told["progress"] >= before
        # The open tab comes back by itself.
        limit_ms = 1000 * (BACK_S - (time.monotonic() - back))
        newest = board_log(client, adw_id, page=200)[-1]["seq"]
        seen = board.page.locator(f"[data-testid=log-line][data-seq='{newest}']")
        expect(seen).to_have_count(1, timeout=limit_ms)
        expect(board.page.get_by_text("This page lost its connection")).to_have_count(0)
        assert card.shown_progress() >= before
        shown = board.shown_log()
        assert shown[: len(lines)] == lines
        assert [seq for seq, _ in shown] == list(range(1, len(shown) + 1))

        card.wait_for("completed", timeout=RUN_MS)
        card.wait_in("ready-to-merge")
        expect(card.progress).to_have_attribute("aria-valuenow", "100")
        assert board_log_text(client, adw_id) == spooled_log(data_dir, adw_id)
        assert len(run(client, adw_id)["attempts"]) == 1


def test_a_run_that_ends_while_the_board_is_away(board_process: Restartable, open_board: OpenBoard) -> None:
    data_dir = board_process.app.data_dir
    board = open_board(board_process.app)
    card = started(board, "Ends alone", 40)
    with board_process.app.client() as client:
        adw_id = task(client, card.id)["run"]
    board_process.kill()
    done = "Workflow adw_orchestrator done: plan, build, test, review, document"
    limit = time.monotonic() + 60
    while done not in spooled_log(data_dir, adw_id):
        assert time.monotonic() < limit

    board_process.start()
    card.wait_for("completed", timeout=1000 * BACK_S)
    card.wait_in("ready-to-merge")
    expect(card.progress).to_have_attribute("aria-valuenow", "100")
    with board_process.app.client() as client:
        assert board_log_text(client, adw_id) == spooled_log(data_dir, adw_id)


def test_what_is_selected_and_typed_outlives_a_restart(board_process: Restartable, open_board: OpenBoard) -> None:
    board, archive = open_board(board_process.app), open_board(board_process.app).page
    card = board.create("Selected meanwhile")
    board.page.get_by_test_id("quick-add").fill("Half a thought")
    card.title.focus()
    board.page.keyboard.press("x")
    board.page.get_by_test_id("bulk-label").click()
    board.page.get_by_test_id("bulk-label-name").fill("later")
    archive.goto(f"{board.base_url}/archive/")
    archive.get_by_test_id("removed-bin").click()
    archive.get_by_test_id("removed-search").fill("no such card")
    expect(archive.get_by_text("No card here has these words.")).to_be_visible()

    board_process.kill()
    expect(board.page.get_by_text("This page lost its connection")).to_be_visible()
    board_process.start()
    with board_process.app.client() as client:
        client.post("/api/v1/tasks", json={"title": "Made since then"}).raise_for_status()
    expect(board.card_titled("Made since then").root).to_be_visible(timeout=RUN_MS)
    board.page.get_by_test_id("bulk-label-add").click()
    expect(card.root).to_contain_text("later")
    expect(board.page.get_by_test_id("selection")).to_contain_text("1 selected")
    line = board.page.get_by_test_id("quick-add")
    expect(line).to_have_value("Half a thought")
    line.press("Enter")
    expect(board.card_titled("Half a thought").root).to_be_visible()
    expect(archive.get_by_test_id("removed-bin")).to_have_attribute("aria-pressed", "true")
    expect(archive.get_by_text("No card here has these words.")).to_be_visible()


def test_what_is_typed_into_a_card_outlives_a_restart(board_process: Restartable, open_board: OpenBoard) -> None:
    """In three tabs: the form of a new card, of one that another has changed meanwhile, and of a patch."""
    fresh, edited, patched = (open_board(board_process.app) for _ in range(3))
    with board_process.app.client() as client:
        card = client.post("/api/v1/tasks", json={"title": "Edited meanwhile", "description": "As it was"}).json()
    run_card = started(patched, "Patched meanwhile", 15)
    run_card.wait_for("completed", timeout=RUN_MS)

    fresh.page.keyboard.press("n")
    fresh.fill("Half a card", "Its *text*")
    label = fresh.page.get_by_test_id("task-labels").get_by_role("combobox")
    label.fill("kept")
    label.press("Enter")
    fresh.page.get_by_test_id("task-stage-review").uncheck()
    edited.card(card["id"]).choose("edit")
    edited.fill(description="As I want it")
    run_card.choose("patch")
    patched.page.get_by_test_id("patch-text").fill("Say it in other words")

    board_process.kill()
    for board in (fresh, edited, patched):
        expect(board.dialog.get_by_text("This page lost its connection")).to_be_visible()
    fresh.page.get_by_test_id("task-title").fill("A whole card")
    board_process.start()
    with board_process.app.client() as client:
        client.patch(f"/api/v1/tasks/{card['id']}", json={"version": card["version"], "description": "Another's"})
    for board in (fresh, edited, patched):
        expect(board.page.get_by_text("This page lost its connection")).to_have_count(0, timeout=RUN_MS)
        board.wait_connected()

    expect(fresh.page.get_by_test_id("task-title")).to_have_value("A whole card")
    expect(fresh.page.get_by_test_id("task-description")).to_have_value("Its *text*")
    fresh.save()
    with board_process.app.client() as client:
        made = task(client, fresh.card_titled("A whole card").id)
        assert (made["description"], made["labels"]) == ("Its *text*", ["kept"])
        assert made["stages"] == ["plan", "build", "test", "document"]

    expect(edited.page.get_by_role("heading", name="Edit card #")).to_be_visible()
    edited.page.get_by_test_id("task-save").click()
    expect(edited.page.get_by_test_id("task-conflict")).to_contain_text("Another's")
    expect(edited.page.get_by_test_id("task-conflict")).to_contain_text("As I want it")
    edited.save()
    with board_process.app.client() as client:
        assert task(client, card["id"])["description"] == "As I want it"

    expect(patched.page.get_by_test_id("patch-text")).to_have_value("Say it in other words")
    patched.page.get_by_test_id("patch-save").click()
    expect(patched.dialog).to_have_count(0)
    run_card.wait_in("build")
    # What was open before is no obstacle to opening it anew.
    patched.page.keyboard.press("n")
    expect(patched.page.get_by_test_id("task-title")).to_have_value("")


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.06])
def test_kill_between_drop_and_acceptance(board_process: Restartable, open_board: OpenBoard, delay_s: float) -> None:
    """Wherever the kill falls, the card that shows as dropped starts once: told to the server or not, sent or not."""
    app = board_process.app
    board = open_board(app)
    card = board.create(f"Dropped and killed after {delay_s} s")
    known = launches_in(app.data_dir)
    killed: list[float] = []

    def kill_at_drop(payload: str | bytes) -> None:
        if "board_state.move" in str(payload) and not killed:
            time.sleep(delay_s)
            os.kill(app.pid, signal.SIGKILL)
            killed.append(delay_s)

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", kill_at_drop)

    board.page.on("websocket", listen)
    board.page.reload()
    board.wait_ready()
    board.drag(card, "plan")
    expect(board.page.get_by_text("This page lost its connection")).to_be_visible()
    assert killed

    board_process.start(speed="0")
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    card.wait_settled()
    with board_process.app.client() as client:
        adw_id = task(client, card.id)["run"]
        assert [attempt["status"] for attempt in run(client, adw_id)["attempts"]] == ["completed"]
        assert board_log_text(client, adw_id) == spooled_log(app.data_dir, adw_id)
    assert len(launches_in(app.data_dir)) == len(known) + 1, "it ran more than once"


def launches_in(data_dir: Path) -> list[Path]:
    return list((data_dir / "service" / "runs").glob("*/*/spool.jsonl"))
