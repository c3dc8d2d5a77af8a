"""The one door for messages: what comes out of the client goes into board and log, in order and in one transaction.

A batch takes what waits, at most `BATCH` messages. While the store cannot write, the batch is kept and tried again;
the client's queue then fills and the socket is not read: nothing is dropped.
"""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, assert_never, cast

from kanban_app.domain import reported as r
from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.model import Failure, RunStatus
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.domain.reported import Report
from kanban_app.domain.stages import Column
from kanban_app.domain.starts import newest_attempt
from kanban_app.services.histories import Histories
from kanban_app.services.keeper import Beside, Keeper
from kanban_app.services.quarantine import UNREADABLE, Quarantine
from kanban_app.services.remote_files import RemoteFile
from kanban_app.services.spending import reports_of
from kanban_app.services.translate import Meaning, translate, waiting_at_service
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7 import messages as m
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.codec import Unknown, Unreadable
from kanban_app.tac7.diagnosis import deviations
from kanban_app.tac7.history import mark_of
from kanban_app.tac7.order import Age, UpdateOrder

log = logging.getLogger(__name__)

T = TypeVar("T")

BATCH: Final = 500
SIGN_EVERY_S: Final = 1.0
SIGNS: Final = 1000
REST_S: Final = 0.01
"""Under load, messages of so much time make one transaction: each costs more than twenty messages do."""
CURSOR_KEY: Final = "tac7.cursor"
_ANSWERS: Final = (
    m.TriggerResponse,
    m.ErrorMessage,
    m.TicketNotificationResponse,
    m.SessionRegistered,
    m.CancelResponse,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A client's event, and what is new in it: `key` is what its line is known by, where that is needed."""

    event: s.SessionEvent
    key: str | None = None
    has_line: bool = True
    has_reports: bool = True
    tool: str = ""


@dataclass(slots=True)
class Batch:
    """What one transaction will hold."""

    reports: list[Report] = field(default_factory=list[Report])
    lines: list[LogEntry] = field(default_factory=list[LogEntry])
    cursor: s.Cursor | None = None

    @property
    def is_empty(self) -> bool:
        return not self.reports and not self.lines and self.cursor is None


class Ingest:
    """Consumes the client's events. `on_event` is told of each one after its effects are stored."""

    def __init__(
        self,
        keeper: Keeper,
        on_event: Callable[[s.SessionEvent], None],
        cursor: s.Cursor,
        slow_down: Callable[[], None],
        *,
        histories: Histories,
        quarantine: Quarantine,
    ) -> None:
        """`cursor` is that with which the client started.

        `slow_down` is called when the service has refused a start as one too many, before that start waits again.
        """
        self._keeper = keeper
        self._on_event = on_event
        self._slow_down = slow_down
        self._cursor = cursor
        self._histories = histories
        self._quarantine = quarantine
        self._order = UpdateOrder()
        self._one_at_a_time = asyncio.Lock()
        self._signs: dict[str, float] = {}

    async def run(self, events: "asyncio.Queue[s.SessionEvent]") -> None:
        """Until cancelled. `events.join()` returns when all of them are stored."""
        rested_at = 0.0
        while True:
            taken = [await events.get()]
            await asyncio.sleep(rested_at - time.monotonic())
            while len(taken) < BATCH and not events.empty():
                taken.append(events.get_nowait())
            await self.take(taken)
            rested_at = time.monotonic() + REST_S
            for _ in taken:
                events.task_done()

    async def take(self, events: Sequence[s.SessionEvent]) -> None:
        """Store what these events mean, then pass them on."""
        async with self._one_at_a_time:
            await self._take([await self._judged(event) for event in events])
        for event in events:
            self._on_event(event)

    async def merge(self, adw_id: str, files: Sequence[RemoteFile]) -> int:
        """Store the lines of whole files in the order of their times, as far as they are new; how many were."""
        async with self._one_at_a_time:
            history = await _when_readable(lambda: self._histories.of(adw_id))
            keys = iter(history.listed([line for file in files for line in file.lines], time.monotonic()))
            of_files = [list(itertools.islice(keys, len(file.lines))) for file in files]
            entries = [
                await asyncio.to_thread(file.entries, of_file)
                for file, of_file in zip(files, of_files, strict=True)
                if any(of_file)
            ]
            fresh = list(heapq.merge(*entries, key=lambda entry: entry.at))
            for start in range(0, len(fresh), BATCH):
                lines = fresh[start : start + BATCH]
                batch = Batch(reports=[*reports_of(lines)], lines=lines)
                self._add_sign(batch, adw_id)
                await self._store(batch)
            return len(fresh)

    async def _take(self, judged: Sequence[Judged]) -> None:
        try:
            await self._store_all(judged)
        except Exception:
            if len(judged) == 1:
                log.exception("a message could not be taken in and is left out: %.2000r", judged[0].event)
                await self._pass_over(judged[0].event)
                return
            for one in judged:
                await self._take([one])

    async def _judged(self, event: s.SessionEvent) -> Judged:
        """What is new in an event. Must be asked once for each, in order."""
        match event:
            case s.Received():
                self._inspect(event)
                return await self._judged_message(event)
            case Unreadable(text, reason):
                self._quarantine.add(UNREADABLE, "", reason, text, datetime.now(UTC))
            case s.ConnectionChanged(connection) if connection.state is not ConnectionState.CONNECTED:
                self._histories.reconnected()
            case _:
                pass
        return Judged(event)

    async def _judged_message(self, event: s.Received) -> Judged:
        """Services that number their messages repeat none; of others, copies and repetitions are left out."""
        message = event.message
        if event.seq is not None or isinstance(message, Unknown):
            return Judged(event)
        if isinstance(message, m.StatusUpdate):
            age = self._order.judge(message.data)
            return Judged(event, has_line=age is not Age.COPY, has_reports=age is Age.NEWS)
        mark = mark_of(message)
        adw_id: str = getattr(getattr(message, "data", None), "adw_id", "")
        if mark is None or not adw_id:
            return Judged(event)
        history = await _when_readable(lambda: self._histories.of(adw_id))
        tool = history.tool_name(message) if isinstance(message, m.ToolUsePre | m.ToolUsePost) else ""
        key = history.heard(mark, time.monotonic())
        return Judged(event, key, has_line=key is not None, tool=tool)

    def _inspect(self, event: s.Received) -> None:
        """Hold on to what is not as the protocol says."""
        message, text, at = event.message, event.text, event.received_at
        if isinstance(message, Unknown):
            self._quarantine.add("E-PROTO-5", message.type, "a type that the protocol does not have", text, at)
            return
        if isinstance(message, _ANSWERS):
            self._quarantine.add("E-PROTO-8", message.type, "an answer that nothing waits for", text, at)
        found = deviations(text)
        if found:
            self._quarantine.add("E-PROTO-6", message.type, "; ".join(map(str, found)), text, at)

    async def _store_all(self, judged: Sequence[Judged]) -> None:
        batch = Batch()
        for one in judged:
            self._add(batch, one)
        if not batch.is_empty:
            await self._store(batch)

    async def _pass_over(self, event: s.SessionEvent) -> None:
        """A defect of ours with one message must not stop the others, nor come again with each start."""
        if isinstance(event, s.Received) and event.seq is not None:
            self._cursor = self._cursor.at(event.seq)
            await self._store(Batch(cursor=self._cursor))

    async def _store(self, batch: Batch) -> None:
        settings = [(CURSOR_KEY, cursor_to_json(batch.cursor))] if batch.cursor else []
        pause = 0.5
        while True:
            try:
                await self._keeper.report(batch.reports, Beside(batch.lines, settings))
            except StoreUnavailable as problem:
                log.warning("messages wait: the store cannot write: %s", problem)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
            else:
                return

    def _add(self, batch: Batch, judged: Judged) -> None:
        match judged.event:
            case s.Received() as received:
                self._add_received(batch, received, judged)
            case s.Resumed(journal, _, since):
                batch.cursor = self._cursor = self._cursor.of(journal).at(since)
            case s.Gap(after, before, lost=True):
                self._add_loss(batch, before - after - 1)
            case s.TriggerRefused(attempt_id, "E-RATE-1"):
                self._slow_down()
                batch.reports.append(r.Unsent(attempt_id))
            case event:
                report = _outcome(event, self._cursor.journal)
                batch.reports += [report] if report else []

    def _add_received(self, batch: Batch, event: s.Received, judged: Judged) -> None:
        if event.seq is not None:
            batch.cursor = self._cursor = self._cursor.at(event.seq)
        if isinstance(event.message, Unknown):
            return
        if isinstance(event.message, m.QueueStatus):
            self._add_waiting(batch, event.message)
            return
        meaning = self._meaning(event, event.message)
        if meaning.adw_id is None:
            return
        self._add_sign(batch, meaning.adw_id)
        if judged.has_reports:
            batch.reports.extend(self._with_reason(report, batch) for report in meaning.reports)
        if meaning.line and judged.has_line:
            batch.lines.append(_with_source(meaning.line, judged))
            batch.reports.extend(reports_of([meaning.line]))

    def _add_waiting(self, batch: Batch, message: m.QueueStatus) -> None:
        """Of others' runs in the line there is nothing to say."""
        board = self._keeper.board
        for report in waiting_at_service(message):
            attempt = board.attempts.get(report.attempt_id or "")
            if attempt is not None and attempt.is_open:
                self._add_sign(batch, report.adw_id)
                batch.reports.append(report)

    def _meaning(self, event: s.Received, message: m.ServerMessage) -> Meaning:
        if isinstance(message, m.TriggerResponse):
            return self._late_answer(message)
        return translate(message, event.received_at, event.request_id)

    def _late_answer(self, message: m.TriggerResponse) -> Meaning:
        """An answer that nothing waits for (E-PROTO-8) still settles a start of its run that is in doubt."""
        data = message.data
        attempt = newest_attempt(self._keeper.board, data.adw_id)
        in_doubt = attempt is not None and attempt.status is RunStatus.UNCERTAIN
        if attempt is None or not in_doubt or data.status != "accepted":
            return Meaning(data.adw_id if attempt else None)
        return Meaning(data.adw_id, (r.Accepted(attempt.id),))

    def _add_loss(self, batch: Batch, count: int) -> None:
        """Nobody knows whose messages they were: the log of every run under way says it."""
        log.warning("%d messages of the service are lost", count)
        text = f"The service no longer has {count} of its messages: lines of this run may be missing here."
        now, board = datetime.now(UTC), self._keeper.board
        runs = sorted({a.adw_id for a in board.attempts.values() if a.status in {RunStatus.RUNNING, RunStatus.WAITING}})
        batch.lines += [LogEntry(adw_id, now, LogKind.STATUS, LogLevel.WARNING, text) for adw_id in runs]

    def _add_sign(self, batch: Batch, adw_id: str) -> None:
        """At most one sign of life a second and run: it costs a copy of the board's map of runs."""
        now = time.monotonic()
        if now - self._signs.get(adw_id, -SIGN_EVERY_S) < SIGN_EVERY_S and adw_id in self._keeper.board.runs:
            return
        if len(self._signs) > SIGNS:
            self._signs = {run: at for run, at in self._signs.items() if now - at < SIGN_EVERY_S}
        self._signs[adw_id] = now
        batch.reports.append(r.SignOfLife(adw_id))

    def _with_reason(self, report: Report, batch: Batch) -> Report:
        """A failed stage without a reason (E-WF-5) gets the newest error line of its run."""
        if not isinstance(report, r.StageReported) or report.column is not Column.ERRORED or report.message:
            return report
        waiting = (x.message for x in reversed(batch.lines) if x.adw_id == report.adw_id and x.level is LogLevel.ERROR)
        reason = next(waiting, None) or self._keeper.last.error.get(report.adw_id, "")
        return replace(report, message=reason)


def cursor_to_json(cursor: s.Cursor) -> dict[str, object]:
    """The form in which the store keeps it under `CURSOR_KEY`."""
    stored: dict[str, object] = {"journal": cursor.journal, "seq": cursor.seq}
    return {**stored, "earlier": dict(cursor.earlier)} if cursor.earlier else stored


def cursor_from_json(stored: object) -> s.Cursor:
    if not isinstance(stored, dict):
        return s.Cursor()
    values = cast("dict[str, Any]", stored)
    return s.Cursor(values["journal"], values["seq"], values.get("earlier", {}))


def _outcome(event: s.SessionEvent, journal: str) -> Report | None:
    """What became of a request of ours; `journal` is that of the service."""
    match event:
        case s.TriggerAnswered():
            return _answer(event)
        case s.TriggerUnsent(attempt_id):
            return r.Unsent(attempt_id)
        case s.TriggerRefused(attempt_id, "E-SYS-1" as reason) | s.TriggerUncertain(attempt_id, reason):
            return r.Uncertain(attempt_id, reason, journal)
        case s.TriggerRefused(attempt_id, code, params):
            return r.Refused(attempt_id, Failure(code, dict(params)))
        case s.CancelAnswered(adw_id, status, message):
            refused = status in {"ignored", "error"}
            return r.CancelRefused(adw_id, message, gone=status == "ignored") if refused else None
        case s.TicketAnswered(ticket_id, status, error):
            if status != "received":
                log.info("the service did not take the announcement of card %s (%s): %s", ticket_id, status, error)
            return None
        case s.ConnectionChanged() | s.Ready() | s.RoundTrip() | s.Gap() | s.Resumed() | s.Received() | Unreadable():
            return None
        case _:
            assert_never(event)


def _with_source(line: LogEntry, judged: Judged) -> LogEntry:
    if judged.tool and line.data is not None:
        line = replace(line, data={**line.data, "tool": judged.tool})
    return replace(line, source_key=judged.key) if judged.key else line


async def _when_readable(read: Callable[[], Awaitable[T]]) -> T:
    """The result, as soon as the store can be read: what came in waits for it."""
    pause = 0.5
    while True:
        try:
            return await read()
        except StoreUnavailable as problem:
            log.warning("messages wait: the store cannot be read: %s", problem)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10.0)


def _answer(event: s.TriggerAnswered) -> Report:
    if event.status == "accepted":
        return r.Accepted(event.attempt_id)
    if event.status == "ignored":
        return r.Refused(event.attempt_id, Failure("E-WF-2", {"status": event.message or "running"}))
    if event.status == "error":
        params = {"workflow": "the workflow", "error": event.error or event.message}
        return r.Refused(event.attempt_id, Failure("E-WF-1", params))
    return r.Refused(event.attempt_id, Failure("E-WF-3", {"message": event.message or event.status}))
