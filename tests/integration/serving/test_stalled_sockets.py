"""Clients of a WebSocket that take little or nothing."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from kanban_app.asgi import Receive, Scope, Send
from kanban_app.serving import stalled_sockets
from kanban_app.serving.stalled_sockets import CutWhenStalled
from tests.support.waiting import eventually

TEXT = "x" * 100_000


class Talker:
    """Sends to whoever comes, until that fails or the client has gone."""

    def __init__(self) -> None:
        self.sent = 0
        self.left = asyncio.Event()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        talking = asyncio.create_task(self._talk(send))
        await receive()
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        self.left.set()

    async def _talk(self, send: Send) -> None:
        while True:
            await send({"type": "websocket.send", "text": TEXT})
            self.sent += 1


@asynccontextmanager
async def serving(app: Any, **options: Any) -> AsyncGenerator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop="uvloop", lifespan="off", log_config=None, ws=CutWhenStalled, **options)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await eventually(lambda: server.started)
        yield listener.getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        await running
        listener.close()


@asynccontextmanager
async def lazy(port: int) -> AsyncGenerator[ClientConnection]:
    """A client with room for little, which reads only what it is asked for."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    own.setblocking(False)
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", port))
    options: dict[str, Any] = {"sock": own, "compression": None, "max_queue": 1, "ping_interval": None}
    async with connect(f"ws://127.0.0.1:{port}/", close_timeout=0.1, **options) as opened:
        yield opened


async def test_a_client_that_takes_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalled_sockets, "STALL_S", 0.3)
    talker = Talker()
    async with serving(talker) as port, lazy(port):
        await asyncio.wait_for(talker.left.wait(), 20)


async def test_a_client_that_answers_no_ping_and_takes_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server closes it by itself then, and a close waits for all that was written before it."""
    monkeypatch.setattr(stalled_sockets, "STALL_S", 1.0)
    talker = Talker()
    async with serving(talker, ws_ping_interval=0.1, ws_ping_timeout=0.1) as port, lazy(port):
        await asyncio.wait_for(talker.left.wait(), 20)


async def test_a_client_that_takes_little_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalled_sockets, "STALL_S", 0.5)
    talker = Talker()
    async with serving(talker) as port, lazy(port) as client:
        loop = asyncio.get_running_loop()
        until = loop.time() + 2.0
        while loop.time() < until:
            assert await client.recv() == TEXT
        assert not talker.left.is_set()
