"""Sockets and answers without end, as long as they keep to their limits and whoever holds them is welcome."""

import time
from collections.abc import Callable
from typing import Final

from kanban_app.api.rates import Buckets, Limits
from kanban_app.asgi import Application, Message, Receive, Scope, Send

# How long one that has been taken away may still be used.
_LOOK_S: Final = 1.0
_POLICY_VIOLATION: Final = 1008
_TOO_LARGE: Final = 1009
KIB: Final = 1024
# What a page sends. Reflex takes no more; a form with the longest texts has a tenth of it.
_LARGEST_EVENT: Final = 1_000_000
# What the live lane is asked for.
_LARGEST_WISH: Final = 64 * KIB

IsWelcome = Callable[[], bool]


async def watch_socket(  # noqa: PLR0917 - ASGI's three, and the limits' two
    app: Application, scope: Scope, receive: Receive, send: Send, limits: Limits, is_welcome: IsWelcome
) -> None:
    """Run `app` on a socket that is closed when its messages are too large or too many, or its caller has to go."""
    socket = _Socket(receive, send, limits, is_welcome, _largest(scope["path"]))
    await app(scope, socket.receive, socket.send)


class _Watch:
    """Asks at most once a second."""

    def __init__(self, is_welcome: IsWelcome) -> None:
        self._is_welcome = is_welcome
        self._looked_at = time.monotonic()
        self.over = False

    def has_to_go(self) -> bool:
        now = time.monotonic()
        if now - self._looked_at < _LOOK_S:
            return False
        self._looked_at = now
        return not self._is_welcome()


class _Socket:
    def __init__(
        self, receive: Receive, send: Send, limits: Limits, is_welcome: IsWelcome, largest: int | None
    ) -> None:
        self._receive, self._send, self._largest = receive, send, largest
        self._watch = _Watch(is_welcome)
        self._frames = Buckets(limits.frames_burst, limits.frames_per_s)

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] != "websocket.receive" or self._watch.over:
            return message
        size = len(message.get("bytes") or b"") + len(message.get("text") or "")
        if self._largest is not None and size > self._largest:
            return await self._end(_TOO_LARGE, "The message is too large.")
        if self._frames.take("", time.monotonic()):
            return await self._end(_POLICY_VIOLATION, "Too many messages.")
        if self._watch.has_to_go():
            return await self._end(_POLICY_VIOLATION, "Sign in again.")
        return message

    async def send(self, message: Message) -> None:
        if self._watch.over:
            return
        if message["type"] == "websocket.send" and self._watch.has_to_go():
            await self._end(_POLICY_VIOLATION, "Sign in again.")
            return
        if message["type"] == "websocket.close":
            self._watch.over = True
        await self._send(message)

    async def _end(self, code: int, reason: str) -> Message:
        self._watch.over = True
        await self._send({"type": "websocket.close", "code": code, "reason": reason})
        return {"type": "websocket.disconnect", "code": code, "reason": reason}


def while_welcome(send: Send, is_welcome: IsWelcome) -> Send:
    """A `send` that ends an answer that comes in parts when its caller has to go."""
    watch = _Watch(is_welcome)

    async def watched(message: Message) -> None:
        if watch.over:
            return
        if message["type"] == "http.response.body" and message.get("more_body") and watch.has_to_go():
            watch.over = True
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return watched


def _largest(path: str) -> int | None:
    """Characters of a message; None where the server's own limit is right."""
    if path.startswith("/_event"):
        return _LARGEST_EVENT
    return _LARGEST_WISH if path == "/ws/live" else None
