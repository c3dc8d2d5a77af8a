"""The board in memory and in the store: the only place where it changes.

Every change is decided, stored and published in this order, one at a time. Percentage ticks alone are not stored at
once: they reach the rows with the next stored change, or with `flush`.
"""

import asyncio
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain import events as e
from kanban_app.domain.audit import Act, Entry
from kanban_app.domain.audit_commands import Scene, act_of_command, act_of_report
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.decide import Message, decide
from kanban_app.domain.event_records import is_stored, to_record
from kanban_app.domain.events import Event
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Board
from kanban_app.domain.plain_text import plain
from kanban_app.domain.records import EventRecord, LogEntry, LogLevel, Notification, Operation
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.workflows import Vintage
from kanban_app.services.acting import entry_of
from kanban_app.services.hub import Change, Hub, Notice
from kanban_app.services.notices import notices_of
from kanban_app.store.database import Store
from kanban_app.store.engine import whole

SHOWN: Final = 500
REASON: Final = 2000
AT_A_TIME: Final = 16
"""How many commands of one operation are decided before others have their turn on the event loop."""
_MOVES_THE_LINE: Final = (
    e.AttemptQueued,
    e.AttemptOpened,
    e.AttemptSent,
    e.AttemptStarted,
    e.AttemptDoubted,
    e.AttemptEnded,
    e.AttemptWithdrawn,
    e.AttemptRequeued,
    e.AttemptReleased,
    e.AttemptUnbound,
    e.RunFlagged,
)

_IN_THE_ORDER: Final = (
    e.TaskCreated,
    e.CardImported,
    e.TaskMoved,
    e.TaskDeleted,
    e.TaskRestored,
    e.TaskArchived,
    e.TaskUnarchived,
    e.TaskPurged,
    e.ColumnLimited,
)


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What decisions need to know of the connected trigger service."""

    grace_s: float
    can_cancel: bool
    demo: bool
    clock_skew_s: float = 0.0
    vintage: Vintage | None = None
    merges: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one message: its events, or a refusal."""

    events: tuple[Event, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is to be stored in the same transaction as the board's change."""

    lines: Sequence[LogEntry] = ()
    settings: Sequence[tuple[str, object]] = ()
    operations: Sequence[Operation] = ()
    audit: Sequence[Entry] = ()


@dataclass(slots=True)
class LastLines:
    """The newest line of each run, the newest that reports an error, and how many lines there are."""

    newest: dict[str, str] = field(default_factory=dict[str, str])
    error: dict[str, str] = field(default_factory=dict[str, str])
    count: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, line: LogEntry) -> None:
        # Their beginnings are enough for a card, and every tab gets them with each change.
        self.count[line.adw_id] = line.seq
        self.newest[line.adw_id] = plain(line.message[: 2 * SHOWN])[:SHOWN]
        if line.level is LogLevel.ERROR:
            self.error[line.adw_id] = plain(line.message[: 2 * REASON])[:REASON]


