"""Checks of what comes from the browser. Each returns a value that is safe to use, or raises a `BoardError`."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.errors import BoardError

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
OPERATION: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TEXT_LIMIT: Final = 100_000
NAMED_TEXTS: Final = 8


def ident(value: object, field: str) -> str:
    """The id of a card, run, attempt or message."""
    if isinstance(value, str) and is_ident(value):
        return value
    raise _unacceptable(field)


def is_ident(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def form(value: object) -> Mapping[str, object]:
    """The fields of a form, by name."""
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    raise _unacceptable("form")


def answered(form: object) -> str:
    """The operation that a form was sent as, to be sent back with what came of it; "" where it names none."""
    op_id = cast("Mapping[str, object]", form).get("op_id") if isinstance(form, Mapping) else None
    return str(op_id) if is_ident(op_id) else ""


def optional_ident(value: object, field: str) -> str | None:
    return None if value is None else ident(value, field)


def shown(value: object, longest: int = 64) -> str:
    """What somebody has sent, to be sent back: cut, and without what no socket can carry (half a surrogate pair)."""
    return str(value)[:longest].encode("utf-8", "replace").decode()


def operation(value: object) -> str:
    """The uuid that the browser gave an operation."""
    if is_operation(value):
        return str(value)
    raise _unacceptable("op_id")


def is_operation(value: object) -> bool:
    return isinstance(value, str) and OPERATION.fullmatch(value) is not None


def column(value: object) -> Column:
    """A column by its id; other names that services use are not accepted here."""
    try:
        return Column(str(value))
    except ValueError:
        raise _unacceptable("column") from None


def stage(value: object) -> Stage | None:
    """A stage by its name, None for anything else."""
    try:
        return Stage(str(value))
    except ValueError:
        return None


def text(value: object, field: str) -> str:
    """A text of a form. How long it may be is the domain's business, below a bound that no card needs."""
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= TEXT_LIMIT:
        return value
    raise _unacceptable(field)


def texts(value: object, field: str) -> dict[str, str]:
    """A few named texts, such as a dialog sends beside what it is about."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > NAMED_TEXTS:  # pyright: ignore[reportUnknownArgumentType]
        raise _unacceptable(field)
    named: dict[object, object] = value
    return {text(name, field): text(entry, field) for name, entry in named.items()}


def form_of(op_id: object, task_id: object, edition: object, version: object = 0) -> tuple[str, str, int, int] | None:
    """What a form that the browser has open is about; None for what can be no form."""
    try:
        card = ident(task_id, "task_id") if task_id else ""
        return operation(op_id), card, whole_number(edition, "edition"), whole_number(version, "version")
    except BoardError:
        return None


def whole_number(value: object, field: str) -> int:
    """A count that the browser was given; forms send numbers as text."""
    if isinstance(value, int | str) and re.fullmatch(r"[0-9]{1,9}", str(value)):
        return int(value)
    raise _unacceptable(field)


def task_type(value: object) -> TaskType:
    try:
        return TaskType(str(value))
    except ValueError:
        raise BoardError("E-VAL-3") from None


def operations(values: object, most: int) -> list[str]:
    """At most `most` operation ids; what is none is left out."""
    if not isinstance(values, Iterable) or isinstance(values, str):
        return []
    return [str(value) for value in list(values)[:most] if is_operation(value)]


def _unacceptable(field: str) -> BoardError:
    return BoardError("E-VAL-8", {"field": field, "reason": "not an acceptable value"})
