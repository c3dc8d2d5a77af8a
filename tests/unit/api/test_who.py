"""What the gate says of those whom it lets in."""

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.who import Kind, Who, who_of
from kanban_app.asgi import Receive, Scope, Send
from tests.support.asgi import connects, request, scope_of
from tests.unit.api.conftest import FRIEND, HOST, INTERNAL, ORIGIN, TOKEN, rules

LOCAL = {"host": HOST}


class Seer:
    """An app that remembers who came."""

    who: Who | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.who = who_of(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def seer() -> Seer:
    return Seer()


@pytest.mark.parametrize(
    ("path", "headers", "kind"),
    [
        ("/api/v1/board", {"authorization": f"Bearer {TOKEN}"}, "token"),
        ("/api/adws/list", {"authorization": f"Bearer {INTERNAL}"}, "local"),
        ("/r/abc/api/stage-event", {}, "run"),
        ("/healthz", {}, "stranger"),
    ],
)
async def test_requests_are_told_apart(seer: Seer, path: str, headers: dict[str, str], kind: Kind) -> None:
    await request(Gate(seer, rules(), TOKEN, INTERNAL), "GET", path, {**LOCAL, **headers}, client=("10.0.0.3", 9))
    assert seer.who is not None
    assert (seer.who.kind, seer.who.address) == (kind, "10.0.0.3")
    assert TOKEN not in seer.who.name


async def test_who_has_signed_in_is_a_person(seer: Seer) -> None:
    gate = Gate(seer, rules(), TOKEN, INTERNAL)
    cookie = (await request(gate, "GET", f"/?token={TOKEN}", LOCAL)).cookie
    await request(gate, "GET", "/", {**LOCAL, "cookie": cookie})
    assert seer.who == Who("a person", "person", "127.0.0.1")
    assert await connects(gate, "/_event/", {**LOCAL, "cookie": cookie, "origin": ORIGIN})
    assert seer.who == Who("a person", "person", "127.0.0.1")


async def test_sockets_are_told_apart(seer: Seer) -> None:
    gate = Gate(seer, rules(), TOKEN, INTERNAL)
    assert await connects(gate, f"/ws/trigger?token={TOKEN}", {**LOCAL, "origin": FRIEND})
    assert seer.who == Who("access token", "token", "127.0.0.1")
    assert await connects(gate, "/ws/trigger", {**LOCAL, "authorization": f"Bearer {INTERNAL}"})
    assert seer.who == Who("the board itself", "local", "127.0.0.1")


async def test_without_sign_in_everyone_is_of_this_machine(seer: Seer) -> None:
    await request(Gate(seer, rules(), None, INTERNAL), "GET", "/", LOCAL)
    assert seer.who == Who("this machine", "local", "127.0.0.1")


def test_where_no_gate_is_there_are_strangers() -> None:
    assert who_of(scope_of("http", "/", LOCAL)) == Who("a stranger", "stranger", "127.0.0.1")
    assert who_of(scope_of("http", "/", LOCAL, client=None)).address == ""
