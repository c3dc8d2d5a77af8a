"""What a client gets to read whose message cannot be taken, in the words of V1 (reference sections 1 and 2)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kanban_app.tac7.messages import ErrorMessage, ServerMessage, TicketNotificationResponse
from kanban_app.tac7.server_messages import ErrorData, TicketResponseData

_REQUESTS: Final = {
    "trigger_workflow": "WorkflowTriggerRequest",
    "cancel_workflow": "WorkflowCancelRequest",
    "ticket_notification": "TicketNotification",
}
_SHOWN_INPUT: Final = 80


@dataclass(frozen=True, slots=True)
class ClientFault:
    """A message that cannot be taken. `reply` is what its sender gets; `type` is set when its type is known."""

    reply: ServerMessage
    type: str | None = None


def validation_error(message: str) -> ErrorMessage:
    return ErrorMessage(data=ErrorData(error_type="validation_error", message=message))


def system_error(message: str) -> ErrorMessage:
    """Something broke here: the request may or may not have been carried out."""
    return ErrorMessage(data=ErrorData(error_type="system_error", message=f"Internal error: {message}"))


def unreadable(reason: str) -> ClientFault:
    return ClientFault(validation_error(f"Invalid JSON format: {reason}"))


def not_an_object(value: object) -> ClientFault:
    return ClientFault(system_error(_no_get(value)))


def unknown_type(name: str) -> ClientFault:
    return ClientFault(validation_error(f"Unknown message type: {name[:200]}"))


def explain(kind: str, data: object, error: ValidationError, at: datetime) -> ClientFault:
    """The answer to a message of a known type whose data is not as it must be."""
    if not isinstance(data, dict):
        return ClientFault(_not_a_mapping(kind, data), kind)
    fields = cast("dict[str, object]", data)
    if kind == "register_session":
        return ClientFault(_bad_registration(fields), kind)
    report = _report(_REQUESTS.get(kind, kind), error)
    if kind == "ticket_notification":
        return ClientFault(_ticket_refused(fields, report, at), kind)
    return ClientFault(_echoing(validation_error(f"Invalid request format: {report}"), fields), kind)


def missing_log_fields(names: list[str]) -> ErrorMessage:
    return validation_error(f"Missing required fields for workflow_log: {', '.join(names)}")


def _no_get(value: object) -> str:
    return f"'{type(value).__name__}' object has no attribute 'get'"


def _not_a_mapping(kind: str, data: object) -> ErrorMessage:
    if kind in {"trigger_workflow", "cancel_workflow"}:
        name = type(data).__name__
        return validation_error(f"Invalid request format: the data of {kind} must be a mapping, not {name}")
    return system_error(_no_get(data))


def _bad_registration(fields: dict[str, object]) -> ErrorMessage:
    if not fields.get("session_id"):
        return validation_error("session_id is required for session registration")
    return system_error("session_id must be text and client_info an object")


def _ticket_refused(fields: dict[str, object], report: str, at: datetime) -> TicketNotificationResponse:
    given = fields.get("id") or fields.get("ticket_id")
    data = TicketResponseData(
        status="error",
        ticket_id=str(given)[:200] if given else f"error_{int(at.timestamp() * 1000)}",
        message="Failed to process ticket notification",
        timestamp=at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        error=report,
    )
    return TicketNotificationResponse(data=data)


def _echoing(reply: ErrorMessage, fields: dict[str, object]) -> ErrorMessage:
    request_id = fields.get("request_id")
    return reply.model_copy(update={"request_id": request_id}) if isinstance(request_id, str) else reply


def _report(title: str, error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    count = f"{len(faults)} validation error{'' if len(faults) == 1 else 's'} for {title}"
    return "\n".join([count, *(_line(fault) for fault in faults)])


def _line(fault: ErrorDetails) -> str:
    place = ".".join(str(part) for part in fault["loc"][1:]) or "data"
    given = fault["input"]
    shown = repr(given)
    shown = shown if len(shown) <= _SHOWN_INPUT else shown[:_SHOWN_INPUT] + "..."
    return f"{place}\n  {fault['msg']} [type={fault['type']}, input_value={shown}, input_type={type(given).__name__}]"
