"""A board with a real store and a scripted service: what the tests of the services stand on."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.commands import CreateTask, MoveTask
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Attempt, Task
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.services.attachments import Attachments
from kanban_app.services.board import BoardService, Outcome
from kanban_app.services.dispatcher import Dispatcher, is_connected
from kanban_app.services.histories import Histories
from kanban_app.services.hub import Hub
from kanban_app.services.ingest import Ingest
from kanban_app.services.inquiry import Inquiry
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.services.limits import Limits
from kanban_app.services.pace import PACE_KEY
from kanban_app.services.quarantine import Quarantine
from kanban_app.store.database import Store
from kanban_app.store.migrate import prepare_database
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.codec import Unreadable, decode_server
from kanban_app.tac7.merge_preview import MergePreview, read_merge_preview
from kanban_app.tac7.requests import TriggerRequest
from kanban_app.tac7.run_work import RemoteChanges, RemoteDiff, RemotePlan, read_changes, read_diff, read_plan

ALL = tuple(Stage)
JOURNAL = "journal-1"
EXTENSIONS = frozenset({"request_id", "cancel", "since", "merge", "diff"})


@dataclass
class RemoteRun:
    status: str
    updated_at: datetime | None
    stage: str = ""
    failure: str = ""


@dataclass
class ScriptedSender:
    """Remembers what it was asked to send; the test plays the service's part."""

    connection: Connection
    triggers: list[TriggerRequest] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    runs: dict[str, RemoteRun] = field(default_factory=dict)
    refuses_to_send: bool = False
    is_free: bool = True
    asked: list[str] = field(default_factory=list)
    fetch_problem: Exception | None = None
    previews: dict[str, dict[str, object]] = field(default_factory=dict)
    work: dict[str, dict[str, object]] = field(default_factory=dict[str, dict[str, object]])

    async def trigger(self, attempt_id: str, request: TriggerRequest) -> None:
        if self.refuses_to_send:
            raise NotSent
        assert attempt_id == request.attempt_id
        self.triggers.append(request)

    async def cancel(self, adw_id: str, request_id: str) -> None:
        self.cancels.append(adw_id)

    async def fetch_run(self, adw_id: str) -> RemoteRun | None:
        self.asked.append(adw_id)
        if self.fetch_problem:
            raise self.fetch_problem
        return self.runs.get(adw_id)

    async def fetch_merge_preview(self, adw_id: str, method: str, target: str | None) -> MergePreview:
        self.asked.append(f"{adw_id} {method} {target}")
        if self.fetch_problem:
            raise self.fetch_problem
        return read_merge_preview(self.previews[adw_id])

    async def fetch_plan(self, adw_id: str) -> RemotePlan | None:
        answer = self._answer(f"{adw_id} plan")
        return None if answer is None else read_plan(answer)

    async def fetch_changes(self, adw_id: str) -> RemoteChanges:
        return read_changes(self._answer(f"{adw_id} changes"))

    async def fetch_diff(self, adw_id: str, path: str, old_path: str | None) -> RemoteDiff:
        return read_diff(self._answer(f"{adw_id} {path} {old_path}"))

    def _answer(self, question: str) -> dict[str, object] | None:
        self.asked.append(question)
        if self.fetch_problem:
            raise self.fetch_problem
        return self.work.get(question)


def connected(vintage: Vintage = Vintage.OURS) -> Connection:
    url = "ws://service/ws/trigger"
    if vintage is not Vintage.OURS:
        return Connection(ConnectionState.CONNECTED, url, vintage=vintage)
    return Connection(ConnectionState.CONNECTED, url, vintage=vintage, extensions=EXTENSIONS, journal=JOURNAL)


@dataclass
class Bench:
    store: Store
    hub: Hub
    keeper: Keeper
    board: BoardService
    sender: ScriptedSender
    dispatcher: Dispatcher
    inquiry: Inquiry
    ingest: Ingest
    quarantine: Quarantine
    seen: list[s.SessionEvent]
    images: Attachments
    trail: Trail

    async def create(self, title: str = "A card", stages: tuple[Stage, ...] = ALL) -> Task:
        outcome = await self.board.execute(CreateTask(title=title, stages=stages), author="test")
        assert outcome.ok, outcome.error
        return self.task(outcome.task_id or "")

    async def move(self, task: Task, column: Column, op_id: str | None = None) -> Outcome:
        return await self.board.execute(MoveTask(task.id, column), author="test", op_id=op_id)

    async def dispatch(self) -> float | None:
        return await self.dispatcher._step()

    async def hear(self, *frames: str, seq: int | None = None, request_id: str | None = None) -> None:
        """Play broadcasts of the service."""
        events: list[s.SessionEvent] = []
        for offset, text in enumerate(frames):
            message = decode_server(text)
            assert not isinstance(message, Unreadable)
            now = datetime.now(UTC)
            number = None if seq is None else seq + offset
            events.append(s.Received(message, text, now, now, number, request_id))
        await self.ingest.take(events)

    async def answer(self, attempt_id: str, status: str = "accepted", error: str | None = None) -> None:
        event = s.TriggerAnswered(attempt_id, status, "", "", error, datetime.now(UTC))
        await self.ingest.take([event])

    async def running(self, title: str = "A card", stages: tuple[Stage, ...] = ALL) -> Task:
        """A card whose run the service has accepted."""
        task = await self.create(title, stages)
        await self.move(task, Column(stages[0].value))
        await self.dispatch()
        await self.answer(self.task(task.id).attempt_id or "")
        return self.task(task.id)

    def task(self, task_id: str) -> Task:
        return self.keeper.board.tasks[task_id]

    def attempt(self, task: Task) -> Attempt:
        attempt = self.keeper.board.attempt_of(self.task(task.id))
        assert attempt
        return attempt


@asynccontextmanager
async def bench(
    path: Path,
    *,
    vintage: Vintage = Vintage.OURS,
    limits: Limits | None = None,
    grace_s: float = 0.0,
) -> AsyncGenerator[Bench]:
    """A fresh or reopened board on the database `path`, connected to a scripted service."""
    url = f"sqlite:///{path}"
    prepare_database(url, path.parent / "backups")
    async with await Store.open(url) as store:
        hub, sender = Hub(), ScriptedSender(connected(vintage))
        can_cancel = vintage is Vintage.OURS

        def facts() -> ServiceFacts:
            now = sender.connection
            return ServiceFacts(grace_s, can_cancel, False, now.clock_skew_s, vintage=now.vintage, merges=now.merges)

        trail = Trail()
        keeper = Keeper(store, hub, facts, trail)
        await keeper.load()
        limits = limits or Limits(15, 28, 600.0)
        images = Attachments(path.parent / "attachments", lambda: keeper.board)
        dispatcher = Dispatcher(keeper, sender, limits, lambda: is_connected(sender.connection), images)
        inquiry = Inquiry(
            keeper,
            sender.fetch_run,
            dispatcher.ask_again,
            lambda: sender.connection.clock_skew_s,
            lambda: is_connected(sender.connection),
        )
        await dispatcher.recover(JOURNAL, await store.setting(PACE_KEY))
        dispatcher.reconnected()
        inquiry.reconnected()
        seen: list[s.SessionEvent] = []
        quarantine = Quarantine(lambda: None)
        histories = Histories(store.log_keys)
        ingest = Ingest(
            keeper, seen.append, s.Cursor(JOURNAL), dispatcher.slow_down, histories=histories, quarantine=quarantine
        )
        board = BoardService(keeper, store)
        yield Bench(store, hub, keeper, board, sender, dispatcher, inquiry, ingest, quarantine, seen, images, trail)
