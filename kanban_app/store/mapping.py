"""Records of the domain to rows and back, without loss.

`*_row` give the columns of a row except `project_id`; `*_from` take a row as a mapping of column names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from kanban_app.domain.image import Image, ImageKind
from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.model import (
    Attempt,
    AttemptKind,
    Failure,
    Flag,
    Run,
    RunStatus,
    StageRecord,
    StageState,
    Task,
    Template,
)
from kanban_app.domain.records import EventRecord, LogEntry, LogKind, LogLevel, Operation
from kanban_app.domain.run_record import RunRecord
from kanban_app.domain.spending import Spending
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage
from kanban_app.store.columns import storable

Row = Mapping[Any, Any]
Values = dict[str, Any]


def task_row(task: Task) -> Values:
    return {**_columns(task), "images": [_image_json(image) for image in task.images]}


def task_from(row: Row) -> Task:
    return Task(
        id=row["id"],
        number=row["number"],
        title=row["title"],
        description=row["description"],
        type=TaskType(row["type"]),
        stages=_stages(row["stages"]),
        column=Column(row["column"]),
        rank=row["rank"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        priority=row["priority"],
        labels=tuple(row["labels"]),
        model_set=row["model_set"],
        stage_models=row["stage_models"],
        issue_number=row["issue_number"],
        version=row["version"],
        run_id=row["run_id"],
        attempt_id=row["attempt_id"],
        deleted_at=row["deleted_at"],
        images=tuple(_image(data) for data in row["images"]),
        due_on=row["due_on"],
        blocked_by=tuple(row["blocked_by"]),
        archived_at=row["archived_at"],
        purged_at=row["purged_at"],
        removed_by=row["removed_by"],
    )


def template_row(template: Template) -> Values:
    return _columns(template)


def template_from(row: Row) -> Template:
    return Template(
        id=row["id"],
        name=row["name"],
        created_at=row["created_at"],
        type=TaskType(row["type"]),
        stages=_stages(row["stages"]),
        labels=tuple(row["labels"]),
        description=row["description"],
        model_set=row["model_set"],
        stage_models=row["stage_models"],
        deleted_at=row["deleted_at"],
    )


def limit_rows(before: Mapping[Column, int], after: Mapping[Column, int]) -> list[Values]:
    """The limits that differ; a limit that is gone is none."""
    changed = [column for column in Column if before.get(column) != after.get(column)]
    return [{"column": column.value, "limit": after.get(column)} for column in changed]


def limits_from(rows: Iterable[Row]) -> dict[Column, int]:
    return {Column(row["column"]): row["limit"] for row in rows if row["limit"] is not None}


def run_row(run: Run) -> Values:
    stages = {stage.value: _stage_record_json(record) for stage, record in run.stages.items()}
    return {**_columns(run), "stages": stages}


def run_from(row: Row) -> Run:
    return Run(
        adw_id=row["adw_id"],
        task_id=row["task_id"],
        created_at=row["created_at"],
        stages={Stage(name): _stage_record(record) for name, record in row["stages"].items()},
        flags=frozenset(Flag(flag) for flag in row["flags"]),
        branch=row["branch"],
        last_sign_at=row["last_sign_at"],
    )


def attempt_row(attempt: Attempt) -> Values:
    reasons = {"failure": _failure_json(attempt.failure), "notice": _failure_json(attempt.notice)}
    return {**_columns(attempt), **reasons, "options": dict(attempt.options), "spent": _columns(attempt.spent)}


def attempt_from(row: Row) -> Attempt:
    return Attempt(
        id=row["id"],
        adw_id=row["adw_id"],
        task_id=row["task_id"],
        kind=AttemptKind(row["kind"]),
        workflow_type=row["workflow_type"],
        stages=_stages(row["stages"]),
        status=RunStatus(row["status"]),
        created_at=row["created_at"],
        model_set=row["model_set"],
        vintage=None if row["vintage"] is None else Vintage(row["vintage"]),
        due_at=row["due_at"],
        sent_at=row["sent_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        current=None if row["current"] is None else Stage(row["current"]),
        finished=_stages(row["finished"]),
        fraction=row["fraction"],
        progress=row["progress"],
        step=row["step"],
        failure=_failure(row["failure"]),
        cancel_requested=row["cancel_requested"],
        released=row["released"],
        previous_id=row["previous_id"],
        previous_run_id=row["previous_run_id"],
        origin=Column(row["origin"]),
        origin_rank=row["origin_rank"],
        queue_rank=row["queue_rank"],
        notice=_failure(row["notice"]),
        options=row["options"],
        unbound=row["unbound"],
        spent=Spending(**row["spent"]),
        author=row["author"],
    )


def event_row(event: EventRecord) -> Values:
    """Without `seq`: the database gives it."""
    values = _columns(event)
    del values["seq"]
    return values


def event_from(row: Row) -> EventRecord:
    return EventRecord(**row)


def log_row(entry: LogEntry) -> Values:
    return {
        "adw_id": entry.adw_id,
        "seq": entry.seq,
        "at": entry.at,
        "kind": entry.kind.value,
        "level": entry.level.value,
        "message": entry.message,
        "data": entry.data,
        "attempt_id": entry.attempt_id,
        "source_key": entry.source_key,
    }


def log_from(row: Row) -> LogEntry:
    return LogEntry(
        adw_id=row["adw_id"],
        seq=row["seq"],
        at=row["at"],
        kind=LogKind(row["kind"]),
        level=LogLevel(row["level"]),
        message=row["message"],
        data=row["data"],
        attempt_id=row["attempt_id"],
        source_key=row["source_key"],
    )


def numbered(entry: LogEntry, seq: int) -> LogEntry:
    """The entry as it is read back once it has been stored under `seq`."""
    return LogEntry(
        entry.adw_id,
        entry.at,
        entry.kind,
        entry.level,
        storable(entry.message),
        entry.data,
        entry.attempt_id,
        seq,
        entry.source_key,
    )


def operation_row(operation: Operation) -> Values:
    return _columns(operation)


def operation_from(row: Row) -> Operation:
    return Operation(**row)


def launch_row(launch: Launch) -> Values:
    return _columns(launch)


def launch_from(row: Row) -> Launch:
    values: Values = {**row, "state": LaunchState(row["state"]), "stages": tuple(row["stages"])}
    return Launch(**values)


def run_record_row(record: RunRecord) -> Values:
    return _columns(record)


def run_record_from(row: Row) -> RunRecord:
    return RunRecord(**row)


def _image_json(image: Image) -> Values:
    return {**_columns(image), "removed_at": _time_json(image.removed_at)}


def _image(data: Values) -> Image:
    values: Values = {**data, "kind": ImageKind(data["kind"]), "removed_at": _time(data["removed_at"])}
    return Image(**values)


def _columns(record: Any) -> Values:
    return {field.name: _value(getattr(record, field.name)) for field in fields(record)}


def _value(value: Any) -> Any:
    """A field as its column takes it: enumerations by value, collections as JSON-able lists and dicts."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_value(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, frozenset):
        return sorted(_value(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return value


def _failure_json(failure: Failure | None) -> Values | None:
    return None if failure is None else {"code": failure.code, "params": dict(failure.params)}


def _failure(data: Values | None) -> Failure | None:
    return None if data is None else Failure(data["code"], data["params"])


def _stages(names: list[str]) -> tuple[Stage, ...]:
    return tuple(Stage(name) for name in names)


def _stage_record_json(record: StageRecord) -> Values:
    return {
        "state": record.state.value,
        "started_at": _time_json(record.started_at),
        "finished_at": _time_json(record.finished_at),
    }


def _stage_record(data: Values) -> StageRecord:
    return StageRecord(StageState(data["state"]), _time(data["started_at"]), _time(data["finished_at"]))


def _time_json(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
