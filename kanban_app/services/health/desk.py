"""What the monitor has, in the shapes that the screen and the API show."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from kanban_app.domain.alerts import Alert
from kanban_app.domain.health import RANK, Grade, reliability_of, score_of
from kanban_app.domain.samples import Samples, jitter, percentile
from kanban_app.errors import BoardError, advice_of, describe
from kanban_app.services.connection_views import GRADES
from kanban_app.services.health.assessment import Reason
from kanban_app.services.health.checks import AREAS, area_grade
from kanban_app.services.health.diagnosis import Facts, written
from kanban_app.services.health.happenings import Entry
from kanban_app.services.health.measures import HOUR_S
from kanban_app.services.health.monitor import Monitor
from kanban_app.services.health.recoveries import TITLES, Recovery
from kanban_app.services.health.views import (
    POINTS,
    AlertView,
    AreaView,
    BoardFiguresView,
    HealthView,
    ReasonView,
    RecoveryView,
    ReliabilityView,
    RoundTripView,
    ServiceWordsView,
    SummaryView,
    TimelineView,
    TimingView,
    TrafficView,
    UptimeView,
)
from kanban_app.services.views import millis

SHOWN: Final = 50
"""How many entries of the timeline, alerts and steps a view has; all of them are in the diagnosis."""


class HealthDesk:
    """Implements `views.Health`. `facts` gives what only the composition root knows for a diagnosis."""

    def __init__(self, monitor: Monitor, facts: Callable[[], Facts]) -> None:
        self._monitor = monitor
        self._facts = facts

    def summary(self) -> SummaryView:
        alerts = self._monitor.assessment.alerts.known
        return SummaryView(
            grade=self._monitor.grade.value,
            label=GRADES[self._monitor.grade],
            sentence=self._sentence(self._reasons()),
            score=self._score(),
            open_alerts=sum(1 for alert in alerts if alert.needs_eyes),
        )

    def view(self, points: int = POINTS) -> HealthView:
        return self._view(points, SHOWN)

    async def acknowledge(self, alert_id: int, by: str) -> AlertView:
        alert = await self._monitor.acknowledge(alert_id, by)
        if alert is None:
            raise BoardError("E-SYS-3", {"what": "This alert"})
        return alert_view(alert)

    def diagnosis(self) -> str:
        return written(self._view(12, None), self._facts())

    def _view(self, points: int, shown: int | None) -> HealthView:
        monitor = self._monitor
        reasons = self._reasons()
        return HealthView(
            at=millis(datetime.now(UTC)) or 0,
            grade=monitor.grade.value,
            label=GRADES[monitor.grade],
            sentence=self._sentence(reasons),
            since=millis(monitor.assessment.since) or 0,
            score=self._score(),
            areas=self._areas(),
            reasons=reasons,
            next_steps=list(dict.fromkeys(step for reason in reasons for step in reason.advice)),
            round_trip=self._round_trip(),
            traffic=self._traffic(),
            reliability=self._reliability(),
            uptime=self._uptime(),
            board=self._board(),
            service=self._service(),
            series=monitor.records.series.view(points),
            alerts=[alert_view(alert) for alert in monitor.assessment.alerts.known[::-1][:shown]],
            timeline=[_timeline_view(entry) for entry in monitor.records.timeline.newest_first[:shown]],
            recoveries=[_recovery_view(step) for step in monitor.records.recoveries.newest_first[:shown]],
            unreadable=monitor.around.frames()[1],
        )

    def _reasons(self) -> list[ReasonView]:
        return [_reason_view(reason) for reason in self._monitor.assessment.reasons()]

    def _sentence(self, reasons: Sequence[ReasonView]) -> str:
        grade = self._monitor.grade
        if RANK[grade] > RANK[Grade.HEALTHY]:
            return f"{reasons[0].title}. {reasons[0].message}".strip() if reasons else GRADES[grade]
        if grade is Grade.HEALTHY:
            return "All that is measured is as it should be."
        if reasons:
            return f"{reasons[0].title}. {reasons[0].message}".strip()
        return "Nothing is known yet: there is no connection."

    def _score(self) -> int | None:
        measures, now = self._monitor.records.measures, self._monitor.now()
        if measures.connected_at is None:
            return None if measures.absent_since is None else 0
        reliability = reliability_of(measures.connection_success(now), measures.message_success(now))
        return score_of(reliability, measures.latency_ms(now), measures.availability())

    def _areas(self) -> list[AreaView]:
        grades, findings = self._monitor.assessment.grades, self._monitor.assessment.findings
        views: list[AreaView] = []
        for area_id, (title, checks) in AREAS.items():
            grade = area_grade(checks, grades)
            figure = " · ".join(findings[check].figure for check in checks if findings[check].figure)
            views.append(AreaView(area_id, title, grade.value, GRADES[grade], figure))
        return views

    def _round_trip(self) -> RoundTripView:
        values = self._monitor.records.measures.round_trips.values()
        return RoundTripView(
            samples=len(values),
            last_ms=_rounded(values[-1] if values else None),
            mean_ms=_rounded(self._monitor.records.measures.latency_ms(self._monitor.now())),
            p50_ms=_rounded(percentile(values, 0.5)),
            p95_ms=_rounded(percentile(values, 0.95)),
            min_ms=_rounded(min(values, default=None)),
            max_ms=_rounded(max(values, default=None)),
            jitter_ms=_rounded(jitter(values)),
        )

    def _traffic(self) -> TrafficView:
        rates, total = self._monitor.records.measures.rates(self._monitor.now()), self._monitor.around.traffic()
        return TrafficView(
            messages_in_per_s=round(rates.messages_in, 2),
            messages_out_per_s=round(rates.messages_out, 2),
            bytes_in_per_s=round(rates.bytes_in, 1),
            bytes_out_per_s=round(rates.bytes_out, 1),
            messages_in=total.messages_in,
            messages_out=total.messages_out,
            bytes_in=total.bytes_in,
            bytes_out=total.bytes_out,
        )

    def _reliability(self) -> ReliabilityView:
        measures, now = self._monitor.records.measures, self._monitor.now()
        tries, tries_failed = measures.tries.since(now - HOUR_S)
        asked = [ring.since(now - HOUR_S) for ring in (measures.heartbeats, measures.requests)]
        connections, messages = measures.connection_success(now), measures.message_success(now)
        return ReliabilityView(
            tries=tries,
            tries_failed=tries_failed,
            connection_success=_rounded(connections, 4),
            requests=sum(total for total, _ in asked),
            requests_failed=sum(failed for _, failed in asked),
            message_success=_rounded(messages, 4),
            score=_rounded(reliability_of(connections, messages), 4),
        )

    def _uptime(self) -> UptimeView:
        measures, now = self._monitor.records.measures, self._monitor.now()
        return UptimeView(
            watched_s=round(now - self._monitor.began, 1),
            connected_s=None if measures.connected_at is None else round(now - measures.connected_at, 1),
            uptime_s=round(measures.up_s, 1),
            downtime_s=round(measures.down_s, 1),
            availability=_rounded(measures.availability(), 4),
            disconnects=measures.disconnects,
            disconnects_last_hour=measures.disconnects_of_the_hour(now),
            reconnects=measures.reconnects,
        )

    def _board(self) -> BoardFiguresView:
        board, wall = self._monitor.around.board(), datetime.now(UTC)
        queue = board.queue()
        waited = max(((wall - attempt.created_at).total_seconds() for attempt in queue), default=None)
        return BoardFiguresView(
            queued=len(queue),
            oldest_queued_s=_rounded(waited),
            active_runs=sum(1 for attempt in board.attempts.values() if attempt.holds_slot),
            viewers=self._monitor.around.viewers(),
            loop_lag=_timing(self._monitor.records.measures.loop_lag),
            database_write=_timing(self._monitor.writing.times_ms),
        )

    def _service(self) -> ServiceWordsView:
        standing, wait_s = self._monitor.check.standing, self._monitor.next_poll_in_s
        report = standing.report
        next_at = None if wait_s is None else datetime.now(UTC) + timedelta(seconds=wait_s)
        return ServiceWordsView(
            asked_at=millis(standing.asked_at),
            next_at=millis(next_at),
            status=_status(asked=standing.asked_at is not None, healthy=report.is_healthy if report else None),
            name=report.service[:SHOWN_TEXT] if report else "",
            uptime_s=report.uptime_s if report else None,
            connections=report.connections if report else None,
            started=report.started if report else None,
            warnings=[warning[:SHOWN_TEXT] for warning in report.warnings[:SHOWN]] if report else [],
            error=report.error[:SHOWN_TEXT] if report else _error_of(standing.trouble.code if standing.trouble else ""),
        )


SHOWN_TEXT: Final = 500


def alert_view(alert: Alert) -> AlertView:
    words = describe(alert.code, alert.params)
    state = "open" if alert.needs_eyes else "acknowledged" if alert.is_open else "cleared"
    return AlertView(
        id=alert.seq,
        state=state,
        severity=alert.severity.value,
        code=alert.code,
        title=words["title"],
        message=words["message"],
        advice=advice_of(words),
        raised_at=millis(alert.raised_at) or 0,
        cleared_at=millis(alert.cleared_at),
        acknowledged_at=millis(alert.acknowledged_at),
        acknowledged_by=alert.acknowledged_by,
    )


def _reason_view(reason: Reason) -> ReasonView:
    words = describe(reason.finding.code, reason.finding.params)
    ending = " It is better just now; the grade follows when that lasts." if reason.is_ending else ""
    return ReasonView(
        code=reason.finding.code,
        grade=reason.grade.value,
        title=words["title"],
        message=words["message"] + ending,
        advice=advice_of(words),
    )


def _timeline_view(entry: Entry) -> TimelineView:
    return TimelineView(millis(entry.at) or 0, entry.kind.value, entry.title, entry.text, entry.code)


def _recovery_view(step: Recovery) -> RecoveryView:
    took_ms = None if step.took_s is None else round(step.took_s * 1000, 1)
    return RecoveryView(millis(step.at) or 0, step.step.value, TITLES[step.step], step.result.value, step.text, took_ms)


def _timing(samples: Samples) -> TimingView:
    values = samples.values()
    return TimingView(
        samples=len(values),
        last_ms=_rounded(values[-1] if values else None),
        p95_ms=_rounded(percentile(values, 0.95)),
        max_ms=_rounded(max(values, default=None)),
    )


def _status(*, asked: bool, healthy: bool | None) -> str:
    if not asked:
        return ""
    if healthy is None:
        return "no answer"
    return "healthy" if healthy else "unhealthy"


def _error_of(code: str) -> str:
    return describe(code)["title"] if code else ""


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(value, digits)
