"""Creating, editing and deleting cards: what is allowed in them, and what then happens."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import withdraw
from kanban_app.domain.commands import CreateTask, DeleteTask, EditTask, Facts, RestoreTask
from kanban_app.domain.model import Board, Task
from kanban_app.domain.moves import Decision, end_rank
from kanban_app.domain.placement import free_rank, is_active, is_waiting
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage, in_order
from kanban_app.domain.workflows import TaskType

TITLE_LIMIT: Final = 200
TEXT_LIMIT: Final = 50_000
LABEL_LIMIT: Final = 20
SHOWN_LIMIT: Final = 40
MADE_TITLE_LIMIT: Final = 80
MODEL_SETS: Final = ("base", "heavy")
EDITABLE: Final = frozenset(
    {"title", "description", "type", "stages", "priority", "labels", "model_set", "stage_models", "issue_number"}
)
_LINE_ENDS: Final[dict[int, str]] = dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
_REORDERING: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def decide_create(board: Board, command: CreateTask, facts: Facts) -> Decision:
    """A new card at the end of the backlog. Title or description is enough, or the run that it is for."""
    stages = stages_for(command.type, command.stages)
    model_set = command.model_set or ("heavy" if command.type is TaskType.FEATURE else "base")
    title, description = _title(command.title, command.description), _clean(command.description)
    title = title or (f"Run {command.adw_id}" if command.adw_id else "")
    refusal = (
        _run_fault(board, command.adw_id)
        or _faults(title, stages, command.labels, description)
        or _model_fault(model_set)
    )
    if refusal:
        return refusal
    number = board.next_number()
    task = Task(
        id=facts.task_id,
        number=number,
        title=title,
        description=description,
        type=command.type,
        stages=stages,
        column=Column.BACKLOG,
        rank=end_rank(board, Column.BACKLOG),
        created_at=facts.now,
        updated_at=facts.now,
        priority=command.priority,
        labels=command.labels,
        model_set=model_set,
        stage_models=dict(command.stage_models),
        issue_number=command.issue_number,
        run_id=command.adw_id,
    )
    attached = [e.RunAttached(command.adw_id, task.id)] if command.adw_id else []
    return [e.TaskCreated(task), *attached]


def _run_fault(board: Board, adw_id: str | None) -> Refusal | None:
    if adw_id is None:
        return None
    run = board.runs.get(adw_id)
    if run is None:
        return Refusal("E-WF-11", {"id": adw_id})
    return Refusal("E-SYS-6", {"error": "A card has this run already."}) if run.task_id else None


def decide_edit(board: Board, command: EditTask, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    unknown = set(command.changes) - EDITABLE
    if unknown:
        return Refusal("E-VAL-8", {"field": ", ".join(sorted(unknown)), "reason": "cannot be changed"})
    read = _read(command.changes)
    if isinstance(read, Refusal):
        return read
    changes = _normalised(task, read)
    after: dict[str, Any] = {name: changes.get(name, getattr(task, name)) for name in EDITABLE}
    refusal = _faults(after["title"], after["stages"], after["labels"], after["description"])
    refusal = refusal or _model_fault(after["model_set"])
    if refusal:
        return refusal
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if not changes:
        return []
    if command.version is not None and command.version != task.version:
        return Refusal("E-EDIT-1", {"yours": str(command.version), "current": str(task.version)})
    return [e.TaskEdited(task.id, changes, task.version + 1, facts.now)]


def decide_delete(board: Board, command: DeleteTask, facts: Facts) -> Decision:
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    attempt = board.attempt_of(task)
    if is_active(attempt):
        return Refusal("E-EDIT-2", {}, ("cancel-run",) if facts.can_cancel else ())
    events: list[e.Event] = []
    if attempt and is_waiting(attempt):
        events.extend(withdraw(board, attempt, facts, move_back=True).events)
    return [*events, e.TaskDeleted(task.id, facts.now)]


def decide_restore(board: Board, command: RestoreTask, facts: Facts) -> Decision:
    task = board.tasks.get(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if task.deleted_at is None:
        return []
    events: list[e.Event] = [e.TaskRestored(task.id, facts.now)]
    rank = free_rank(board, task.column, task.rank, task.id)
    if rank != task.rank:
        events.append(e.TaskMoved(task.id, task.column, rank, task.column, "drop", facts.now))
    return events


def stages_for(task_type: TaskType, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """A card's stages in running order; a patch has one of its own."""
    return (Stage.BUILD,) if task_type is TaskType.PATCH else in_order(stages)


