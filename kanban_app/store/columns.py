"""Column types: what comes from outside must be storable, whatever it is."""

import json
from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


def storable(text: str) -> str:
    """The same text, with whatever UTF-8 cannot express (half a surrogate pair out of a JSON escape) made `?`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def folded(text: str) -> str:
    """The same text for a comparison in which case does not matter, of any letters. Also a function of the database."""
    return text.casefold()


def values_of(column: str) -> str:
    """What a JSON object in a column holds, a value on each line. Also a function of the database."""
    return "\n".join(map(str, json.loads(column).values()))


class OutsideText(sa.types.TypeDecorator[str]):
    """Text that people or services wrote."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else storable(value)


def _plain(value: object) -> object:
    """Mappings that are not dicts (read-only views) are JSON objects too."""
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    raise TypeError(f"not JSON-able: {type(value).__name__}")


# One encoder for all: `json.dumps` with options makes a new one at each call.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=_plain)


class Json(sa.types.TypeDecorator[Any]):
    """A JSON value as text: ASCII escapes, so that any string survives; None is stored as NULL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else _ENCODER.encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)
