"""What the form of a card starts from, what it sends, and how two versions of a card differ."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict

from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.stages import Stage, column_of
from kanban_app.domain.workflows import TaskType
from kanban_app.services.view_shapes import DetailView, ImageView
from kanban_app.web.states import arguments
from kanban_app.web.states.planning import BY_TYPE, MODEL_SETS, PRIORITIES, Choice, choice_of, planning_of
from kanban_app.web.wiring import services

ALL_STAGES: Final = tuple(stage.value for stage in Stage)
NONE: Final = "None"


@dataclass(frozen=True, slots=True)
class Form:
    """What the fields start from. Without a `task_id` it makes a new card."""

    task_id: str = ""
    number: int = 0
    version: int = 0
    title: str = ""
    description: str = ""
    type: str = TaskType.FEATURE.value
    stages: tuple[str, ...] = ALL_STAGES
    priority: int = 0
    due_on: str = ""
    issue_number: str = ""
    labels: tuple[str, ...] = ()
    blocked_by: tuple[Choice, ...] = ()
    model_set: str = BY_TYPE
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])
    images: tuple[ImageView, ...] = ()


class Difference(TypedDict):
    """One field of two versions: in words, and as JSON that the form can be given. `keep` is `theirs` or `mine`."""

    name: str
    label: str
    theirs: str
    mine: str
    theirs_value: str
    mine_value: str
    keep: str


def form_of(detail: DetailView) -> Form:
    card = detail["card"]
    return Form(
        task_id=card["id"],
        number=card["number"],
        version=card["version"],
        title=card["title"],
        description=detail["description"],
        type=card["type"],
        stages=tuple(card["stages"]),
        priority=card["priority"],
        due_on=card["due_on"],
        issue_number=detail["issue_number"],
        labels=tuple(card["labels"]),
        blocked_by=tuple(choice_of(blocker) for blocker in card["blockers"]),
        model_set=detail["model_set"],
        stage_models=detail["stage_models"],
        images=tuple(detail["images"]),
    )


def changes_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a card that a submitted form asks for."""
    return {
        "title": arguments.text(fields.get("title"), "title").strip(),
        "description": arguments.text(fields.get("description"), "description"),
        "type": arguments.task_type(fields.get("type")),
        "stages": tuple(stage for stage in Stage if fields.get(f"stage-{stage.value}")),
        **planning_of(fields),
    }


def differences(
    base: Form | None, theirs: Form, fields: dict[str, Any], card: Callable[[str], Choice]
) -> list[Difference]:
    """Where a submitted form differs from the card as it is stored now. `card` tells what a card is called.

    `base` is what the form has started from, if that is still known: what was not touched there gives way to theirs.
    """
    mine = _plain(changes_of(fields))
    stored = _values(theirs)
    before = _values(base) if base else stored
    found: list[Difference] = []
    for name, label in _LABELS.items():
        if name not in mine or mine[name] == stored[name]:
            continue
        untouched = base is not None and mine[name] == before[name]
        versions = [stored[name], mine[name]]
        if name == "blocked_by":
            versions = [[card(task_id) for task_id in version] for version in versions]
        found.append(_difference(name, label, *versions, keep="theirs" if untouched else "mine"))
    return found


def _difference(name: str, label: str, theirs: Any, mine: Any, *, keep: str) -> Difference:
    words = _WORDS.get(name, str)
    return Difference(
        name=name,
        label=label,
        theirs=words(theirs) or NONE,
        mine=words(mine) or NONE,
        theirs_value=json.dumps(theirs),
        mine_value=json.dumps(mine),
        keep=keep,
    )


def _values(form: Form) -> dict[str, Any]:
    """The fields of a form that people can change, in the shape in which a browser has them."""
    return {
        "title": form.title,
        "description": clean_text(form.description),
        "type": form.type,
        "stages": [] if form.type == TaskType.PATCH.value else list(form.stages),
        "priority": str(form.priority),
        "due_on": form.due_on,
        "issue_number": form.issue_number,
        "labels": list(form.labels),
        "blocked_by": [choice["id"] for choice in form.blocked_by],
        "model_set": form.model_set,
        "stage_models": {stage: form.stage_models[stage] for stage in ALL_STAGES if form.stage_models.get(stage)},
    }


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes in that same shape."""
    task_type: TaskType = changes["type"]
    plain: dict[str, Any] = {
        **changes,
        "description": clean_text(changes["description"]),
        "type": task_type.value,
        "stages": [] if task_type is TaskType.PATCH else [stage.value for stage in changes["stages"]],
    }
    for name in ("labels", "blocked_by"):
        if name in plain:
            plain[name] = list(plain[name])
    if "priority" in plain:
        plain["priority"] = str(plain["priority"])
    for name in ("due_on", "issue_number", "model_set"):
        if name in plain:
            plain[name] = plain[name] or ""
    if not plain.get("model_set", True):
        del plain["model_set"]
    return plain


def _stage_words(stages: list[str]) -> str:
    return ", ".join(services().columns.title(column_of(Stage(stage))) for stage in stages)


def _priority_words(priority: str) -> str:
    number = int(priority)
    return PRIORITIES[number] if 0 <= number < len(PRIORITIES) else priority


def _model_words(models: Mapping[str, str]) -> str:
    return ", ".join(f"{_stage_words([stage])}: {model}" for stage, model in models.items())


_LABELS: Final = {
    "title": "Title",
    "description": "Description",
    "type": "Type",
    "stages": "Stages",
    "priority": "Priority",
    "due_on": "Due",
    "issue_number": "Issue number",
    "labels": "Labels",
    "blocked_by": "Waits for",
    "model_set": "Models",
    "stage_models": "Model of a stage",
}
_WORDS: Final[dict[str, Callable[[Any], str]]] = {
    "type": str.capitalize,
    "stages": _stage_words,
    "priority": _priority_words,
    "labels": ", ".join,
    "blocked_by": lambda choices: ", ".join(choice["text"] for choice in choices),
    "model_set": lambda name: str(MODEL_SETS.get(name, name)),
    "stage_models": _model_words,
}
