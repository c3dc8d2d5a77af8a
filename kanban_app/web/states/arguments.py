"""Checks of what comes from the browser. Each returns a value that is safe to use, or raises a `BoardError`."""

import re
from collections.abc import Iterable
from typing import Final

from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.errors import BoardError

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
OPERATION: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TEXT_LIMIT: Final = 100_000


def ident(value: object, field: str) -> str:
    """The id of a card, run, attempt or message."""
    if isinstance(value, str) and ID.fullmatch(value):
        return value
    raise _unacceptable(field)


def optional_ident(value: object, field: str) -> str | None:
    return None if value is None else ident(value, field)


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
