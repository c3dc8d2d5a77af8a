"""The WebSocket endpoint: one reader and one writer a connection, nothing shared but the queues between them."""

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from kanban_app.asgi import Scope
from kanban_app.tac7.client_faults import validation_error
from kanban_app.tac7.codec import FrameTooLarge, encode
from kanban_app.tac7.messages import ServerMessage, SessionRegistered
from kanban_app.tac7.rate import RollingWindow
from kanban_app.tac7.server_messages import SessionRegisteredData
from kanban_app.tac7.service_session import (
    AskQueue,
    Cancel,
    Log,
    Notify,
    Register,
    Reply,
    ServiceAction,
    ServiceSession,
    Trigger,
)
from kanban_app.trigger_service.broadcaster import Broadcaster, ServiceClosed, Subscriber
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.line_news import LineNews
from kanban_app.trigger_service.triggers import TriggerDesk

_log: Final = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S: Final = 2.0
_FRAMES: Final = 50
_FRAMES_S: Final = 0.05
_LARGE: Final = 64 * 1024
_UNSUPPORTED: Final = (1003, "Only text messages are understood")
_FULL: Final = (1013, "Too many connections; try again later")
_BEHIND: Final = (1013, "Too far behind; connect again and register with since")
_FAULT: Final = (1011, "Internal error")
_RESTART: Final = (1012, "The service is stopping")


OnAsk = Callable[[Scope, str, str, str], None]
"""Called with the socket of whoever has asked for something, with what that was, with the run that it was about, and
with a word for why nothing came of it, "" when it is done."""


def nobody_listens(_socket: Scope, _what: str, _adw_id: str, _code: str) -> None:
    """For a service of which nobody keeps an audit log."""


