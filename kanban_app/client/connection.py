"""The client: one connection to a trigger service, kept up for ever."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from kanban_app.client.link import Link
from kanban_app.client.service_http import Json, RemoteRun, ServiceHttp
from kanban_app.client.settings import ClientSettings
from kanban_app.client.trouble import of_closing, of_connecting
from kanban_app.client.urls import parse_url
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.tac7.backoff import delays
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import ClientSession, NotReady
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.session_events import (
    ConnectionChanged,
    Cursor,
    Ready,
    Received,
    Resumed,
    RoundTrip,
    SessionEvent,
)
from kanban_app.tac7.trouble import Trouble

log = logging.getLogger(__name__)

TRIES_UNTIL_OFFLINE: Final = 3
_LATER_S: Final = 60.0
_IDLE_CLOSE: Final = "E-CONN-10"
"""V1 closes idle connections; the catalogue wants no word about it."""
_QUIET_PAUSES_S: Final = (0.1, 0.3)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class TriggerClient:
    """`events` has one consumer. When it is full nothing is read from the socket: back-pressure, nothing is dropped.

    Requests are sent through the newest connection; what became of them comes as events.
    """

    def __init__(
        self,
        settings: ClientSettings,
        cursor: Cursor | None = None,
        wall: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`cursor` is how far the service's broadcasts are stored. Raises UnusableUrl."""
        self.events: asyncio.Queue[SessionEvent] = asyncio.Queue(settings.queue_size)
        self._settings = settings
        self._url = parse_url(settings.url)
        self._cursor = cursor or Cursor()
        self._wall = wall
        self._monotonic = monotonic
        self._connection = Connection(ConnectionState.CONNECTING, self._url.socket, settings.embedded)
        self._link: Link | None = None
        self._http: ServiceHttp | None = None
        self._wanted = True
        self._nudge = asyncio.Event()
        self._failures = 0
        self._pauses = self._new_pauses()
        self._quiet_until = 0.0
        self._journal = ""

    @property
    def is_free(self) -> bool:
        """Whether a trigger would be taken now. It becomes so with Ready and with the events that end a trigger."""
        return self._wanted and self._link is not None and self._link.session.is_free

    @property
    def connection(self) -> Connection:
        """How the connection stands now; every change also comes as a ConnectionChanged."""
        return self._connection

    async def run(self) -> None:
        """Keep the connection up, until cancelled."""
        self._quiet_until = self._monotonic() + self._settings.quiet_first_s
        self._http = ServiceHttp(self._settings, self._url)
        try:
            while True:
                try:
                    await self._round()
                except Exception:  # a defect of ours must not end the supervision
                    log.exception("the connection to %s failed unexpectedly", self._url.socket)
                    pause = self._settings.longest_pause_s
                    await self._show_failure(Trouble("E-CONN-18", {"code": "-", "reason": "A fault of ours."}), pause)
                    await self._wait(pause)
        finally:
            await self._http.aclose()
            self._http = None

    async def trigger(self, attempt_id: str, request: TriggerRequest) -> None:
        """Send a request. Its outcome comes as exactly one TriggerAnswered, Refused, Uncertain or Unsent.

        Raises NotReady or SessionBusy (both NotSent), RequestRefused, FrameTooLarge: then certainly nothing was sent.
        """
        link = self._live()
        link.session.trigger(replace(request, attempt_id=attempt_id), self._monotonic())
        link.wake()

    async def cancel(self, adw_id: str, request_id: str) -> None:
        """Ask to end a run; a CancelAnswered follows. Raises NotReady or NotOffered (both NotSent)."""
        link = self._live()
        link.session.cancel(adw_id, request_id, self._monotonic())
        link.wake()

    async def announce(self, ticket: TicketData) -> None:
        """Tell the service of a card; a TicketAnswered follows. Raises NotReady (a NotSent) or FrameTooLarge."""
        link = self._live()
        link.session.announce(ticket, self._monotonic())
        link.wake()

    async def fetch_run(self, adw_id: str) -> RemoteRun | None:
        """What the service says of a run; None when it does not know it. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_run(adw_id)

    async def fetch_execution_log(self, adw_id: str, stage: str) -> Json:
        """The log of a stage's script. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_execution_log(adw_id, stage)

    async def fetch_stage_log(self, adw_id: str, stage: str) -> Json:
        """The log of a stage's agent. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_stage_log(adw_id, stage)

    async def fetch_health(self) -> HealthReport:
        """How the service says it is (see `ServiceHttp.fetch_health`). Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_health()

    def retry_now(self) -> None:
        """Do not wait for the next attempt; also undoes `disconnect`."""
        self.connect()

    def connect(self) -> None:
        self._wanted = True
        self._pauses = self._new_pauses()
        self._nudge.set()

    def disconnect(self) -> None:
        """Close, and stay away until `connect` or `retry_now`."""
        self._wanted = False
        self._nudge.set()

    def _service_http(self) -> ServiceHttp:
        if self._http is None:
            raise NotReady
        return self._http

    def _live(self) -> Link:
        if self._link is None or not self._wanted:
            raise NotReady
        return self._link

    async def _round(self) -> None:
        """One attempt with what follows from it."""
        self._nudge.clear()
        if not self._wanted:
            await self._show(ConnectionState.DISCONNECTED, Trouble("E-CONN-11"))
            await self._nudge.wait()
            return
        trouble = await self._attempt()
        if not self._wanted:
            return
        pause = self._pause_after(trouble)
        await self._show_failure(trouble, pause)
        await self._wait(pause)

    async def _attempt(self) -> Trouble:
        """Connect and stay connected; why it is over."""
        await self._show(self._trying_state())
        try:
            socket = await self._unless_unwanted(self._open())
        except (OSError, WebSocketException, EOFError) as error:
            log.debug("no connection to %s: %s", self._url.socket, type(error).__name__)
            return of_connecting(error, self._url, self._settings.open_timeout_s)
        if socket is None:
            return Trouble("E-CONN-11")
        return await self._serve(socket)

    async def _open(self) -> ClientConnection:
        return await connect(
            self._url.socket,
            additional_headers=self._settings.headers,
            proxy=None if self._url.is_loopback else True,
            open_timeout=self._settings.open_timeout_s,
            close_timeout=self._settings.close_timeout_s,
            ping_interval=None,  # V1 freezes for longer than the library's patience (Q4)
            max_size=self._settings.max_incoming,
            logger=_quiet_logger(),
        )

    async def _serve(self, socket: ClientConnection) -> Trouble:
        session = ClientSession(uuid4().hex, self._settings.limits, self._cursor)
        link = self._link = Link(socket, session, self._deliver, self._monotonic, self._wall)
        self._journal = ""
        try:
            closed = await self._closing_when_unwanted(link)
        finally:
            self._link = None
            socket.transport.abort()  # nothing when it is closed already, as it is unless we were cancelled
        return session.trouble or of_closing(closed, self._url)

    async def _closing_when_unwanted(self, link: Link) -> ConnectionClosed:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run())
            closer = tasks.create_task(self._close_when_unwanted(link))
            closed = await running
            closer.cancel()
        return closed

    async def _close_when_unwanted(self, link: Link) -> None:
        while self._wanted:
            await self._nudge.wait()
            self._nudge.clear()
        await link.close()

    async def _unless_unwanted(self, opening: Coroutine[Any, Any, ClientConnection]) -> ClientConnection | None:
        """The result; None when the user has disconnected before."""
        task = asyncio.ensure_future(opening)
        nudged: asyncio.Task[bool] | None = None
        try:
            while self._wanted and not task.done():
                nudged = asyncio.ensure_future(self._nudge.wait())
                await asyncio.wait({task, nudged}, return_when=asyncio.FIRST_COMPLETED)
                self._nudge.clear()
            return task.result() if task.done() else None
        finally:
            pending: list[asyncio.Future[Any]] = [one for one in (task, nudged) if one is not None]
            for one in pending:
                one.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _deliver(self, event: SessionEvent) -> None:
        if isinstance(event, Resumed):
            self._journal = event.journal
        if isinstance(event, Ready):
            await self._show_connected(event)
        if isinstance(event, RoundTrip):
            self._connection = replace(self._connection, round_trip_ms=event.seconds * 1000)
        await self.events.put(event)
        self._advance(event)

    def _advance(self, event: SessionEvent) -> None:
        """Only what has been handed on counts: the next connection goes on behind it, however this one ends."""
        if isinstance(event, Resumed):
            self._cursor = self._cursor.of(event.journal).at(event.since)
        if isinstance(event, Received) and event.seq is not None:
            self._cursor = self._cursor.at(event.seq)

    async def _show_connected(self, ready: Ready) -> None:
        self._failures = 0
        self._pauses = self._new_pauses()
        now = self._wall()
        await self._change(
            replace(
                self._connection,
                state=ConnectionState.CONNECTED,
                vintage=ready.vintage,
                extensions=ready.extensions,
                journal=self._journal,
                attempt=0,
                next_try_at=None,
                connected_at=now,
                last_connected_at=now,
                error_code=None,
                error_params={},
            )
        )

    def _trying_state(self) -> ConnectionState:
        if self._connection.last_connected_at is not None:
            return ConnectionState.RECONNECTING
        return ConnectionState.OFFLINE if self._failures >= TRIES_UNTIL_OFFLINE else ConnectionState.CONNECTING

    async def _show_failure(self, trouble: Trouble, pause: float) -> None:
        if self._is_quiet():
            await self._show(self._trying_state())
            return
        self._failures += 1
        log.info("not connected to %s (%s), next try in %.1f s", self._url.socket, trouble.code, pause)
        is_silent = trouble.code == _IDLE_CLOSE
        await self._show(self._trying_state(), None if is_silent else trouble, pause)

    async def _show(self, state: ConnectionState, trouble: Trouble | None = None, pause: float | None = None) -> None:
        keeps_error = trouble is None and state is not ConnectionState.CONNECTED and self._failures > 0
        await self._change(
            replace(
                self._connection,
                state=state,
                vintage=None,
                extensions=frozenset(),
                journal="",
                attempt=self._failures,
                next_try_at=None if pause is None else self._wall() + timedelta(seconds=pause),
                connected_at=None,
                round_trip_ms=None,
                error_code=trouble.code if trouble else (self._connection.error_code if keeps_error else None),
                error_params=dict(trouble.params)
                if trouble
                else (self._connection.error_params if keeps_error else {}),
            )
        )

    async def _change(self, connection: Connection) -> None:
        if connection != self._connection:
            self._connection = connection
            await self.events.put(ConnectionChanged(connection))

    def _is_quiet(self) -> bool:
        return self._connection.last_connected_at is None and self._monotonic() < self._quiet_until

    def _pause_after(self, trouble: Trouble) -> float:
        if self._is_quiet():
            return random.uniform(*_QUIET_PAUSES_S)  # noqa: S311 - spreading, not secrecy
        if trouble.code == _IDLE_CLOSE and self._has_stood():
            return 0.0
        pause = next(self._pauses)
        return max(pause, _LATER_S) if trouble.code == "E-CONN-17" else pause

    def _has_stood(self) -> bool:
        """Whether the connection that has just gone was one for a while; who closes each at once is not rushed at."""
        since = self._connection.connected_at
        return since is not None and self._wall() - since > timedelta(seconds=self._settings.first_pause_s)

    def _new_pauses(self) -> Iterator[float]:
        settings = self._settings
        return delays(random.random, first_s=settings.first_pause_s, longest_s=settings.longest_pause_s)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._nudge.wait()
        except TimeoutError:
            return


def _quiet_logger() -> logging.Logger:
    """The library's debug lines would show the token."""
    wire = logging.getLogger("kanban_app.client.wire")
    wire.setLevel(logging.WARNING)
    return wire
