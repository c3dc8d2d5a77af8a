"""How the original's words become ours: types, queues, columns, times. Source: reference sections 6.2 and 7, F45."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from kanban_app.domain.cards import LABEL_LIMIT, MODEL_SETS, TEXT_LIMIT, TITLE_LIMIT, clean_text, stages_for
from kanban_app.domain.made_title import made_title
from kanban_app.domain.model import Run, StageRecord, StageState, Task
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.domain.stages import Column, Stage, in_order, parse_column, stage_of
from kanban_app.domain.workflows import WORKFLOWS, TaskType
from kanban_app.services.transfer.source import FoundCard

LINE_LIMIT: Final = 20_000
_DEFAULT_STAGES: Final = (Stage.PLAN, Stage.BUILD)
_RUN_ID: Final = 64
_OUTSIDE_STAGES: Final = frozenset({Column.READY, Column.COMPLETED})
_LEVELS: Final = {
    "debug": LogLevel.DEBUG,
    "success": LogLevel.SUCCESS,
    "warn": LogLevel.WARNING,
    "warning": LogLevel.WARNING,
    "error": LogLevel.ERROR,
    "critical": LogLevel.ERROR,
}


@dataclass(frozen=True, slots=True)
class OriginalCard:
    """A card as either of the original's stores has it; None or empty where it says nothing.

    `key` names the card in its store. `stages` are names of a queue, `workflow` the name of a workflow type.
    """

    key: str
    title: str
    description: str
    type: str
    stages: Sequence[str]
    workflow: str
    column: str
    is_completed: bool
    created_at: datetime | None
    updated_at: datetime | None
    adw_id: str = ""
    branch: str | None = None
    issue_number: str | None = None
    model_set: str = ""
    stage_models: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()


def to_card(card: OriginalCard, lines: Iterable[LogEntry], now: datetime) -> FoundCard:
    """The card where it was. A run of it is taken over with the stages before the card's column as completed."""
    description = clean_text(card.description)[:TEXT_LIMIT]
    title = " ".join(clean_text(card.title).split())[:TITLE_LIMIT] or made_title(description) or "Without a title"
    column = Column.COMPLETED if card.is_completed else parse_column(card.column) or Column.BACKLOG
    task_type = _type(card.type)
    stages = stages_for(task_type, _stages(card, column))
    run = _run(card, column, stages, now)
    task = Task(
        id=_id(card),
        number=0,
        title=title,
        description=description,
        type=task_type,
        stages=stages,
        column=column,
        rank="",
        created_at=card.created_at or now,
        updated_at=card.updated_at or card.created_at or now,
        labels=card.labels[:LABEL_LIMIT],
        model_set=card.model_set if card.model_set in MODEL_SETS else MODEL_SETS[0],
        stage_models=dict(card.stage_models),
        issue_number=card.issue_number,
        run_id=run.adw_id if run else None,
    )
    return FoundCard(task, (run,) if run else (), (), tuple(lines) if run else ())


def line(
    adw_id: str, number: int, message: str, at: datetime, *, level: str = "", kind: LogKind = LogKind.LOG
) -> LogEntry:
    """A line of the original's log; `number` counts within its run and source."""
    text = clean_text(message)[:LINE_LIMIT]
    wanted = _LEVELS.get(level.strip().lower(), LogLevel.INFO)
    return LogEntry(adw_id, at, kind, wanted, text, source_key=f"import:{kind.value}:{number}")


def moment(value: object) -> datetime | None:
    """A time as the original writes it: ISO 8601, SQLite's (UTC without a zone), or milliseconds since 1970."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_milliseconds(value)
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(value.strip())
        return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def items(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def number(value: object) -> str | None:
    """An issue's number as text."""
    return str(value)[:40] if isinstance(value, int | str) and not isinstance(value, bool) and str(value) else None


def is_run_id(value: str) -> bool:
    return 0 < len(value) <= _RUN_ID and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


def _from_milliseconds(value: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _type(name: str) -> TaskType:
    try:
        return TaskType(name.strip().lower().removeprefix("/"))
    except ValueError:
        return TaskType.FEATURE


def _stages(card: OriginalCard, column: Column) -> tuple[Stage, ...]:
    named = {stage for name in card.stages if (place := parse_column(name)) and (stage := stage_of(place))}
    if not named and card.workflow in WORKFLOWS:
        named = set(WORKFLOWS[card.workflow].stages)
    here = stage_of(column)
    return in_order((named or set(_DEFAULT_STAGES)) | ({here} if here else set[Stage]()))


def _run(card: OriginalCard, column: Column, stages: tuple[Stage, ...], now: datetime) -> Run | None:
    """The run, where the card has left the backlog: the original gave ids to cards that had never run."""
    if not is_run_id(card.adw_id) or column is Column.BACKLOG:
        return None
    here = stage_of(column)
    done = stages if column in _OUTSIDE_STAGES else stages[: stages.index(here)] if here in stages else ()
    ended = StageRecord(StageState.COMPLETED)
    records = {stage: ended if stage in done else StageRecord(StageState.PENDING) for stage in stages}
    return Run(card.adw_id, None, card.created_at or now, records, branch=card.branch or None)


def _id(card: OriginalCard) -> str:
    """The same for the same card in both stores, where its run names it."""
    key = f"run:{card.adw_id}" if card.adw_id else f"card:{card.key}"
    return hashlib.sha256(f"original:{key}".encode()).hexdigest()[:12]
