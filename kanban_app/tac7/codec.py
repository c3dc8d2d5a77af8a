"""Text of a frame to messages and back. Decoding never raises, whatever the other side has sent."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Final, cast

from pydantic import ValidationError

from kanban_app.tac7.client_faults import ClientFault, explain, not_an_object, unknown_type, unreadable
from kanban_app.tac7.messages import (
    SERVER_MODELS,
    AskQueueStatus,
    CancelWorkflow,
    ClientMessage,
    Ping,
    RegisterSession,
    ServerMessage,
    TicketNotification,
    TriggerWorkflow,
    WorkflowLog,
)
from kanban_app.tac7.wire import as_optional_text

MAX_OUTGOING: Final = 8 * 1024 * 1024
"""Bytes of the largest frame that we send; services close the connection on one above 16 MiB (Q28)."""

_MAX_DEPTH: Final = 100
_MILLISECONDS_FROM: Final = 1e11

_CLIENT_MODELS: Final[dict[str, type[ClientMessage]]] = {
    "trigger_workflow": TriggerWorkflow,
    "ping": Ping,
    "ticket_notification": TicketNotification,
    "register_session": RegisterSession,
    "workflow_log": WorkflowLog,
    "cancel_workflow": CancelWorkflow,
    "queue_status": AskQueueStatus,
}


class FrameTooLarge(ValueError):
    """A message exceeds `limit` bytes (E-CONN-14). Nothing was sent."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"message of {size} bytes exceeds {limit} bytes")
        self.size = size
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Unknown:
    """A readable message of a type that is not in the protocol (E-PROTO-5). `raw` is the whole object."""

    type: str
    raw: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not a JSON object (E-PROTO-4)."""

    text: str
    reason: str


def decode_server(text: str) -> ServerMessage | Unknown | Unreadable:
    """What a service sent. Missing, null and odd values become defaults, unknown keys are kept (Q11 to Q13)."""
    try:
        raw = load(text)
    except (ValueError, RecursionError) as error:
        return Unreadable(text, str(error))
    if not isinstance(raw, dict):
        return Unreadable(text, f"not an object but {type(raw).__name__}")
    envelope = cast("dict[str, object]", raw)
    kind = as_optional_text(envelope.get("type")) or ""
    model = SERVER_MODELS.get(kind)
    if model is None:
        return Unknown(kind, envelope)
    if "data" in model.model_fields and not isinstance(envelope.get("data"), dict):
        envelope = _with_empty_data(envelope)
    try:
        return model.model_validate(envelope)
    except ValidationError as error:
        return Unreadable(text, str(error))


def decode_client(text: str, at: datetime) -> ClientMessage | ClientFault:
    """What a client sent, or the answer that it gets instead (reference section 1, "Bad input"); `at` is now."""
    try:
        raw = load(text)
    except (ValueError, RecursionError) as error:
        return unreadable(str(error))
    if not isinstance(raw, dict):
        return not_an_object(raw)
    envelope = cast("dict[str, object]", raw)
    kind = envelope.get("type", "unknown")
    model = _CLIENT_MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        return unknown_type(str(kind))
    if "data" in model.model_fields and "data" not in envelope:
        envelope = _with_empty_data(envelope)
    try:
        return model.model_validate(envelope)
    except ValidationError as error:
        return explain(str(kind), envelope["data"], error, at)


def encode(message: ServerMessage | ClientMessage, limit: int = MAX_OUTGOING) -> str:
    """The frame's text. Raises FrameTooLarge above `limit` bytes of UTF-8."""
    text = json.dumps(message.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    size = len(text) if text.isascii() else len(text.encode())
    if size > limit:
        raise FrameTooLarge(size, limit)
    return text


def _with_empty_data(envelope: Mapping[str, object]) -> dict[str, object]:
    empty: dict[str, object] = {}
    return {**envelope, "data": empty}


def load(text: str) -> object:
    """JSON without the values that others could not read back. Raises ValueError or RecursionError."""
    return _clean(json.loads(text, parse_float=_finite, parse_constant=_nothing), 0)


def load_at(text: str, at: int) -> tuple[object, int]:
    """The value that begins at a place of a text, as `load` has it, and where it ends."""
    value, end = _decoder().raw_decode(text, at)
    return _clean(value, 0), end


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=_finite, parse_constant=_nothing)


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _nothing(_name: str) -> None:
    return None


def _clean(value: object, depth: int) -> object:
    """Without lone surrogates, which can be written as JSON but not as UTF-8."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if depth > _MAX_DEPTH:
        msg = f"nested more than {_MAX_DEPTH} deep"
        raise ValueError(msg)
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {cast("str", _clean(key, depth)): _clean(item, depth + 1) for key, item in pairs}
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in cast("list[object]", value)]
    return value


def parse_time(value: object) -> datetime | None:
    """A time in any form that occurs on the wire (Q13), as aware UTC; None when it is none.

    ISO with or without zone (then UTC), "YYYY-MM-DD HH:MM:SS", epoch seconds or milliseconds, as number or text.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return _parse_iso(str(value))
    return _from_epoch(number)


def _from_epoch(number: float) -> datetime | None:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _parse_iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime) -> str:
    """An aware time as the wire has it: ISO 8601, UTC, `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