class Keeper:
    """Owns the board. `service` is asked at each decision what the connected service can do.

    Every command leaves an entry in the audit log: one that was carried out in its own transaction, a refused one by
    `trail`.
    """

    def __init__(
        self,
        store: Store,
        hub: Hub,
        service: Callable[[], ServiceFacts],
        trail: Trail | None = None,
        project: str = FIRST_PROJECT,
    ) -> None:
        self._trail = trail or Trail()
        self._project = project
        self._store = store
        self._hub = hub
        self._service = service
        self._lock = asyncio.Lock()
        self._board = Board("default")
        self._saved = self._board
        self.seq = 0
        """The number of the newest event that `board` includes."""
        self.told = 0
        """The number of the newest notification."""
        self.last = LastLines()
        self.on_change: list[Callable[[], None]] = []
        """Called after every change that has stored events."""
        self.on_unsaved: list[Callable[[], None]] = []
        """Called after every change that only memory has, until the next `flush` or stored change."""

    @property
    def board(self) -> Board:
        return self._board

    async def load(self) -> None:
        """Take the board up from the store."""
        self._board = self._saved = await self._store.load_board()
        self.seq = await self._store.last_seq()
        self.told = await self._store.last_notification()
        current = [task.run_id for task in self._board.tasks.values() if task.run_id]
        current += [run.adw_id for run in self._board.runs.values() if run.task_id is None]
        for line in (await self._store.log_last(current)).values():
            self.last.add(line)

    async def execute(
        self,
        commands: Sequence[Message],
        author: str,
        conclude: Callable[[Sequence[Applied], Sequence[Board]], Sequence[Operation]],
        is_repeat: Callable[[], bool],
    ) -> bool:
        """Decide the commands of one operation, each on the board that the one before has led to, and store all at
        once; `conclude` makes the records of operations that are stored with it, from what was decided and the boards
        before and after each.

        Returns False without deciding when `is_repeat`, asked when no other change is under way, says that the
        operation has been carried out. Raises StoreUnavailable when it cannot be stored; then nothing has changed.
        """
        async with self._lock:
            if is_repeat():
                return False
            boards, results, audit = [self._board], list[Applied](), list[Entry]()
            for number, command in enumerate(commands, 1):
                board, applied = self._decided(boards[-1], command, author)
                act = act_of_command(Scene(command, applied.events, boards[-1], board), applied.refusal)
                audit.append(entry_of(act, self._project))
                boards.append(board)
                results.append(applied)
                if number % AT_A_TIME == 0:
                    await asyncio.sleep(0)
            events = tuple(event for applied in results for event in applied.events)
            beside = Beside(
                operations=conclude(results, boards), audit=[entry for entry in audit if not entry.act.code]
            )
            await self._commit(boards[-1], events, author, beside)
            for entry in audit:
                if entry.act.code:
                    self._trail.put(entry)
            return True

    def record_refusal(self, act: Act) -> None:
        """Have the audit log tell of a wish that was refused before it became a command."""
        self._trail.put(entry_of(act, self._project))

    def foresee(self, command: Message, author: str) -> Applied:
        """What would become of a command just now."""
        return self._decided(self._board, command, author)[1]

    async def report(self, messages: Sequence[Message], beside: Beside | None = None) -> list[Applied]:
        """Apply what services said, together with log lines and settings, as one transaction.

        Raises StoreUnavailable when it cannot be stored; then nothing has changed.
        """
        async with self._lock:
            board, results, audit = self._board, list[Applied](), list[Entry]()
            for message in messages:
                before = board
                board, applied = self._decided(board, message, "service")
                results.append(applied)
                if act := act_of_report(Scene(message, applied.events, before, board)):
                    audit.append(entry_of(act, self._project))
            events = tuple(event for applied in results for event in applied.events)
            await self._commit(board, events, "service", replace(beside or Beside(), audit=audit))
            return results

    async def flush(self) -> None:
        """Store what ticks have changed since the last stored change."""
        async with self._lock:
            if self._saved is self._board:
                return
            await whole(self._save())

    async def tell(self, notice: Notice) -> None:
        """Keep a notification of something that is no event of the board. Raises StoreUnavailable."""
        async with self._lock:
            await whole(self._tell(notice))

    async def _tell(self, notice: Notice) -> None:
        async with self._store.write() as tx:
            newest = await tx.add_notifications(kept([notice], datetime.now(UTC)))
        self.told = newest
        self._hub.publish(Change(connection=True))

    async def _save(self) -> None:
        async with self._store.write() as tx:
            await tx.save_board(self._saved, self._board)
        self._saved = self._board

    def _decided(self, board: Board, message: Message, author: str) -> tuple[Board, Applied]:
        decided = decide(board, message, self._facts(author))
        if isinstance(decided, Refusal):
            return board, Applied(refusal=decided)
        return evolve_all(board, decided), Applied(tuple(decided))

    def _facts(self, author: str) -> Facts:
        service = self._service()
        return Facts(
            now=datetime.now(UTC),
            author=author,
            task_id=uuid.uuid4().hex[:12],
            attempt_id=uuid.uuid4().hex,
            adw_id=self._fresh_run_id(),
            grace_s=service.grace_s,
            can_cancel=service.can_cancel,
            demo=service.demo,
            clock_skew_s=service.clock_skew_s,
            vintage=service.vintage,
            merges=service.merges,
        )

    def _fresh_run_id(self) -> str:
        while True:
            adw_id = secrets.token_hex(4)
            if adw_id not in self._board.runs:
                return adw_id

    async def _commit(self, board: Board, events: Sequence[Event], author: str, beside: Beside) -> None:
        """Store, then show. Never half of it: a caller that is cancelled meanwhile gets its cancellation afterwards."""
        now = datetime.now(UTC)
        # Before anything is stored: what cannot be told must not be stored either.
        change = _change(self._board, board, events, beside.lines)
        records = [to_record(event, now, author, task_of(board, event)) for event in events if is_stored(event)]
        await whole(self._store_and_show(board, records, beside, change))

    async def _store_and_show(
        self, board: Board, records: Sequence[EventRecord], beside: Beside, change: Change
    ) -> None:
        lines, told, newest = list(beside.lines), kept(change.notices, datetime.now(UTC)), self.told
        if records or lines or beside.settings or beside.operations or beside.audit:
            async with self._store.write() as tx:
                await tx.save_board(self._saved, board)
                records = await tx.append_events(records)
                lines = await tx.append_log(lines)
                for key, value in beside.settings:
                    await tx.set_setting(key, value)
                for operation in beside.operations:
                    await tx.save_operation(operation)
                await tx.append_audit(beside.audit)
                if told:
                    newest = await tx.add_notifications(told)
            self._saved = board
        self._board = board
        self.told = newest
        self.seq = records[-1].seq if records else self.seq
        for line in lines:
            self.last.add(line)
        self._publish(replace(change, events=tuple(records), lines=tuple(lines)))

    def _publish(self, change: Change) -> None:
        if change.live or change.events or change.lines:
            self._hub.publish(change)
        listeners = [*(self.on_change if change.events else ())]
        listeners += self.on_unsaved if self._saved is not self._board else ()
        for listener in listeners:
            listener()


