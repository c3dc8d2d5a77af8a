"""The client: one connection to a trigger service, kept up for ever.

When to try and when to wait is `tac7.supervision`'s to say; here it is carried out.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from structlog.contextvars import bound_contextvars
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from kanban_app.client.link import Link
from kanban_app.client.network import watch_network
from kanban_app.client.opening import open_socket
from kanban_app.client.proxies import UnusableProxy
from kanban_app.client.service_http import Json, RemoteRun, ServiceHttp
from kanban_app.client.settings import ClientSettings
from kanban_app.client.snapshots import with_round_trip, with_service, without_service
from kanban_app.client.tls import UnusableCaFile
from kanban_app.client.trouble import of_closing, of_connecting
from kanban_app.client.urls import parse_url
from kanban_app.client.ways import Way, find_way
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.traffic import Traffic
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import ClientSession, NotReady
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.merge_preview import MergePreview
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.run_work import RemoteChanges, RemoteDiff, RemotePlan
from kanban_app.tac7.server_messages import WorkflowLogData
from kanban_app.tac7.session_events import (
    ConnectionChanged,
    Cursor,
    Ready,
    Received,
    Resumed,
    RoundTrip,
    SessionEvent,
)
from kanban_app.tac7.supervision import Phase, Signal, StayAway, Supervision, TryNow, Wait
from kanban_app.tac7.trouble import Trouble

log = logging.getLogger(__name__)


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
        traffic: Traffic | None = None,
    ) -> None:
        """`cursor` is how far the service's broadcasts are stored; `traffic` counts. Raises UnusableUrl."""
        self.events: asyncio.Queue[SessionEvent] = asyncio.Queue(settings.queue_size)
        self.traffic = traffic or Traffic()
        """What has gone over all connections so far."""
        self._settings = settings
        self._url = parse_url(settings.url)
        self._cursor = cursor or Cursor()
        self._wall = wall
        self._monotonic = monotonic
        self._machine = Supervision.start(settings.pauses, monotonic())
        self._connection = Connection(
            ConnectionState.CONNECTING, self._url.socket, settings.embedded, since=self._wall()
        )
        self._link: Link | None = None
        self._way: Way | None = None
        self._http: ServiceHttp | None = None
        self._nudge = asyncio.Event()
        self._journal = ""
        self._checks = 0

    @property
    def is_free(self) -> bool:
        """Whether a trigger would be taken now. It becomes so with Ready and with the events that end a trigger."""
        return self._link is not None and self._is_ready and self._link.session.is_free

    @property
    def connection(self) -> Connection:
        """How the connection stands now; every change also comes as a ConnectionChanged."""
        return self._connection

    async def run(self) -> None:
        """Keep the connection up, until cancelled."""
        quiet_until = self._monotonic() + self._settings.quiet_first_s
        self._machine = replace(self._machine, quiet_until=quiet_until)
        watching = asyncio.create_task(self._watch_network())
        try:
            while True:
                try:
                    await self._step()
                except Exception:  # a defect of ours must not end the supervision
                    log.exception("the connection to %s failed unexpectedly", self._url.socket)
                    self._signal(Signal.FAILED, Trouble("E-CONN-18", {"code": "-", "reason": "A fault of ours."}))
                    await asyncio.sleep(self._settings.first_pause_s)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await self._leave_way()

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
        """Tell the service of a card; a TicketAnswered follows. Raises NotReady, NotOffered or FrameTooLarge."""
        link = self._live()
        link.session.announce(ticket, self._monotonic())
        link.wake()

    async def log(self, entry: WorkflowLogData) -> None:
        """Have the service tell everybody a line of a run's log. Raises NotReady, NotOffered or FrameTooLarge."""
        link = self._live()
        link.session.log(entry, self._monotonic())
        link.wake()

    async def fetch_run(self, adw_id: str) -> RemoteRun | None:
        """What the service says of a run; None when it does not know it. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_run(adw_id)

    async def fetch_merge_preview(self, adw_id: str, method: str, target: str | None) -> MergePreview:
        """What merging a run would do, from a service with the extension. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_merge_preview(adw_id, method, target)

    async def fetch_plan(self, adw_id: str) -> RemotePlan | None:
        """The plan of a run; None where there is none. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_plan(adw_id)

    async def fetch_changes(self, adw_id: str) -> RemoteChanges:
        """What a run has changed, from a service with the extension. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_changes(adw_id)

    async def fetch_diff(self, adw_id: str, path: str, old_path: str | None) -> RemoteDiff:
        """The same for one file, with its lines. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_diff(adw_id, path, old_path)

    async def fetch_execution_log(self, adw_id: str, stage: str) -> Json:
        """The log of a stage's script. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_execution_log(adw_id, stage)

    async def fetch_stage_log(self, adw_id: str, stage: str) -> Json:
        """The log of a stage's agent. Raises ServiceHttpError or NotReady."""
        return await self._service_http().fetch_stage_log(adw_id, stage)

    async def fetch_health(self) -> HealthReport:
        """How the service says it is (see `ServiceHttp.fetch_health`). Raises ServiceHttpError or NotReady."""
        with self.health_check():
            return await self._service_http().fetch_health()

    @contextmanager
    def health_check(self) -> Generator[None]:
        """Around a call for the service's health: it may answer nothing else meanwhile, and is not dead (Q6)."""
        self._tell_of_check(1)
        try:
            yield
        finally:
            self._tell_of_check(-1)

    def _tell_of_check(self, change: int) -> None:
        self._checks += change
        if self._link is not None:
            self._link.session.health_check_open(is_open=change > 0)

    def retry_now(self) -> None:
        """Do not wait for the next attempt; also undoes `disconnect`."""
        self._signal(Signal.RETRY_NOW)

    def connect(self) -> None:
        """Undo `disconnect`."""
        self._signal(Signal.CONNECT)

    def disconnect(self) -> None:
        """Close, and stay away until `connect` or `retry_now`."""
        self._signal(Signal.DISCONNECT)

    def network_returned(self) -> None:
        """This computer has come to a network: try at once, and see whether a connection that stands still does."""
        if self._url.is_loopback:
            self._machine = replace(self._machine, has_network=True)
            return
        self._signal(Signal.NETWORK_RETURNED)
        self._doubt()

    def network_lost(self) -> None:
        """This computer is in no network any more. A service on it is not affected."""
        self._signal(Signal.NETWORK_LOST)
        if not self._url.is_loopback:
            self._doubt()

    async def reconfigure(self, settings: ClientSettings) -> None:
        """From now on this address, token, authorities and limits. Raises UnusableUrl, and then all is as before.

        A connection that stands is closed in order; what is under way over it ends as with a lost one. Who has
        disconnected stays so, and connects to the new service later. The size of the event queue remains.
        """
        self._url = parse_url(settings.url)
        self._settings = settings
        self._connection = replace(self._connection, embedded=settings.embedded, last_connected_at=None)
        self._machine = replace(self._machine, pauses=settings.pauses)
        self._signal(Signal.RECONFIGURED)
        await self._leave_way()

    @property
    def _is_ready(self) -> bool:
        return self._machine.phase is Phase.READY

    def _is_current(self, number: int) -> bool:
        return self._machine.decision == TryNow(number)

    def _doubt(self) -> None:
        if self._link is not None:
            self._link.doubt()

    def _service_http(self) -> ServiceHttp:
        if self._http is None:
            raise NotReady
        return self._http

    def _live(self) -> Link:
        if self._link is None or not self._is_ready:
            raise NotReady
        return self._link

    def _signal(self, signal: Signal, trouble: Trouble | None = None) -> None:
        spread = random.uniform(0.5, 1.0)  # noqa: S311 - spreading, not secrecy
        self._machine = self._machine.after(signal, self._monotonic(), trouble, spread)
        self._nudge.set()

    async def _step(self) -> None:
        """Carry out one decision."""
        self._nudge.clear()
        await self._show()
        match self._machine.decision:
            case StayAway():
                await self._nudge.wait()
            case Wait(until):
                await self._wait(until - self._monotonic())
                self._signal(Signal.TIME_PASSED)
            case TryNow(number):
                await self._try(number)

    async def _try(self, number: int) -> None:
        """Connect and stay connected, as long as this try is the newest."""
        was_accepted = bool(self._settings.token) and self._machine.has_connected
        try:
            socket = await self._unless_outdated(self._open(), number)
        except (OSError, WebSocketException, EOFError, UnicodeError, UnusableCaFile, UnusableProxy) as error:
            if self._is_current(number):
                proxy = self._way.proxy_name if self._way else None
                timeout_s = self._settings.open_timeout_s
                self._fail(
                    Signal.FAILED, of_connecting(error, self._url, timeout_s, proxy=proxy, was_accepted=was_accepted)
                )
            return
        if socket is not None:
            await self._serve(socket, number)

    async def _open(self) -> ClientConnection:
        way = await self._find_way()
        return await open_socket(self._settings, self._url, way)

    async def _find_way(self) -> Way:
        """Trust and proxy of the settings in force, and with them the calls over HTTP."""
        if self._way is None:
            settings, url = self._settings, self._url
            way = await find_way(url, settings.ca_file)
            if settings is not self._settings:
                return way  # of a try that is out of date
            self._way = way
            self._http = ServiceHttp(settings, url, way)
        return self._way

    async def _leave_way(self) -> None:
        http, self._http, self._way = self._http, None, None
        if http is not None:
            await http.aclose()

    async def _serve(self, socket: ClientConnection, number: int) -> None:
        if self._is_current(number):
            self._signal(Signal.OPENED)
        session_id = uuid4().hex
        session = ClientSession(session_id, self._settings.limits, self._cursor)
        for _ in range(self._checks):  # those that have begun over the connection before
            session.health_check_open(is_open=True)
        link = self._link = Link(socket, session, self._deliver, self._monotonic, self._wall, traffic=self.traffic)
        self._journal = ""
        try:
            with bound_contextvars(connection=session_id[:8]):
                closed = await self._closing_when_outdated(link, number)
        finally:
            self._link = None
            socket.transport.abort()  # nothing when it is closed already, as it is unless we were cancelled
        if self._is_current(number):
            largest = self._settings.max_incoming
            self._fail(Signal.CLOSED, session.trouble or of_closing(closed, self._url, largest))

    def _fail(self, signal: Signal, trouble: Trouble) -> None:
        self._signal(signal, trouble)
        if self._machine.failures > 0:
            log.info("not connected to %s (%s), next try in %.1f s", self._url.socket, trouble.code, self._wait_s())

    async def _closing_when_outdated(self, link: Link, number: int) -> ConnectionClosed:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(link.run())
            closer = tasks.create_task(self._close_when_outdated(link, number))
            closed = await running
            closer.cancel()
        return closed

    async def _close_when_outdated(self, link: Link, number: int) -> None:
        while self._is_current(number):
            await self._nudge.wait()
            self._nudge.clear()
        await link.close()

    async def _unless_outdated(
        self, opening: Coroutine[Any, Any, ClientConnection], number: int
    ) -> ClientConnection | None:
        """The result; None when something else is wanted before."""
        task = asyncio.ensure_future(opening)
        nudged: asyncio.Task[bool] | None = None
        try:
            while self._is_current(number) and not task.done():
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
            self._signal(Signal.READY)
            if self._is_ready:  # not when the connection is being closed already
                await self._change(with_service(self._connection, event, self._journal, self._wall()))
        if isinstance(event, RoundTrip):
            self._connection = with_round_trip(self._connection, event)
        await self.events.put(event)
        self._advance(event)

    def _advance(self, event: SessionEvent) -> None:
        """Only what has been handed on counts: the next connection goes on behind it, however this one ends."""
        if isinstance(event, Resumed):
            self._cursor = self._cursor.of(event.journal).at(event.since)
        if isinstance(event, Received) and event.seq is not None:
            self._cursor = self._cursor.at(event.seq)

    async def _show(self) -> None:
        if not self._is_ready:
            await self._change(
                without_service(self._connection, self._machine, self._url, self._wall(), self._wait_s())
            )

    async def _change(self, connection: Connection) -> None:
        if connection != self._connection:
            self._connection = connection
            await self.events.put(ConnectionChanged(connection))

    def _wait_s(self) -> float:
        return max(0.0, self._machine.due - self._monotonic())

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self._nudge.wait()
        except TimeoutError:
            return

    async def _watch_network(self) -> None:
        if not self._settings.watches_network:
            return
        try:
            await watch_network(self._on_network)
        except Exception:  # nothing depends on it: tries go on by themselves
            log.exception("changes of the network are not watched any more")

    def _on_network(self, is_there: bool) -> None:  # noqa: FBT001 - the shape of a callback
        if is_there:
            self.network_returned()
        else:
            self.network_lost()
