"""What a card has beside its words: labels, priority, due day, ticket, models, and the cards that it waits for."""

import json
import re
from typing import Any, Final, TypedDict

from kanban_app.domain.stages import Stage
from kanban_app.errors import BoardError
from kanban_app.services.view_shapes import BlockerView
from kanban_app.web.states import arguments

PRIORITIES: Final = ("None", "Low", "Medium", "High", "Urgent")
"""The words for the priorities from 0; a card that came over the API may have another number."""
MODEL_SETS: Final = {"base": "Base", "heavy": "Heavy"}
MODELS: Final = ("opus", "sonnet", "haiku")
BY_TYPE: Final = ""
MOST: Final = 100
TICKET_LIMIT: Final = 100
_NUMBER: Final = re.compile(r"-?[0-9]{1,7}")


class Choice(TypedDict):
    """Something to choose from a list, and what it is called there."""

    id: str
    text: str


def choice_of(card: BlockerView) -> Choice:
    return Choice(id=card["id"], text=f"#{card['number']} {card['title']}")


def planning_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The changes that a submitted form asks for; what it does not have stays as it is."""
    readers = {
        "priority": _priority,
        "due_on": _day,
        "issue_number": _ticket,
        "labels": _names,
        "blocked_by": _names,
        "model_set": _model_set,
    }
    changes = {name: read(fields[name], name) for name, read in readers.items() if name in fields}
    models = {stage.value: fields.get(f"model-{stage.value}") for stage in Stage}
    if any(model is not None for model in models.values()):
        changes["stage_models"] = {name: _model(model) for name, model in models.items() if model}
    return changes


def _priority(value: object, field: str) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise _unacceptable(field)


def _day(value: object, field: str) -> str | None:
    return arguments.text(value, field).strip()[:20] or None


def _ticket(value: object, field: str) -> str | None:
    ticket = " ".join(arguments.text(value, field).split())
    if len(ticket) > TICKET_LIMIT:
        raise BoardError("E-VAL-17", {"faults": f"The issue number has more than {TICKET_LIMIT} characters."})
    return ticket or None


def _names(value: object, field: str) -> tuple[str, ...]:
    try:
        names: object = json.loads(arguments.text(value, field))
    except (ValueError, RecursionError):
        raise _unacceptable(field) from None
    if not isinstance(names, list) or len(names) > MOST:  # pyright: ignore[reportUnknownArgumentType]
        raise _unacceptable(field)
    entries: list[object] = names
    return tuple(arguments.text(entry, field) for entry in entries)


def _model_set(value: object, field: str) -> str | None:
    """None leaves the choice to the card's type."""
    return arguments.text(value, field) or None


def _model(value: object) -> str:
    return arguments.text(value, "stage_models")[:200]


def _unacceptable(field: str) -> BoardError:
    return BoardError("E-VAL-8", {"field": field, "reason": "not an acceptable value"})
