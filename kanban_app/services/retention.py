"""The janitor: lets old log lines, events and run files go, so that the database does not grow for ever.

It removes only what belongs to ended runs of cards that are completed, archived or deleted, or to none. It works in
steps with a rest between them: whoever wants to write meanwhile waits for one step at most.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from kanban_app.domain.audit import Action
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.model import Board
from kanban_app.domain.retention import PastRun, is_past, is_past_card, past_runs
from kanban_app.observing import instruments
from kanban_app.services.acting import done
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.retention import Extent

log = logging.getLogger(__name__)

FIRST_AFTER_S: Final = 120.0
EVERY_S: Final = 3600.0
REST_S: Final = 0.02
# The database looks at its own clock whether an entry of the audit log is old enough.
_MARGIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long and how many; 0 for always and any number. `log_days` is for the files of runs, too."""

    log_days: int = 90
    log_lines: int = 2_000_000
    event_days: int = 365
    events: int = 1_000_000
    audit_days: int = 365

    @property
    def words(self) -> str:
        """Why lines of a log are gone, as the end of a sentence."""
        return _why(self.log_days, f"to keep all logs within {self.log_lines:,} lines" if self.log_lines else "")

    @property
    def words_of_events(self) -> str:
        """The same for entries of a history."""
        return _why(self.event_days, f"to keep all events within {self.events:,}" if self.events else "")


def _why(days: int, size: str) -> str:
    age = f"after {days} days" if days else ""
    return " or ".join(filter(None, (age, size))) or "by an earlier setting"


@dataclass(slots=True)
class Removed:
    """What a round has removed. `over` is by how many lines the logs of live cards alone are above the limit."""

    lines: int = 0
    events: int = 0
    operations: int = 0
    audit: int = 0
    files: int = 0
    over: int = 0


class Source(Protocol):
    """What the janitor needs of the store (`store.retention.Retention`)."""

    async def extents(self, adw_ids: Collection[str] | None = None) -> Mapping[str, Extent]: ...
    async def remove_lines(self, adw_id: str, upto: int) -> int: ...
    async def old_events(self, cutoff: datetime) -> int: ...
    async def excess_events(self, kept: int) -> int: ...
    async def owners_of_events(self, upto: int) -> list[str | None]: ...
    async def remove_events(self, task_id: str | None, upto: int) -> int: ...
    async def remove_operations(self, cutoff: datetime) -> int: ...


class AuditSource(Protocol):
    """What the janitor needs of the audit log (`store.auditing.AuditTable`)."""

    async def old(self, cutoff: datetime) -> int: ...
    async def remove(self, upto: int) -> int: ...


ForgetFiles = Callable[[str], Awaitable[bool]]
"""Removes what the embedded service keeps of a run that has ended; whether there was something."""


