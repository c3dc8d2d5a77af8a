"""How long browsers may keep what they got: hashed files for ever, data of the board not at all, and everything else
only after asking. No cache that several people use may keep anything."""

import re
from typing import Final

from kanban_app.asgi import Application, Message, Receive, Scope, Send

# The bundler puts a hash of the content into these names.
_HASHED: Final = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8}\.\w+(\.map)?")
_FOR_EVER: Final = b"private, max-age=31536000, immutable"
_ASK_FIRST: Final = b"private, no-cache"
_NEVER: Final = b"no-store"
_DATA: Final = (b"application/json", b"application/x-ndjson", b"text/event-stream")
_KEPT_STATUS: Final = frozenset({200, 206, 304})


class CacheHeaders:
    """Sets Cache-Control on answers that come without one."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hashed = bool(_HASHED.fullmatch(scope["path"]))

        async def with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = _with_cache_control(message, hashed=hashed)
            await send(message)

        await self._app(scope, receive, with_header)


def _with_cache_control(message: Message, *, hashed: bool) -> Message:
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", []))
    if any(name.lower() == b"cache-control" for name, _ in headers):
        return message
    return {**message, "headers": [*headers, (b"cache-control", _value(headers, message["status"], hashed=hashed))]}


def _value(headers: list[tuple[bytes, bytes]], status: int, *, hashed: bool) -> bytes:
    if hashed and status in _KEPT_STATUS:
        return _FOR_EVER
    kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
    return _NEVER if kind.startswith(_DATA) else _ASK_FIRST
