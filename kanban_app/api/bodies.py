"""What may be sent, and the commands that it stands for."""

from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from kanban_app.api.validation import UNKNOWN_STAGE
from kanban_app.domain.commands import CreateTask, EditTask, MoveTask, StartTask
from kanban_app.domain.stages import Column, Stage, in_order, parse_column, stage_of
from kanban_app.domain.workflows import TaskType

_ID_LIMIT: Final = 64
_NAME_LIMIT: Final = 200
_NUMBER_LIMIT: Final = 1_000_000
_COLUMNS: Final = ", ".join(column.value for column in Column)


def _text(text: str) -> str:
    """JSON can spell what no UTF-8 text can hold: half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("string_unicode", "must be text that UTF-8 can express") from None
    return text


def _stage(name: str) -> str:
    column = parse_column(name)
    stage = stage_of(column) if column else None
    if stage is None:
        shown = name[:_ID_LIMIT]
        raise PydanticCustomError(UNKNOWN_STAGE, "{stage} is no stage", {"stage": shown})
    return stage.value


def _column(name: str) -> str:
    column = parse_column(name)
    if column is None:
        raise PydanticCustomError("unknown_column", "use {columns}", {"columns": _COLUMNS})
    return column.value


def _number_as_text(value: object) -> object:
    """Ticket numbers are text on the wire to services, and numbers to most people (Q12)."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise PydanticCustomError("no_uuid", "must be a UUID") from None


Text = Annotated[str, AfterValidator(_text)]
StageName = Annotated[Text, AfterValidator(_stage)]
ColumnName = Annotated[Text, AfterValidator(_column)]
OpId = Annotated[str, AfterValidator(_uuid)]
TypeName = Literal["feature", "bug", "chore", "patch"]
Name = Annotated[Text, Field(max_length=_NAME_LIMIT)]
IssueNumber = Annotated[Name, BeforeValidator(_number_as_text)]
Id = Annotated[Text, Field(max_length=_ID_LIMIT)]
Priority = Annotated[int, Field(ge=-_NUMBER_LIMIT, le=_NUMBER_LIMIT)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class NewTask(_Body):
    """A card. Title or description is needed; without `stages` it gets all of them.

    `adw_id` is a run that services tell of and that no card has yet: it becomes this card's, and names it if need be.
    """

    title: Text = ""
    description: Text = ""
    type: TypeName = "feature"
    stages: list[StageName] = Field(default_factory=lambda: [stage.value for stage in Stage])
    priority: Priority = 0
    labels: list[Text] = Field(default_factory=list[str])
    model_set: Text | None = None
    stage_models: dict[StageName, Name] = Field(default_factory=dict[str, str])
    issue_number: IssueNumber | None = None
    adw_id: Id | None = None

    def command(self) -> CreateTask:
        return CreateTask(
            title=self.title,
            description=self.description,
            type=TaskType(self.type),
            stages=_stages(self.stages),
            priority=self.priority,
            labels=tuple(self.labels),
            model_set=self.model_set,
            stage_models=self.stage_models,
            issue_number=self.issue_number,
            adw_id=self.adw_id,
        )


class TaskChanges(_Body):
    """The fields to change; with `version`, only if nobody else has changed the card since that version."""

    version: int | None = None
    title: Text = ""
    description: Text = ""
    type: TypeName = "feature"
    stages: list[StageName] = Field(default_factory=list[str])
    priority: Priority = 0
    labels: list[Text] = Field(default_factory=list[str])
    model_set: Text = "base"
    stage_models: dict[StageName, Name] = Field(default_factory=dict[str, str])
    issue_number: IssueNumber | None = None

    def command(self, task_id: str) -> EditTask:
        changes: dict[str, Any] = self.model_dump(exclude_unset=True, exclude={"version"})
        if "type" in changes:
            changes["type"] = TaskType(self.type)
        if "stages" in changes:
            changes["stages"] = _stages(self.stages)
        if "labels" in changes:
            changes["labels"] = tuple(self.labels)
        return EditTask(task_id, changes, self.version)


class Move(_Body):
    """A drop: behind the card `after` (null: to the top), else to the place `index`, else to the end of the column."""

    column: ColumnName
    after: Id | None = None
    index: int | None = None
    action: Literal["merge", "mark"] | None = None
    op_id: OpId | None = None

    def command(self, task_id: str) -> MoveTask:
        return MoveTask(
            task_id,
            Column(self.column),
            after=self.after,
            has_after="after" in self.model_fields_set,
            index=self.index,
            action=self.action,
        )


class Place(_Body):
    """A place in line, counted from 1; a number beyond the end stands for the end."""

    place: Annotated[int, Field(ge=1, le=_NUMBER_LIMIT)]


class Trigger(_Body):
    """A start without a drop: the card's next stages, or what is named here."""

    workflow_type: Name | None = None
    stages: list[StageName] | None = None
    adw_id: Id | None = None
    model_set: Text | None = None
    op_id: OpId | None = None

    @model_validator(mode="after")
    def _some_stage(self) -> Self:
        if self.stages == []:
            raise PydanticCustomError("no_stages", "stages must not be empty")
        return self

    def command(self, task_id: str) -> StartTask:
        return StartTask(
            task_id,
            stages=_stages(self.stages or []),
            workflow_type=self.workflow_type,
            adw_id=self.adw_id,
            model_set=self.model_set,
        )


def _stages(names: list[str]) -> tuple[Stage, ...]:
    return in_order(Stage(name) for name in names)
