"""One connection that stands: a socket, its session, and the three tasks that move texts and time between them."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from kanban_app.client.trouble import close_code_of
from kanban_app.domain.traffic import Traffic
from kanban_app.tac7.client_session import ClientSession
from kanban_app.tac7.session_events import SessionEvent

log = logging.getLogger(__name__)

_YIELD_EVERY: Final = 50
_STALL_S: Final = 0.05


class Link:
    """`deliver` may wait: then nothing is read meanwhile, and the session is told that the pause was ours.

    `traffic` counts what goes over the socket.
    """

    def __init__(
        self,
        socket: ClientConnection,
        session: ClientSession,
        deliver: Callable[[SessionEvent], Awaitable[None]],
        monotonic: Callable[[], float],
        wall: Callable[[], datetime],
        *,
        traffic: Traffic,
    ) -> None:
        self.session = session
        self._socket = socket
        self._deliver = deliver
        self._monotonic = monotonic
        self._wall = wall
        self._traffic = traffic
        self._undelivered: deque[SessionEvent] = deque()
        self._delivering = asyncio.Lock()
        self._to_write = asyncio.Event()
        self._to_tick = asyncio.Event()
        self._sleeps_until = float("inf")

    async def run(self) -> ConnectionClosed:
        """Until the connection is gone; then the session's last events have been delivered, too."""
        self.session.opened(self._monotonic())
        try:
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._write()), tasks.create_task(self._watch_time())]
                self.wake()
                closed = await self._read()
                for helper in helpers:
                    helper.cancel()
        except Exception:  # a defect of ours: requests under way get their end all the same
            await self._end(None)
            raise
        await self._end(close_code_of(closed))
        return closed

    async def _end(self, code: int | None) -> None:
        self.session.lost(code)
        await self._deliver_events()

    def wake(self) -> None:
        """The session has something to send."""
        self._to_write.set()
        self._to_tick.set()

    def doubt(self) -> None:
        """The network has changed: find out soon whether the other side is still there."""
        self.session.doubt(self._monotonic())
        self.wake()

    async def close(self) -> None:
        """End it in order; `run` returns."""
        await self._socket.close()

    async def _read(self) -> ConnectionClosed:
        count = 0
        while True:
            try:
                frame = await self._socket.recv()
            except ConnectionClosed as closed:
                return closed
            self._traffic.came(frame)
            text = frame if isinstance(frame, str) else frame.decode(errors="replace")
            self.session.receive(text, self._monotonic(), self._wall())
            await self._deliver_events()
            self._follow_up()
            count += 1
            if count % _YIELD_EVERY == 0:
                await asyncio.sleep(0)  # `recv` does not give way while frames are waiting

    def _follow_up(self) -> None:
        self._to_write.set()
        deadline = self.session.deadline()
        if deadline is None or deadline < self._sleeps_until:
            self._to_tick.set()

    async def _write(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            for text in self.session.outgoing():
                try:
                    await self._socket.send(text)
                    self._traffic.went(text)
                except ConnectionClosed:
                    return

    async def _watch_time(self) -> None:
        while True:
            await self._sleep()
            async with self._delivering:
                self.session.tick(self._monotonic())
            await self._deliver_events()
            self._to_write.set()
            if self.session.trouble is not None:
                log.info("giving up the connection: %s", self.session.trouble.code)
                self._socket.transport.abort()
                return

    async def _sleep(self) -> None:
        """Until the session's deadline or until it has a nearer one."""
        deadline = self.session.deadline()
        self._sleeps_until = float("inf") if deadline is None else deadline
        try:
            async with asyncio.timeout(None if deadline is None else max(0.0, deadline - self._monotonic())):
                await self._to_tick.wait()
        except TimeoutError:
            return
        self._to_tick.clear()

    async def _deliver_events(self) -> None:
        """One drain at a time, so that the stream stays in order."""
        async with self._delivering:
            began = self._monotonic()
            self._undelivered.extend(self.session.events())
            while self._undelivered:
                await self._deliver(self._undelivered[0])
                self._undelivered.popleft()  # only now: this task may be cancelled while it waits
            stalled = self._monotonic() - began
            if stalled > _STALL_S:
                self.session.stalled(stalled)