def _read(changes: Mapping[str, object]) -> dict[str, Any] | Refusal:
    """The changes as values of the model; names of types and stages are taken for themselves."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        try:
            values[name] = _value(name, value)
        except (TypeError, ValueError):
            code = {"type": "E-VAL-3", "stages": "E-VAL-7"}.get(name, "E-VAL-8")
            return Refusal(
                code, {"field": name, "reason": "this value does not fit", "value": str(value)[:SHOWN_LIMIT]}
            )
    return values


def _value(name: str, value: Any) -> Any:
    match name:
        case "type":
            return TaskType(value)
        case "stages":
            return tuple(Stage(stage) for stage in _items(value))
        case "labels":
            return tuple(_typed(label, str) for label in _items(value))
        case "stage_models":
            return {_typed(stage, str): _typed(model, str) for stage, model in dict(value).items()}
        case "issue_number":
            return None if value is None else _typed(value, str)
        case "priority":
            return _typed(value, int)
        case _:
            return _typed(value, str)


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        raise TypeError(value)
    return value


def _typed(value: Any, wanted: type) -> Any:
    if not isinstance(value, wanted):
        raise TypeError(value)
    return value


def _normalised(task: Task, changes: Mapping[str, object]) -> dict[str, Any]:
    values: dict[str, Any] = dict(changes)
    if "description" in values:
        values["description"] = _clean(values["description"])
    if "title" in values:
        values["title"] = _title(values["title"], values.get("description", task.description))
    if "type" in values or "stages" in values:
        task_type = values.get("type", task.type)
        values["stages"] = stages_for(task_type, values.get("stages", task.stages))
    return values


def _faults(title: str, stages: tuple[Stage, ...], labels: tuple[str, ...], description: str) -> Refusal | None:
    faults: list[str] = []
    if not title:
        faults.append("Give the card a title or a description")
    if len(title) > TITLE_LIMIT:
        faults.append(f"The title has {len(title)} characters; {TITLE_LIMIT} are possible")
    if len(description) > TEXT_LIMIT:
        faults.append(f"The description has {len(description)} characters; {TEXT_LIMIT} are possible")
    if not stages:
        faults.append("Choose at least one stage")
    if len(labels) > LABEL_LIMIT or any(len(label) > TITLE_LIMIT for label in labels):
        faults.append(f"At most {LABEL_LIMIT} short labels are possible")
    return Refusal("E-VAL-17", {"faults": ". ".join(faults) + "."}) if faults else None


def _model_fault(model_set: str) -> Refusal | None:
    return None if model_set in MODEL_SETS else Refusal("E-VAL-2", {"value": model_set[:SHOWN_LIMIT]})


def _title(title: str, description: str) -> str:
    """The title, or one made from the first line of the description; empty when neither shows anything."""
    given = " ".join(_clean(title).split())
    if _is_visible(given):
        return given
    lines = (" ".join(line.split()) for line in _clean(description).splitlines())
    first = next((line for line in lines if _is_visible(line)), "")
    return first if len(first) <= MADE_TITLE_LIMIT else first[: MADE_TITLE_LIMIT - 1].rstrip() + "…"


def _clean(text: str) -> str:
    """The text without characters that no field, file name or terminal should meet.

    Line ends of all kinds become newlines; joiners stay, since emoji and many scripts need them.
    """
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    return "".join(c for c in lines if _is_harmless(c)).strip()


def _is_harmless(char: str) -> bool:
    return char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in _REORDERING)


def _is_visible(text: str) -> bool:
    return any(not c.isspace() and unicodedata.category(c) != "Cf" for c in text)
