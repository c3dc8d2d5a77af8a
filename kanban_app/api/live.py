"""`/ws/live`: the log of one run at a time, as it is written. JSON texts in both directions.

From the client:
- `{"type": "open", "run": "<adw_id>", "after": N | null}`: follow this run instead of whatever was followed. `after` is
  the number of the newest line that the client has been told of, so that it needs what comes after; null for a first
  look.
- `{"type": "close"}`: follow nothing.
- `{"type": "ping"}`: answered with `{"type": "pong"}`, so that a client can tell a silent log from a dead connection.

From the server (a line is `{"seq", "at", "kind", "level", "message", "data"?}`, `at` in milliseconds):
- `{"type": "snapshot", "run", "first", "last", "lines"}`: the newest lines; what is before `first` can be paged over
  HTTP. It comes first after an `open` without `after`, and again whenever this client could not keep up. Where the
  first lines of a run were removed and that is known here, `removed` is how many and `kept` says why.
- `{"type": "lines", "run", "lines"}`: the next lines, without a gap to those before; the first answer to an `open` with
  a useful `after`, then perhaps empty. A run that nobody knows yet is one without lines.
- `{"type": "error", "error": {…}}`: a message was not understood; nothing has changed.

Closes: 1003 not text, 1008 too many messages, 1009 too long a message, 1011 a fault here, 1012 the board is stopping,
1013 come back later (the client takes nothing, or the store cannot be read).
"""

import asyncio
import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from kanban_app.api.access import services_now, starting
from kanban_app.api.failures import ApiError
from kanban_app.api.runs import HIGHEST_SEQ
from kanban_app.api.validation import explain
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import StoreUnavailable
from kanban_app.services.live import Viewer

log = logging.getLogger(__name__)

router = APIRouter()

STALL_S: Final = 30.0
MESSAGE_LIMIT: Final = 1000
BURST: Final = 40
PER_S: Final = 5.0
_CLOSE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the server ends a connection."""

    code: int
    reason: str


NOT_TEXT: Final = Ending(1003, "Text messages only")
TOO_MANY: Final = Ending(1008, "Too many messages")
TOO_LONG: Final = Ending(1009, "The message is too long")
FAULT: Final = Ending(1011, "A fault of the board")
STOPPING: Final = Ending(1012, "The board is stopping")
STALLED: Final = Ending(1013, "Nothing was taken for too long")
NO_STORE: Final = Ending(1013, "The log cannot be read")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Open(_Message):
    type: Literal["open"]
    run: Annotated[str, Field(min_length=1, max_length=64)]
    after: Annotated[int, Field(ge=0, le=HIGHEST_SEQ)] | None = None


class Close(_Message):
    type: Literal["close"]


class Ping(_Message):
    type: Literal["ping"]


_MESSAGES: Final = TypeAdapter[Open | Close | Ping](Annotated[Open | Close | Ping, Field(discriminator="type")])


class Ended(Exception):
    """The server ends this connection."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


@router.websocket("/ws/live")
async def live(socket: WebSocket) -> None:
    services = _services(socket)
    if isinstance(services, BoardError):
        await socket.send_denial_response(ApiError(services.status, services.view()).response())
        return
    await socket.accept()
    with services.live.viewer() as viewer:
        ending = await Connection(socket, services, viewer).ended()
    if ending is not None:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(_CLOSE_S):
                await socket.close(ending.code, ending.reason)


def _services(socket: WebSocket) -> ApiServices | BoardError:
    try:
        services = services_now(socket)
    except BoardError as error:
        return error
    return starting() if services is None or services.stopping.is_set() else services


class Connection:
    """One socket.

    Overflow policy: nothing is queued here. While the client takes nothing, its messages are not read either, and its
    viewer falls behind (`services.live`); after `STALL_S` it is closed.
    """

    def __init__(self, socket: WebSocket, services: ApiServices, viewer: Viewer) -> None:
        self._socket = socket
        self._services = services
        self._viewer = viewer
        self._sending = asyncio.Lock()
        self._credit = float(BURST)
        self._credited_at = time.monotonic()

    async def ended(self) -> Ending | None:
        """Serve until the end. None when the client has gone."""
        tasks = [
            asyncio.create_task(self._read(), name="live lane reader"),
            asyncio.create_task(self._write(), name="live lane writer"),
            asyncio.create_task(self._until_stop(), name="live lane stop"),
        ]
        try:
            await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        return _ending_of([result for result in results if isinstance(result, Exception)])

    async def _until_stop(self) -> None:
        await self._services.stopping.wait()
        raise Ended(STOPPING)

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1006))
            text = message.get("text")
            if text is None:
                raise Ended(NOT_TEXT)
            if len(text) > MESSAGE_LIMIT:
                raise Ended(TOO_LONG)
            self._pay()
            await self._obey(text)

    async def _obey(self, text: str) -> None:
        match _understood(text):
            case Open(run=run, after=after):
                self._viewer.open(run, after)
            case Close():
                self._viewer.close()
            case Ping():
                await self._send('{"type":"pong"}')
            case error:
                await self._send(json.dumps({"type": "error", "error": error}))

    async def _write(self) -> None:
        while True:
            try:
                text = await self._viewer.next()
            except StoreUnavailable as problem:
                log.warning("the live log waits: %s", problem.reason)
                raise Ended(NO_STORE) from problem
            await self._send(text)

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(STALL_S), self._sending:
                await self._socket.send_text(text)
        except TimeoutError as problem:
            raise Ended(STALLED) from problem
        except RuntimeError as problem:  # what Starlette raises once the connection is closed
            raise WebSocketDisconnect(1006) from problem

    def _pay(self) -> None:
        """Every message costs one; `PER_S` come back each second, up to `BURST`."""
        now = time.monotonic()
        self._credit = min(BURST, self._credit + (now - self._credited_at) * PER_S) - 1
        self._credited_at = now
        if self._credit < 0:
            raise Ended(TOO_MANY)


def _understood(text: str) -> Open | Close | Ping | ErrorView:
    try:
        return _MESSAGES.validate_json(text)
    except ValidationError as problem:
        faults = problem.errors()
        if faults[0]["type"] == "json_invalid":
            return describe("E-PROTO-1")
        if faults[0]["type"].startswith("union_tag"):
            return describe("E-VAL-8", {"field": "type", "reason": "use open, close or ping"})
        _, view = explain([{**fault, "loc": ("message", *fault["loc"])} for fault in faults])
        return view


def _ending_of(errors: list[Exception]) -> Ending | None:
    if any(isinstance(error, WebSocketDisconnect) for error in errors):
        return None
    for error in errors:
        if isinstance(error, Ended):
            return error.ending
    for error in errors:
        log.error("a live log has ended by a fault", exc_info=error)
    return FAULT
