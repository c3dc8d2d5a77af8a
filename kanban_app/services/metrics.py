"""What `GET /metrics` tells: what was measured, and how each open board stands at this moment."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from kanban_app.domain.connection import ConnectionState
from kanban_app.domain.model import OPEN, Attempt, Board
from kanban_app.domain.records import EventRecord, LogEntry
from kanban_app.domain.stages import Column
from kanban_app.observing import instruments
from kanban_app.services.container import ApiServices
from kanban_app.services.hub import Hub
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.codec import Unknown, Unreadable

_OPEN: Final = sorted(status.value for status in OPEN)


def exposition(boards: Iterable[ApiServices], accept: str) -> tuple[bytes, str]:
    """The text of all metrics and its content type, in the form that the scraper can read. From the event loop."""
    encode, content_type = choose_encoder(accept)
    return encode(_Everything(list(boards))), content_type  # pyright: ignore[reportArgumentType]


class _Everything:
    """Looks like a registry to the library's encoders."""

    def __init__(self, boards: Sequence[ApiServices]) -> None:
        self._boards = boards

    def collect(self) -> Iterable[Metric]:
        yield from instruments.REGISTRY.collect()
        tasks = len(asyncio.all_tasks())
        yield GaugeMetricFamily("kanban_asyncio_tasks", "Tasks of the event loop that are not over.", tasks)
        yield from board_metrics(self._boards)


def board_metrics(boards: Sequence[ApiServices]) -> Iterable[Metric]:
    now = datetime.now(UTC)
    yield _family("kanban_connection_up", "1 while the trigger service is connected.", boards, _up)
    yield _by_label("kanban_connection_state", "1 for the state it is in.", "state", boards, _states)
    yield _by_label("kanban_attempts", "Starts and runs that are not over, by how they stand.", "status", boards, _open)
    yield _family("kanban_runs_active", "Runs that hold a slot.", boards, lambda b: len(b.snapshot().active()))
    yield _family("kanban_queue_length", "Starts that wait for their turn.", boards, lambda b: len(_waiting(b)))
    yield _family(
        "kanban_queue_oldest_age_seconds",
        "How long the oldest of them has waited; 0 while none does.",
        boards,
        lambda b: _oldest_s(_waiting(b), now),
    )
    yield _by_label("kanban_cards", "Cards on the board, by column.", "column", boards, _cards)
    yield _family("kanban_board_viewers", "Tabs that follow the board.", boards, lambda b: b.hub.viewers)
    yield _family("kanban_event_readers", "Readers of the events (SSE).", boards, lambda b: b.hub.readers)
    yield _family("kanban_live_viewers", "Sockets that have a log open.", boards, lambda b: b.live.viewers)


def count_events(hub: Hub, project: str) -> None:
    """Count what the board stores, from now on."""
    stored = instruments.LOG_LINES.labels(project)

    def events(records: Sequence[EventRecord]) -> None:
        for record in records:
            instruments.EVENTS.labels(project, record.kind).inc()
            if record.kind == "attempt.ended":
                instruments.ATTEMPTS_ENDED.labels(project, str(record.data["status"])).inc()

    def lines(entries: Sequence[LogEntry]) -> None:
        stored.inc(len(entries))

    hub.on_events.append(events)
    hub.on_lines.append(lines)


class ConnectionCounts:
    """Counts what the client tells of the connection. `board` gives the newest one, for when a start was sent."""

    def __init__(self, project: str, board: Callable[[], Board]) -> None:
        self._project = project
        self._board = board
        self._is_up = False

    def count(self, event: s.SessionEvent) -> None:
        match event:
            case s.Ready():
                self._is_up = True
                instruments.CONNECTED.labels(self._project).inc()
            case s.ConnectionChanged(connection) if self._is_up and connection.state is not ConnectionState.CONNECTED:
                self._is_up = False
                instruments.LOST.labels(self._project).inc()
            case s.RoundTrip(seconds):
                instruments.ROUND_TRIP.labels(self._project).observe(seconds)
            case s.Received(message):
                kind = message.type if not isinstance(message, Unknown) else "unknown"
                instruments.TAC7_MESSAGES.labels(self._project, kind).inc()
            case Unreadable():
                instruments.UNREADABLE.labels(self._project).inc()
            case _:
                self._trigger(event)

    def _trigger(self, event: s.SessionEvent) -> None:
        match event:
            case s.TriggerAnswered(attempt_id, status):
                outcome = status if status in {"accepted", "ignored"} else "error"
                sent_at = getattr(self._board().attempts.get(attempt_id), "sent_at", None)
                if sent_at is not None:
                    waited = (datetime.now(UTC) - sent_at).total_seconds()
                    instruments.TRIGGER_SECONDS.labels(self._project).observe(max(0.0, waited))
            case s.TriggerRefused():
                outcome = "refused"
            case s.TriggerUncertain():
                outcome = "uncertain"
            case s.TriggerUnsent():
                outcome = "unsent"
            case _:
                return
        instruments.TRIGGERS.labels(self._project, outcome).inc()


def _family(name: str, text: str, boards: Sequence[ApiServices], value: Callable[[ApiServices], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["project"])
    for board in boards:
        family.add_metric([board.project_id], value(board))
    return family


def _by_label(
    name: str,
    text: str,
    label: str,
    boards: Sequence[ApiServices],
    values: Callable[[ApiServices], Iterable[tuple[str, float]]],
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=["project", label])
    for board in boards:
        for word, value in values(board):
            family.add_metric([board.project_id, word], value)
    return family


def _up(board: ApiServices) -> float:
    return float(board.reader.connection()["state"] == ConnectionState.CONNECTED)


def _states(board: ApiServices) -> Iterable[tuple[str, float]]:
    now = board.reader.connection()["state"]
    return [(state.value, float(state == now)) for state in ConnectionState]


def _open(board: ApiServices) -> Iterable[tuple[str, float]]:
    found = Counter(attempt.status.value for attempt in board.snapshot().attempts.values() if attempt.is_open)
    return [(status, found[status]) for status in _OPEN]


def _cards(board: ApiServices) -> Iterable[tuple[str, float]]:
    found = Counter(task.column for task in board.snapshot().tasks.values() if task.is_on_board)
    return [(column.value, found[column]) for column in Column]


def _waiting(board: ApiServices) -> Sequence[Attempt]:
    return board.snapshot().queue()


def _oldest_s(waiting: Sequence[Attempt], now: datetime) -> float:
    return max((max(0.0, (now - attempt.created_at).total_seconds()) for attempt in waiting), default=0.0)
