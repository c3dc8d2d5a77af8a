"""The running app: what is started, in which order, and what stops with it. Used by the composition root only."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from kanban_app.client.connection import TriggerClient
from kanban_app.client.service_http import RemoteRun, ServiceHttpError
from kanban_app.config import GRACE_S, Settings
from kanban_app.connecting import client_settings, outbox_limits, refusal_of, token_of, try_out
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.errors import BoardError, StartRefusal
from kanban_app.runtime import Launch
from kanban_app.services.announcer import Announcer
from kanban_app.services.board import BoardService
from kanban_app.services.came_online import CameOnline
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.container import ApiServices
from kanban_app.services.dispatcher import Dispatcher, is_connected
from kanban_app.services.event_log import EventLog
from kanban_app.services.health import HealthCheck
from kanban_app.services.histories import Histories
from kanban_app.services.hub import Change, Hub
from kanban_app.services.ingest import CURSOR_KEY, Ingest, cursor_from_json
from kanban_app.services.inquiry import Inquiry
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.services.live import LiveLane
from kanban_app.services.pace import PACE_KEY
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.resync import Resync
from kanban_app.store import migrate
from kanban_app.store.database import Store
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, StoreUnavailable
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.session_events import Cursor
from kanban_app.trigger_service.config import ServiceConfig, write_service_file
from kanban_app.trigger_service.service import TriggerService

log = logging.getLogger(__name__)

FLUSH_S: Final = 1.0
DRAIN_S: Final = 1.0
QUIET_FIRST_S: Final = 20.0


@dataclass(slots=True)
class Running:
    """What the routes and pages need of a running app."""

    services: ApiServices
    trigger_service: TriggerService | None


@asynccontextmanager
async def running(launch: Launch) -> AsyncGenerator[Running]:
    """Everything from the store to the client, started; stopped in reverse order at the end of the block.

    Raises StartRefusal when the database cannot be used. A part that breaks later ends the whole program.
    """
    settings = launch.settings
    # Done by `serve` already, before it built the front end; then there is nothing left to do here.
    await asyncio.to_thread(prepare_database, settings)
    async with AsyncExitStack() as started:
        yield await _started(launch, _database_url(settings), started)


async def _started(launch: Launch, url: str, started: AsyncExitStack) -> Running:
    try:
        store = await started.enter_async_context(await Store.open(url))
        embedded = launch.settings.runs_embedded_service
        service = await started.enter_async_context(_embedded(launch, store)) if embedded else None
        return Running(await started.enter_async_context(_board(launch, store)), service)
    except StoreUnavailable as error:
        raise StartRefusal(f"The database cannot be used: {error.detail or error.reason}.") from None


def prepare_database(settings: Settings) -> None:
    """Create or upgrade the database. Raises StartRefusal when it cannot be used; it is then as it was before."""
    url, backups_dir = _database_url(settings), settings.data_dir / "backups"
    try:
        migrate.prepare_database(url, backups_dir)
    except DatabaseTooNew:
        raise StartRefusal(
            f"The database {url.removeprefix('sqlite:///')} was made by a newer version of this program: "
            f"update the program, or put back a copy from {backups_dir}."
        ) from None
    except NotOurDatabase as error:
        raise StartRefusal(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    except StoreUnavailable as error:
        raise StartRefusal(f"The database cannot be opened: {error.detail or error.reason}.") from None


def _database_url(settings: Settings) -> str:
    return f"sqlite:///{settings.database_path}"


@asynccontextmanager
async def _embedded(launch: Launch, store: Store) -> AsyncGenerator[TriggerService]:
    settings = launch.settings
    write_service_file(settings.data_dir, launch.local_url)
    config = ServiceConfig(
        data_dir=settings.data_dir,
        demo_speed=settings.demo_speed,
        end_runs_on_stop=settings.stop_runs_on_exit,
    )
    service = TriggerService(config, ServiceLedger(store), ServiceJournal(store))
    async with service:
        yield service
    launch.exit_report.runs_going_on = service.active_runs


class _Wiring:
    """The client and the services around one board."""

    def __init__(self, launch: Launch, in_force: Settings, store: Store, client: TriggerClient, cursor: Cursor) -> None:
        settings = self.in_force = in_force
        self.launch = launch
        self.client = client
        self.hub = Hub()
        self.live = LiveLane(store)
        self.hub.on_lines.append(self.live.publish)
        self.keeper = Keeper(store, self.hub, self.facts)
        self.has_connected = False
        self.stopping = asyncio.Event()
        self.dispatcher = Dispatcher(self.keeper, client, outbox_limits(settings), self.is_connected)
        self.inquiry = Inquiry(
            self.keeper,
            self.fetch,
            self.dispatcher.ask_again,
            lambda: self.connection().clock_skew_s,
            self.is_connected,
        )
        self.quarantine = Quarantine(self._publish_connection, (token_of(settings), launch.internal_token))
        self.ingest = Ingest(
            self.keeper,
            self.on_event,
            cursor,
            self.dispatcher.slow_down,
            histories=Histories(store.log_keys),
            quarantine=self.quarantine,
        )
        self.resync = Resync(self.keeper, client, self.ingest.merge, self._publish_connection)
        self.health = HealthCheck(self.keeper, client, self.resync.restarted)
        self.announcer = Announcer(self.keeper, self.hub, client, self.is_connected)
        self.reader = Reader(self.keeper, self.connection, self.is_demo, self.dispatcher.outlook)
        self._shown: Connection | None = None

    def connection(self) -> Connection:
        stale, unreadable = self.resync.is_stale, self.quarantine.is_alarmed
        return replace(self.client.connection, stale=stale, unreadable=unreadable)

    def is_connected(self) -> bool:
        return is_connected(self.connection())

    def is_demo(self) -> bool:
        return self.in_force.tac7_url is None

    def facts(self) -> ServiceFacts:
        connection = self.connection()
        can_cancel = connection.can_cancel or (connection.embedded and connection.vintage is None)
        grace = self.in_force.trigger_grace_s
        if grace is None:
            grace = 0.0 if can_cancel else GRACE_S
        return ServiceFacts(grace, can_cancel, self.is_demo(), connection.clock_skew_s)

    def on_event(self, event: s.SessionEvent) -> None:
        match event:
            case s.Ready():
                self.has_connected = True
                self.dispatcher.reconnected()
                self.inquiry.reconnected()
                self.announcer.reconnected()
                self.resync.ready()
                self._publish_connection()
            case s.ConnectionChanged(connection) if connection.state is not ConnectionState.CONNECTED:
                self.resync.lost()
                self._publish_connection()
            case s.ConnectionChanged() | s.RoundTrip():
                self._publish_connection()
            case s.TicketAnswered():
                self.announcer.answered(event)
            case s.CancelAnswered(status="unknown"):
                self.dispatcher.stop_unanswered()
            case s.TriggerAnswered() | s.TriggerRefused() | s.TriggerUncertain() | s.TriggerUnsent():
                # The line is free again, whether or not the board has changed by it.
                self.dispatcher.wake()
            case _:
                pass

    def _publish_connection(self) -> None:
        """Tell the screens. What cards offer depends on what the service can do, so a change of that repaints them."""
        now, before = self.connection(), self._shown
        self._shown = now
        board = self.keeper.board
        tasks = frozenset[str]()
        if before is None or before.can_cancel != now.can_cancel:
            tasks = frozenset(task.id for task in board.tasks.values() if task.attempt_id)
        elif before.state is not now.state:
            tasks = frozenset(attempt.task_id for attempt in board.queue())
        self.hub.publish(Change(connection=True, tasks=tasks))
        self.dispatcher.wake()

    def services(self, store: Store, settings: ConnectionSettings) -> ApiServices:
        return ApiServices(
            board=BoardService(self.keeper, store),
            hub=self.hub,
            reader=self.reader,
            check=self.inquiry.check,
            retry_now=self.client.retry_now,
            connect=self.client.connect,
            disconnect=self.client.disconnect,
            came_online=CameOnline(self.connection, self.client.retry_now),
            quarantine=self.quarantine,
            health=self.ask_health,
            settings=settings,
            events=EventLog(store),
            live=self.live,
            snapshot=lambda: self.keeper.board,
            last_seq=lambda: self.keeper.seq,
            ping=store.ping,
            unready=self.unready,
            stopping=self.stopping,
        )

    async def use(self, settings: Settings) -> None:
        """From now on these settings; the connection is made anew only where it is concerned."""
        before, self.in_force = client_settings(self.launch, self.in_force), settings
        self.quarantine.hide([token_of(settings)])
        self.dispatcher.use(outbox_limits(settings))
        now = client_settings(self.launch, settings)
        if now != before:
            await self.client.reconfigure(now)
        self._publish_connection()

    def unready(self) -> str | None:
        if self.connection().embedded and not self.has_connected:
            return "The built-in service is starting."
        return None

    async def fetch(self, adw_id: str) -> RemoteRun | None:
        """What the service says of a run. Raises BoardError when it cannot be asked."""
        try:
            return await self.client.fetch_run(adw_id)
        except ServiceHttpError as problem:
            raise BoardError(problem.code, problem.params) from problem
        except NotSent:
            raise BoardError(self.connection().error_code or "E-CONN-7", self.connection().error_params) from None

    async def ask_health(self) -> HealthReport:
        try:
            return await self.health.ask()
        except NotSent:
            raise BoardError(self.connection().error_code or "E-CONN-7", self.connection().error_params) from None

    async def flush_ticks(self) -> None:
        """Bring percentage ticks into the rows, at most once a second, and only when there were any."""
        dirty = asyncio.Event()
        self.keeper.on_unsaved.append(dirty.set)
        while True:
            await dirty.wait()
            dirty.clear()
            await asyncio.sleep(FLUSH_S)
            try:
                await self.keeper.flush()
            except StoreUnavailable:
                log.exception("progress waits: the store cannot write")
                dirty.set()


@asynccontextmanager
async def _board(launch: Launch, store: Store) -> AsyncGenerator[ApiServices]:
    cursor = cursor_from_json(await store.setting(CURSOR_KEY))
    settings = ConnectionSettings(launch.settings, store, partial(refusal_of, launch), probe=partial(try_out, launch))
    in_force = await settings.load()
    client = TriggerClient(client_settings(launch, in_force), cursor)
    wiring = _Wiring(launch, in_force, store, client, cursor)
    settings.on_change = wiring.use
    launch.on_stopping.append(wiring.stopping.set)
    await wiring.keeper.load()
    await wiring.quarantine.load(store)
    await wiring.dispatcher.recover(cursor.journal, await store.setting(PACE_KEY))
    async with asyncio.TaskGroup() as tasks:

        def own(name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
            return tasks.create_task(_vital(launch, name, work), name=name)

        sending = own("dispatcher", wiring.dispatcher.run())
        aside = [own("inquiry", wiring.inquiry.run()), own("resync", wiring.resync.run())]
        if launch.settings.announce_tickets:
            aside.append(own("announcer", wiring.announcer.run()))
        holding = own("quarantine", wiring.quarantine.run(store))
        receiving = own("client", client.run())
        storing = [own("ingest", wiring.ingest.run(client.events)), own("ticks", wiring.flush_ticks())]
        try:
            yield wiring.services(store, settings)
        finally:
            wiring.stopping.set()
            await _ended(sending, *aside, receiving)
            # What the client has heard is kept, also of services that would not say it again.
            with suppress(TimeoutError):
                await asyncio.wait_for(client.events.join(), DRAIN_S)
            await _ended(*storing, holding)
    try:
        await wiring.keeper.flush()
        await wiring.quarantine.save(store)
    except StoreUnavailable:
        log.exception("the newest progress could not be stored")


async def _vital(launch: Launch, name: str, work: Coroutine[None, None, None]) -> None:
    """A task without which the board would only look alive: its end is that of the program, with a sentence."""
    try:
        await work
    except Exception:
        log.exception("the %s has ended by a fault of this program", name)
    launch.give_up(f"A part of the program ({name}) has failed; the log has the details. Nothing stored is lost.")


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
