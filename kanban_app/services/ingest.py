"""The one door for messages: what comes out of the client goes into board and log, in order and in one transaction.

A batch takes what waits, at most `BATCH` messages. While the store cannot write, the batch is kept and tried again;
the client's queue then fills and the socket is not read: nothing is dropped.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kanban_app.domain import commands as c
from kanban_app.domain.commands import Report
from kanban_app.domain.model import Failure
from kanban_app.domain.records import LogEntry, LogLevel
from kanban_app.domain.stages import Column
from kanban_app.services.keeper import Beside, Keeper
from kanban_app.services.translate import translate
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.codec import Unknown

log = logging.getLogger(__name__)

BATCH: Final = 500
SIGN_EVERY_S: Final = 1.0
CURSOR_KEY: Final = "tac7.cursor"


@dataclass(slots=True)
class Batch:
    """What one transaction will hold."""

    reports: list[Report] = field(default_factory=list[Report])
    lines: list[LogEntry] = field(default_factory=list[LogEntry])
    cursor: tuple[str, int] | None = None

    @property
    def is_empty(self) -> bool:
        return not self.reports and not self.lines and self.cursor is None


class Ingest:
    """Consumes the client's events. `on_event` is told of each one after its effects are stored."""

    def __init__(self, keeper: Keeper, on_event: Callable[[s.SessionEvent], None], journal: str) -> None:
        """`journal` is that of the cursor with which the client started."""
        self._keeper = keeper
        self._on_event = on_event
        self._journal = journal
        self._signs: dict[str, float] = {}

    async def run(self, events: "asyncio.Queue[s.SessionEvent]") -> None:
        """Until cancelled."""
        while True:
            taken = [await events.get()]
            while len(taken) < BATCH and not events.empty():
                taken.append(events.get_nowait())
            await self.take(taken)

    async def take(self, events: list[s.SessionEvent]) -> None:
        """Store what these events mean, then pass them on."""
        batch = Batch()
        for event in events:
            self._add(batch, event)
        if not batch.is_empty:
            await self._store(batch)
        for event in events:
            self._on_event(event)

    async def _store(self, batch: Batch) -> None:
        settings = [(CURSOR_KEY, {"journal": batch.cursor[0], "seq": batch.cursor[1]})] if batch.cursor else []
        pause = 0.5
        while True:
            try:
                await self._keeper.report(batch.reports, Beside(batch.lines, settings))
            except StoreUnavailable:
                log.exception("messages wait: the store cannot write")
                await asyncio.sleep(pause)
                pause = min(pause * 2, 10.0)
            else:
                return

    def _add(self, batch: Batch, event: s.SessionEvent) -> None:
        match event:
            case s.Received():
                self._add_received(batch, event)
            case s.TriggerAnswered():
                batch.reports.append(_answer(event))
            case s.TriggerUnsent(attempt_id) | s.TriggerRefused(attempt_id, "E-RATE-1"):
                batch.reports.append(c.Unsent(attempt_id))
            case s.TriggerRefused(attempt_id, "E-SYS-1"):
                batch.reports.append(c.Uncertain(attempt_id, "E-SYS-1"))
            case s.TriggerRefused(attempt_id, code, params):
                batch.reports.append(c.Refused(attempt_id, Failure(code, dict(params))))
            case s.TriggerUncertain(attempt_id, reason):
                batch.reports.append(c.Uncertain(attempt_id, reason))
            case s.CancelAnswered(adw_id, status, message) if status in {"ignored", "error"}:
                batch.reports.append(c.CancelRefused(adw_id, message, gone=status == "ignored"))
            case s.Resumed(journal, _, since) if journal != self._journal:
                self._journal = journal
                batch.cursor = (journal, since)
            case _:
                pass

    def _add_received(self, batch: Batch, event: s.Received) -> None:
        if event.seq is not None:
            batch.cursor = (self._journal, event.seq)
        if isinstance(event.message, Unknown):
            return
        meaning = translate(event.message, event.received_at, event.request_id)
        if meaning.adw_id is None:
            return
        self._add_sign(batch, meaning.adw_id)
        batch.reports.extend(self._with_reason(report, batch) for report in meaning.reports)
        if meaning.line:
            batch.lines.append(meaning.line)

    def _add_sign(self, batch: Batch, adw_id: str) -> None:
        """At most one sign of life a second and run: it costs a copy of the board's map of runs."""
        now = time.monotonic()
        if now - self._signs.get(adw_id, -SIGN_EVERY_S) < SIGN_EVERY_S and adw_id in self._keeper.board.runs:
            return
        self._signs[adw_id] = now
        batch.reports.append(c.SignOfLife(adw_id))

    def _with_reason(self, report: Report, batch: Batch) -> Report:
        """A failed stage without a reason (E-WF-5) gets the newest error line of its run."""
        if not isinstance(report, c.StageReported) or report.column is not Column.ERRORED or report.message:
            return report
        waiting = (x.message for x in reversed(batch.lines) if x.adw_id == report.adw_id and x.level is LogLevel.ERROR)
        reason = next(waiting, None) or self._keeper.last.error.get(report.adw_id, "")
        return c.StageReported(report.adw_id, report.column, report.from_column, reason, report.at, report.attempt_id)


def _answer(event: s.TriggerAnswered) -> Report:
    if event.status == "accepted":
        return c.Accepted(event.attempt_id)
    if event.status == "ignored":
        return c.Refused(event.attempt_id, Failure("E-WF-2", {"status": event.message or "running"}))
    if event.status == "error":
        params = {"workflow": "the workflow", "error": event.error or event.message}
        return c.Refused(event.attempt_id, Failure("E-WF-1", params))
    return c.Refused(event.attempt_id, Failure("E-WF-3", {"message": event.message or event.status}))
