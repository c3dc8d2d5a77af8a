"""A gate around an app that tells what reached it."""

import json

import pytest

from kanban_app.api.gate import Gate
from kanban_app.api.origins import HostRules
from kanban_app.asgi import Application, Receive, Scope, Send

TOKEN = "the-access-token"
INTERNAL = "the-internal-token"
HOST = "127.0.0.1:3000"
ORIGIN = f"http://{HOST}"
FRIEND = "https://friend.example.org"


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    """Accepts every socket; answers every request with what it saw, after reading all of the body."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client has left")
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    seen = {
        "path": scope["path"],
        "size": size,
        "scheme": scope["scheme"],
        "host": dict(scope["headers"])[b"host"].decode(),
    }
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"ALLOW")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


def rules() -> HostRules:
    return HostRules.of("127.0.0.1", [FRIEND])


@pytest.fixture
def gate() -> Application:
    return Gate(inner, rules(), TOKEN, INTERNAL)


@pytest.fixture
def open_gate() -> Application:
    """A board with KANBAN_AUTH=none."""
    return Gate(inner, rules(), None, INTERNAL)
