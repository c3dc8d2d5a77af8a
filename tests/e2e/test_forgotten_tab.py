"""The board forgets a tab some time after it has gone, and no open one; a tab that comes back later is whole."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.app import AppProcess, running_app
from tests.support.board_page import BoardPage
from tests.support.forgetful import KEPT_S
from tests.support.waiting import wait_until

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
GONE_MS: Final = 2 * KEPT_S * 1000
_SOCKET: Final = re.compile(r"/_event")
_LOADS: Final = re.compile(r'"hydrations_rx_state_":(\d+)')
_FILLS: Final = re.compile(r'"edition_rx_state_":(\d+)')


@pytest.fixture(scope="module")
def app(built_client: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppProcess]:
    folder = tmp_path_factory.mktemp("board")
    with running_app(folder, env={"KANBAN_DEMO_SPEED": "0"}, program="tests.support.forgetful") as started:
        yield started


class Line:
    """The network of a page that is opened next: it can be cut. `loads` has how often the board says that it has
    filled this tab since it knows of it, `fills` the marks of the forms that it has filled.
    """

    def __init__(self, page: Page) -> None:
        self.loads: list[int] = []
        self.fills: list[int] = []
        self._sides: list[WebSocketRoute] = []
        self._page = page
        page.route_web_socket(_SOCKET, self._route)

    def cut(self) -> None:
        self._page.context.set_offline(True)
        for side in self._sides:
            side.close(code=1001)
        self._sides.clear()
        self.loads.clear()

    def heal(self) -> None:
        self._page.context.set_offline(False)

    def _route(self, page_side: WebSocketRoute) -> None:
        server_side = page_side.connect_to_server()
        self._sides += [page_side, server_side]

        def from_server(message: str | bytes) -> None:
            self.loads += [int(count) for count in _LOADS.findall(str(message))]
            self.fills += [int(mark) for mark in _FILLS.findall(str(message))]
            page_side.send(message)

        server_side.on_message(from_server)


def test_an_open_tab_is_not_forgotten(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    line = Line(board.page)
    board.page.reload()
    board.wait_ready()
    first = board.create("Seen for long")
    line.loads.clear()
    board.page.wait_for_timeout(2 * GONE_MS)
    board.create("Made late")
    expect(first.root).to_be_visible()
    assert line.loads == [], "the tab was filled anew"


def test_a_tab_that_comes_back_when_it_is_forgotten_is_whole(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Still there")
    line = Line(board.page)
    while max(line.loads, default=0) < 2:
        board.page.reload()
        board.wait_ready()

    board.page.goto("about:blank")
    board.page.wait_for_timeout(GONE_MS)
    line.loads.clear()
    board.page.go_back()
    board.wait_ready()
    expect(card.root).to_be_visible()
    assert line.loads[-1] == 1
    board.create("Made by a tab that was forgotten")


def test_a_card_that_is_typed_outlives_that_its_tab_is_forgotten(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    card = board.create("Edited for long")
    line = Line(board.page)
    board.page.reload()
    board.wait_ready()
    board.page.get_by_test_id("new-task").click()
    board.fill("Typed before", "Typed before, too")
    line.cut()
    lost = board.page.get_by_text("This page lost its connection")
    expect(lost.first).to_be_visible()
    board.page.wait_for_timeout(GONE_MS)
    board.fill(description="Typed meanwhile")
    line.heal()
    expect(lost).to_have_count(0)
    expect(board.page.get_by_test_id("task-title")).to_have_value("Typed before")
    expect(board.page.get_by_test_id("task-description")).to_have_value("Typed meanwhile")
    board.save()
    board.card_titled("Typed before")
    expect(card.root).to_be_visible()
    assert line.loads[-1] == 1


def test_settings_that_are_typed_outlive_that_their_tab_is_forgotten(app: AppProcess, open_board: OpenBoard) -> None:
    board = open_board(app)
    page = board.page
    line = Line(page)
    page.goto(f"{app.base_url}/settings")
    field = page.get_by_test_id("setting-max_concurrent_runs")
    field.fill("7")
    line.cut()
    page.wait_for_timeout(GONE_MS)
    line.fills.clear()
    line.heal()
    wait_until(lambda: page.evaluate("true") and line.fills, 20)
    expect(field).to_have_value("7")
    page.get_by_test_id("settings-save").click()
    expect(page.get_by_test_id("settings-saved")).to_be_visible()
    expect(field).to_have_value("7")
