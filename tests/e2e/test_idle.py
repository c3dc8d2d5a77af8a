"""Nothing repeats on a timer while nothing changes: no request, no frame, no work in the app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.support.app import AppProcess
from tests.support.board_page import RUN_MS, BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
QUIET_MS = 10_000
_HEARTBEAT = {"2", "3", '{"type":"ping"}', '{"type":"pong"}'}


@dataclass
class Traffic:
    """Everything that a page asks for or says from `follow` on, heartbeats of its socket left out."""

    page: Page
    seen: list[str] = field(default_factory=list)

    def follow(self) -> None:
        """Reload, so that the page's sockets are followed from their opening."""
        self.page.on("request", lambda request: self.seen.append(f"{request.method} {request.url}"))
        self.page.on("websocket", self._follow_socket)
        self.page.reload()

    def _follow_socket(self, socket: WebSocket) -> None:
        def note(way: str) -> Callable[[str | bytes], None]:
            return lambda payload: None if payload in _HEARTBEAT else self.seen.append(f"{way} {payload!r:.300}")

        socket.on("framesent", note("sent"))
        socket.on("framereceived", note("received"))

    def wait_settled(self) -> None:
        """Until the messages that go by themselves are gone, and nothing has come for a second."""
        expect(self.page.get_by_test_id("toast")).to_have_count(0)
        count = -1
        while count != len(self.seen):
            count = len(self.seen)
            self.page.wait_for_timeout(1000)


def database_files(data_dir: Path) -> dict[str, tuple[int, int]]:
    files = [file for file in data_dir.iterdir() if ".db" in file.name or "sqlite" in file.name]
    assert files
    return {file.name: (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


@pytest.mark.parametrize("panel", [False, True], ids=["board", "open log of a finished run"])
def test_an_idle_page_is_silent(app: AppProcess, open_board: OpenBoard, *, panel: bool) -> None:
    board = open_board(app)
    card = board.create(f"Rests, {panel}")
    board.drag(card, "plan")
    card.wait_for("completed", timeout=RUN_MS)
    if panel:
        board.open_log(card)
    traffic = Traffic(board.page)
    traffic.follow()
    board.wait_ready()
    expect(board.detail).to_have_count(1 if panel else 0)
    traffic.wait_settled()

    traffic.seen.clear()
    before, process = database_files(app.data_dir), psutil.Process(app.pid)
    busy = process.cpu_times()
    board.page.wait_for_timeout(QUIET_MS)
    spent = process.cpu_times()
    assert traffic.seen == []
    assert database_files(app.data_dir) == before, "something was written"
    assert spent.user + spent.system - busy.user - busy.system < 0.5
