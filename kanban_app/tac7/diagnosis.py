"""What is wrong with a message that could be read all the same: precise, for whoever looks into it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

_LONGEST: Final = 64 * 1024
"""Characters of the largest frame that is looked at: reading one takes its time twice."""

_TEXT: Final = "text"
_OPTIONAL_TEXT: Final = "text or null"
_NUMBER: Final = "whole number or null"
_OBJECT: Final = "object"
_OPTIONAL_OBJECT: Final = "object or null"
_LIST: Final = "list or null"
_TIME: Final = "time"
_ANY: Final = "anything"

_RUN: Final = {"adw_id": _TEXT}
_FIELDS: Final[dict[str, dict[str, str]]] = {
    "status_update": {
        **_RUN,
        "workflow_name": _TEXT,
        "status": _TEXT,
        "message": _TEXT,
        "timestamp": _TIME,
        "progress_percent?": _NUMBER,
        "current_step?": _OPTIONAL_TEXT,
    },
    "trigger_response": {
        **_RUN,
        "status": _TEXT,
        "workflow_name": _TEXT,
        "message": _TEXT,
        "logs_path": _TEXT,
        "error?": _OPTIONAL_TEXT,
    },
    "error": {"error_type": _TEXT, "message": _TEXT, "details?": _ANY, "adw_id?": _OPTIONAL_TEXT},
    "ticket_notification_response": {
        "status": _TEXT,
        "ticket_id": _TEXT,
        "message": _TEXT,
        "timestamp": _TIME,
        "error?": _OPTIONAL_TEXT,
    },
    "session_registered": {"session_id": _TEXT, "message": _TEXT},
    "cancel_response": {**_RUN, "status": _TEXT, "message": _TEXT},
    "queue_status": {"active": _NUMBER, "limit": _NUMBER, "waiting": _LIST},
    "workflow_log": {**_RUN, "workflow_name": _TEXT, "message": _TEXT, "level": _TEXT, "timestamp": _TIME},
    "stage_transition": {
        **_RUN,
        "workflow_name": _TEXT,
        "from_stage": _TEXT,
        "to_stage": _TEXT,
        "message": _TEXT,
        "timestamp": _TIME,
    },
    "system_log": {"level": _TEXT, "message": _TEXT, "context": _OBJECT},
    "agent_updated": {
        **_RUN,
        "state_snapshot?": _OPTIONAL_OBJECT,
        "state?": _OPTIONAL_OBJECT,
        "changed_fields?": _LIST,
    },
    "agent_log": {**_RUN, "message": _TEXT, "level": _TEXT, "source?": _OPTIONAL_TEXT},
    "thinking_block": {
        **_RUN,
        "content": _TEXT,
        "reasoning_type?": _OPTIONAL_TEXT,
        "duration_ms?": _NUMBER,
        "sequence?": _NUMBER,
    },
    "text_block": {**_RUN, "content": _TEXT, "sequence?": _NUMBER},
    "tool_use_pre": {
        **_RUN,
        "tool_name": _TEXT,
        "tool_input?": _OPTIONAL_OBJECT,
        "tool_use_id?": _OPTIONAL_TEXT,
    },
    "tool_use_post": {
        **_RUN,
        "tool_name": _TEXT,
        "tool_output?": _OPTIONAL_TEXT,
        "status?": _OPTIONAL_TEXT,
        "error?": _OPTIONAL_TEXT,
        "tool_use_id?": _OPTIONAL_TEXT,
        "duration_ms?": _NUMBER,
    },
    "file_changed": {
        **_RUN,
        "file_path": _TEXT,
        "operation": _TEXT,
        "diff?": _OPTIONAL_TEXT,
        "summary?": _OPTIONAL_TEXT,
        "lines_added?": _NUMBER,
        "lines_removed?": _NUMBER,
    },
    "workflow_phase_transition": {**_RUN, "phase_to": _TEXT, "phase_from?": _OPTIONAL_TEXT},
    "agent_output_chunk": {**_RUN, "agent_role": _TEXT, "content": _TEXT},
    "screenshot_available": {**_RUN, "screenshot_path": _TEXT, "metadata?": _OPTIONAL_OBJECT},
    "spec_created": {**_RUN, "spec_path": _TEXT, "metadata?": _OPTIONAL_OBJECT},
}

_NAMES: Final = {
    "bool": "true or false",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "dict": "an object",
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """A field that the protocol requires, or whose form it fixes, and what came instead."""

    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, got {self.got}"


def deviations(text: str) -> tuple[Deviation, ...]:
    """What of a frame of a known type is missing or of another form than the protocol says (E-PROTO-6).

    None for what is no JSON object, of an unknown type, or very large: that is for others to tell.
    """
    if len(text) > _LONGEST:
        return ()
    try:
        envelope = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(envelope, dict):
        return ()
    raw = cast("dict[str, object]", envelope)
    fields = _FIELDS.get(str(raw.get("type")))
    if fields is None:
        return ()
    data = raw.get("data")
    if not isinstance(data, dict):
        return (Deviation("data", _OBJECT, _form_of(data, present="data" in raw)),)
    return _of_fields(fields, cast("dict[str, object]", data))


def _of_fields(fields: Mapping[str, str], data: Mapping[str, object]) -> tuple[Deviation, ...]:
    found: list[Deviation] = []
    for name, expected in fields.items():
        field, present = name.removesuffix("?"), name.removesuffix("?") in data
        if (not present and name.endswith("?")) or (present and _fits(data[field], expected)):
            continue
        found.append(Deviation(f"data.{field}", expected, _form_of(data.get(field), present=present)))
    return tuple(found)


def _fits(value: object, expected: str) -> bool:
    match expected:
        case "text":
            return isinstance(value, str)
        case "text or null":
            return value is None or isinstance(value, str)
        case "whole number or null":
            return value is None or (isinstance(value, int) and not isinstance(value, bool))
        case "object":
            return isinstance(value, dict)
        case "object or null":
            return value is None or isinstance(value, dict)
        case "list or null":
            return value is None or isinstance(value, list)
        case "time":
            return isinstance(value, str) and value != ""
        case _:
            return True


def _form_of(value: object, *, present: bool) -> str:
    if not present:
        return "nothing"
    if value is None:
        return "null"
    return _NAMES.get(type(value).__name__, "a list")
