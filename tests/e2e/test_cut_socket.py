"""The tab's socket is cut between a wish and its acknowledgement: the screen says so, and then tells the truth."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage
from tests.support.run_files import run, task

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
_SOCKET = re.compile(r"/_event")


class CuttableSocket:
    """The page's network: passed on until an event is cut, a drop by default; then there is none until `heal`."""

    def __init__(self, board: BoardPage, *, arrives: bool, event: str = "board_state.move") -> None:
        self._arrives = arrives
        self._event = event
        self._armed = False
        self._context = board.page.context
        self.is_cut = False
        board.page.route_web_socket(_SOCKET, self._route)
        board.page.reload()
        board.wait_ready()

    def arm(self) -> None:
        self._armed = True

    def heal(self) -> None:
        self.is_cut = False
        self._context.set_offline(False)

    def _route(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()

        def from_page(message: str | bytes) -> None:
            if self._armed and self._event in str(message):
                self._armed, self.is_cut = False, True
                if self._arrives:
                    server_side.send(message)
                self._context.set_offline(True)
                page_side.close(code=1001)
            elif not self.is_cut:
                server_side.send(message)

        def from_server(message: str | bytes) -> None:
            if not self.is_cut:
                page_side.send(message)

        page_side.on_message(from_page)
        server_side.on_message(from_server)


@pytest.mark.parametrize("drop_arrives", [True, False], ids=["drop arrives", "drop is lost"])
def test_cut_between_drop_and_acknowledgement(app: AppProcess, open_board: OpenBoard, *, drop_arrives: bool) -> None:
    board = open_board(app)
    card = board.create(f"Cut off, {drop_arrives}")
    socket = CuttableSocket(board, arrives=drop_arrives)
    socket.arm()
    board.drag(card, "plan")
    expect(card.root).to_have_attribute("data-saving", "true")
    expect(card.root).to_contain_text("Saving…")
    expect(board.page.get_by_text("This page lost its connection")).to_be_visible()
    assert socket.is_cut
    expect(board.column("plan").get_by_test_id(f"card-{card.id}")).to_be_visible()

    socket.heal()
    card.wait_settled()
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_in("ready-to-merge")
    expect(board.page.get_by_text("This page lost its connection")).to_have_count(0)
    with app.client() as client:
        adw_id = task(client, card.id)["run"]
        assert len(run(client, adw_id)["attempts"]) == 1
    assert board.page.evaluate("sessionStorage.getItem('kanban.open-operations')") is None


def test_a_refused_drop_whose_answer_was_lost(app: AppProcess, open_board: OpenBoard) -> None:
    """The card is back where the server has it, not where it was dropped."""
    board = open_board(app)
    card = board.create("Refused and cut off")
    socket = CuttableSocket(board, arrives=True)
    socket.arm()
    board.drag(card, "build")
    expect(card.root).to_have_attribute("data-saving", "true")
    socket.heal()
    card.wait_settled()
    card.wait_for("idle", column="backlog")


def test_a_reload_instead_of_a_reconnection(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Cut off and reloaded")
    socket = CuttableSocket(board, arrives=False)
    socket.arm()
    board.drag(card, "plan")
    expect(card.root).to_have_attribute("data-saving", "true")
    socket.heal()
    board.page.reload()
    board.wait_ready()
    card.wait_for("completed", timeout=RUN_MS)
    card.wait_settled()
    with app.client() as client:
        assert len(run(client, task(client, card.id)["run"])["attempts"]) == 1


@pytest.mark.parametrize("arrives", [True, False], ids=["save arrives", "save is lost"])
def test_a_new_card_that_is_saved_in_a_cut(app: AppProcess, open_board: OpenBoard, *, arrives: bool) -> None:
    board = open_board(app)
    socket = CuttableSocket(board, arrives=arrives, event="editor_state.save")
    title = f"Saved in a cut, {arrives}"
    board.page.get_by_test_id("new-task").click()
    board.fill(title, "Typed once")
    socket.arm()
    board.page.get_by_test_id("task-save").click()
    expect(board.dialog).to_contain_text("This page lost its connection")
    assert socket.is_cut
    expect(board.page.get_by_test_id("task-description")).to_have_value("Typed once")

    socket.heal()
    saved = board.column("backlog").get_by_text(title, exact=True)
    expect(saved).to_be_visible()
    expect(board.dialog).to_have_count(0)
    board.wait_connected()
    board.create(f"After {title}")
    with app.client() as client:
        backlog = client.get("/api/v1/board").json()["columns"][0]["tasks"]
    assert [card["title"] for card in backlog].count(title) == 1


@pytest.mark.parametrize("arrives", [True, False], ids=["press arrives", "press is lost"])
def test_a_start_by_the_menu(app: AppProcess, open_board: OpenBoard, *, arrives: bool) -> None:
    board = open_board(app)
    card = board.create(f"Started in a cut, {arrives}", stages=("plan",))
    socket = CuttableSocket(board, arrives=arrives, event="card_state.act")
    socket.arm()
    card.choose("start")
    expect(card.root).to_contain_text("Saving…")
    assert socket.is_cut
    card.choose("start")

    socket.heal()
    card.wait_settled()
    card.wait_for("completed", timeout=RUN_MS)
    with app.client() as client:
        assert len(run(client, task(client, card.id)["run"])["attempts"]) == 1
    assert board.page.evaluate("sessionStorage.getItem('kanban.open-operations')") is None


def test_a_deletion_whose_answer_was_lost(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Deleted in a cut")
    socket = CuttableSocket(board, arrives=False, event="card_state.act")
    socket.arm()
    card.choose("delete")
    board.page.get_by_test_id("question-yes").click()
    expect(card.root).to_have_attribute("data-saving", "true")
    socket.heal()
    expect(card.root).to_have_count(0)
    expect(board.alert).to_have_count(0)


@pytest.mark.parametrize("arrives", [True, False], ids=["merge arrives", "merge is lost"])
def test_a_merge_is_done_once_and_as_it_was_shown(app: AppProcess, open_board: OpenBoard, *, arrives: bool) -> None:
    board = open_board(app)
    card = board.create(f"Merged in a cut, {arrives}", stages=("plan",))
    socket = CuttableSocket(board, arrives=arrives, event="card_state.act")
    card.choose("start")
    card.wait_for("completed", column="ready-to-merge", timeout=RUN_MS)
    socket.arm()
    card.choose("merge")
    board.page.get_by_text("Rebase", exact=True).click()
    expect(board.page.get_by_test_id("merge-dialog")).to_contain_text("written anew")
    expect(board.page.get_by_test_id("merge-confirm")).to_be_enabled()
    board.page.get_by_test_id("merge-confirm").click()
    expect(card.root).to_have_attribute("data-saving", "true")
    assert socket.is_cut
    socket.heal()
    board.page.reload()
    board.wait_ready()
    expect(board.column("ready-to-merge").get_by_test_id(f"card-{card.id}")).to_have_count(0, timeout=RUN_MS)
    with app.client() as client:
        now = task(client, card.id)
        assert now["column"] == "completed"
        options = [attempt["options"] for attempt in run(client, now["run"])["attempts"]]
    assert [wish.get("method") for wish in options] == [None, "rebase"]


def test_a_patch_that_is_saved_in_a_cut(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Patched in a cut", stages=("plan",))
    socket = CuttableSocket(board, arrives=True, event="patch_state.save")
    card.choose("start")
    card.wait_for("completed", column="ready-to-merge", timeout=RUN_MS)
    card.choose("patch")
    board.page.get_by_test_id("patch-text").fill("Make it green, please")
    socket.arm()
    board.page.get_by_test_id("patch-save").click()
    expect(board.dialog).to_contain_text("This page lost its connection")
    socket.heal()
    expect(board.dialog).to_have_count(0)
    expect(card.root).to_contain_text("Patched", timeout=RUN_MS)
    with app.client() as client:
        attempts = run(client, task(client, card.id)["run"])["attempts"]
    assert [attempt["kind"] for attempt in attempts] == ["start", "patch"]
