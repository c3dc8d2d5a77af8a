"""The real services over a memory store and a trigger service that is not there: the test plays its part."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from kanban_app.config import Settings
from kanban_app.domain.audit import Action, Entry
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.commands import CreateTask, MoveTask
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.domain.reported import Accepted, RunDescribed, Sending, StageReported, StatusReported
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage
from kanban_app.errors import BoardError
from kanban_app.services.api_tokens import ApiTokens
from kanban_app.services.attachments import Attachments
from kanban_app.services.auditing import Audit
from kanban_app.services.board import BoardService
from kanban_app.services.came_online import CameOnline
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.connection_settings import ConnectionSettings, Probe
from kanban_app.services.container import Services
from kanban_app.services.health.check import in_the_background
from kanban_app.services.hub import Change, Hub
from kanban_app.services.inquiry import CheckView
from kanban_app.services.keeper import Beside, Keeper, ServiceFacts
from kanban_app.services.markdown import Markdown
from kanban_app.services.merging import MergePreviews
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.run_work import RunWork
from kanban_app.tac7.health import HealthReport, read_health
from kanban_app.tac7.merge_preview import MergePreview, read_merge_preview
from tests.support.health_bench import HealthBench
from tests.support.memory_store import MemoryStore

ALL = tuple(Stage)


def settings_of(**environment: Any) -> Settings:
    """Settings of a process with these, by their names, in its environment; nothing else is read."""
    return cast("Any", Settings)(_env_file=None, **environment)


CONNECTED = Connection(
    ConnectionState.CONNECTED,
    "ws://127.0.0.1:3000/ws/trigger",
    embedded=True,
    vintage=Vintage.OURS,
    extensions=frozenset({"cancel", "request_id", "since"}),
    round_trip_ms=3.2,
)
NOTHING_KNOWN = CheckView(
    settled=False,
    title="Not settled yet",
    message="The service says nothing about this start yet.",
    status="",
    at=None,
    offers=["start-again", "not-running", "release"],
)


@dataclass
class FakeBoard:
    """Services for states under test, and the other side of them."""

    connection: Connection = CONNECTED
    demo: bool = True
    checked: list[str] = field(default_factory=list)
    previewed: list[tuple[str, str, str | None]] = field(default_factory=list)
    preview: dict[str, object] = field(default_factory=lambda: {"possible": True, "target": "main", "ahead": 1})
    retries: int = 0
    wishes: list[str] = field(default_factory=list)
    answer: CheckView = field(default_factory=lambda: CheckView(**NOTHING_KNOWN))
    health: dict[str, object] = field(default_factory=lambda: {"status": "healthy", "uptime_seconds": 90})
    health_asked: int = 0
    unhealthy: BoardError | None = None
    deployed: Settings = field(default_factory=settings_of)
    applied: list[Settings] = field(default_factory=list)
    probed: list[Settings] = field(default_factory=list)
    images: Path = Path("/nonexistent")
    tokens: Path | None = None
    columns: ColumnLooks = field(default_factory=ColumnLooks)
    found: Probe = field(default_factory=lambda: Probe(vintage="v1", round_trip_ms=4.0))

    may_find: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_find.set()
        store = cast("Any", MemoryStore())
        self.hub = Hub()
        self.store = cast("MemoryStore", store)
        self.trail = Trail()
        self.keeper = Keeper(store, self.hub, self._facts, self.trail)
        audit = Audit(trail=self.trail)
        self.quarantine = Quarantine(lambda: None)
        self.health_desk = HealthBench(self.keeper, self.hub, store, lambda: self.connection)
        self.services = Services(
            board=BoardService(self.keeper, store, self.columns),
            hub=self.hub,
            reader=Reader(self.keeper, lambda: self.connection, lambda: self.demo, looks=self.columns),
            check=self._check,
            merge_preview=MergePreviews(lambda: self.keeper.board, self).of,
            work=RunWork(lambda: self.keeper.board, cast("Any", self), Markdown()),
            retry_now=audit.recorded(Action.CONNECTION_RETRIED, self._retry_now),
            connect=audit.recorded(Action.CONNECTION_OPENED, lambda: self.wishes.append("connect")),
            disconnect=audit.recorded(Action.CONNECTION_CLOSED, lambda: self.wishes.append("disconnect")),
            came_online=CameOnline(lambda: self.connection, self._retry_now),
            quarantine=self.quarantine,
            markdown=Markdown(),
            attachments=Attachments(self.images, lambda: self.keeper.board),
            health=self._health,
            health_checks=in_the_background(self._health),
            monitor=self.health_desk.desk,
            columns=self.columns,
            tokens=ApiTokens(self.tokens) if self.tokens else None,
            audit=audit,
            settings=ConnectionSettings(self.deployed, store, self._refuse, self._probe, self._apply),
        )

    def _facts(self) -> ServiceFacts:
        now = self.connection
        return ServiceFacts(0.0, now.can_cancel, self.demo, vintage=now.vintage, merges=now.merges)

    def recorded(self) -> list[Entry]:
        """What the audit log has heard since the last look."""
        found = [*self.store.audit, *self.trail.take(1000)]
        self.store.audit.clear()
        return found

    async def fetch_merge_preview(self, adw_id: str, method: str, target: str | None) -> MergePreview:
        self.previewed.append((adw_id, method, target))
        return read_merge_preview(self.preview)

    async def _check(self, attempt_id: str) -> CheckView:
        self.checked.append(attempt_id)
        return self.answer

    async def _health(self) -> HealthReport:
        self.health_asked += 1
        await self.may_find.wait()
        if self.unhealthy is not None:
            raise self.unhealthy
        return read_health(self.health)

    def _retry_now(self) -> None:
        self.retries += 1

    async def _refuse(self, _url: str) -> str | None:
        return None

    async def _apply(self, settings: Settings) -> None:
        self.applied.append(settings)

    async def _probe(self, settings: Settings) -> Probe:
        self.probed.append(settings)
        await self.may_find.wait()
        return self.found

    async def add(self, title: str, **fields: Any) -> str:
        """A new card in the backlog; its id."""
        command = CreateTask(title=title, **{"stages": ALL, "type": TaskType.FEATURE, **fields})
        outcome = await self.services.board.execute(command, author="test")
        assert outcome.ok, outcome.error
        return cast("str", outcome.task_id)

    async def move(self, task_id: str, column: Column, action: str | None = None) -> None:
        command = MoveTask(task_id, column, action=action)
        outcome = await self.services.board.execute(command, author="test")
        assert outcome.ok, outcome.error

    async def run(self, task_id: str, stage: Stage, percent: int, step: str = "") -> str:
        """Let the card's waiting attempt start and report that it has come to `percent` of `stage`; its run's id."""
        task = self.keeper.board.tasks[task_id]
        attempt = self.keeper.board.attempts[cast("str", task.attempt_id)]
        adw_id = attempt.adw_id
        if attempt.status.value in {"held", "queued"}:
            await self.keeper.report(
                [
                    Sending(attempt.id, "adw_orchestrator", attempt.stages, Vintage.OURS),
                    Accepted(attempt.id),
                    RunDescribed(adw_id, f"adw/{adw_id}", self.demo),
                ]
            )
        for passed in ALL[: ALL.index(stage) + 1]:
            await self.report(StageReported(adw_id, Column(passed.value), at=datetime.now(UTC)))
        await self.report(self.status(adw_id, "in_progress", percent=percent, step=step))
        return adw_id

    def status(self, adw_id: str, status: str, **fields: Any) -> StatusReported:
        return StatusReported(adw_id, "adw_orchestrator", status, at=datetime.now(UTC), **fields)

    async def report(self, *messages: Any) -> None:
        await self.keeper.report(list(messages))

    async def log(self, adw_id: str, *texts: str, level: LogLevel = LogLevel.INFO, kind: LogKind = LogKind.LOG) -> None:
        lines = [LogEntry(adw_id, datetime.now(UTC), kind, level, text) for text in texts]
        await self.keeper.report([], Beside(lines=lines))

    def set_connection(self, connection: Connection) -> None:
        self.connection = connection
        self.hub.publish(Change(connection=True))
