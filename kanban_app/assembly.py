"""The running app: what is started, in which order, and what stops with it. Used by the composition root only."""

import asyncio
import logging
import platform
import shlex
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from structlog.contextvars import bound_contextvars

from kanban_app import __version__
from kanban_app.api.acting import service_asked
from kanban_app.client.connection import TriggerClient
from kanban_app.client.service_http import RemoteRun, ServiceHttpError
from kanban_app.config import GRACE_S, Settings, parse_port_range, printable
from kanban_app.connecting import (
    client_settings,
    find_elsewhere,
    keep_of,
    outbox_limits,
    refusal_of,
    token_of,
    try_out,
)
from kanban_app.domain.audit import Action, Target
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.reported import ForgetImages
from kanban_app.errors import BoardError, StartRefusal
from kanban_app.runtime import Launch
from kanban_app.services.acting import done
from kanban_app.services.announcer import Announcer
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.services.attachments import Attachments
from kanban_app.services.auditing import Audit, Writing
from kanban_app.services.board import BoardService
from kanban_app.services.came_online import CameOnline
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.connection_news import ConnectionNews
from kanban_app.services.connection_settings import ConnectionSettings
from kanban_app.services.container import ApiServices
from kanban_app.services.counted_traffic import CountedTraffic
from kanban_app.services.dispatcher import Dispatcher, is_connected
from kanban_app.services.event_log import EventLog
from kanban_app.services.health.check import HealthCheck, in_the_background
from kanban_app.services.health.desk import HealthDesk
from kanban_app.services.health.diagnosis import Facts
from kanban_app.services.health.monitor import Monitor
from kanban_app.services.health.surroundings import Surroundings
from kanban_app.services.histories import Histories
from kanban_app.services.hub import Change, Hub
from kanban_app.services.ingest import CURSOR_KEY, Ingest, cursor_from_json
from kanban_app.services.inquiry import CheckView, Inquiry
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.services.live import LiveLane
from kanban_app.services.markdown import Markdown
from kanban_app.services.merging import MergePreviews
from kanban_app.services.metrics import ConnectionCounts, count_events
from kanban_app.services.notifications import Notifications
from kanban_app.services.pace import PACE_KEY
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.resync import Resync
from kanban_app.services.retention import Janitor
from kanban_app.services.run_work import RunWork
from kanban_app.services.search import LogIndexing, Search
from kanban_app.services.storage import StorageWatch
from kanban_app.services.transfer.importing import Transfer
from kanban_app.store import migrate
from kanban_app.store.auditing import AuditTable
from kanban_app.store.database import Store
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, StoreUnavailable
from kanban_app.store.journal import ServiceJournal
from kanban_app.store.ledger import ServiceLedger
from kanban_app.store.retention import Retention
from kanban_app.store.run_records import ServiceRunRecords
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.messages import QueueStatus
from kanban_app.tac7.session_events import Cursor
from kanban_app.trigger_service.config import ServiceConfig, write_service_file
from kanban_app.trigger_service.service import TriggerService

log = logging.getLogger(__name__)

FLUSH_S: Final = 1.0
DRAIN_S: Final = 1.0
QUIET_FIRST_S: Final = 20.0


def _api_tokens(launch: Launch) -> ApiTokens | None:
    """Those of the process, which all projects have in common."""
    if launch.access_token is None:
        return None
    return ApiTokens(launch.shared_dir or launch.settings.data_dir)


@dataclass(slots=True)
class Running:
    """What the routes and pages need of a running app."""

    services: ApiServices
    trigger_service: TriggerService | None
    store: Store


@asynccontextmanager
async def running(launch: Launch, shared: AuditTable | None = None) -> AsyncGenerator[Running]:
    """Everything from the store to the client, started; stopped in reverse order at the end of the block.

    `shared` is the audit log of the first project, for the others: theirs is beside it.
    Raises StartRefusal when the database cannot be used. A part that breaks later ends the whole program.
    """
    settings = launch.settings
    # Done by `serve` already, before it built the front end; then there is nothing left to do here.
    await asyncio.to_thread(prepare_database, settings)
    async with AsyncExitStack() as started:
        yield await _started(launch, shared, _database_url(settings), started)


