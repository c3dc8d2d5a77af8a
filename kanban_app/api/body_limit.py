"""A cap on request bodies that also counts those sent without a length."""

from collections.abc import Awaitable, Callable
from typing import Final

from kanban_app.asgi import Application, Message, Receive, Scope, Send

MIB: Final = 1024 * 1024

Refuse = Callable[[Send], Awaitable[None]]


async def with_body_limit(  # noqa: PLR0917 - ASGI's three, and the limit's two
    app: Application, scope: Scope, receive: Receive, send: Send, limit: int, refuse: Refuse
) -> None:
    """Run `app`; as soon as more than `limit` bytes have come, answer with `refuse` and tell `app` nobody is there."""
    if _announced(scope) > limit:
        await refuse(send)
        return
    request = _CountedRequest(receive, send, limit, refuse)
    try:
        await app(scope, request.receive, request.send)
    except Exception:
        # What an application does about a client that has left is no news.
        if not request.too_large:
            raise


class _CountedRequest:
    def __init__(self, receive: Receive, send: Send, limit: int, refuse: Refuse) -> None:
        self._receive, self._send, self._limit, self._refuse = receive, send, limit, refuse
        self._count = 0
        self._answered = False
        self.too_large = False

    async def receive(self) -> Message:
        if self.too_large:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._count += len(message.get("body", b""))
        if self._count <= self._limit:
            return message
        self.too_large = True
        if not self._answered:
            await self._refuse(self._send)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.too_large:
            return
        self._answered = True
        await self._send(message)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
