"""uvicorn in this very process: start-up that can be refused, stopping within five seconds, exit code 0."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final, cast

import uvicorn

from kanban_app.asgi import Application, Message, Receive, Scope, Send
from kanban_app.errors import StartRefusal
from kanban_app.serving.console import say
from kanban_app.serving.request_heads import CappedHttp
from kanban_app.serving.stalled_sockets import CutWhenStalled

_LARGEST_FRAME: Final = 16 * 1024 * 1024
# Sent to every open socket; long, since single-threaded scripts may answer late while they work.
_PING_S: Final = 60.0
# Of the five seconds that a stop may take: first for open connections, then for the app's own end.
_CONNECTIONS_S: Final = 1
_STOP_LIMIT_S: Final = 4.5


class BoardServer(uvicorn.Server):
    """Calls back when it is ready and when it begins to stop; ends the process when stopping takes too long."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stopping = on_stopping
        self._deadline: threading.Timer | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._set_deadline()
        self._on_stopping()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._set_deadline()
        super().handle_exit(sig, frame)

    def stop(self) -> None:
        self.should_exit = True

    def _set_deadline(self) -> None:
        """Runs and the database survive a hard exit; a person waiting for Ctrl-C does not."""
        if self._deadline is None:
            self._deadline = threading.Timer(_STOP_LIMIT_S, _give_up)
            self._deadline.daemon = True
            self._deadline.start()


class LifespanGuard:
    """Keeps what went wrong while the app started, so that a refusal is one sentence instead of a traceback."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self.refusal: StartRefusal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def without_failure(message: Message) -> None:
            if message["type"] != "lifespan.startup.failed":
                await send(message)

        try:
            await self._app(scope, receive, without_failure)
        except BaseException as error:
            self.refusal = _refusal_in(error)
            if self.refusal is None:
                raise
            logging.getLogger("uvicorn.error").disabled = True
            await send({"type": "lifespan.startup.failed", "message": ""})


def make_server(app: Application, on_ready: Callable[[], None], on_stopping: Callable[[], None]) -> BoardServer:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=CappedHttp,
        ws=CutWhenStalled,
        ws_max_size=_LARGEST_FRAME,
        ws_ping_interval=_PING_S,
        ws_ping_timeout=_PING_S,
        lifespan="on",
        log_config=None,
        access_log=False,
        # The gate reads forwarded headers itself: it has to know who really sent them.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_CONNECTIONS_S,
    )
    return BoardServer(config, on_ready, on_stopping)


def run(server: BoardServer, guard: LifespanGuard, listener: socket.socket) -> None:
    """Serve until a signal or `server.stop()`. `StartRefusal` when the app refused to start, SystemExit if it broke."""
    # uvicorn raises a caught signal once more when it is done; the exit code shall be ours.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    server.run(sockets=[listener])
    if guard.refusal:
        raise guard.refusal
    if not server.started:
        raise SystemExit(1)


def _give_up() -> None:
    say("Stopping took too long; ending now.")
    os._exit(0)


def _refusal_in(error: BaseException) -> StartRefusal | None:
    """A task group wraps what its tasks raise."""
    if isinstance(error, StartRefusal):
        return error
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return next((found for found in map(_refusal_in, inner) if found), None)
    return None
