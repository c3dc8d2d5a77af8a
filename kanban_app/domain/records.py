"""What the store keeps of events and log lines: flat records, the same for storage, API and live lane."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One fact about the board. `seq` is its number in the global order: 0 until it has been stored.

    `kind` is dotted (`task.moved`, `attempt.sent`); `data` is JSON-able and complete enough for an outside reader.
    """

    kind: str
    at: datetime
    author: str
    data: Mapping[str, object]
    task_id: str | None = None
    adw_id: str | None = None
    attempt_id: str | None = None
    seq: int = 0


class LogKind(StrEnum):
    LOG = "log"
    STATUS = "status"
    STAGE = "stage"
    THINKING = "thinking"
    TEXT = "text"
    TOOL_USE = "tool_use"
    TOOL_RESULT = "tool_result"
    FILE = "file"
    OTHER = "other"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of a run's log. `seq` counts per run from 1 without holes: 0 until it has been stored.

    `source_key` is unique in the run where the line has one: a line that a service tells again is known by it.
    """

    adw_id: str
    at: datetime
    kind: LogKind
    level: LogLevel
    message: str
    data: Mapping[str, object] | None = None
    attempt_id: str | None = None
    seq: int = 0
    source_key: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What became of a command with an `op_id`: applied, or refused with an error of the API's shape."""

    op_id: str
    outcome: str
    at: datetime
    result: Mapping[str, object] = field(default_factory=dict[str, object])


class NewsKind(StrEnum):
    """What a person can choose to be told of."""

    FINISHED = "finished"
    FAILED = "failed"
    DECISION = "decision"
    STUCK = "stuck"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Notification:
    """Something that people were told of, in the words of that time. `seq` is its number, 0 until it is stored."""

    at: datetime
    kind: NewsKind
    title: str
    message: str
    advice: str = ""
    task_id: str | None = None
    seq: int = 0
