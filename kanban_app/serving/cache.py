"""How long browsers may keep what they got: hashed files for ever, everything else only after asking."""

import re
from typing import Final

from kanban_app.asgi import Application, Message, Receive, Scope, Send

# The bundler puts a hash of the content into these names.
_HASHED: Final = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8}\.\w+(\.map)?")
_FOR_EVER: Final = b"private, max-age=31536000, immutable"
_ASK_FIRST: Final = b"no-cache"
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
    value = _FOR_EVER if hashed and message["status"] in _KEPT_STATUS else _ASK_FIRST
    return {**message, "headers": [*headers, (b"cache-control", value)]}