def kept(notices: Sequence[Notice], at: datetime) -> list[Notification]:
    """What of these messages stays among the notifications."""
    return [
        Notification(
            at=at,
            kind=notice.kind,
            title=notice.title,
            message=notice.message[:REASON],
            advice=" ".join(f"{text}." for text in notice.advice),
            task_id=notice.task_id or None,
        )
        for notice in notices
        if notice.kind
    ]


def _change(before: Board, after: Board, events: Sequence[Event], lines: Sequence[LogEntry]) -> Change:
    """Whom this concerns; events and lines have no numbers yet."""
    stored = [event for event in events if is_stored(event)]
    tasks = {task_id for event in stored if (task_id := task_of(after, event))}
    dependents = _dependents(after, {task_id for event in stored if (task_id := _changed_card(event))})
    tasks |= dependents
    if dependents or any(_moves_the_line(event) for event in stored):
        tasks |= _waiting(before, after)
    live = {task_id for event in events if (task_id := task_of(after, event))}
    live |= {task_id for line in lines if (task_id := _task_of_run(after, line.adw_id))}
    return Change(
        order=any(_changes_order(event) for event in stored),
        tasks=frozenset(tasks),
        live=frozenset(live),
        notices=notices_of(after, events),
    )


def task_of(board: Board, event: Event) -> str | None:
    """The card that an event is about."""
    if isinstance(event, e.TaskCreated | e.CardImported):
        return event.task.id
    if isinstance(event, e.AttemptOpened):
        return event.attempt.task_id
    if isinstance(event, e.RunOpened):
        return event.run.task_id
    task_id = getattr(event, "task_id", None)
    if task_id is not None:
        return task_id
    attempt = board.attempts.get(getattr(event, "attempt_id", ""))
    return attempt.task_id if attempt else _task_of_run(board, getattr(event, "adw_id", ""))


def _task_of_run(board: Board, adw_id: str) -> str | None:
    run = board.runs.get(adw_id)
    return run.task_id if run else None


def _moves_the_line(event: Event) -> bool:
    if isinstance(event, e.TaskEdited):
        return "blocked_by" in event.changes
    return isinstance(event, _MOVES_THE_LINE)


def _changed_card(event: Event) -> str | None:
    """The card on which others may wait, or whose name they show, and which is another by this event."""
    if isinstance(event, e.CardImported):
        return event.task.id
    return getattr(event, "task_id", None) if event.kind.startswith("task.") else None


def _dependents(board: Board, changed: set[str]) -> set[str]:
    return {task.id for task in board.tasks.values() if not changed.isdisjoint(task.blocked_by)} if changed else set()


def _changes_order(event: Event) -> bool:
    return isinstance(event, _IN_THE_ORDER)


def _waiting(before: Board, after: Board) -> set[str]:
    """Cards that wait in line, or did: their place, how long they will wait and for what may have changed."""
    return {attempt.task_id for board in (before, after) for attempt in board.queue()}
