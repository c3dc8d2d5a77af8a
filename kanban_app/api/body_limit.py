"""A cap on size and time of request bodies that also counts those sent without a length."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kanban_app.asgi import Application, Message, Receive, Scope, Send

MIB: Final = 1024 * 1024

Refuse = Callable[[Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Patience:
    """A body may take `grace_s`, and longer if it comes at `bytes_per_s` or faster on the whole."""

    grace_s: float = 30.0
    bytes_per_s: float = 4096.0

    def left(self, began: float, now: float, count: int) -> float:
        return began + self.grace_s + count / self.bytes_per_s - now


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What a body may be, and what becomes of one that is not."""

    limit: int
    too_large: Refuse
    too_slow: Refuse
    patience: Patience


async def with_body_limit(app: Application, scope: Scope, receive: Receive, send: Send, rules: BodyRules) -> None:
    """Run `app`; as soon as a body breaks the rules, refuse it and tell `app` that nobody is there any more."""
    if _announced(scope) > rules.limit:
        await rules.too_large(send)
        return
    request = _CountedRequest(receive, send, rules)
    try:
        await app(scope, request.receive, request.send)
    except Exception:
        # What an application does about a client that has left is no news.
        if not request.refused:
            raise


class _CountedRequest:
    def __init__(self, receive: Receive, send: Send, rules: BodyRules) -> None:
        self._receive, self._send, self._rules = receive, send, rules
        self._began = asyncio.get_running_loop().time()
        self._count = 0
        self._answered = False
        self._whole = False
        self.refused = False

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        if self._whole:
            # What comes now is that the client leaves, however late.
            return await self._receive()
        message = await self._in_time()
        if message is None:
            return await self._refuse(self._rules.too_slow)
        self._count += len(message.get("body", b""))
        self._whole = message["type"] != "http.request" or not message.get("more_body", False)
        return message if self._count <= self._rules.limit else await self._refuse(self._rules.too_large)

    async def send(self, message: Message) -> None:
        if self.refused:
            return
        self._answered = True
        await self._send(message)

    async def _in_time(self) -> Message | None:
        left = self._rules.patience.left(self._began, asyncio.get_running_loop().time(), self._count)
        try:
            async with asyncio.timeout(left):
                return await self._receive()
        except TimeoutError:
            return None

    async def _refuse(self, refuse: Refuse) -> Message:
        self.refused = True
        if not self._answered:
            await refuse(self._send)
        return {"type": "http.disconnect"}


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
