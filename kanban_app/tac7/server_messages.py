"""Messages of a service about requests and runs (reference section 3)."""

from typing import Annotated, ClassVar, Literal, cast

from pydantic import BeforeValidator, Field

from kanban_app.tac7.wire import (
    OptionalInt,
    OptionalObject,
    OptionalText,
    OptionalTexts,
    ServerEnvelope,
    Stamp,
    Text,
    WirePart,
)


def _as_waiting(value: object) -> list[object]:
    given = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in given if isinstance(item, dict | WaitingRun)]


class StatusUpdateData(WirePart):
    """`status` is free text where a workflow posted it. Our extension: `exit_code`, `last_output` and `conflicts`."""

    optional_keys: ClassVar[frozenset[str]] = frozenset({"exit_code", "last_output", "conflicts"})

    adw_id: Text = ""
    workflow_name: Text = ""
    status: Text = ""
    message: Text = ""
    timestamp: Stamp = None
    progress_percent: OptionalInt = None
    current_step: OptionalText = None
    exit_code: OptionalInt = None
    last_output: OptionalTexts = None
    conflicts: OptionalTexts = None


class StatusUpdate(ServerEnvelope):
    type: Literal["status_update"] = "status_update"
    data: StatusUpdateData


class TriggerResponseData(WirePart):
    """`status` is `accepted`, `error` or `ignored`."""

    status: Text = ""
    adw_id: Text = ""
    workflow_name: Text = ""
    message: Text = ""
    logs_path: Text = ""
    error: OptionalText = None


class TriggerResponse(ServerEnvelope):
    type: Literal["trigger_response"] = "trigger_response"
    data: TriggerResponseData


class Pong(ServerEnvelope):
    """Has its fields at the top level. `connection_id` is there from V1 on, `extensions` with our service."""

    optional_keys: ClassVar[frozenset[str]] = ServerEnvelope.optional_keys | {
        "connection_id",
        "client_timestamp",
        "extensions",
    }

    type: Literal["pong"] = "pong"
    connection_id: OptionalText = None
    client_timestamp: object = None
    extensions: OptionalTexts = None


class ErrorData(WirePart):
    error_type: Text = ""
    message: Text = ""
    details: object = None
    adw_id: OptionalText = None


class ErrorMessage(ServerEnvelope):
    """A refused or failed request; `tac7.refusals.classify` says which entry of the catalogue it is."""

    type: Literal["error"] = "error"
    data: ErrorData


class TicketResponseData(WirePart):
    status: Text = ""
    ticket_id: Text = ""
    message: Text = ""
    timestamp: Stamp = None
    error: OptionalText = None


class TicketNotificationResponse(ServerEnvelope):
    type: Literal["ticket_notification_response"] = "ticket_notification_response"
    data: TicketResponseData


class SessionRegisteredData(WirePart):
    """`journal` (its id), `last` (its newest number) and `replaying` (how many will follow) are our extension."""

    optional_keys: ClassVar[frozenset[str]] = frozenset({"journal", "last", "replaying"})

    session_id: Text = ""
    message: Text = ""
    journal: OptionalText = None
    last: OptionalInt = None
    replaying: OptionalInt = None


class SessionRegistered(ServerEnvelope):
    type: Literal["session_registered"] = "session_registered"
    data: SessionRegisteredData


class CancelResponseData(WirePart):
    """`status` is `accepted`, `ignored` (nothing to cancel) or `error`."""

    status: Text = ""
    adw_id: Text = ""
    message: Text = ""


class CancelResponse(ServerEnvelope):
    """Our extension."""

    type: Literal["cancel_response"] = "cancel_response"
    data: CancelResponseData


class WaitingRun(WirePart):
    """A start that the service has accepted and not begun; `position` counts from 1."""

    adw_id: Text = ""
    request_id: Text = ""
    workflow_name: Text = ""
    position: OptionalInt = None


class QueueStatusData(WirePart):
    """`limit` runs may be active at once, `active` are; the others wait."""

    active: OptionalInt = None
    limit: OptionalInt = None
    waiting: Annotated[list[WaitingRun], BeforeValidator(_as_waiting)] = Field(default_factory=list[WaitingRun])


class QueueStatus(ServerEnvelope):
    """Our extension: comes at every change, and as the answer to a client's own `queue_status`."""

    type: Literal["queue_status"] = "queue_status"
    data: QueueStatusData


class WorkflowLogData(WirePart):
    """Services pass this on as it was posted; `tac7.reading.normalise_log` undoes swapped fields (Q15)."""

    adw_id: Text = ""
    workflow_name: Text = ""
    message: Text = ""
    level: Text = ""
    timestamp: Stamp = None


class WorkflowLog(ServerEnvelope):
    """The same in both directions: a service broadcasts the `data` of the one that it got."""

    type: Literal["workflow_log"] = "workflow_log"
    data: WorkflowLogData


class StageTransitionData(WirePart):
    adw_id: Text = ""
    workflow_name: Text = ""
    from_stage: Text = ""
    to_stage: Text = ""
    message: Text = ""
    timestamp: Stamp = None


class StageTransition(ServerEnvelope):
    type: Literal["stage_transition"] = "stage_transition"
    data: StageTransitionData


class SystemLogData(WirePart):
    level: Text = "info"
    message: Text = ""
    context: OptionalObject = Field(default_factory=dict[str, object])


class SystemLog(ServerEnvelope):
    """Sent after a run was deleted: `context` has `event_type` "worktree_deleted", `adw_id` and `db_updated`."""

    type: Literal["system_log"] = "system_log"
    data: SystemLogData
