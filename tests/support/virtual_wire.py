"""A network and a trigger service under virtual time: what the client takes for a socket and for HTTP.

Bytes need `latency` seconds each way. What is on its way when a connection is cut is lost, unless told otherwise.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import httpx
from websockets.asyncio import client as websockets_client
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.frames import Close

from tests.support.fault_service.core import Broadcast, Core, Peer
from tests.support.virtual_time import VirtualLoop, client_modules

LATENCY_S: Final = 0.002


class VirtualSocket:
    """Both ends of one connection. The client's calls are those of the websockets library."""

    def __init__(self, wire: "VirtualWire", peer: Peer) -> None:
        self.peer = peer
        self.transport = self
        self.is_greeted = False
        self.stalled_up = False
        self.stalled_down = False
        self._wire = wire
        self._up: deque[str] = deque()
        self._down: deque[str | bytes] = deque()
        self._arrived: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._closed: ConnectionClosed | None = None

    @property
    def is_open(self) -> bool:
        return self._closed is None

    # The client's end

    async def recv(self) -> str | bytes:
        while self._closed is None or not self._arrived.empty():
            frame = await self._arrived.get()
            if frame is not None:
                self._wire.on_read(frame)
                return frame
        raise self._closed

    async def send(self, text: str) -> None:
        if self._closed is not None:
            raise self._closed
        self._wire.on_send(text)
        self._up.append(text)
        self._wire.later(self._one_up)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.cut(code, reason)

    def abort(self) -> None:
        self.cut()

    # The network and the service

    def push(self, frame: str | bytes) -> None:
        """The service sends."""
        if self._closed is None:
            self._down.append(frame)
            self._wire.later(self._one_down)

    def cut(self, code: int | None = None, reason: str = "", *, after_up: bool = False) -> None:
        """The end of the connection; with `after_up`, the service still gets what the client has sent."""
        if self._closed is not None:
            return
        rcvd = None if code is None else Close(code, reason)
        self._closed = ConnectionClosedError(rcvd, None)
        if after_up:
            while self._up:
                self._wire.serve(self, self._up.popleft())
        self._up.clear()
        self._down.clear()
        self._arrived.put_nowait(None)
        self._wire.sockets.remove(self)

    def swap_broadcasts(self) -> None:
        """The next two frames of runs come in the wrong order."""
        if len(self._down) > 1 and all(_is_broadcast(frame) for frame in (self._down[0], self._down[1])):
            self._down[0], self._down[1] = self._down[1], self._down[0]

    def resume(self) -> None:
        self.stalled_up = self.stalled_down = False
        for _ in range(len(self._up)):
            self._one_up()
        for _ in range(len(self._down)):
            self._one_down()

    def _one_up(self) -> None:
        if self._up and not self.stalled_up:
            self._wire.serve(self, self._up.popleft())

    def _one_down(self) -> None:
        if self._down and not self.stalled_down:
            self._arrived.put_nowait(self._down.popleft())


def _is_broadcast(frame: str | bytes) -> bool:
    return any(kind in str(frame) for kind in ('"workflow_log"', '"agent_log"', '"stage_transition"'))


def _ignore(_frame: Any) -> None:
    return


class VirtualWire:
    """`answer_faults` are used up by the next answers to triggers: "lose", "twice" or "late"."""

    def __init__(self, core: Core, loop: VirtualLoop) -> None:
        self.core = core
        self.loop = loop
        self.sockets: list[VirtualSocket] = []
        self.is_listening = True
        self.is_mute = False
        self.answer_faults: deque[str] = deque()
        self.on_send: Callable[[str], None] = _ignore
        self.on_read: Callable[[str | bytes], None] = _ignore

    def later(self, work: Callable[[], None], seconds: float = LATENCY_S) -> None:
        self.loop.call_later(seconds, work)

    async def connect(self, *_args: object, **_options: object) -> VirtualSocket:
        await asyncio.sleep(LATENCY_S)
        if not self.is_listening:
            raise ConnectionRefusedError(111, "Connection refused")
        socket = VirtualSocket(self, self.core.connect())
        self.sockets.append(socket)
        return socket

    async def http(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(LATENCY_S)
        if not self.is_listening:
            raise httpx.ConnectError("Connection refused", request=request)
        status, body = self.core.http(request.url.path)
        return httpx.Response(status, json=body, request=request)

    def serve(self, socket: VirtualSocket, text: str) -> None:
        """A message has reached the service."""
        if self.is_mute:
            return
        for one in self.core.receive(socket.peer, text, self.loop.time()):
            if isinstance(one, Broadcast):
                self.say(one)
            else:
                self._answer(socket, one)

    def say(self, message: Broadcast) -> None:
        for socket in list(self.sockets):
            socket.push(message.text)

    def _answer(self, socket: VirtualSocket, text: str) -> None:
        kind = json.loads(text)["type"]
        socket.is_greeted |= kind == "pong"
        fault = self.answer_faults.popleft() if kind == "trigger_response" and self.answer_faults else ""
        if fault == "late":
            self.later(lambda: socket.push(text), 40.0)
        elif fault != "lose":
            socket.push(text)
        if fault == "twice":
            socket.push(text)


@contextmanager
def plugged_in(wire: VirtualWire) -> Iterator[None]:
    """The product's client connects to this wire."""
    with ExitStack() as stack:
        for module in client_modules():
            if getattr(module, "connect", None) is websockets_client.connect:
                stack.enter_context(patch.object(module, "connect", wire.connect))
        stack.enter_context(patch.object(httpx.AsyncHTTPTransport, "handle_async_request", _method(wire)))
        yield


def _method(wire: VirtualWire) -> Callable[..., Any]:
    async def handle_async_request(transport: object, request: httpx.Request) -> httpx.Response:
        return await wire.http(request)

    return handle_async_request
