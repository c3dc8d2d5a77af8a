"""Calls an ASGI app without a server: one request or one handshake, and what came back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kanban_app.asgi import Application, Message


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def cookie(self) -> str:
        """What a browser would send back."""
        return self.headers["set-cookie"].partition(";")[0]


def scope_of(
    kind: str, path: str, headers: Mapping[str, str] | Sequence[tuple[str, str]], **more: Any
) -> dict[str, Any]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    target, _, query = path.partition("?")
    return {
        "type": kind,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs],
        "scheme": "http" if kind == "http" else "ws",
        "client": ("127.0.0.1", 50000),
        **more,
    }


async def request(
    app: Application,
    method: str,
    path: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: Iterable[bytes] = (b"",),
    **more: Any,
) -> Answer:
    """`body` comes in these pieces; after the last one the client has left."""
    answer = Answer()
    pieces = list(body)

    async def receive() -> Message:
        if not pieces:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not answer.status, "answered twice"
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(scope_of("http", path, headers, method=method, **more), receive, send)
    return answer


async def connects(
    app: Application, path: str, headers: Mapping[str, str] | Sequence[tuple[str, str]] = (), **more: Any
) -> bool:
    """Whether a WebSocket handshake is accepted."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope_of("websocket", path, headers, **more), receive, send)
    assert len(sent) == 1
    return sent[0]["type"] == "websocket.accept"
