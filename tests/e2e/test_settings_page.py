"""The settings of the connection, changed in the browser: in force at once, and kept over reload and restart."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import Quiet
from tests.support.app import AppProcess, end, launch
from tests.support.board_page import BoardPage
from tests.support.staged import StagedService, staged_service
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]


@pytest.fixture
def service() -> Iterator[StagedService]:
    with staged_service() as made:
        yield made


@pytest.fixture
def own(built_client: Path, tmp_path: Path) -> Iterator[AppProcess]:
    """A board whose environment says nothing about services."""
    app = launch(tmp_path / "own")
    app.wait_until_open()
    yield app
    end(app)


def to_settings(board: BoardPage) -> Page:
    page = board.page
    page.get_by_test_id("connection-status").click()
    page.get_by_test_id("settings").click()
    expect(page.get_by_test_id("setting-tac7_url")).to_be_visible()
    return page


def state_of(page: Page, state: str) -> None:
    expect(page.get_by_test_id("settings-connection")).to_have_attribute("data-state", state)


def test_a_service_is_tried_saved_and_kept(
    own: AppProcess, service: StagedService, open_board: OpenBoard, tmp_path: Path
) -> None:
    board = open_board(own)
    page = to_settings(board)
    address = page.get_by_test_id("setting-tac7_url")

    address.fill("ws://127.0.0.1:9/ws/trigger")
    page.get_by_test_id("settings-test").click()
    expect(page.get_by_test_id("settings-finding")).to_have_attribute("data-kind", "bad")
    expect(address).to_have_value("ws://127.0.0.1:9/ws/trigger")
    state_of(page, "connected")

    address.fill(service.url)
    page.get_by_test_id("settings-test").click()
    expect(page.get_by_test_id("settings-finding")).to_have_attribute("data-kind", "good")
    page.get_by_test_id("setting-max_concurrent_runs").fill("3")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
    expect(page.get_by_text(service.url, exact=True)).to_be_visible()
    state_of(page, "connected")

    page.reload()
    expect(address).to_have_value(service.url)
    expect(page.get_by_test_id("setting-max_concurrent_runs")).to_have_value("3")

    end(own)
    again = launch(tmp_path / "own", port=own.port)
    try:
        again.wait_until_open()
        expect(page.get_by_test_id("settings-connection")).to_have_attribute("data-state", "connected")
        page.reload()
        expect(address).to_have_value(service.url)
    finally:
        end(again)


def test_what_is_typed_outlives_a_restart_and_can_be_saved_after_it(
    own: AppProcess, open_board: OpenBoard, tmp_path: Path
) -> None:
    page = to_settings(open_board(own))
    typed = {"setting-max_concurrent_runs": "3", "column-title-plan": "Think", "token-name": "a program"}
    for field, text in typed.items():
        page.get_by_test_id(field).fill(text)
    page.get_by_test_id("token-scope-read").check()
    end(own)
    again = launch(tmp_path / "own", port=own.port)
    try:
        again.wait_until_open()
        state_of(page, "connected")
        for field, text in typed.items():
            expect(page.get_by_test_id(field)).to_have_value(text)
        expect(page.get_by_test_id("token-scope-read")).to_be_checked()
        page.get_by_test_id("columns-save").click()
        expect(page.get_by_test_id("columns-saved")).to_have_text("Saved.")
        page.get_by_test_id("settings-save").click()
        expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
        page.get_by_test_id("token-create").click()
        expect(page.get_by_test_id("token-secret")).to_be_visible()
        expect(page.get_by_test_id("token-name")).to_have_value("")
        page.reload()
        expect(page.get_by_test_id("setting-max_concurrent_runs")).to_have_value("3")
        expect(page.get_by_test_id("column-title-plan")).to_have_value("Think")
    finally:
        end(again)


def test_a_save_that_met_no_server_is_carried_out_and_confirmed_by_the_next_one(
    own: AppProcess, open_board: OpenBoard, tmp_path: Path
) -> None:
    page = to_settings(open_board(own))
    page.get_by_test_id("setting-max_concurrent_runs").fill("3")
    page.get_by_test_id("column-title-plan").fill("Think")
    end(own)
    page.get_by_test_id("columns-save").click()
    page.get_by_test_id("settings-save").click()
    again = launch(tmp_path / "own", port=own.port)
    try:
        again.wait_until_open()
        expect(page.get_by_test_id("columns-saved")).to_have_text("Saved.")
        expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
        page.get_by_role("link", name="Back to the board").click()
        to_settings(BoardPage(page, again.base_url))
        expect(page.get_by_test_id("columns-saved")).to_have_text("")
        page.reload()
        expect(page.get_by_test_id("setting-max_concurrent_runs")).to_have_value("3")
        expect(page.get_by_test_id("column-title-plan")).to_have_value("Think")
    finally:
        end(again)


class Socket:
    """The page's socket from the next load on: it can be cut, and answers on it can be held back."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self._page = page
        self._holding = False
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []
        self._sides: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/_event"), self._route)

    def cut(self) -> None:
        self._page.context.set_offline(True)
        for side in self._sides:
            side.close(code=1001)
        self._sides.clear()

    def heal(self) -> None:
        self._page.context.set_offline(False)

    def hold(self) -> None:
        self._holding = True

    def holds(self, words: str) -> bool:
        return any(words in str(answer) for _, answer in self._held)

    def let_go(self) -> None:
        self._holding = False
        for page_side, answer in self._held:
            page_side.send(answer)

    def _route(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        self._sides += [page_side, server_side]

        def from_page(message: str | bytes) -> None:
            self.said.append(str(message))
            server_side.send(message)

        def from_server(message: str | bytes) -> None:
            if self._holding:
                self._held.append((page_side, message))
            else:
                page_side.send(message)

        page_side.on_message(from_page)
        server_side.on_message(from_server)


def test_what_was_typed_after_a_save_outlives_a_cut_in_which_it_is_sent_and_refused(
    own: AppProcess, open_board: OpenBoard
) -> None:
    page = to_settings(open_board(own))
    socket = Socket(page)
    page.reload()
    field = page.get_by_test_id("setting-max_concurrent_runs")
    field.fill("3")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
    field.fill("many")
    socket.cut()
    page.get_by_test_id("settings-save").click()
    socket.heal()
    expect(page.get_by_test_id("setting-max_concurrent_runs-hint")).to_contain_text("Must be a whole number")
    expect(field).to_have_value("many")


def test_two_presses_are_two_saves_and_no_third_one(own: AppProcess, open_board: OpenBoard) -> None:
    page = to_settings(open_board(own))
    socket = Socket(page)
    page.reload()
    page.get_by_test_id("setting-max_concurrent_runs").fill("3")
    socket.hold()
    for _ in range(2):
        page.get_by_test_id("settings-save").click()
    socket.let_go()
    expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
    page.get_by_test_id("setting-heartbeat_s").fill("20")
    page.get_by_test_id("settings-save").click()
    wait_until(lambda: page.evaluate("true") and any('"20"' in said for said in socket.said))
    assert sum("settings_state.save" in said for said in socket.said) == 3


def test_what_is_typed_while_a_save_is_under_way_stays(own: AppProcess, open_board: OpenBoard) -> None:
    page = to_settings(open_board(own))
    socket = Socket(page)
    page.reload()
    page.get_by_test_id("setting-max_concurrent_runs").fill("3")
    socket.hold()
    page.get_by_test_id("settings-save").click()
    page.get_by_test_id("setting-heartbeat_s").fill("20")
    wait_until(lambda: page.evaluate("true") and socket.holds("answered"))
    socket.let_go()
    expect(page.get_by_test_id("settings-saved")).to_have_text("Saved and in force.")
    expect(page.get_by_test_id("setting-heartbeat_s")).to_have_value("20")
    page.reload()
    expect(page.get_by_test_id("setting-max_concurrent_runs")).to_have_value("3")


def test_what_cannot_be_used_is_said_at_its_field(own: AppProcess, open_board: OpenBoard) -> None:
    page = to_settings(open_board(own))
    page.get_by_test_id("setting-tac7_url").fill(f"ws://127.0.0.1:{own.port}/ws/trigger")
    page.get_by_test_id("setting-max_concurrent_runs").fill("many")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("setting-tac7_url-hint")).to_contain_text("this board itself")
    expect(page.get_by_test_id("setting-max_concurrent_runs-hint")).to_contain_text("Must be a whole number")
    expect(page.get_by_test_id("setting-max_concurrent_runs")).to_have_value("many")
    state_of(page, "connected")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_environment_wins_and_nobody_is_kept_out(
    quiet: Quiet, open_board: OpenBoard, width: int, theme: str
) -> None:
    app = quiet.app
    board = open_board(app, viewport={"width": width, "height": 900}, color_scheme=theme)
    board.page.goto(f"{app.base_url}/settings/")
    expect(board.page.get_by_test_id("setting-tac7_url")).to_be_disabled()
    expect(board.page.get_by_test_id("setting-tac7_url-hint")).to_contain_text("KANBAN_TAC7_URL")
    for path in ("/settings/", "/connection/"):
        board.page.goto(app.base_url + path)
        expect(board.page.get_by_role("heading", level=2).first).to_be_visible()
        found = Axe().run(board.page, options={"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag22aa"]}})
        assert [rule["id"] for rule in found.response["violations"]] == []