class SocketEndpoint:
    """Serves `/ws/trigger`. `desk_group` owns the starts, so that a connection that goes does not cut one in two."""

    def __init__(
        self,
        config: ServiceConfig,
        hub: Broadcaster,
        desk: TriggerDesk,
        news: LineNews,
        clock: Callable[[], datetime],
        *,
        on_ask: OnAsk = nobody_listens,
    ) -> None:
        self._on_ask = on_ask
        self._config = config
        self._hub = hub
        self._desk = desk
        self._news = news
        self._clock = clock
        self._numbers = itertools.count(1)
        self.desk_group: asyncio.TaskGroup | None = None

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its acceptance to its end."""
        if self.desk_group is None:
            await socket.close(1013, "The service is not running")
            return
        await socket.accept()
        if self._hub.subscribers >= self._config.max_connections:
            await _close(socket, _FULL)
            return
        client = Subscriber(self._config.subscriber_queue, self._config.subscriber_bytes)
        self._hub.add(client)
        try:
            code_and_reason = await self._converse(socket, client)
        finally:
            self._hub.remove(client)
        if code_and_reason is not None:
            await _close(socket, code_and_reason)

    async def _converse(self, socket: WebSocket, client: Subscriber) -> tuple[int, str] | None:
        """Until the client goes, or for the returned reason."""
        reader = asyncio.create_task(self._read(socket, client), name="trigger socket reader")
        writer = asyncio.create_task(self._write(socket, client), name="trigger socket writer")
        behind = asyncio.create_task(client.overflowed.wait(), name="trigger socket overflow")
        tasks = (reader, writer, behind)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        if any(isinstance(error, WebSocketDisconnect) for error in ended):
            return None
        for error in ended:
            if isinstance(error, ServiceClosed):
                return _RESTART
            if isinstance(error, Exception):
                _log.error("a connection broke on a fault of ours", exc_info=error)
                return _FAULT
        return _BEHIND if client.overflowed.is_set() else _UNSUPPORTED

    async def _read(self, socket: WebSocket, client: Subscriber) -> None:
        """Raises WebSocketDisconnect when the client goes; returns on a frame that is not text."""
        number = next(self._numbers)
        connection_id = f"conn_{int(self._clock().timestamp() * 1000)}_{number}"
        session = ServiceSession(connection_id, per_minute=self._config.triggers_per_minute)
        pace = RollingWindow(_FRAMES, _FRAMES_S)
        while True:
            # What comes faster waits in the client's socket: nobody else is to wait for it.
            await asyncio.sleep(pace.wait(time.monotonic()))
            event = await socket.receive()
            pace.take(time.monotonic())
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event.get("code", 1006))
            text = event.get("text")
            if text is None:
                return
            for action in await understood(session, text, self._clock()):
                await self._act(action, client, socket.scope)

    async def _write(self, socket: WebSocket, client: Subscriber) -> None:
        while True:
            outgoing = await client.next(self._hub)
            try:
                await socket.send_text(outgoing.text)
            except RuntimeError as error:  # what Starlette raises once the connection is closed
                raise WebSocketDisconnect(1006) from error

    async def _act(self, action: ServiceAction, client: Subscriber, who: Scope) -> None:
        match action:
            case Reply(message=message):
                client.reply(_encoded(message))
            case Trigger():
                await self._whole(self._trigger(action, client, who))
            case Cancel():
                await self._whole(self._cancel(action, client, who))
            case AskQueue():
                client.show(self._news.now())
            case Register():
                self._register(action, client)
            case Log(message=message):
                data = message.model_dump(mode="json")["data"]
                await self._hub.publish([{"type": "workflow_log", "data": data}])
            case Notify(ticket=ticket):
                await self._whole(self._desk.announce(ticket, client))

    async def _trigger(self, action: Trigger, client: Subscriber, who: Scope) -> None:
        code = await self._desk.trigger(action, client)
        self._on_ask(who, action.data.workflow_type, action.data.adw_id or "", code)

    async def _cancel(self, action: Cancel, client: Subscriber, who: Scope) -> None:
        code = await self._desk.cancel(action, client)
        self._on_ask(who, "cancel", action.adw_id, code)

    async def _whole(self, work: Coroutine[None, None, None]) -> None:
        """Also when this connection ends meanwhile."""
        if self.desk_group is None:
            work.close()
            raise ServiceClosed
        fault = await asyncio.shield(self.desk_group.create_task(_fault_of(work)))
        if fault is not None:
            raise fault

    def _register(self, action: Register, client: Subscriber) -> None:
        hub = self._hub
        since = None if action.since is None else min(max(action.since, 0), hub.last)
        if action.journal not in {None, "", hub.journal_id} and since:
            since = None
        data = SessionRegisteredData(
            session_id=action.session_id,
            message="Session registered successfully",
            journal=hub.journal_id,
            last=hub.last,
            replaying=0 if since is None else hub.last - since,
        )
        client.reply(_encoded(SessionRegistered(data=data)))
        if since is not None:
            client.replay(since)


async def understood(session: ServiceSession, text: str, at: datetime) -> list[ServiceAction]:
    """What to do about a message. A large one is read in a thread: it would keep everybody else waiting."""
    if len(text) <= _LARGE:
        return session.receive(text, time.monotonic(), at)
    return await asyncio.to_thread(session.receive, text, time.monotonic(), at)


async def _fault_of(work: Coroutine[None, None, None]) -> Exception | None:
    """What a client has provoked breaks its own connection, not the group of all tasks."""
    try:
        await work
    except Exception as fault:  # noqa: BLE001 - the root of a task; the connection is closed with it
        return fault
    return None


def _encoded(message: ServerMessage) -> str:
    """Some answers repeat what the client has sent, and that may be too large to send back."""
    try:
        return encode(message)
    except FrameTooLarge as error:
        return encode(validation_error(f"The answer would have {error.size} bytes; {error.limit} are possible"))


async def _close(socket: WebSocket, code_and_reason: tuple[int, str]) -> None:
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await socket.close(*code_and_reason)
