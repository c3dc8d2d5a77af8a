"""What is wrong with a request, in the catalogue's words. What was sent is never sent back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kanban_app.domain.stages import Stage
from kanban_app.errors import ErrorView, describe

Fault = Mapping[str, Any]

UNKNOWN_STAGE: Final = "unknown_stage"

_NAME_LIMIT: Final = 80
_FAULT_LIMIT: Final = 10
_STAGES: Final = ", ".join(stage.value for stage in Stage)
_NO_OBJECT: Final = frozenset({"missing", "model_type", "model_attributes_type", "dict_type"})
_NOT_AN_OBJECT: Final = "must be a JSON object, sent with Content-Type: application/json"

_REASONS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not known here",
    "string_type": lambda _: "must be text",
    "string_unicode": lambda _: "must be text that UTF-8 can express",
    "string_too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "string_too_short": lambda _: "must not be empty",
    # What pydantic says of a text whose length is checked after another check of ours.
    "too_long": lambda ctx: f"is longer than {ctx['max_length']} characters",
    "int_type": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_parsing_size": lambda _: "is too large",
    "int_from_float": lambda _: "must be a whole number",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "literal_error": lambda ctx: f"use {ctx['expected']}",
    "enum": lambda ctx: f"use {ctx['expected']}",
}


def explain(faults: Sequence[Fault]) -> tuple[int, ErrorView]:
    """Status and error for what the validation of a request has found; `details.fields` lists it all."""
    first = faults[0]
    if first["type"] == "json_invalid":
        return 400, describe("E-PROTO-1", details={"position": first["loc"][-1]})
    fields = [{"field": _field(fault), "reason": _reason(fault)} for fault in faults[:_FAULT_LIMIT]]
    code, params = _words(first)
    return 422, describe(code, {**fields[0], **params}, {"fields": fields})


def _words(fault: Fault) -> tuple[str, dict[str, str]]:
    if fault["type"] == UNKNOWN_STAGE:
        return "E-VAL-13", {"stage": str(fault["ctx"]["stage"]), "stages": _STAGES}
    match fault["loc"]:
        case ("body", "type", *_) if fault["type"] == "literal_error":
            return "E-VAL-3", {}
        case ("body", "stages", *_):
            return "E-VAL-7", {}
        case _:
            return "E-VAL-8", {}


def _field(fault: Fault) -> str:
    loc: tuple[object, ...] = tuple(fault["loc"])
    names = [str(part) for part in loc[1:]] or [str(loc[0])]
    return _readable(".".join(names))


def _reason(fault: Fault) -> str:
    if tuple(fault["loc"]) == ("body",) and fault["type"] in _NO_OBJECT:
        return _NOT_AN_OBJECT
    words = _REASONS.get(fault["type"])
    return words(fault.get("ctx", {})) if words else _readable(str(fault["msg"]).rstrip("."))


def _readable(text: str) -> str:
    return text[:_NAME_LIMIT].encode(errors="replace").decode()
