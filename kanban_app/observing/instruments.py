"""What is measured while the program works, for `GET /metrics`. One registry for the process.

No label holds the id of a card, a run or a request: their number grows for ever. `project` is one of at most some
hundred, all others are words of this program. What follows from the state of a board is no instrument but read when
somebody asks (`services.metrics`).

Names: `kanban_` first; base units (seconds, bytes) and `_total` at the end of counters, as Prometheus has it.
"""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# They would double the number of series, and say what a restart of `process_start_time_seconds` says.
disable_created_metrics()

REGISTRY: Final = CollectorRegistry(auto_describe=True)
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SLOW: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

BUILD_INFO: Final = Gauge("kanban_build_info", "1; the labels say what runs.", ["version"], registry=REGISTRY)

HTTP_REQUESTS: Final = Counter(
    "kanban_http_requests", "Requests that were answered.", ["area", "method", "code"], registry=REGISTRY
)
HTTP_SECONDS: Final = Histogram(
    "kanban_http_request_duration_seconds",
    "From a request to the beginning of its answer.",
    ["area"],
    buckets=_FAST,
    registry=REGISTRY,
)
HTTP_NOW: Final = Gauge("kanban_http_requests_in_progress", "Requests that are being answered.", registry=REGISTRY)
SOCKETS: Final = Counter("kanban_websockets_opened", "WebSockets that asked to be opened.", ["area"], registry=REGISTRY)
SOCKETS_NOW: Final = Gauge("kanban_websockets_open", "WebSockets under way.", ["area"], registry=REGISTRY)

LOOP_LAG: Final = Histogram(
    "kanban_event_loop_lag_seconds",
    "By how much the event loop is late, looked at once a second for each open project.",
    buckets=_FAST,
    registry=REGISTRY,
)
STORE_WAIT: Final = Histogram(
    "kanban_store_write_wait_seconds", "Waiting for one's turn to write.", buckets=_FAST, registry=REGISTRY
)
STORE_WRITE: Final = Histogram(
    "kanban_store_write_duration_seconds",
    "A transaction that writes, from its beginning to the end of its commit.",
    buckets=_FAST,
    registry=REGISTRY,
)
STORE_FAILURES: Final = Counter(
    "kanban_store_write_failures", "Transactions that the database did not take.", registry=REGISTRY
)

LIVE_FALLS: Final = Counter(
    "kanban_live_falls_behind",
    "Times that a viewer of a log could not keep up and was brought to a fresh snapshot.",
    registry=REGISTRY,
)
LIVE_DROPPED: Final = Counter(
    "kanban_live_frames_dropped", "Frames of the live log that were dropped for it.", registry=REGISTRY
)
FEED_OVERRUNS: Final = Counter(
    "kanban_event_feed_overruns",
    "Times that a reader of events could not keep up and was sent back to the store.",
    registry=REGISTRY,
)

TAC7_FRAMES_IN: Final = Counter(
    "kanban_tac7_frames_received", "Frames of the trigger service.", ["project"], registry=REGISTRY
)
TAC7_BYTES_IN: Final = Counter(
    "kanban_tac7_received_bytes", "The text of these frames.", ["project"], registry=REGISTRY
)
TAC7_FRAMES_OUT: Final = Counter(
    "kanban_tac7_frames_sent", "Frames to the trigger service.", ["project"], registry=REGISTRY
)
TAC7_BYTES_OUT: Final = Counter("kanban_tac7_sent_bytes", "The text of these frames.", ["project"], registry=REGISTRY)
TAC7_MESSAGES: Final = Counter(
    "kanban_tac7_messages_received",
    "Messages of the trigger service that settle no request, by type.",
    ["project", "type"],
    registry=REGISTRY,
)
UNREADABLE: Final = Counter(
    "kanban_tac7_unreadable_frames", "Frames that could not be read.", ["project"], registry=REGISTRY
)
ROUND_TRIP: Final = Histogram(
    "kanban_tac7_round_trip_seconds", "From a ping to its pong.", ["project"], buckets=_FAST, registry=REGISTRY
)
CONNECTED: Final = Counter(
    "kanban_connection_established", "Times that the connection has come about.", ["project"], registry=REGISTRY
)
LOST: Final = Counter("kanban_connection_lost", "Times that it has gone.", ["project"], registry=REGISTRY)
TRIGGERS: Final = Counter(
    "kanban_triggers", "Starts that were sent, by how they came out.", ["project", "outcome"], registry=REGISTRY
)
TRIGGER_SECONDS: Final = Histogram(
    "kanban_trigger_answer_seconds",
    "From sending a start to the service's answer.",
    ["project"],
    buckets=_SLOW,
    registry=REGISTRY,
)
ATTEMPTS_ENDED: Final = Counter(
    "kanban_attempts_ended", "Runs and retries that have ended, by how.", ["project", "status"], registry=REGISTRY
)
EVENTS: Final = Counter(
    "kanban_board_events", "Events of the board that were stored, by kind.", ["project", "kind"], registry=REGISTRY
)
LOG_LINES: Final = Counter(
    "kanban_run_log_lines", "Lines of runs' logs that were stored.", ["project"], registry=REGISTRY
)

LOGS: Final = Counter("kanban_log_records", "Lines of the program's own log, by level.", ["level"], registry=REGISTRY)
LOGS_DROPPED: Final = Counter(
    "kanban_log_records_dropped", "Lines of it that were dropped: the writer could not keep up.", registry=REGISTRY
)
PRUNED: Final = Counter(
    "kanban_retention_removed", "What retention has removed, by what it was.", ["project", "what"], registry=REGISTRY
)
PRUNE_STEP: Final = Histogram(
    "kanban_retention_step_duration_seconds",
    "One step of the removal, during which nobody else can write.",
    buckets=_FAST,
    registry=REGISTRY,
)