class Janitor:
    def __init__(
        self,
        source: Source,
        board: Callable[[], Board],
        keep: Keep,
        project: str,
        forget_files: ForgetFiles | None = None,
        *,
        audit: AuditSource | None = None,
        trail: Trail | None = None,
    ) -> None:
        """What it has removed is told by `trail`."""
        self._audit = audit
        self._trail = trail or Trail()
        self._source = source
        self._board = board
        self._keep = keep
        self._project = project
        self._forget_files = forget_files
        self._without_files: set[str] = set()

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(FIRST_AFTER_S)
        while True:
            try:
                removed = await self.sweep(datetime.now(UTC))
            except StoreUnavailable:
                log.warning("nothing old is removed: the store cannot be used")
            else:
                self._tell(removed)
            await asyncio.sleep(EVERY_S)

    async def sweep(self, now: datetime) -> Removed:
        """One round. Raises StoreUnavailable; what is removed until then stays removed."""
        removed = Removed()
        await self._by_age(now, removed)
        await self._by_size(removed)
        await self._events(now, removed)
        await self._entries(now, removed)
        return removed

    async def _entries(self, now: datetime, removed: Removed) -> None:
        """Of the audit log."""
        if self._audit is None or not self._keep.audit_days:
            return
        upto = await self._audit.old(now - timedelta(days=self._keep.audit_days) - _MARGIN)
        if upto:
            audit = self._audit
            removed.audit = await self._steps("audit", lambda: audit.remove(upto))

    async def _by_age(self, now: datetime, removed: Removed) -> None:
        if not self._keep.log_days:
            return
        cutoff = now - timedelta(days=self._keep.log_days)
        due = [run for run in past_runs(self._board()) if run.ended_at < cutoff]
        extents = await self._source.extents([run.adw_id for run in due])
        for run in due:
            if run.adw_id in extents:
                removed.lines += await self._lines(run, extents[run.adw_id].removable)
            removed.files += await self._files(run)

    async def _by_size(self, removed: Removed) -> None:
        if not self._keep.log_lines:
            return
        extents = await self._source.extents()
        over = sum(extent.count for extent in extents.values()) - self._keep.log_lines
        for run in past_runs(self._board()):
            if over <= 0:
                return
            if run.adw_id in extents:
                count = await self._lines(run, extents[run.adw_id].removable)
                removed.lines += count
                over -= count
        removed.over = max(0, over)

    async def _events(self, now: datetime, removed: Removed) -> None:
        days, most = self._keep.event_days, self._keep.events
        cutoff = now - timedelta(days=days)
        by_age = await self._source.old_events(cutoff) if days else 0
        upto = max(by_age, await self._source.excess_events(most) if most else 0)
        for task_id in await self._source.owners_of_events(upto) if upto else ():
            removed.events += await self._steps("events", lambda of=task_id: self._old_events_of(of, upto))
        if days:
            removed.operations += await self._steps("operations", lambda: self._source.remove_operations(cutoff))

    async def _old_events_of(self, task_id: str | None, upto: int) -> int:
        """Looked at anew before each step: somebody may have taken the card up again."""
        if task_id is not None and not is_past_card(self._board(), task_id):
            return 0
        return await self._source.remove_events(task_id, upto)

    async def _lines(self, run: PastRun, upto: int) -> int:
        async def step() -> int:
            if not is_past(self._board(), run.adw_id):
                return 0
            return await self._source.remove_lines(run.adw_id, upto)

        return await self._steps("lines", step)

    async def _files(self, run: PastRun) -> int:
        forgotten = run.adw_id in self._without_files
        if self._forget_files is None or forgotten or not is_past(self._board(), run.adw_id):
            return 0
        found = await self._forget_files(run.adw_id)
        self._without_files.add(run.adw_id)
        instruments.PRUNED.labels(self._project, "files").inc(int(found))
        return int(found)

    async def _steps(self, what: str, step: Callable[[], Awaitable[int]]) -> int:
        total = 0
        while True:
            began = time.perf_counter()
            count = await step()
            if not count:
                return total
            instruments.PRUNE_STEP.observe(time.perf_counter() - began)
            instruments.PRUNED.labels(self._project, what).inc(count)
            total += count
            await asyncio.sleep(REST_S)

    def _tell(self, removed: Removed) -> None:
        if told := _words(removed):
            log.info("removed what is old: %s", told)
            self._trail.put(done(Action.DATA_REMOVED, project=self._project, what=told))
        if removed.over:
            log.warning(
                "the logs are %d lines above KANBAN_KEEP_LOG_LINES, all of cards that are in hand", removed.over
            )


def _words(removed: Removed) -> str:
    parts: Sequence[tuple[int, str]] = (
        (removed.lines, "lines of logs"),
        (removed.events, "events"),
        (removed.operations, "records of operations"),
        (removed.audit, "entries of the audit log"),
        (removed.files, "folders of runs"),
    )
    return ", ".join(f"{count} {words}" for count, words in parts if count)
