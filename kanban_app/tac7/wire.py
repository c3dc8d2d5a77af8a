"""What all messages share: exact on the way out, lenient on the way in (reference Q11 to Q13)."""

import json
import math
from typing import Annotated, ClassVar, Final, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializerFunctionWrapHandler, model_serializer

_LARGEST: Final = 2**53


def as_text(value: object) -> str:
    """Any JSON value as text; null is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def as_optional_text(value: object) -> str | None:
    return None if value is None else as_text(value)


def as_optional_int(value: object) -> int | None:
    """Numbers that fit a JavaScript integer, also those written as text, fractions cut off; None for all else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = int(value) if isinstance(value, int) else float(value)
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and abs(number) <= _LARGEST else None


def as_stamp(value: object) -> str | int | float | None:
    """A time as it came; `codec.parse_time` makes sense of it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return value


def as_optional_object(value: object) -> dict[str, object] | None:
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_optional_texts(value: object) -> list[str] | None:
    return [as_text(item) for item in cast("list[object]", value)] if isinstance(value, list) else None


def as_flag(value: object) -> bool:
    return value is True


Text = Annotated[str, BeforeValidator(as_text)]
OptionalText = Annotated[str | None, BeforeValidator(as_optional_text)]
OptionalInt = Annotated[int | None, BeforeValidator(as_optional_int)]
Stamp = Annotated[str | int | float | None, BeforeValidator(as_stamp)]
OptionalObject = Annotated[dict[str, object] | None, BeforeValidator(as_optional_object)]
OptionalTexts = Annotated[list[str] | None, BeforeValidator(as_optional_texts)]
Flag = Annotated[bool, BeforeValidator(as_flag)]


class WirePart(BaseModel):
    """An object of the protocol. Keys that it does not know are kept and written out again."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    optional_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys that are left out of the wire form when they are null; all others are written as null."""

    @model_serializer(mode="wrap")
    def _without_absent(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        written = cast("dict[str, object]", write(self))
        return {key: value for key, value in written.items() if value is not None or key not in self.optional_keys}


class ServerEnvelope(WirePart):
    """What every message of a service may carry at the top level.

    `timestamp` is there for some types (reference section 3). `seq` and `request_id` are our extensions.
    """

    optional_keys: ClassVar[frozenset[str]] = frozenset({"timestamp", "seq", "request_id"})

    timestamp: Stamp = None
    seq: OptionalInt = None
    request_id: OptionalText = None