async def _started(launch: Launch, shared: AuditTable | None, url: str, started: AsyncExitStack) -> Running:
    try:
        store = await started.enter_async_context(await Store.open(url))
        embedded = launch.settings.runs_embedded_service
        service = await started.enter_async_context(_embedded(launch, store)) if embedded else None
        services = await started.enter_async_context(_board(launch, store, service, shared))
        return Running(services, service, store)
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
    write_service_file(settings.data_dir, launch.project_url)
    records = ServiceRunRecords(store)
    service = TriggerService(
        _service_config(launch),
        ServiceLedger(store),
        ServiceJournal(store),
        records=records,
        on_ask=partial(service_asked, launch.trail, launch.project_id),
    )
    async with service:
        yield service
    launch.exit_report.runs_going_on += service.active_runs


def _service_config(launch: Launch) -> ServiceConfig:
    settings = launch.settings
    return ServiceConfig(
        data_dir=settings.data_dir,
        demo_speed=settings.demo_speed,
        project_dir=settings.project_dir,
        base_branch=settings.base_branch,
        prepare_worktrees=settings.prepare_worktrees,
        setup_command=tuple(shlex.split(settings.setup_command or "")),
        port_range=parse_port_range(settings.port_range),
        ports_register=(launch.shared_dir or settings.data_dir).resolve() / "worktrees-with-ports",
        pass_env=settings.pass_env,
        max_runs=settings.max_concurrent_runs,
        run_time_limit_s=settings.run_time_limit_s,
        run_niceness=settings.run_niceness,
        clarify_command=tuple(shlex.split(settings.clarify_command or "")),
        editor_command=tuple(shlex.split(settings.editor_command or "")),
        end_runs_on_stop=settings.stop_runs_on_exit,
    )


