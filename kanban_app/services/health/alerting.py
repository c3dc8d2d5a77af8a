"""Grades and alerts of now, and where their changes go: to the screens at once, to people, and into the store."""

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final, Protocol

from kanban_app.domain.alerts import Alert, Condition, Severity
from kanban_app.domain.health import Patience, Thresholds
from kanban_app.domain.records import NewsKind
from kanban_app.domain.timeline import Kind
from kanban_app.errors import advice_of, describe
from kanban_app.services.health.assessment import Assessment
from kanban_app.services.health.checks import Check, Situation
from kanban_app.services.health.happenings import Timeline
from kanban_app.services.health.surroundings import Surroundings
from kanban_app.services.hub import Notice
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.writing import Writing

log = logging.getLogger(__name__)

SAVE_EVERY_S: Final = 10.0


class AlertStore(Protocol):
    """Where alerts are kept. All raise StoreUnavailable."""

    writing: Writing

    async def alerts(self) -> list[Alert]: ...
    async def save_alerts(self, alerts: list[Alert], kept: list[int]) -> None: ...


class Alerting:
    """Nothing waits for the store: what it cannot take now is kept later."""

    def __init__(
        self,
        around: Surroundings,
        store: AlertStore,
        timeline: Timeline,
        thresholds: Thresholds,
        patience: Patience,
        *,
        monotonic: Callable[[], float],
    ) -> None:
        self._around = around
        self._store = store
        self._timeline = timeline
        self._thresholds = thresholds
        self._patience = patience
        self._monotonic = monotonic
        self._save_at = 0.0
        self._unsaved: set[int] = set()
        self._to_tell: list[Alert] = []
        self.assessment = Assessment(thresholds, patience, (), _now())

    @property
    def writing(self) -> Writing:
        return self._store.writing

    async def load(self) -> None:
        """Take up the alerts of before. Raises StoreUnavailable."""
        self.assessment = Assessment(self._thresholds, self._patience, await self._store.alerts(), _now())

    def look(self, seen: Situation, wall: datetime) -> None:
        """Grade what is there now."""
        before = self.assessment.grade
        changed = self.assessment.look(seen, wall)
        grade = self.assessment.grade
        if grade is not before:
            self._timeline.add(Kind.GRADE, f"From {before.value} to {grade.value}.")
        self._note(changed, always=grade is not before)

    def conclude(self, about: str, condition: Condition | None) -> None:
        """What was found out in another way, such as a service at another port."""
        self._note(self.assessment.conclude(about, condition, _now()))

    def moved(self, others: Collection[str]) -> None:
        """It is another service from now on: nothing of the last one holds, nor of what `others` name."""
        self._note(self.assessment.moved(_now(), others), always=True)

    async def acknowledge(self, seq: int, by: str) -> Alert | None:
        """The alert, now known to somebody; None when there is none with this number."""
        self._note(self.assessment.acknowledge(seq, by, _now()))
        await self._save()
        return self.assessment.alerts.find(seq)

    async def tell_and_save(self, now: float) -> None:
        """Notify people of what is new, and keep what has changed."""
        to_tell, self._to_tell = self._to_tell, []
        for alert in to_tell:
            try:
                await self._around.tell(_notice_of(alert))
            except StoreUnavailable:
                log.warning("alert %s is not among the notifications: the store cannot write", alert.code)
        if self._unsaved and now >= self._save_at:
            await self._save()

    def _note(self, changed: list[Alert], *, always: bool = False) -> None:
        """Remember what is to be stored, and show that something has changed."""
        self._unsaved.update(alert.seq for alert in changed)
        self._to_tell += [alert for alert in changed if alert.needs_eyes and alert.about != Check.STATE.value]
        if changed or always:
            self._around.on_change()

    async def _save(self) -> None:
        alerts = self.assessment.alerts
        changed = [alert for alert in alerts.known if alert.seq in self._unsaved]
        unsaved = set(self._unsaved)
        try:
            await self._store.save_alerts(changed, [alert.seq for alert in alerts.known])
        except StoreUnavailable:
            self._save_at = self._monotonic() + SAVE_EVERY_S
            log.warning("alerts wait: the store cannot write")
            return
        self._unsaved -= unsaved


def _notice_of(alert: Alert) -> Notice:
    words = describe(alert.code, alert.params)
    return Notice(
        f"alert:{alert.seq}:{alert.severity.value}",
        alert=alert.severity is Severity.CRITICAL,
        title=words["title"],
        message=words["message"],
        advice=tuple(advice_of(words)),
        kind=NewsKind.CONNECTION,
    )


def _now() -> datetime:
    return datetime.now(UTC)
