"""The grades and alerts that follow from what was measured. No clock of its own, no I/O."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kanban_app.domain.alerts import Alert, Alerts, Condition, severity_of
from kanban_app.domain.health import RANK, Finding, Grade, Patience, Settled, Thresholds
from kanban_app.services.health.checks import OF_THE_SERVICE, Check, Situation, look, overall, patience_of

_FINE: Final = RANK[Grade.HEALTHY]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the grade is not better, or a remark. `is_ending`: it was measured better already."""

    check: Check
    grade: Grade
    finding: Finding
    is_ending: bool = False


class Assessment:
    """Call `look` with each new situation."""

    def __init__(self, thresholds: Thresholds, patience: Patience, known: Iterable[Alert], began: datetime) -> None:
        """`known` are the alerts of before; `began` is when there was no grade yet."""
        self._thresholds = thresholds
        self._patience = patience
        self._settled = dict.fromkeys(Check, Settled())
        self._findings = dict.fromkeys(Check, Finding())
        self._told: dict[Check, Finding] = {}
        self.alerts = Alerts.of(known)
        self.grade = Grade.UNKNOWN
        self.since = began

    @property
    def grades(self) -> Mapping[Check, Grade]:
        return {check: settled.grade for check, settled in self._settled.items()}

    @property
    def findings(self) -> Mapping[Check, Finding]:
        """What was measured last, whatever the grades are."""
        return self._findings

    def look(self, seen: Situation, wall: datetime) -> list[Alert]:
        """Grade what is there now; the alerts that have changed by it."""
        findings = look(self._thresholds, replace(seen, before=self.grades))
        self._findings = findings
        for check, finding in findings.items():
            patience = patience_of(check, self._patience)
            self._settled[check] = self._settled[check].after(finding.grade, seen.now, patience)
            if RANK[finding.grade] > _FINE:
                self._told[check] = finding
        self._set_grade(wall)
        known = (check for check in Check if self._settled[check].was_known)
        conditions: dict[str, Condition | None] = {check.value: self._condition(check) for check in known}
        self.alerts = self.alerts.seen(conditions, wall)
        return list(self.alerts.changed)

    def conclude(self, about: str, condition: Condition | None, wall: datetime) -> list[Alert]:
        """What was found out in another way, such as a service at another port."""
        self.alerts = self.alerts.seen({about: condition}, wall)
        return list(self.alerts.changed)

    def moved(self, wall: datetime, others: Collection[str] = ()) -> list[Alert]:
        """It is another service from now on: nothing of the last one holds, nor of what `others` name."""
        for check in OF_THE_SERVICE:
            self._settled[check], self._findings[check] = Settled(), Finding()
            self._told.pop(check, None)
        self._set_grade(wall)
        self.alerts = self.alerts.seen(dict.fromkeys((*(check.value for check in OF_THE_SERVICE), *others)), wall)
        return list(self.alerts.changed)

    def acknowledge(self, seq: int, by: str, wall: datetime) -> list[Alert]:
        self.alerts = self.alerts.acknowledged(seq, by, wall)
        return list(self.alerts.changed)

    def reasons(self) -> list[Reason]:
        """The worst first, remarks last."""
        found = [self._reason(check) for check in Check]
        return sorted(filter(None, found), key=lambda reason: -RANK[reason.grade])

    def _reason(self, check: Check) -> Reason | None:
        grade, finding = self._settled[check].grade, self._findings[check]
        if RANK[grade] > _FINE and check in self._told:
            return Reason(check, grade, self._told[check], RANK[finding.grade] < RANK[grade])
        if finding.code and check in _WITH_REMARKS and RANK[finding.grade] <= _FINE:
            return Reason(check, finding.grade, finding)
        return None

    def _condition(self, check: Check) -> Condition | None:
        severity = severity_of(self._settled[check].grade)
        told = self._told.get(check)
        return Condition(severity, told.code, told.params) if severity and told else None

    def _set_grade(self, wall: datetime) -> None:
        grade = overall(self.grades)
        if grade is not self.grade:
            self.grade, self.since = grade, wall


_WITH_REMARKS: Final = frozenset({Check.SERVICE, Check.STATE})
"""Checks whose finding has a code also when nothing is wrong."""
