"""Every request and every socket is counted, timed, and gets an id that its log lines have."""

import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from structlog.contextvars import bound_contextvars

from kanban_app.asgi import Application, Message, Receive, Scope, Send
from kanban_app.observing import instruments
from kanban_app.observing.areas import AREAS

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BEGINNING: Final = "http.response.start"
_ID_BYTES: Final = 4
# What a client sees when the app breaks before it answers.
_BROKEN: Final = 500


class Observed:
    """ASGI middleware, outside all that may refuse a request."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                with bound_contextvars(request=secrets.token_hex(_ID_BYTES)):
                    await self._http(scope, receive, send)
            case "websocket":
                with bound_contextvars(socket=secrets.token_hex(_ID_BYTES)), _open(AREAS.of(scope["path"])):
                    await self._app(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, area, code = time.perf_counter(), AREAS.of(scope["path"]), 0

        async def noticing(message: Message) -> None:
            nonlocal code
            if message["type"] == _BEGINNING and not code:
                code = message["status"]
                instruments.HTTP_SECONDS.labels(area).observe(time.perf_counter() - began)
            await send(message)

        instruments.HTTP_NOW.inc()
        try:
            await self._app(scope, receive, noticing)
        finally:
            instruments.HTTP_NOW.dec()
            method = scope["method"] if scope["method"] in _METHODS else "other"
            instruments.HTTP_REQUESTS.labels(area, method, str(code or _BROKEN)).inc()


@contextmanager
def _open(area: str) -> Generator[None]:
    instruments.SOCKETS.labels(area).inc()
    instruments.SOCKETS_NOW.labels(area).inc()
    try:
        yield
    finally:
        instruments.SOCKETS_NOW.labels(area).dec()
