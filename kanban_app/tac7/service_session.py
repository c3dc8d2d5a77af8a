"""The service's end of one connection, without I/O: what a client says becomes actions.

It validates as V1 does (reference section 2), and answers by itself what needs no service: pings, refusals,
ticket notifications. The V1 defects Q1, Q5 and Q22 are not reproduced.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kanban_app.domain.workflows import ORCHESTRATOR, WORKFLOWS
from kanban_app.tac7.client_faults import (
    ClientFault,
    missing_log_fields,
    validation_error,
)
from kanban_app.tac7.client_messages import TicketData, TriggerWorkflowData
from kanban_app.tac7.codec import decode_client, format_time
from kanban_app.tac7.messages import (
    EXTENSIONS,
    AskQueueStatus,
    CancelWorkflow,
    ClientMessage,
    ErrorMessage,
    Ping,
    Pong,
    RegisterSession,
    ServerMessage,
    TicketNotification,
    TicketNotificationResponse,
    TriggerWorkflow,
    WorkflowLog,
)
from kanban_app.tac7.rate import RollingWindow
from kanban_app.tac7.server_messages import ErrorData, TicketResponseData

TRIGGERS_PER_MINUTE: Final = 30
LOG_FIELDS: Final = ("adw_id", "workflow_name", "message", "level", "timestamp")
RUNNABLE_STAGES: Final = ("plan", "build", "test", "review", "document", "merge")
"""What the orchestrator can run (reference section 2.1)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Send this to the client; nothing else is to be done."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Trigger:
    """A valid request to start a workflow.

    Answer with `status_update`s and one `trigger_response`, or one `error`, each with `request_id` at its top level
    (null when the client gave none). Whether the run is active, and repeats of a `request_id`, are yours to judge.
    `adw_id` and `issue_number` in `data` are null where absent, never empty.
    """

    data: TriggerWorkflowData
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Answer with one `cancel_response` that carries `request_id` at its top level."""

    adw_id: str
    request_id: str | None


@dataclass(frozen=True, slots=True)
class AskQueue:
    """Send this client a `queue_status`."""


@dataclass(frozen=True, slots=True)
class Register:
    """Answer with `session_registered`, then replay.

    `since` is None for clients that do not ask for a replay. A `since` of another `journal` than yours means nothing to
    you: replay all (`replaying` = `last`), or nothing; in that case the client registers anew from 0.
    """

    session_id: str
    since: int | None
    journal: str | None


@dataclass(frozen=True, slots=True)
class Notify:
    """A card was announced. What follows from it is to be done before the answer, the `Reply` of the same list."""

    ticket: TicketData


@dataclass(frozen=True, slots=True)
class Log:
    """Broadcast this line to every subscriber, the sender included. There is no answer."""

    message: WorkflowLog


ServiceAction = Reply | Trigger | Cancel | AskQueue | Register | Notify | Log


class ServiceSession:
    """One per connection. Answer in the order of the actions: clients match answers by order."""

    def __init__(
        self, connection_id: str, extensions: tuple[str, ...] = EXTENSIONS, per_minute: int = TRIGGERS_PER_MINUTE
    ) -> None:
        self.connection_id = connection_id
        self._extensions = extensions
        self._starts = RollingWindow(per_minute, 60.0)

    def receive(self, text: str, now: float, at: datetime) -> list[ServiceAction]:
        """What to do about one text frame. `now` is monotonic seconds, `at` the aware time. Never raises."""
        message = decode_client(text, at)
        if isinstance(message, ClientFault):
            if message.type == "trigger_workflow" and not self._starts.take(now):
                return [Reply(self._too_many(getattr(message.reply, "request_id", None)))]
            return [Reply(message.reply)]
        return self._take(message, now, at)

    def _take(self, message: ClientMessage, now: float, at: datetime) -> list[ServiceAction]:
        match message:
            case Ping(timestamp=stamp):
                return [Reply(self._pong(stamp, at))]
            case TriggerWorkflow(data=data):
                return [self._trigger(data, now)]
            case CancelWorkflow(data=data):
                return [Cancel(data.adw_id, data.request_id)]
            case AskQueueStatus():
                return [AskQueue()]
            case RegisterSession(data=data):
                return [Register(data.session_id, data.since, data.journal)]
            case TicketNotification(data=ticket):
                return [Notify(ticket), Reply(_received(ticket, at))]
            case WorkflowLog():
                return [_log(message)]

    def _pong(self, stamp: object, at: datetime) -> Pong:
        return Pong(
            timestamp=format_time(at),
            connection_id=self.connection_id,
            client_timestamp=stamp or None,
            extensions=list(self._extensions),
        )

    def _trigger(self, data: TriggerWorkflowData, now: float) -> Reply | Trigger:
        if not self._starts.take(now):
            return Reply(self._too_many(data.request_id))
        fault = _fault_of(data)
        if fault is not None:
            return Reply(validation_error(fault).model_copy(update={"request_id": data.request_id}))
        absent = {"adw_id": data.adw_id or None, "issue_number": data.issue_number or None}
        return Trigger(data.model_copy(update=absent), data.request_id)

    def _too_many(self, request_id: str | None) -> ErrorMessage:
        message = f"Rate limit exceeded: max {self._starts.capacity} triggers per minute"
        return ErrorMessage(request_id=request_id, data=ErrorData(error_type="rate_limit_error", message=message))


def _fault_of(data: TriggerWorkflowData) -> str | None:
    """The words of V1 for what is wrong with a request of the right shape, in V1's order."""
    workflow = WORKFLOWS[data.workflow_type]
    if workflow.dependent and not data.adw_id:
        return (
            f"{workflow.name} is a dependent workflow that requires an existing ADW ID. "
            "Provide an ADW ID in your request."
        )
    has_issue = bool(data.issue_number or data.issue_type or data.issue_json)
    if workflow.needs_issue and not has_issue and not workflow.dependent:
        return (
            f"{workflow.name} requires either an issue_number, issue_type, or issue_json parameter, "
            "so that the workflow knows which ticket it works on."
        )
    return _stages_fault(data)


def _stages_fault(data: TriggerWorkflowData) -> str | None:
    """V1 says "accepted" to these and the process dies at once; here the client learns why."""
    if data.workflow_type != ORCHESTRATOR or data.config:
        return None
    if not data.stages:
        return _stage_report("stages", "At least one stage is required", data.stages)
    for index, name in enumerate(data.stages):
        if name not in RUNNABLE_STAGES:
            return _stage_report(f"stages.{index}", f"Unknown stage; known are {', '.join(RUNNABLE_STAGES)}", name)
    return None


def _stage_report(place: str, reason: str, given: object) -> str:
    shown = f"[type=value_error, input_value={str(given)[:80]!r}, input_type={type(given).__name__}]"
    return f"Invalid request format: 1 validation error for WorkflowTriggerRequest\n{place}\n  {reason} {shown}"


def _received(ticket: TicketData, at: datetime) -> TicketNotificationResponse:
    return TicketNotificationResponse(
        data=TicketResponseData(
            status="received",
            ticket_id=ticket.id,
            message=f"Ticket notification '{ticket.title}' received successfully",
            timestamp=format_time(at),
        )
    )


def _log(message: WorkflowLog) -> Reply | Log:
    given = message.data.model_fields_set
    missing = [name for name in LOG_FIELDS if name not in given]
    return (
        Reply(missing_log_fields(missing))
        if missing
        else Log(message.model_copy(update={"seq": None, "request_id": None}))
    )
