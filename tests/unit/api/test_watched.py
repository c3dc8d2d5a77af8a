"""Sockets and answers without end keep to their limits, and end with the right to them."""

import asyncio

import pytest

from kanban_app.api import watched
from kanban_app.api.body_limit import Patience
from kanban_app.api.gate import Gate
from kanban_app.api.rates import Limits
from kanban_app.api.watched import watch_socket, while_welcome
from kanban_app.asgi import Message, Receive, Scope, Send
from tests.support.asgi import request, scope_of
from tests.unit.api.conftest import HOST, TOKEN, inner, rules


class Wire:
    """The other end of a socket: says what it is given, keeps what comes back."""

    def __init__(self, *texts: str) -> None:
        self._next: list[Message] = [{"type": "websocket.connect"}]
        self._next += [{"type": "websocket.receive", "text": text} for text in texts]
        self.sent: list[Message] = []
        self.got: list[Message] = []

    async def receive(self) -> Message:
        return self._next.pop(0) if self._next else {"type": "websocket.disconnect", "code": 1005}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def app(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Sends every text back until the socket ends."""
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.got.append(message)
            await send({"type": "websocket.send", "text": message["text"]})
        await send({"type": "websocket.send", "text": "too late"})

    async def run(self, path: str = "/_event/", limits: Limits | None = None, *, welcome: bool = True) -> None:
        scope = scope_of("websocket", path, {})
        await watch_socket(self.app, scope, self.receive, self.send, limits or Limits(), lambda: welcome)

    @property
    def closed(self) -> list[int]:
        return [message["code"] for message in self.sent if message["type"] == "websocket.close"]


async def test_a_socket_that_keeps_to_its_limits_notices_nothing() -> None:
    wire = Wire("a", "b")
    await wire.run()
    assert [message["text"] for message in wire.got] == ["a", "b"]
    assert wire.closed == []


@pytest.mark.parametrize(("path", "largest"), [("/_event/", 1_000_000), ("/ws/live", 64 * 1024)])
async def test_a_message_that_is_too_large_ends_it(path: str, largest: int) -> None:
    wire = Wire("x" * largest, "x" * (largest + 1), "never")
    await wire.run(path)
    assert [len(message["text"]) for message in wire.got] == [largest]
    assert wire.closed == [1009]
    assert wire.sent[-1]["type"] == "websocket.close"


async def test_too_many_messages_end_it() -> None:
    wire = Wire(*"abcde")
    await wire.run(limits=Limits(frames_burst=3, frames_per_s=0.001))
    assert [message["text"] for message in wire.got] == ["a", "b", "c"]
    assert wire.closed == [1008]


@pytest.fixture
def without_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at each message instead of once a second."""
    monkeypatch.setattr(watched, "_LOOK_S", 0.0)


async def test_a_socket_ends_with_the_right_to_it(without_pause: None) -> None:
    wire = Wire("a", "b")
    await wire.run(welcome=False)
    assert wire.got == []
    assert wire.closed == [1008]


async def test_an_answer_in_parts_ends_with_the_right_to_it(without_pause: None) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    welcome = [True]
    watched_send = while_welcome(send, lambda: welcome[0])
    await watched_send({"type": "http.response.start", "status": 200, "headers": []})
    await watched_send({"type": "http.response.body", "body": b"1", "more_body": True})
    welcome.clear()
    welcome.append(False)
    await watched_send({"type": "http.response.body", "body": b"2", "more_body": True})
    await watched_send({"type": "http.response.body", "body": b"3", "more_body": True})
    assert sent[2:] == [{"type": "http.response.body", "body": b""}]


async def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    gate = Gate(inner, rules(), TOKEN, patience=Patience(grace_s=0.05, bytes_per_s=1e9))
    sent: list[Message] = []
    pieces: list[Message] = [{"type": "http.request", "body": b"a", "more_body": True}]

    async def receive() -> Message:
        if pieces:
            return pieces.pop()
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}"}
    await gate(scope_of("http", "/api/x", headers, method="POST"), receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert b"too slowly" in sent[1]["body"]
    form = scope_of("http", "/login", {"host": HOST, "origin": f"http://{HOST}"}, method="POST")
    sent.clear()
    await gate(form, receive, send)
    assert sent[0]["status"] == 401


def test_a_body_has_more_time_the_more_of_it_has_come() -> None:
    patience = Patience(grace_s=10, bytes_per_s=100)
    assert patience.left(0.0, 10.0, 0) == 0.0
    assert patience.left(0.0, 10.0, 500) == 5.0


async def test_what_comes_in_time_passes() -> None:
    gate = Gate(inner, rules(), TOKEN, patience=Patience(grace_s=5))
    headers = {"host": HOST, "authorization": f"Bearer {TOKEN}"}
    assert (await request(gate, "POST", "/api/x", headers, [b"a", b"b"])).status == 200
