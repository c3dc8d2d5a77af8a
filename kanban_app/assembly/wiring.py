"""The client and the services around one board, and what they do for each other."""

import asyncio
from dataclasses import replace

from kanban_app.assembly.health import HealthWiring
from kanban_app.client.connection import TriggerClient
from kanban_app.client.service_http import RemoteRun, ServiceHttpError
from kanban_app.config import GRACE_S, Settings
from kanban_app.connecting import client_settings, keep_of, outbox_limits, token_of
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.errors import BoardError
from kanban_app.runtime import Launch
from kanban_app.services.announcer import Announcer
from kanban_app.services.attachments import Attachments
from kanban_app.services.auditing import Audit, Writing
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.connection_news import ConnectionNews
from kanban_app.services.dispatcher import Dispatcher, is_connected
from kanban_app.services.histories import Histories
from kanban_app.services.hub import Change, Hub
from kanban_app.services.ingest import Ingest
from kanban_app.services.inquiry import Inquiry
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.services.live import LiveLane
from kanban_app.services.merging import MergePreviews
from kanban_app.services.metrics import ConnectionCounts, count_events
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.resync import Resync
from kanban_app.services.retention import Janitor
from kanban_app.services.search import LogIndexing
from kanban_app.services.storage import StorageWatch
from kanban_app.store.auditing import AuditTable
from kanban_app.store.database import Store
from kanban_app.store.retention import Retention
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.messages import QueueStatus
from kanban_app.tac7.session_events import Cursor
from kanban_app.trigger_service.service import TriggerService


class Wiring:
    """Nothing of it runs yet: `assembly.board` loads what is stored and starts the tasks."""

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
        self.health = HealthWiring(
            launch=launch,
            store=store,
            client=client,
            keeper=self.keeper,
            hub=self.hub,
            dispatcher=self.dispatcher,
            quarantine=self.quarantine,
            resync=self.resync,
            in_force=lambda: self.in_force,
            connection=self.connection,
            publish=self._publish_connection,
        )
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
        return replace(self.client.connection, stale=stale, unreadable=unreadable, grade=self.health.monitor.grade)

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
        self.health.monitor.on_event(event)
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

    async def fetch(self, adw_id: str) -> RemoteRun | None:
        """What the service says of a run. Raises BoardError when it cannot be asked."""
        try:
            return await self.client.fetch_run(adw_id)
        except ServiceHttpError as problem:
            raise BoardError(problem.code, problem.params) from problem
        except NotSent:
            raise BoardError(self.connection().error_code or "E-CONN-7", self.connection().error_params) from None


def _offers(connection: Connection) -> tuple[bool, bool]:
    """What of a service decides which buttons cards have."""
    return connection.can_cancel, connection.can_merge
