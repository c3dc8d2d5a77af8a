"""Messages of a client (reference section 2). As models of input they are as strict as the services are."""

from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from kanban_app.domain.workflows import Vintage, known_to
from kanban_app.tac7.wire import OptionalInt, OptionalText, WirePart, as_optional_text

MAX_REASON: int = 500
"""Characters of a `trigger_reason` (R48)."""


def _text_of_number(value: object) -> object:
    return value if value is None or isinstance(value, str) else str(value)


def _no_empty_object(value: object) -> object:
    return None if value == {} else value


AdwId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}\z")]
IssueNumber = Annotated[str, BeforeValidator(_text_of_number)]


class TriggerWorkflowData(WirePart):
    """A request to start a workflow. Empty strings and objects count as absent; `request_id` is our extension."""

    model_config = ConfigDict(extra="ignore", title="WorkflowTriggerRequest")
    optional_keys: ClassVar[frozenset[str]] = frozenset(
        {"adw_id", "issue_number", "issue_type", "issue_json", "stages", "config", "request_id"}
    )

    workflow_type: str
    adw_id: AdwId | None = None
    issue_number: IssueNumber | None = None
    model_set: Literal["base", "heavy"] = "base"
    issue_type: Literal["feature", "bug", "chore", "patch"] | None = None
    issue_json: Annotated[dict[str, object] | None, BeforeValidator(_no_empty_object)] = None
    stages: list[str] | None = None
    config: Annotated[dict[str, object] | None, BeforeValidator(_no_empty_object)] = None
    trigger_reason: str = "WebSocket request"
    request_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None

    @field_validator("workflow_type")
    @classmethod
    def _of_the_table(cls, value: str) -> str:
        known = known_to(Vintage.V1)
        if value not in known:
            names = [f"'{name}'" for name in known]
            expected = ", ".join(names[:-1]) + " or " + names[-1]
            raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
        return value


class TriggerWorkflow(WirePart):
    type: Literal["trigger_workflow"] = "trigger_workflow"
    data: TriggerWorkflowData


class Ping(WirePart):
    """`timestamp` may be any JSON value; a service from V1 on echoes it unless it is falsy."""

    optional_keys: ClassVar[frozenset[str]] = frozenset({"timestamp"})

    type: Literal["ping"] = "ping"
    timestamp: object = None


class TicketData(WirePart):
    """A new or moved card. Nothing is started by it."""

    model_config = ConfigDict(extra="ignore", title="TicketNotification")
    optional_keys: ClassVar[frozenset[str]] = frozenset({"old_adw_id"})

    id: str = Field(validation_alias=AliasChoices("id", "ticket_id"))
    title: str
    description: str | None = None
    workItemType: str | None = None  # noqa: N815 - the wire's name
    queuedStages: list[object] | None = None  # noqa: N815
    stage: str | None = None
    substage: str | None = None
    progress: int | None = 0
    images: list[object] | None = None
    createdAt: str | None = None  # noqa: N815
    metadata: dict[str, object] | None = None
    old_adw_id: str | None = None

    @field_validator("id", mode="before")
    @classmethod
    def _usable_id(cls, value: object) -> str:
        if value is None:
            raise PydanticCustomError("value_error", "Value error, Ticket ID cannot be null")
        text = str(value).strip()
        if not text:
            raise PydanticCustomError("value_error", "Value error, Ticket ID cannot be empty")
        return text

    @field_validator("title")
    @classmethod
    def _usable_title(cls, value: str) -> str:
        if not value.strip():
            raise PydanticCustomError("value_error", "Value error, Ticket title must be a non-empty string")
        return value.strip()


class TicketNotification(WirePart):
    type: Literal["ticket_notification"] = "ticket_notification"
    data: TicketData


class RegisterSessionData(WirePart):
    """`since` and `journal` are our extension: the last number applied, and of which journal."""

    optional_keys: ClassVar[frozenset[str]] = frozenset({"client_info", "since", "journal"})

    session_id: Annotated[str, StringConstraints(min_length=1)]
    client_info: dict[str, object] | None = None
    since: OptionalInt = None
    journal: OptionalText = None


class RegisterSession(WirePart):
    type: Literal["register_session"] = "register_session"
    data: RegisterSessionData


class CancelWorkflowData(WirePart):
    optional_keys: ClassVar[frozenset[str]] = frozenset({"request_id"})

    adw_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}\z")]
    request_id: Annotated[Annotated[str, Field(max_length=128)] | None, BeforeValidator(as_optional_text)] = None


class CancelWorkflow(WirePart):
    """Our extension."""

    type: Literal["cancel_workflow"] = "cancel_workflow"
    data: CancelWorkflowData


class AskQueueStatus(WirePart):
    """Our extension: how the line of waiting runs stands. `data` may be missing."""

    type: Literal["queue_status"] = "queue_status"
