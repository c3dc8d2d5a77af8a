"""Alerts: what people should know of, from when it was raised until it is over, and who knows. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kanban_app.domain.health import Grade

KEPT: Final = 100
"""How many alerts are kept (R42). Overflow policy: the oldest that are over go first, then the oldest."""


class Severity(StrEnum):
    WARNING = "warning"
    CRITICAL = "critical"


_SEVERITIES: Final = {Grade.UNHEALTHY: Severity.WARNING, Grade.CRITICAL: Severity.CRITICAL}


def severity_of(grade: Grade) -> Severity | None:
    """What a grade is worth; None for what alarms nobody."""
    return _SEVERITIES.get(grade)


@dataclass(frozen=True, slots=True)
class Alert:
    """`about` names what it is about: of each thing at most one alert is open. `seq` is its number, from 1.

    `severity` is the worst that it has been; its words are those of that time.
    """

    seq: int
    about: str
    code: str
    params: Mapping[str, str]
    severity: Severity
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None

    @property
    def needs_eyes(self) -> bool:
        """Whether it is neither over nor known to anybody."""
        return self.is_open and self.acknowledged_at is None


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that holds now and is worth an alert."""

    severity: Severity
    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Alerts:
    """All that are kept, the oldest first. Immutable. `changed` holds those that differ from the `Alerts` before."""

    known: tuple[Alert, ...] = ()
    changed: tuple[Alert, ...] = ()
    last_seq: int = 0

    @classmethod
    def of(cls, known: Iterable[Alert]) -> "Alerts":
        ordered = tuple(sorted(known, key=lambda alert: alert.seq))
        return cls(ordered, (), ordered[-1].seq if ordered else 0)

    def open(self, about: str) -> Alert | None:
        return next((alert for alert in self.known if alert.is_open and alert.about == about), None)

    def find(self, seq: int) -> Alert | None:
        return next((alert for alert in self.known if alert.seq == seq), None)

    def seen(self, conditions: Mapping[str, Condition | None], now: datetime) -> "Alerts":
        """What holds now, by what it is about: None is over; what is not in `conditions` stays as it is.

        What gets worse is raised anew for eyes that had known it; what gets milder stays until it is over.
        """
        changed: list[Alert] = []
        last = self.last_seq
        for about, condition in conditions.items():
            before = self.open(about)
            if condition is None:
                changed += [replace(before, cleared_at=now)] if before else []
            elif before is None:
                last += 1
                changed.append(Alert(last, about, condition.code, dict(condition.params), condition.severity, now))
            elif condition.severity is Severity.CRITICAL and before.severity is Severity.WARNING:
                changed.append(_worse(before, condition))
        return self._with(changed, last)

    def acknowledged(self, seq: int, by: str, now: datetime) -> "Alerts":
        """Somebody knows. Nothing changes for who knew before, or of what is not there."""
        alert = self.find(seq)
        if alert is None or alert.acknowledged_at is not None:
            return replace(self, changed=())
        return self._with([replace(alert, acknowledged_at=now, acknowledged_by=by)], self.last_seq)

    def _with(self, changed: list[Alert], last_seq: int) -> "Alerts":
        known = {alert.seq: alert for alert in self.known} | {alert.seq: alert for alert in changed}
        surplus = len(known) - KEPT
        if surplus > 0:
            by_worth = sorted(known.values(), key=lambda alert: (alert.is_open, alert.seq))
            known = {alert.seq: alert for alert in sorted(by_worth[surplus:], key=lambda alert: alert.seq)}
        return Alerts(tuple(known.values()), tuple(changed), last_seq)


def _worse(before: Alert, condition: Condition) -> Alert:
    return replace(
        before,
        severity=condition.severity,
        code=condition.code,
        params=dict(condition.params),
        acknowledged_at=None,
        acknowledged_by="",
    )
