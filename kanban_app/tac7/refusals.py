"""What an incoming `error` means: the order of the error catalogue, section 0.

It is never matched to a request by its content; the session does that by order.
"""

import re
from typing import Final

from kanban_app.domain.workflows import WORKFLOWS
from kanban_app.tac7.messages import ErrorMessage
from kanban_app.tac7.trouble import Trouble

_INVALID: Final = "Invalid request format: "
_UNKNOWN_TYPE: Final = "Unknown message type: "
_UNKNOWN_WORKFLOW: Final = "Unknown workflow type: "
_REFUSED: Final = "Workflow refused: "  # our own service's words
_OF_CONFIG: Final = re.compile(r"(?P<field>config\.[\w.]+) (?P<reason>.+)")
_FIELD_CODES: Final = {
    "workflow_type": "E-VAL-1",
    "model_set": "E-VAL-2",
    "issue_type": "E-VAL-3",
    "issue_number": "E-VAL-6",
    "stages": "E-VAL-7",
    "config": "E-VAL-7",
}


def classify(error: ErrorMessage) -> Trouble:
    """The catalogue's entry, with `message` (the service's words) and what else its text asks for."""
    message = error.data.message
    return (
        _transport_level(message)
        or _request_level(message)
        or _fault(error.data.error_type, message)
        or Trouble("E-SYS-9", {"message": message})
    )


def _transport_level(message: str) -> Trouble | None:
    if "rate_limit_error" in message or message.startswith("Rate limit exceeded"):
        return Trouble("E-RATE-1", {"message": message.splitlines()[0]})
    if message.startswith("Invalid JSON format"):
        return Trouble("E-PROTO-1", {"message": message})
    if message.startswith(_UNKNOWN_TYPE):
        return Trouble("E-PROTO-2", {"message": message, "type": message.removeprefix(_UNKNOWN_TYPE)})
    return None


def _request_level(message: str) -> Trouble | None:
    if message.startswith(_INVALID):
        return _invalid_request(message)
    if "is a dependent workflow" in message:
        return _dependent(message)
    if "requires either an issue_number" in message:
        return Trouble("E-VAL-5", {"message": message})
    if message.startswith(_UNKNOWN_WORKFLOW):
        return _unknown_workflow(message, message.removeprefix(_UNKNOWN_WORKFLOW))
    if message.startswith(_REFUSED):
        return Trouble("E-WF-3", {"message": _sentence(message.removeprefix(_REFUSED))})
    if message.startswith("session_id is required"):
        return Trouble("E-VAL-9", {"message": message})
    if message.startswith("Missing required fields for workflow_log"):
        return Trouble("E-VAL-10", {"message": message})
    return None


def _fault(error_type: str, message: str) -> Trouble | None:
    if error_type == "system_error" or message.startswith("Internal error: "):
        return Trouble("E-SYS-1", {"message": message})
    return None


def _invalid_request(message: str) -> Trouble:
    lines = message.splitlines()
    fields = [(line.strip(), _reason_after(lines, i)) for i, line in enumerate(lines) if i and line[:1].strip()]
    if said := _OF_CONFIG.fullmatch(message.removeprefix(_INVALID).strip()):
        return Trouble("E-VAL-8", {"message": message, "field": said["field"], "reason": said["reason"].rstrip(".")})
    if not fields:
        return Trouble("E-VAL-11", {"message": message})
    field, reason = fields[0]
    code = _FIELD_CODES.get(field.split(".")[0], "E-VAL-8")
    if code == "E-VAL-1":
        return _unknown_workflow(message, _given(reason))
    return Trouble(code, {"message": lines[0], "field": field, "reason": reason.split(" [type=")[0]})


def _reason_after(lines: list[str], index: int) -> str:
    return lines[index + 1].strip() if index + 1 < len(lines) else ""


def _given(reason: str) -> str:
    found = re.search(r"input_value='([^']*)'", reason)
    return found[1] if found else ""


def _unknown_workflow(message: str, workflow: str) -> Trouble:
    choices = re.findall(r"'(adw_\w+)'", message.split(" [type=", maxsplit=1)[0])
    return Trouble(
        "E-VAL-1",
        {"message": message.splitlines()[0], "workflow": workflow.strip() or "?", "choices": ", ".join(choices)},
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _dependent(message: str) -> Trouble:
    name = message.split(" ", 1)[0]
    stages = WORKFLOWS[name].stages if name in WORKFLOWS else ()
    params = {
        "message": message,
        "workflow": name,
        "stage": stages[0].value.capitalize() if stages else name,
        "missing": "an earlier stage",
        "first": "Plan",
    }
    return Trouble("E-VAL-4", params)
