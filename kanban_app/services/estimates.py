"""When the starts that wait will probably go out, and what holds them back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from math import inf
from statistics import median
from typing import Final

from kanban_app.domain.model import Attempt, Board, Failure, Flag, RunStatus

RECENT: Final = 20
FEWEST: Final = 3
"""Of fewer completed runs nothing is concluded."""
_WINDOW_S: Final = 60.0
_OVERDUE_SHARE: Final = 0.1
_HOUR_S: Final = 3600
_SHOWN_IN_HOURS_S: Final = 90 * 60


@dataclass(frozen=True, slots=True)
class Outlook:
    """What decides when starts go out: nothing does unless `is_open`. `sent` are the newest starts, oldest first."""

    is_open: bool
    max_runs: int
    per_minute: int
    sent: Sequence[datetime] = ()
    rest_until: datetime | None = None


CLOSED: Final = Outlook(is_open=False, max_runs=1, per_minute=1)


@dataclass(frozen=True, slots=True)
class Wait:
    """An attempt's place in line from 1, and when it will probably start; None when nobody can tell.

    `is_exact`: nothing but the number of starts in a minute holds it back. `reason` is in terms of the catalogue.
    """

    place: int
    starts_at: datetime | None = None
    is_exact: bool = False
    reason: Failure | None = None


def waits(board: Board, outlook: Outlook, now: datetime) -> dict[str, Wait]:
    """Everything that waits, by the attempt's id: the line is played through with runs of the usual length."""
    line = board.queue()
    if not line or not outlook.is_open:
        return {attempt.id: Wait(place) for place, attempt in enumerate(line, start=1)}
    active, usual = board.active(), _Durations(board)
    full = _full(active) if len(active) >= outlook.max_runs else None
    ends = [_left(board, attempt, usual, now) for attempt in active]
    heapify(ends)
    sent = [(moment - now).total_seconds() for moment in outlook.sent]
    rest = (outlook.rest_until - now).total_seconds() if outlook.rest_until else 0.0
    found: dict[str, Wait] = {}
    slot_at = 0.0
    for place, attempt in enumerate(line, start=1):
        while len(ends) >= outlook.max_runs:
            slot_at = max(slot_at, heappop(ends))
        paced_at = sent[-outlook.per_minute] + _WINDOW_S if len(sent) >= outlook.per_minute else 0.0
        start = max(slot_at, paced_at, rest, 0.0)
        found[attempt.id] = _wait(place, start, now, is_exact=0.0 == slot_at < start, full=full)
        sent.append(start)
        heappush(ends, start + usual.of(len(attempt.stages)))
    return found


def about(seconds: float) -> str:
    """A duration as a person would say it."""
    if seconds < _WINDOW_S:
        return "less than a minute"
    if seconds < _SHOWN_IN_HOURS_S:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / _HOUR_S)} h"


def _wait(place: int, start: float, now: datetime, *, is_exact: bool, full: Failure | None) -> Wait:
    if start == inf:
        return Wait(place, reason=full)
    paced = Failure("E-RATE-2", {"n": f"{start:.0f}"}) if is_exact else None
    return Wait(place, now + timedelta(seconds=start), is_exact, full or paced)


def _full(active: Sequence[Attempt]) -> Failure:
    doubted = sum(1 for attempt in active if attempt.status is RunStatus.UNCERTAIN)
    doubt = f", {doubted} of them uncertain: decide on these first" if doubted else ""
    are = "is" if len(active) == 1 else "are"
    return Failure("E-LOAD-1", {"n": str(len(active)), "are": are, "doubt": doubt})


def _left(board: Board, attempt: Attempt, usual: "_Durations", now: datetime) -> float:
    """Seconds that an active attempt will probably need; a run that takes longer than others is nearly done."""
    flags = board.runs[attempt.adw_id].flags
    if attempt.status in {RunStatus.UNCERTAIN, RunStatus.WAITING} or Flag.MUTE in flags:
        return inf
    whole = usual.of(len(attempt.stages))
    if whole == inf or attempt.started_at is None:
        return whole
    return max(whole - (now - attempt.started_at).total_seconds(), whole * _OVERDUE_SHARE)


class _Durations:
    """How long the newest completed attempts took: the median of those of as many stages, else by the stage."""

    def __init__(self, board: Board) -> None:
        self._by_count: dict[int, list[float]] = defaultdict(list)
        ended = (a for a in board.attempts.values() if a.status is RunStatus.COMPLETED and a.stages)
        timed = [(a.finished_at, a.started_at, len(a.stages)) for a in ended if a.finished_at and a.started_at]
        for finished_at, started_at, count in sorted(timed, reverse=True):
            if len(self._by_count[count]) < RECENT:
                self._by_count[count].append((finished_at - started_at).total_seconds())
        per_stage = [seconds / count for count, all_of in self._by_count.items() for seconds in all_of]
        self._per_stage = median(per_stage) if len(per_stage) >= FEWEST else inf

    def of(self, stages: int) -> float:
        known = self._by_count.get(stages, [])
        return median(known) if len(known) >= FEWEST else self._per_stage * max(stages, 1)