class _Wiring:
    """The client and the services around one board."""

    def __init__(
        self,
        launch: Launch,
        in_force: Settings,
        store: Store,
        client: TriggerClient,
        cursor: Cursor,
        *,
        embedded: TriggerService | None = None,
        shared: AuditTable | None = None,
    ) -> None:
        settings = self.in_force = in_force
        self.launch = launch
        self.embedded = embedded
        self._limit_embedded()
        self.client = client
        self.hub = Hub()
        self.live = LiveLane(store, keep_of(launch.settings).words)
        self.indexing = LogIndexing(store)
        self.hub.on_lines += [self.live.publish, self.indexing.notice]
        self.keeper = Keeper(store, self.hub, self.facts, launch.trail, launch.project_id)
        count_events(self.hub, launch.project_id)
        self.counts = ConnectionCounts(launch.project_id, lambda: self.keeper.board)
        self.has_connected = False
        self.stopping = asyncio.Event()
        self.attachments = Attachments(launch.settings.data_dir / "attachments", lambda: self.keeper.board)
        self.dispatcher = Dispatcher(self.keeper, client, outbox_limits(settings), self.is_connected, self.attachments)
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
        self.previews = MergePreviews(lambda: self.keeper.board, client)
        self.health = HealthCheck(self.keeper, client, self.service_restarted)
        self.health_checks = in_the_background(self.ask_health)
        self.monitor = self._watching(store)
        self.resync.on_catching_up.append(self.monitor.catching_up)
        self.resync.on_caught_up.append(self.monitor.caught_up)
        self.announcer = Announcer(self.keeper, self.hub, client, self.is_connected)
        self.columns = ColumnLooks(store, lambda: self.hub.publish(Change(order=True)), launch.project_id)
        table = AuditTable(store)
        self.audit = Audit(
            table, shared, launch.trail, launch.project_id, looks=self.columns, board=lambda: self.keeper.board
        )
        # What is not stored with a change of some board, of whichever project, goes to the first one's log.
        self.audit_writing = Writing(launch.trail, table) if shared is None else None
        self.storage = StorageWatch(store.write_probe, lambda: self.hub.publish(Change(connection=True)))
        store.on_failure.append(self.storage.failed)
        self.reader = Reader(
            self.keeper,
            self.connection,
            self.is_demo,
            self.dispatcher.outlook,
            self.columns,
            storage=lambda: self.storage.notice,
        )
        self.news = ConnectionNews(self.keeper, self.connection)
        self.retention = Retention(store)
        forget_files = embedded.forget_files if embedded else None
        self.janitor = Janitor(
            self.retention,
            lambda: self.keeper.board,
            keep_of(launch.settings),
            launch.project_id,
            forget_files,
            audit=table,
            trail=launch.trail,
        )
        self._shown: Connection | None = None

    def connection(self) -> Connection:
        stale, unreadable = self.resync.is_stale, self.quarantine.is_alarmed
        return replace(self.client.connection, stale=stale, unreadable=unreadable, grade=self.monitor.grade)

    def _watching(self, store: Store) -> Monitor:
        around = Surroundings(
            connection=lambda: self.client.connection,
            traffic=lambda: self.client.traffic,
            board=lambda: self.keeper.board,
            viewers=lambda: self.hub.viewers,
            frames=lambda: (self.quarantine.is_alarmed, self.quarantine.counts.total()),
            ask=self.ask_health,
            find_elsewhere=lambda: find_elsewhere(self.launch, self.in_force),
            tell=self.keeper.tell,
            on_change=self._publish_connection,
        )
        settings = self.launch.settings
        return Monitor(around, store, self.health, settings.health_thresholds, poll_s=settings.health_poll_s)

    def service_restarted(self) -> None:
        self.monitor.service_restarted()
        self.resync.restarted()

    def diagnosis_facts(self) -> Facts:
        secrets = [token_of(self.in_force), self.launch.internal_token, self.launch.access_token or ""]
        return Facts(
            version=__version__,
            system=f"{platform.platform()}, Python {platform.python_version()}",
            project=self.launch.project_id,
            settings=list(printable(self.in_force)),
            connection=self.reader.connection(),
            frames=dict(self.quarantine.counts),
            secrets=secrets,
        )

    def is_connected(self) -> bool:
        return is_connected(self.connection())

    def is_demo(self) -> bool:
        return self.in_force.tac7_url is None and self.in_force.project_dir is None

    def facts(self) -> ServiceFacts:
        connection = self.connection()
        can_cancel = connection.can_cancel or (connection.embedded and connection.vintage is None)
        grace = self.in_force.trigger_grace_s
        if grace is None:
            grace = 0.0 if can_cancel else GRACE_S
        return ServiceFacts(
            grace, can_cancel, self.is_demo(), connection.clock_skew_s, connection.vintage, connection.merges
        )

    def on_event(self, event: s.SessionEvent) -> None:
        self.monitor.on_event(event)
        self.counts.count(event)
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
            case s.Received(message=QueueStatus(data=line)):
                self.dispatcher.wait_at_service(frozenset(run.request_id for run in line.waiting))
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
        if before is None or _offers(before) != _offers(now):
            tasks = frozenset(task.id for task in board.tasks.values() if task.attempt_id)
        elif before.state is not now.state:
            tasks = frozenset(attempt.task_id for attempt in board.queue())
        self.hub.publish(Change(connection=True, tasks=tasks))
        self.news.look()
        self.dispatcher.wake()

    def services(self, store: Store, settings: ConnectionSettings) -> ApiServices:
        markdown = Markdown()
        return ApiServices(
            board=BoardService(self.keeper, store, self.columns),
            hub=self.hub,
            reader=self.reader,
            check=self.check,
            merge_preview=self.previews.of,
            work=RunWork(lambda: self.keeper.board, self.client, markdown),
            retry_now=self.audit.recorded(Action.CONNECTION_RETRIED, self.client.retry_now),
            connect=self.audit.recorded(Action.CONNECTION_OPENED, self.client.connect),
            disconnect=self.audit.recorded(Action.CONNECTION_CLOSED, self.client.disconnect),
            came_online=CameOnline(self.connection, self.client.retry_now),
            quarantine=self.quarantine,
            markdown=markdown,
            attachments=self.attachments,
            health=self.ask_health,
            health_checks=self.health_checks,
            monitor=HealthDesk(self.monitor, self.diagnosis_facts),
            settings=settings,
            columns=self.columns,
            tokens=_api_tokens(self.launch),
            audit=self.audit,
            events=EventLog(store, self.columns, self.retention, keep_of(self.launch.settings).words_of_events),
            search=Search(store, lambda: self.keeper.board),
            notifications=Notifications(store, self.keeper),
            transfer=Transfer(self.keeper, store, self.columns, self.attachments),
            live=self.live,
            snapshot=lambda: self.keeper.board,
            last_seq=lambda: self.keeper.seq,
            ping=store.ping,
            unready=self.unready,
            stopping=self.stopping,
            project_id=self.launch.project_id,
        )

    async def check(self, attempt_id: str) -> CheckView:
        """What the service says of an attempt; whoever asks is in the audit log."""
        attempt = self.keeper.board.attempts.get(attempt_id)
        task = self.keeper.board.tasks.get(attempt.task_id) if attempt else None
        view = await self.inquiry.check(attempt_id)
        target = Target("task", task.id, task.title) if task else Target("task")
        run = attempt.adw_id if attempt else ""
        self.audit.put(done(Action.RUN_CHECKED, target, self.launch.project_id, attempt=attempt_id, run=run))
        return view

    async def use(self, settings: Settings) -> None:
        """From now on these settings; the connection is made anew only where it is concerned."""
        before, self.in_force = client_settings(self.launch, self.in_force), settings
        self.quarantine.hide([token_of(settings)])
        self.dispatcher.use(outbox_limits(settings))
        self._limit_embedded()
        now = client_settings(self.launch, settings)
        if now != before:
            await self.client.reconfigure(now)
        self._publish_connection()

    def _limit_embedded(self) -> None:
        if self.embedded is not None:
            self.embedded.use_limit(self.in_force.max_concurrent_runs)

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
        finally:
            self.dispatcher.wake()  # starts wait while some services stand still for this

    def works_aside(self) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
        """What runs as long as the board does and nothing waits for, by its name."""
        yield "inquiry", self.inquiry.run()
        yield "resync", self.resync.run()
        yield "log index", self.indexing.run()
        yield "connection news", self.news.run()
        yield "health monitor", self.monitor.run()
        yield "storage watch", self.storage.run()
        yield "janitor", self.janitor.run()
        if self.audit_writing is not None:
            yield "audit log", self.audit_writing.run()
        if self.launch.settings.announce_tickets:
            yield "announcer", self.announcer.run()

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
            except StoreUnavailable as problem:
                log.warning("progress waits: the store cannot write: %s", problem)
                dirty.set()


