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

from kanban_app.tac7.codec import encode
from kanban_app.tac7.messages import SessionRegistered
from kanban_app.tac7.server_messages import SessionRegisteredData
from kanban_app.tac7.service_session import Cancel, Log, Notify, Register, Reply, ServiceAction, ServiceSession, Trigger
from kanban_app.trigger_service.broadcaster import Broadcaster, ServiceClosed, Subscriber
from kanban_app.trigger_service.config import ServiceConfig
from kanban_app.trigger_service.triggers import TriggerDesk

_log: Final = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S: Final = 2.0
_UNSUPPORTED: Final = (1003, "Only text messages are understood")
_BEHIND: Final = (1013, "Too far behind; connect again and register with since")
_FAULT: Final = (1011, "Internal error")
_RESTART: Final = (1012, "The service is stopping")


class SocketEndpoint:
    """Serves `/ws/trigger`. `desk_group` owns the starts, so that a connection that goes does not cut one in two."""

    def __init__(
        self, config: ServiceConfig, hub: Broadcaster, desk: TriggerDesk, clock: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._hub = hub
        self._desk = desk
        self._clock = clock
        self._numbers = itertools.count(1)
        self.desk_group: asyncio.TaskGroup | None = None

    async def serve(self, socket: WebSocket) -> None:
        """One connection, from its acceptance to its end."""
        if self.desk_group is None:
            await socket.close(1013, "The service is not running")
            return
        await socket.accept()
        client = Subscriber(self._config.subscriber_queue)
        self._hub.add(client)
        try:
            code_and_reason = await self._converse(socket, client)
        finally:
            self._hub.remove(client)
        if code_and_reason is not None:
            with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await socket.close(*code_and_reason)

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
        while True:
            event = await socket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event.get("code", 1006))
            text = event.get("text")
            if text is None:
                return
            for action in session.receive(text, time.monotonic(), self._clock()):
                await self._act(action, client)

    async def _write(self, socket: WebSocket, client: Subscriber) -> None:
        while True:
            outgoing = await client.next(self._hub)
            try:
                await socket.send_text(outgoing.text)
            except RuntimeError as error:  # what Starlette raises once the connection is closed
                raise WebSocketDisconnect(1006) from error

    async def _act(self, action: ServiceAction, client: Subscriber) -> None:
        match action:
            case Reply(message=message):
                client.reply(encode(message))
            case Trigger():
                await self._whole(self._desk.trigger(action, client))
            case Cancel():
                await self._whole(self._desk.cancel(action, client))
            case Register():
                self._register(action, client)
            case Log(message=message):
                data = message.model_dump(mode="json")["data"]
                await self._hub.publish([{"type": "workflow_log", "data": data}])
            case Notify():
                pass

    async def _whole(self, work: Coroutine[None, None, None]) -> None:
        """Also when this connection ends meanwhile."""
        if self.desk_group is None:
            work.close()
            raise ServiceClosed
        await asyncio.shield(self.desk_group.create_task(work))

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
        client.reply(encode(SessionRegistered(data=data)))
        if since is not None:
            client.replay(since)
