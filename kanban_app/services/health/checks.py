"""What is graded, and how. Pure: `look` makes findings of what was measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.health import RANK, Finding, Grade, Patience, Thresholds, reliability_of, worst
from kanban_app.domain.samples import percentile
from kanban_app.errors import describe
from kanban_app.services.health.check import Standing
from kanban_app.services.health.measures import Measures
from kanban_app.store.writing import Writing

LONGEST: Final = 500
"""Signs of a text of others in a reason or an alert."""
FEWEST_WRITES: Final = 5
FEWEST_TIMERS: Final = 20
"""Below so many there is no figure: the first ones meet a program that is just starting."""
TYPICAL: Final = 0.95
"""What this share of the samples does not exceed is graded, so that a single slow one alarms nobody."""
LOOKED_BACK_S: Final = 300.0
"""How far back the figures of this program itself are looked at."""
RECOVERIES: Final = 3
"""From so many failed tries on, a long outage is one that the board could not mend by itself (E-HEALTH-8)."""


class Check(StrEnum):
    STATE = "state"
    DISCONNECTS = "disconnects"
    LATENCY = "latency"
    RELIABILITY = "reliability"
    SERVICE = "service"
    FRAMES = "frames"
    LOOP = "loop"
    DATABASE = "database"


AREAS: Final[Mapping[str, tuple[str, tuple[Check, ...]]]] = {
    "connection": ("Connection", (Check.STATE, Check.DISCONNECTS)),
    "latency": ("Latency", (Check.LATENCY,)),
    "reliability": ("Reliability", (Check.RELIABILITY,)),
    "service": ("Service", (Check.SERVICE, Check.FRAMES)),
    "board": ("This board", (Check.LOOP, Check.DATABASE)),
}
"""The parts whose worst is the grade (R38), each with its title and what it is made of."""

OF_THE_SERVICE: Final = tuple(check for check in Check if check not in {Check.LOOP, Check.DATABASE})
AT_ONCE: Final = Patience(0.0, 0.0)
"""For what is asked rarely: each answer is a fact that lasts until the next one."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that is looked at, `now` by the monotonic clock. `before` are the grades of the last look."""

    now: float
    connection: Connection
    measures: Measures
    standing: Standing
    writing: Writing
    frames_alarmed: bool
    before: Mapping[Check, Grade]


def patience_of(check: Check, usual: Patience) -> Patience:
    """That a connection is back shows sooner: everybody sees that it is."""
    match check:
        case Check.SERVICE | Check.FRAMES:
            return AT_ONCE
        case Check.STATE:
            return Patience(usual.worse_s, min(usual.worse_s, usual.better_s))
        case _:
            return usual


def look(thresholds: Thresholds, seen: Situation) -> dict[Check, Finding]:
    return {check: find(thresholds, seen) for check, find in _FINDERS.items()}


def area_grade(checks: tuple[Check, ...], grades: Mapping[Check, Grade]) -> Grade:
    return worst(grades[check] for check in checks)


def overall(grades: Mapping[Check, Grade]) -> Grade:
    """The worst of all; unknown while nobody knows how the connection is."""
    if grades[Check.STATE] is Grade.UNKNOWN:
        return Grade.UNKNOWN
    return worst(grades.values())


def _state(thresholds: Thresholds, seen: Situation) -> Finding:
    connection, measures = seen.connection, seen.measures
    if connection.state is ConnectionState.CONNECTED:
        return Finding(Grade.HEALTHY, figure="Connected")
    if connection.state is ConnectionState.DISCONNECTED:
        return Finding(Grade.UNKNOWN, "E-CONN-11", {}, "Disconnected by you")
    absent_s = measures.absent_s(seen.now)
    if absent_s is None:
        return Finding(Grade.UNKNOWN, figure="Connecting")
    grade = thresholds.absent_s.grade(max(absent_s, 0.001))
    if connection.state in {ConnectionState.OFFLINE, ConnectionState.PAUSED}:
        grade = max(grade, Grade.UNHEALTHY, key=RANK.__getitem__)
    code, params = _why_absent(connection)
    if grade is Grade.CRITICAL and measures.failed_tries >= RECOVERIES:
        reason = describe(code, params)
        params = {"n": str(measures.failed_tries), "reason": f"{reason['title']}: {reason['message']}"}
        code = "E-HEALTH-8"
    return Finding(grade, code, params, f"Not connected for {in_words(absent_s)}")


def _why_absent(connection: Connection) -> tuple[str, dict[str, str]]:
    if connection.cause_code:
        return connection.cause_code, _cut(connection.cause_params)
    return connection.error_code or "E-CONN-7", _cut(connection.error_params)


def _cut(params: Mapping[str, str]) -> dict[str, str]:
    """What others have written is kept as long as the alert that it leads to, and shown: not at any length."""
    return {name: value[:LONGEST] for name, value in params.items()}


