"""Creating, editing and deleting cards: what is allowed in them, and what then happens."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from kanban_app.domain import events as e
from kanban_app.domain.attempts import withdraw
from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.commands import CreateTask, DeleteTask, EditTask
from kanban_app.domain.dependencies import blocker_fault
from kanban_app.domain.facts import Facts
from kanban_app.domain.image import too_many
from kanban_app.domain.images import image_changes
from kanban_app.domain.made_title import is_visible, made_title
from kanban_app.domain.model import Board, Task
from kanban_app.domain.moves import Decision, end_rank, top_rank
from kanban_app.domain.placement import is_active, is_waiting
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage, in_order
from kanban_app.domain.workflows import TaskType

TITLE_LIMIT: Final = 200
TEXT_LIMIT: Final = 50_000
LABEL_LIMIT: Final = 20
URGENT: Final = 4
LABEL_LENGTH: Final = 60
SHOWN_LIMIT: Final = 40
MODEL_SETS: Final = ("base", "heavy")
EDITABLE: Final = frozenset(
    {
        *("title", "description", "type", "stages", "priority", "labels"),
        *("model_set", "stage_models", "issue_number", "due_on", "blocked_by"),
    }
)


def decide_create(board: Board, command: CreateTask, facts: Facts) -> Decision:
    """A new card in the backlog. Title or description is enough, or the run that it is for."""
    stages, labels = stages_for(command.type, command.stages), clean_labels(command.labels)
    model_set = command.model_set or ("heavy" if command.type is TaskType.FEATURE else "base")
    title, description = _title(command.title, command.description), clean_text(command.description)
    title = title or (f"Run {command.adw_id}" if command.adw_id else "")
    refusal = (
        _run_fault(board, command.adw_id)
        or faults_of(title, stages, labels, description)
        or model_fault(model_set)
        or day_fault(command.due_on)
        or blocker_fault(board, facts.task_id, command.blocked_by)
        or too_many((), command.images)
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
        rank=top_rank(board, Column.BACKLOG) if command.at_top else end_rank(board, Column.BACKLOG),
        created_at=facts.now,
        updated_at=facts.now,
        priority=command.priority,
        labels=labels,
        model_set=model_set,
        stage_models=dict(command.stage_models),
        issue_number=command.issue_number,
        run_id=command.adw_id,
        images=command.images,
        due_on=command.due_on,
        blocked_by=tuple(dict.fromkeys(command.blocked_by)),
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
    refusal = faults_of(after["title"], after["stages"], after["labels"], after["description"])
    refusal = refusal or model_fault(after["model_set"]) or day_fault(after["due_on"])
    if "blocked_by" in changes:
        refusal = refusal or blocker_fault(board, task.id, after["blocked_by"], task.blocked_by)
    if refusal:
        return refusal
    images = image_changes(task, command.add_images, command.remove_images, facts.now)
    if isinstance(images, Refusal):
        return images
    changes = {name: value for name, value in changes.items() if getattr(task, name) != value}
    if not changes:
        return images
    if command.version is not None and command.version != task.version:
        return Refusal("E-EDIT-1", {"yours": str(command.version), "current": str(task.version)})
    return [e.TaskEdited(task.id, changes, task.version + 1, facts.now), *images]


def decide_delete(board: Board, command: DeleteTask, facts: Facts) -> Decision:
    task = board.tasks.get(command.task_id)
    if task is None or task.deleted_at is not None:
        return Refusal("E-SYS-3", {"what": "This card"})
    settled = settle(board, task, "E-EDIT-2", facts)
    return settled if isinstance(settled, Refusal) else [*settled, e.TaskDeleted(task.id, facts.now, facts.author)]


def settle(board: Board, task: Task, refusal: str, facts: Facts) -> Decision:
    """What has to happen before a card leaves the board: a start that waits is taken back, a run must have ended."""
    attempt = board.attempt_of(task)
    if is_active(attempt):
        return Refusal(refusal, {}, ("cancel-run",) if facts.can_cancel else ())
    if attempt and is_waiting(attempt):
        return withdraw(board, attempt, facts, move_back=True).events
    return []


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
        case "blocked_by":
            return tuple(dict.fromkeys(_typed(task_id, str) for task_id in _items(value)))
        case "issue_number" | "due_on":
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
        values["description"] = clean_text(values["description"])
    if "title" in values:
        values["title"] = _title(values["title"], values.get("description", task.description))
    if "labels" in values:
        values["labels"] = clean_labels(values["labels"])
    if "type" in values or "stages" in values:
        task_type = values.get("type", task.type)
        values["stages"] = stages_for(task_type, values.get("stages", task.stages))
    return values


def faults_of(title: str, stages: tuple[Stage, ...], labels: tuple[str, ...], description: str) -> Refusal | None:
    """Why a card cannot be like that; None when it can."""
    faults: list[str] = []
    if not title:
        faults.append("Give the card a title or a description")
    if len(title) > TITLE_LIMIT:
        faults.append(f"The title has {len(title)} characters; {TITLE_LIMIT} are possible")
    if len(description) > TEXT_LIMIT:
        faults.append(f"The description has {len(description)} characters; {TEXT_LIMIT} are possible")
    if not stages:
        faults.append("Choose at least one stage")
    if len(labels) > LABEL_LIMIT or any(len(label) > LABEL_LENGTH for label in labels):
        faults.append(f"At most {LABEL_LIMIT} labels of at most {LABEL_LENGTH} characters are possible")
    return Refusal("E-VAL-17", {"faults": ". ".join(faults) + "."}) if faults else None


def model_fault(model_set: str) -> Refusal | None:
    return None if model_set in MODEL_SETS else Refusal("E-VAL-2", {"value": model_set[:SHOWN_LIMIT]})


def priority_fault(priority: int) -> Refusal | None:
    if 0 <= priority <= URGENT:
        return None
    reason = f"{priority} is none: use 0 for none, 1 low, 2 medium, 3 high or {URGENT} urgent"
    return Refusal("E-VAL-8", {"field": "priority", "reason": reason})


def clean_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels as one line each, without those that show nothing; what differs by case alone is the same label."""
    lines = [" ".join(clean_text(label).split()) for label in labels]
    first: dict[str, str] = {}
    for line in filter(is_visible, lines):
        first.setdefault(line.casefold(), line)
    return tuple(first.values())


def day_fault(day: str | None) -> Refusal | None:
    if day is None or is_day(day):
        return None
    return Refusal("E-VAL-8", {"field": "due_on", "reason": "must be a day such as 2026-12-31"})


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, as `2026-12-31`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _title(title: str, description: str) -> str:
    """The title, or one made from the description; empty when neither shows anything."""
    given = " ".join(clean_text(title).split())
    if is_visible(given):
        return given
    return made_title(clean_text(description))
