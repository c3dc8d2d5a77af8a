"""Answers of `GET /api/v1/health` for pictures: of a board that is well, that is not, and that was just started."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from kanban_app.api.health import HealthAnswer
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.health import Grade
from kanban_app.services.connection_views import GRADES, connection_view
from kanban_app.services.health.checks import AREAS
from kanban_app.services.health.views import (
    AlertView,
    AreaView,
    BoardFiguresView,
    HealthView,
    PointView,
    ReasonView,
    RecoveryView,
    ReliabilityView,
    RoundTripView,
    SeriesView,
    ServiceWordsView,
    TimelineView,
    TimingView,
    TrafficView,
    UptimeView,
)

NOW: Final = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
URL: Final = "ws://build-server.example:8500/ws/trigger"
STEP_S: Final = 30
_NOW_MS: Final = int(NOW.timestamp() * 1000)
_MINUTE: Final = 60_000
_NO_TRIP: Final = RoundTripView(0, None, None, None, None, None, None, None)
_NO_TRAFFIC: Final = TrafficView(0.0, 0.0, 0.0, 0.0, 1, 1, 140, 96)
_UNKNOWN_RELIABILITY: Final = ReliabilityView(1, 0, None, 0, 0, None, None)
_NOT_TIMED: Final = TimingView(0, None, None, None)


def _ago(minutes: float) -> int:
    return _NOW_MS - round(minutes * _MINUTE)


def _areas(**found: tuple[str, str]) -> list[AreaView]:
    return [
        AreaView(name, AREAS[name][0], grade, GRADES[Grade(grade)], figure) for name, (grade, figure) in found.items()
    ]


def _points(count: int, away: range = range(0), slow: range = range(0)) -> list[PointView]:
    """A figure every half minute up to now; in `away` there was no connection, in `slow` round trips took long."""
    points: list[PointView] = []
    for place in range(count):
        wave = (place * 7) % 11
        trip = None if place in away else (380.0 + wave * 30 if place in slow else 18.0 + wave)
        busy = 0.0 if place in away else 2.0 + wave * (1.4 if place % 40 > 12 else 0.1)
        points.append(
            PointView(
                at=_NOW_MS - (count - place) * STEP_S * 1000,
                latency_ms=trip,
                latency_max_ms=None if trip is None else trip * 1.6 + wave,
                messages_in_per_s=busy,
                messages_out_per_s=0.1 if trip else 0.0,
                bytes_per_s=busy * 240,
                queued=3 if place in away else max(0, place % 30 - 26),
                active_runs=min(5, place // 12),
                loop_lag_ms=2.0,
                connected=place not in away,
            )
        )
    return points


def _answer(connection: Connection, health: HealthView) -> dict[str, Any]:
    board = health.board
    view = dict(connection_view(connection))
    return dataclasses.asdict(
        HealthAnswer(health.grade, view, board.queued, board.active_runs, board.viewers, 812, health)
    )


def well() -> dict[str, Any]:
    """An hour of good figures, with an alert that is over."""
    since = datetime.fromtimestamp(_ago(52) / 1000, UTC)
    connection = Connection(ConnectionState.CONNECTED, URL, since=since, last_connected_at=since)
    over = AlertView(
        4, "cleared", "warning", "E-HEALTH-5", "Very slow", "Round trips took 420 ms.", [],
        _ago(300), _ago(291), _ago(296), "ann",
    )  # fmt: skip
    health = HealthView(
        at=_NOW_MS,
        grade="healthy",
        label="Healthy",
        sentence="All that is measured is as it should be.",
        since=_ago(51),
        score=99,
        areas=_areas(
            connection=("healthy", "Connected · None lost in the last hour"),
            latency=("healthy", "23 ms"),
            reliability=("healthy", "100 % worked"),
            service=("healthy", "Says that it is healthy"),
            board=("healthy", "3 ms late · saves in 4 ms"),
        ),
        reasons=[],
        next_steps=[],
        round_trip=RoundTripView(200, 21.4, 23.1, 22.0, 41.3, 17.2, 58.8, 4.9),
        traffic=TrafficView(8.2, 0.1, 1980.0, 6.4, 29_412, 316, 7_112_400, 25_280),
        reliability=ReliabilityView(1, 0, None, 312, 0, 1.0, 1.0),
        uptime=UptimeView(93_600.0, 3120.0, 93_010.0, 290.0, 0.9969, 3, 0, 3),
        board=BoardFiguresView(0, None, 5, 2, TimingView(600, 1.2, 3.1, 48.0), TimingView(600, 2.2, 4.0, 31.5)),
        service=ServiceWordsView(
            _ago(3), _ago(-2), "healthy", "adw-websocket-trigger", 266_400.0, 4, 118, [], ""
        ),
        series=SeriesView(STEP_S, _points(120)),
        alerts=[over],
        timeline=[
            TimelineView(_ago(51), "grade", "Grade changed", "From degraded to healthy.", ""),
            TimelineView(_ago(52), "connected", "Connected", URL, ""),
            TimelineView(_ago(52.5), "lost", "Connection lost", "The service was restarted.", "E-CONN-18"),
        ],
        recoveries=[
            RecoveryView(_ago(52), "resync", "Fetch runs and logs", "worked", "As the service has them.", 412.0),
            RecoveryView(_ago(52.5), "reconnect", "Connect again", "worked", "At try 2, after 6 s.", 6120.0),
        ],
        unreadable=2,
    )  # fmt: skip
    return _answer(connection, health)


def unwell() -> dict[str, Any]:
    """The service is away for three minutes; before that it was slow."""
    seen = datetime.fromtimestamp(_ago(3.5) / 1000, UTC)
    connection = Connection(
        ConnectionState.OFFLINE, URL, error_code="E-CONN-20", cause_code="E-CONN-1", cause_params={"url": URL},
        attempt=14, since=seen, last_connected_at=seen, next_try_at=datetime.fromtimestamp(_ago(-0.5) / 1000, UTC),
        stale=True,
    )  # fmt: skip
    away = "Nothing answers at " + URL + "."
    reason = f"14 tries have failed. The last one: Workflow service not running: {away}"
    start_it = ["Start the service", "Check host and port"]
    health = HealthView(
        at=_NOW_MS,
        grade="critical",
        label="Critical",
        sentence=f"Connection not recovered. {reason}",
        since=_ago(2.5),
        score=0,
        areas=_areas(
            connection=("critical", "Not connected for 4 min · 3 lost in the last hour"),
            latency=("unhealthy", "512 ms"),
            reliability=("degraded", "93 % worked"),
            service=("unknown", "Not asked yet"),
            board=("healthy", "3 ms late · saves in 4 ms"),
        ),
        reasons=[
            ReasonView("E-HEALTH-8", "critical", "Connection not recovered", reason, start_it),
            ReasonView("E-HEALTH-7", "unhealthy", "Breaks often", "It was lost 3 times in the last hour.", []),
            ReasonView(
                "E-HEALTH-5", "unhealthy", "Very slow", "Round trips take 512 ms.", ["Look at the load of its machine"]
            ),
        ],
        next_steps=start_it,
        round_trip=RoundTripView(200, 611.0, 512.0, 24.0, 600.0, 17.2, 1120.0, 61.0),
        traffic=TrafficView(0.0, 0.0, 0.0, 0.0, 29_412, 316, 7_112_400, 25_280),
        reliability=ReliabilityView(22, 9, 0.92, 312, 14, 0.955, 0.93),
        uptime=UptimeView(9_600.0, None, 9_010.0, 290.0, 0.9688, 4, 3, 3),
        board=BoardFiguresView(3, 204.0, 5, 1, TimingView(600, 1.2, 3.1, 48.0), TimingView(600, 2.2, 4.0, 31.5)),
        service=ServiceWordsView(
            _ago(31), _ago(-2), "unhealthy", "adw-websocket-trigger", 600.0, 4, 118,
            ["Disk space is low: 2.1 GB", "git is older than 2.40"], "Health check ended with 2 errors",
        ),
        series=SeriesView(STEP_S, _points(120, range(113, 120), range(90, 113))),
        alerts=[
            AlertView(7, "open", "critical", "E-HEALTH-8", "Connection not recovered", reason, start_it,
                      _ago(2.5), None, None, ""),
            AlertView(6, "open", "warning", "E-HEALTH-7", "Breaks often", "It was lost 3 times in the last hour.",
                      ["Look whether something between the two closes it"], _ago(3.5), None, None, ""),
            AlertView(5, "acknowledged", "warning", "E-HEALTH-5", "Very slow", "Round trips take 512 ms.",
                      ["Look at the load of its machine"], _ago(14), None, _ago(9), "ann"),
        ],
        timeline=[
            TimelineView(_ago(2.5), "grade", "Grade changed", "From unhealthy to critical.", ""),
            TimelineView(_ago(3), "offline", "Working offline", away, "E-CONN-1"),
            TimelineView(_ago(3.5), "lost", "Connection lost", "The other side went without a word.", "E-CONN-17"),
            TimelineView(_ago(52), "connected", "Connected", URL, ""),
        ],
        recoveries=[
            RecoveryView(_ago(3.2), "look-elsewhere", "Look for the service at its other usual ports", "failed",
                         "Nobody answers there either.", 2040.0),
            RecoveryView(_ago(3.5), "reconnect", "Connect again", "under way", "14 tries so far.", None),
        ],
        unreadable=0,
    )  # fmt: skip
    return _answer(connection, health)


def fresh() -> dict[str, Any]:
    """A board that was started a moment ago."""
    since = datetime.fromtimestamp(_ago(0.1) / 1000, UTC)
    connection = Connection(ConnectionState.CONNECTING, URL, embedded=True, since=since)
    health = HealthView(
        at=_NOW_MS,
        grade="unknown",
        label="Not known",
        sentence="Nothing is known yet: there is no connection.",
        since=_ago(0.1),
        score=None,
        areas=_areas(
            connection=("unknown", "Connecting"),
            latency=("unknown", ""),
            reliability=("unknown", ""),
            service=("unknown", "Not asked yet"),
            board=("unknown", ""),
        ),
        reasons=[],
        next_steps=[],
        round_trip=_NO_TRIP,
        traffic=_NO_TRAFFIC,
        reliability=_UNKNOWN_RELIABILITY,
        uptime=UptimeView(6.0, None, 0.0, 6.0, None, 0, 0, 0),
        board=BoardFiguresView(0, None, 0, 1, _NOT_TIMED, _NOT_TIMED),
        service=ServiceWordsView(None, _ago(-1), "", "", None, None, None, [], ""),
        series=SeriesView(STEP_S, []),
        alerts=[],
        timeline=[],
        recoveries=[],
        unreadable=0,
    )
    return _answer(connection, health)


STATES: Final[dict[str, Callable[[], dict[str, Any]]]] = {"well": well, "unwell": unwell, "fresh": fresh}