def _disconnects(thresholds: Thresholds, seen: Situation) -> Finding:
    count = seen.measures.disconnects_of_the_hour(seen.now)
    grade = thresholds.disconnects.grade(count, seen.before[Check.DISCONNECTS])
    figure = f"{count} lost in the last hour" if count else "None lost in the last hour"
    return Finding(grade, "E-HEALTH-7", {"n": str(count)}, figure)


def _latency(thresholds: Thresholds, seen: Situation) -> Finding:
    latency = seen.measures.latency_ms(seen.now)
    grade = thresholds.latency_ms.grade(latency, seen.before[Check.LATENCY])
    if latency is None:
        return Finding(figure="")
    code = "E-HEALTH-4" if RANK[grade] <= RANK[Grade.DEGRADED] else "E-HEALTH-5"
    return Finding(grade, code, {"n": f"{latency:.0f}"}, f"{latency:.0f} ms")


def _reliability(thresholds: Thresholds, seen: Situation) -> Finding:
    measures, now = seen.measures, seen.now
    reliability = reliability_of(measures.connection_success(now), measures.message_success(now))
    grade = thresholds.reliability.grade(reliability, seen.before[Check.RELIABILITY])
    if reliability is None:
        return Finding(figure="")
    percent = f"{100 * reliability:.0f}"
    return Finding(grade, "E-HEALTH-6", {"p": percent}, f"{percent} % worked")


def _service(_thresholds: Thresholds, seen: Situation) -> Finding:
    standing = seen.standing
    if standing.trouble is not None:
        grade = _OF_TROUBLE.get(standing.trouble.code, Grade.UNKNOWN)
        return Finding(grade, standing.trouble.code, _cut(standing.trouble.params), _SAID.get(grade, ""))
    if standing.report is None:
        return Finding(figure="Not asked yet")
    return Finding(Grade.HEALTHY, figure="Says that it is healthy")


# What is not here says nothing of how the service does: it is graded by its heartbeats alone.
_OF_TROUBLE: Final = {
    "E-HEALTH-1": Grade.UNHEALTHY,
    "E-HEALTH-3": Grade.HEALTHY,
    "E-HEALTH-9": Grade.CRITICAL,
    "E-TIME-4": Grade.DEGRADED,
}
_SAID: Final = {
    Grade.HEALTHY: "Healthy, with remarks",
    Grade.DEGRADED: "Its check takes too long",
    Grade.UNHEALTHY: "Says that it has problems",
    Grade.CRITICAL: "Another service",
    Grade.UNKNOWN: "Says nothing of itself",
}


def _frames(_thresholds: Thresholds, seen: Situation) -> Finding:
    if seen.frames_alarmed:
        return Finding(Grade.DEGRADED, "E-PROTO-4", {}, "Much cannot be read")
    return Finding(Grade.HEALTHY)


def _loop(thresholds: Thresholds, seen: Situation) -> Finding:
    recent = seen.measures.loop_lag.values(seen.now - LOOKED_BACK_S)
    lag = percentile(recent, TYPICAL) if len(recent) >= FEWEST_TIMERS else None
    grade = thresholds.loop_lag_ms.grade(lag, seen.before[Check.LOOP])
    if lag is None:
        return Finding(figure="")
    return Finding(grade, "E-HEALTH-12", {"what": f"It does things {lag:.0f} ms late."}, f"{lag:.0f} ms late")


def _database(thresholds: Thresholds, seen: Situation) -> Finding:
    if seen.writing.fault:
        reason = f"The database cannot be written ({seen.writing.fault})."
        return Finding(Grade.CRITICAL, "E-SYS-12", {"reason": reason}, "Cannot save")
    recent = seen.writing.times_ms.values(seen.now - LOOKED_BACK_S)
    took = percentile(recent, TYPICAL) if len(recent) >= FEWEST_WRITES else None
    grade = thresholds.write_ms.grade(took, seen.before[Check.DATABASE])
    if took is None:
        return Finding(figure="")
    return Finding(grade, "E-HEALTH-12", {"what": f"Saving takes {took:.0f} ms."}, f"saves in {took:.0f} ms")


def in_words(seconds: float) -> str:
    """A length of time for people."""
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    if seconds < 3600:  # noqa: PLR2004
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


_FINDERS: Final[Mapping[Check, Callable[[Thresholds, Situation], Finding]]] = {
    Check.STATE: _state,
    Check.DISCONNECTS: _disconnects,
    Check.LATENCY: _latency,
    Check.RELIABILITY: _reliability,
    Check.SERVICE: _service,
    Check.FRAMES: _frames,
    Check.LOOP: _loop,
    Check.DATABASE: _database,
}
