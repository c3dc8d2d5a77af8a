"""All that a page shows of health, and what it can do. Times of day are milliseconds, lists are bounded.

Grades are the words `healthy degraded unhealthy critical unknown` (`domain.health.Grade`), everywhere.
"""

from dataclasses import dataclass
from typing import Final, Protocol

POINTS: Final = 60
"""How many points a chart has unless it asks for another number."""


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why a grade is not better, or a remark. `grade` is what it alone makes; `advice` is what a person can do."""

    code: str
    grade: str
    title: str
    message: str
    advice: list[str]


@dataclass(frozen=True, slots=True)
class AreaView:
    """One of the parts whose worst is the grade. `figure` says in a few words what was measured, "" for nothing yet.

    `id` is `connection`, `latency`, `reliability`, `service` or `board`, in this order.
    """

    id: str
    title: str
    grade: str
    label: str
    figure: str


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The little that an indicator shows. `label` is the grade in a word, `sentence` the worst reason in plain words.

    `open_alerts` counts what is neither over nor acknowledged.
    """

    grade: str
    label: str
    sentence: str
    score: int | None
    open_alerts: int


@dataclass(frozen=True, slots=True)
class RoundTripView:
    """Of heartbeats, by our own clock; None until there was one. `jitter_ms` is the mean change from one to the next.

    `mean_ms` is of the newest ten, and the one that is graded; all others are of the newest `samples`.
    """

    samples: int
    last_ms: float | None
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    min_ms: float | None
    max_ms: float | None
    jitter_ms: float | None


@dataclass(frozen=True, slots=True)
class TrafficView:
    """Over the socket, in the last minute; and since the start of the app."""

    messages_in_per_s: float
    messages_out_per_s: float
    bytes_in_per_s: float
    bytes_out_per_s: float
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class ReliabilityView:
    """Of the last hour. A success and the score are shares from 0 to 1, None where nothing was tried."""

    tries: int
    tries_failed: int
    connection_success: float | None
    requests: int
    requests_failed: int
    message_success: float | None
    score: float | None


@dataclass(frozen=True, slots=True)
class UptimeView:
    """Since the app was started. `downtime_s` is without a connection that was wanted, `connected_s` the present one.

    `availability` is the share of the time that was wanted in which it stood.
    """

    watched_s: float
    connected_s: float | None
    uptime_s: float
    downtime_s: float
    availability: float | None
    disconnects: int
    disconnects_last_hour: int
    reconnects: int


@dataclass(frozen=True, slots=True)
class TimingView:
    """Of the newest `samples`; None until there was one."""

    samples: int
    last_ms: float | None
    p95_ms: float | None
    max_ms: float | None


@dataclass(frozen=True, slots=True)
class BoardFiguresView:
    """What this program itself has to do. `oldest_queued_s` is how long the first in the queue has waited."""

    queued: int
    oldest_queued_s: float | None
    active_runs: int
    viewers: int
    loop_lag: TimingView
    database_write: TimingView


@dataclass(frozen=True, slots=True)
class ServiceWordsView:
    """What the service said of itself when it was last asked. `asked_at` is None when it never was.

    `status` is `healthy`, `unhealthy`, `no answer` or "" (not asked yet); `next_at` is when it will be asked again,
    None when it will not.
    """

    asked_at: int | None
    next_at: int | None
    status: str
    name: str
    uptime_s: float | None
    connections: int | None
    started: int | None
    warnings: list[str]
    error: str


@dataclass(frozen=True, slots=True)
class PointView:
    """A point of all charts: a stretch of `SeriesView.step_s` seconds that begins `at`. None: nothing was measured."""

    at: int
    latency_ms: float | None
    latency_max_ms: float | None
    messages_in_per_s: float
    messages_out_per_s: float
    bytes_per_s: float
    queued: int
    active_runs: int
    loop_lag_ms: float
    connected: bool


@dataclass(frozen=True, slots=True)
class SeriesView:
    """The last hour, oldest first; what comes in now shows within ten seconds."""

    step_s: int
    points: list[PointView]


@dataclass(frozen=True, slots=True)
class AlertView:
    """Something that people should know. `severity` is `warning` or `critical`: the worst that it has been.

    `state` is `open`, `acknowledged` (somebody knows) or `cleared` (over by itself).
    """

    id: int
    state: str
    severity: str
    code: str
    title: str
    message: str
    advice: list[str]
    raised_at: int
    cleared_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str


@dataclass(frozen=True, slots=True)
class TimelineView:
    """Something that happened to the connection. `kind` is a fixed word (`domain.timeline.Kind`), `text` for people."""

    at: int
    kind: str
    title: str
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class RecoveryView:
    """A step that the board took by itself. `result` is `under way`, `worked`, `failed` or `not needed`."""

    at: int
    step: str
    title: str
    result: str
    text: str
    took_ms: float | None


@dataclass(frozen=True, slots=True)
class HealthView:
    """All of it. `reasons` has the worst first; `next_steps` is their advice, each once.

    `since` is when the grade was given; `score` is 0 to 100. Newest first: `alerts`, `timeline`, `recoveries`.
    `unreadable` counts frames that could not be used, which `services.quarantine` keeps.
    """

    at: int
    grade: str
    label: str
    sentence: str
    since: int
    score: int | None
    areas: list[AreaView]
    reasons: list[ReasonView]
    next_steps: list[str]
    round_trip: RoundTripView
    traffic: TrafficView
    reliability: ReliabilityView
    uptime: UptimeView
    board: BoardFiguresView
    service: ServiceWordsView
    series: SeriesView
    alerts: list[AlertView]
    timeline: list[TimelineView]
    recoveries: list[RecoveryView]
    unreadable: int


class Health(Protocol):
    """What a page may ask for: `services().monitor`. All but `acknowledge` is synchronous and cheap.

    A change of the grade or of an alert is published as a change of the connection (`Frame.connection`), and the grade
    is part of `ConnectionView`. Raised alerts become notifications of kind `connection` here, save for a lost
    connection, which `services.connection_news` tells.
    """

    def summary(self) -> SummaryView: ...

    def view(self, points: int = POINTS) -> HealthView:
        """Everything as it is now. Ask once a second at most, and only while somebody looks."""
        ...

    async def acknowledge(self, alert_id: int, by: str) -> AlertView:
        """Somebody knows; a second time changes nothing. Raises BoardError (E-SYS-3) for one that is not there."""
        ...

    def diagnosis(self) -> str:
        """Everything that helps others to help, as text for people, secrets removed."""
        ...
