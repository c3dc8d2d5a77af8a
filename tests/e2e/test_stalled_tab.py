"""A tab that is connected and reads nothing any more, beside one that does."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import WebSocket, expect
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
CARDS: Final = 96
RENAMED: Final = 16
"""One of each of the vars that hold the cards, which are sent whole."""
ROUNDS: Final = 60
ROUND: Final = re.compile(r"(\d{3}) long title")


def hello_of(board: BoardPage) -> str:
    """The packet with which a page asks for its board, as it goes over the wire."""
    packets: list[str] = []

    def watch(opened: WebSocket) -> None:
        opened.on("framesent", lambda frame: packets.append(str(frame)))

    board.page.on("websocket", watch)
    board.page.reload()
    board.wait_ready()
    return next(packet for packet in packets if packet.startswith("40/_event,"))


@contextmanager
def follow(app: AppProcess, hello: str) -> Iterator[ClientConnection]:
    """A client that has got its board, with room for little of what comes then."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.connect(("127.0.0.1", app.port))
    with connect(
        f"ws://127.0.0.1:{app.port}/_event/?EIO=4&transport=websocket&token=reads-nothing",
        sock=own,
        origin=Origin(app.base_url),
        additional_headers=app.headers,
        subprotocols=[Subprotocol(version("reflex"))],
        compression=None,
        max_size=None,
        max_queue=1,
        ping_interval=None,
        close_timeout=0.1,
    ) as client:
        client.recv(20)
        client.send(hello)
        while "board_state" not in str(client.recv(20)):
            pass
        yield client


def rename_all(client: httpx.Client, ids: list[str], number: int) -> None:
    for task_id in ids:
        title = f"{number:03} {'long title ' * 16}".strip()
        client.patch(f"/api/v1/tasks/{task_id}", json={"title": title}).raise_for_status()


def test_what_waits_for_it_is_merged_and_it_ends_with_the_newest(
    app: AppProcess, open_board: Callable[..., BoardPage]
) -> None:
    """What the network holds is megabytes; once that is full, the board keeps no more frames for it."""
    with app.client() as client:
        labels = [f"label {number:02} of a card that is long to tell" for number in range(20)]
        body: dict[str, Any] = {"title": "Card", "stages": ["plan"], "labels": labels}
        ids = [client.post("/api/v1/tasks", json=body).json()["id"] for _ in range(CARDS)]
        board = open_board(app)
        with follow(app, hello_of(board)) as stalled:
            for number in range(ROUNDS):
                rename_all(client, ids[:RENAMED], number)
            expect(board.card(ids[RENAMED - 1]).title).to_contain_text(f"{ROUNDS - 1:03} long")
            told: set[int] = set()
            while ROUNDS - 1 not in told:
                told.update(int(number) for number in ROUND.findall(str(stalled.recv(20))))
    assert 0 in told
    assert len(told) < ROUNDS