@asynccontextmanager
async def _board(
    launch: Launch, store: Store, embedded: TriggerService | None = None, shared: AuditTable | None = None
) -> AsyncGenerator[ApiServices]:
    cursor = cursor_from_json(await store.setting(CURSOR_KEY))
    settings = ConnectionSettings(
        launch.settings, store, partial(refusal_of, launch), partial(try_out, launch), project=launch.project_id
    )
    in_force = await settings.load()
    client = TriggerClient(client_settings(launch, in_force), cursor, traffic=CountedTraffic(launch.project_id))
    wiring = _Wiring(launch, in_force, store, client, cursor, embedded=embedded, shared=shared)
    settings.on_change = wiring.use
    launch.on_stopping.append(wiring.stopping.set)
    await wiring.columns.load()
    await wiring.keeper.load()
    await wiring.keeper.report([ForgetImages(wiring.attachments.forgotten_before())])
    await wiring.attachments.clean()
    await wiring.quarantine.load(store)
    await wiring.monitor.load()
    await wiring.dispatcher.recover(cursor.journal, await store.setting(PACE_KEY))
    async with asyncio.TaskGroup() as tasks:

        def own(name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
            return tasks.create_task(_vital(launch, name, work), name=name)

        sending = own("dispatcher", wiring.dispatcher.run())
        aside = [own(name, work) for name, work in wiring.works_aside()]
        holding = own("quarantine", wiring.quarantine.run(store))
        receiving = own("client", client.run())
        storing = [own("ingest", wiring.ingest.run(client.events)), own("ticks", wiring.flush_ticks())]
        try:
            yield wiring.services(store, settings)
        finally:
            wiring.stopping.set()
            await settings.trials.aclose()
            await wiring.health_checks.aclose()
            await _ended(sending, *aside, receiving)
            # What the client has heard is kept, also of services that would not say it again.
            with suppress(TimeoutError):
                await asyncio.wait_for(client.events.join(), DRAIN_S)
            await _ended(*storing, holding)
    try:
        if wiring.audit_writing is not None:
            await wiring.audit_writing.write()
        await wiring.keeper.flush()
        await wiring.quarantine.save(store)
    except StoreUnavailable as problem:
        log.warning("the newest progress could not be stored: %s", problem)


def _offers(connection: Connection) -> tuple[bool, bool]:
    """What of a service decides which buttons cards have."""
    return connection.can_cancel, connection.can_merge


async def _vital(launch: Launch, name: str, work: Coroutine[None, None, None]) -> None:
    """A task without which the board would only look alive: its end is that of the program, with a sentence."""
    try:
        with bound_contextvars(project=launch.project_id):
            await work
    except Exception:
        log.exception("the %s has ended by a fault of this program", name)
    launch.give_up(f"A part of the program ({name}) has failed; the log has the details. Nothing stored is lost.")


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
