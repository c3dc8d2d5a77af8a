"""How well something is: grades, the limits between them, and grades that do not flap. Pure.

The reference has two sets of limits for some figures (R31 and R32, R34 and R36); the stricter one is taken, so that one
limit serves a grade and its alert: `unhealthy` is a warning, `critical` is critical.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

MARGIN: Final = 0.1
"""By what share a figure must be better than a limit until the grade is."""


class Grade(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


_ORDER: Final = (Grade.UNKNOWN, Grade.HEALTHY, Grade.DEGRADED, Grade.UNHEALTHY, Grade.CRITICAL)
RANK: Final = {grade: rank for rank, grade in enumerate(_ORDER)}
"""Higher is worse; what nobody knows is below all."""
_BY_LIMITS_PASSED: Final = (Grade.HEALTHY, Grade.DEGRADED, Grade.UNHEALTHY, Grade.CRITICAL)


def worst(grades: Iterable[Grade]) -> Grade:
    """The worst of those that are known; unknown when none is."""
    return max(grades, key=RANK.__getitem__, default=Grade.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a figure becomes degraded, unhealthy and critical. `falling`: less is worse, as with shares."""

    degraded: float
    unhealthy: float
    critical: float
    falling: bool = False

    def grade(self, figure: float | None, before: Grade = Grade.UNKNOWN) -> Grade:
        """The grade of a figure whose grade was `before`: it must be better by `MARGIN` to get a better one.

        A figure that is just at a limit has not passed it.
        """
        if figure is None:
            return Grade.UNKNOWN
        passed = 0
        for number, limit in enumerate((self.degraded, self.unhealthy, self.critical), 1):
            if self._is_beyond(figure, limit, holds=RANK[before] > number):
                passed = number
        return _BY_LIMITS_PASSED[passed]

    def _is_beyond(self, figure: float, limit: float, *, holds: bool) -> bool:
        if self.falling:
            return figure < (limit + (1 - limit) * MARGIN if holds else limit)
        return figure > (limit * (1 - MARGIN) if holds else limit)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """All limits. `absent_s` is how long the connection is missed; the last two are of this program itself."""

    latency_ms: Limits = Limits(100, 300, 1000)
    reliability: Limits = Limits(0.95, 0.90, 0.70, falling=True)
    disconnects: Limits = Limits(2.5, 2.5, 9.5)
    absent_s: Limits = Limits(0, 10, 60)
    loop_lag_ms: Limits = Limits(100, 500, 2000)
    write_ms: Limits = Limits(250, 1000, 5000)


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long, in seconds, something must be worse or better than its grade until the grade follows."""

    worse_s: float = 5.0
    better_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Settled:
    """A grade that follows what is measured with patience. Immutable: `after` gives the next one.

    It changes only to what has lasted: while things are worse, to the mildest of that time; while they are better, to
    the worst of it. The first grade is taken at once. What becomes unknown is treated as what becomes better.
    """

    grade: Grade = Grade.UNKNOWN
    was_known: bool = False
    pending: Grade | None = None
    pending_since: float = 0.0

    def after(self, measured: Grade, now: float, patience: Patience) -> "Settled":
        if measured is self.grade:
            return replace(self, pending=None)
        if not self.was_known:
            return Settled(measured, was_known=True)
        pending, since = self._pending(measured, now)
        is_worse = RANK[measured] > RANK[self.grade]
        if now - since >= (patience.worse_s if is_worse else patience.better_s):
            return Settled(pending, was_known=True)
        return replace(self, pending=pending, pending_since=since)

    def _pending(self, measured: Grade, now: float) -> tuple[Grade, float]:
        """What the grade will be if it goes on like this, and since when it has gone on."""
        rank, at = RANK[measured], RANK[self.grade]
        if self.pending is None or (RANK[self.pending] > at) is not (rank > at):
            return measured, now
        nearer = min if rank > at else max
        return nearer(self.pending, measured, key=RANK.__getitem__), self.pending_since


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found: its grade and, in catalogue terms, why. `code` may be a remark on something healthy.

    `figure` is what was measured, in a few words.
    """

    grade: Grade = Grade.UNKNOWN
    code: str = ""
    params: dict[str, str] = field(default_factory=dict[str, str])
    figure: str = ""


def reliability_of(connection_success: float | None, message_success: float | None) -> float | None:
    """R35: 70 % connections, 30 % messages; what is not known does not count."""
    if connection_success is None or message_success is None:
        return message_success if connection_success is None else connection_success
    return 0.7 * connection_success + 0.3 * message_success


def score_of(reliability: float | None, latency_ms: float | None, availability: float | None) -> int | None:
    """0 to 100 from what is known: half reliability, three tenths latency, two tenths availability.

    Latency counts in full up to 100 ms and for nothing from 1000 ms on.
    """
    latency = None if latency_ms is None else min(1.0, max(0.0, (1000 - latency_ms) / 900))
    parts = ((0.5, reliability), (0.3, latency), (0.2, availability))
    known = [(weight, value) for weight, value in parts if value is not None]
    if not known:
        return None
    return round(100 * sum(weight * value for weight, value in known) / sum(weight for weight, _ in known))
