"""What may be sent, and the commands that it stands for."""

from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from kanban_app.api.validation import UNKNOWN_STAGE
from kanban_app.domain.cards import URGENT
from kanban_app.domain.commands import Command, CreateTask, EditTask, MoveTask, SaveTemplate, StartTask
from kanban_app.domain.stages import Column, Stage, in_order, parse_column, stage_of
from kanban_app.domain.workflows import TaskType
from kanban_app.services.board import AT_ONCE
from kanban_app.services.several import commands_for

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
Day = Annotated[Text, Field(max_length=10)]
Id = Annotated[Text, Field(max_length=_ID_LIMIT)]
Priority = Annotated[int, Field(ge=0, le=URGENT)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


class NewTask(Body):
    """A card. Title or description is needed; without `stages` it gets all of them.

    `priority` is 0 for none, 1 low, 2 medium, 3 high, 4 urgent. `due_on` is a day such as `2026-12-31`. `blocked_by`
    are ids of cards: a start waits until all of them are completed or deleted.
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
    due_on: Day | None = None
    blocked_by: list[Id] = Field(default_factory=list[str])
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
            due_on=self.due_on,
            blocked_by=tuple(self.blocked_by),
        )


class NewTemplate(Body):
    """What a card has, under a name. Without a `model_set` the card's type decides."""

    name: Text
    type: TypeName = "feature"
    stages: list[StageName] = Field(default_factory=lambda: [stage.value for stage in Stage])
    labels: list[Text] = Field(default_factory=list[str])
    description: Text = ""
    model_set: Text | None = None
    stage_models: dict[StageName, Name] = Field(default_factory=dict[str, str])
    op_id: OpId | None = None

    def command(self) -> SaveTemplate:
        return SaveTemplate(
            name=self.name,
            type=TaskType(self.type),
            stages=_stages(self.stages),
            labels=tuple(self.labels),
            description=self.description,
            model_set=self.model_set,
            stage_models=self.stage_models,
        )


class TemplateName(Body):
    name: Text
    op_id: OpId | None = None


class TaskChanges(Body):
    """The fields to change; with `version`, only if nobody else has changed the card since that version."""

    version: int | None = None
    op_id: OpId | None = None
    title: Text = ""
    description: Text = ""
    type: TypeName = "feature"
    stages: list[StageName] = Field(default_factory=list[str])
    priority: Priority = 0
    labels: list[Text] = Field(default_factory=list[str])
    model_set: Text = "base"
    stage_models: dict[StageName, Name] = Field(default_factory=dict[str, str])
    issue_number: IssueNumber | None = None
    due_on: Day | None = None
    blocked_by: list[Id] = Field(default_factory=list[str])

    def command(self, task_id: str) -> EditTask:
        changes: dict[str, Any] = self.model_dump(exclude_unset=True, exclude={"version", "op_id"})
        if "type" in changes:
            changes["type"] = TaskType(self.type)
        if "stages" in changes:
            changes["stages"] = _stages(self.stages)
        if "labels" in changes:
            changes["labels"] = tuple(self.labels)
        if "blocked_by" in changes:
            changes["blocked_by"] = tuple(self.blocked_by)
        return EditTask(task_id, changes, self.version)


class Move(Body):
    """A drop: behind the card `after` (null: to the top), else to the place `index`, else to the end of the column.

    From Ready to merge to Completed, `merge` merges what the run has made: by `method` (the service's own choice where
    none is named), into `target` (its base where none is named), and only if the commit `expect` is still the newest.
    """

    column: ColumnName
    after: Id | None = None
    index: int | None = None
    action: Literal["merge", "mark"] | None = None
    method: Literal["squash", "merge", "rebase"] | None = None
    target: Name | None = None
    expect: Id | None = None
    op_id: OpId | None = None

    def command(self, task_id: str) -> MoveTask:
        return MoveTask(
            task_id,
            Column(self.column),
            after=self.after,
            has_after="after" in self.model_fields_set,
            index=self.index,
            action=self.action,
            method=self.method,
            target=self.target,
            expect=self.expect,
        )


class Bulk(Body):
    """One act for several cards; `column` for a move (to its end, in this order), `label` for the labels."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=AT_ONCE)]
    act: Literal["move", "label", "unlabel", "archive", "delete", "restore"]
    column: ColumnName | None = None
    label: Name = ""
    op_id: OpId | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.act == "move" and self.column is None:
            raise PydanticCustomError("no_column", "a move needs a column")
        if self.act in {"label", "unlabel"} and not self.label.strip():
            raise PydanticCustomError("no_label", "a label is needed")
        return self

    def commands(self) -> list[Command]:
        return commands_for(self.act, self.ids, column=Column(self.column or Column.BACKLOG), label=self.label)


class Limit(Body):
    """How many cards the column may hold; null for any number."""

    limit: int | None
    op_id: OpId | None = None


class Undo(Body):
    """With `stop` the run that the operation has started is stopped for it, where it has begun."""

    stop: bool = False
    op_id: OpId | None = None


class Redo(Body):
    op_id: OpId | None = None


class Patch(Body):
    """What is to be changed in what the card's run has made."""

    text: Text
    op_id: OpId | None = None


class Resume(Body):
    """The stage from which the card's run goes on."""

    stage: StageName
    op_id: OpId | None = None


class Restart(Body):
    """With `remove_old` the service removes worktree and files of the card's last run; its branch stays."""

    remove_old: bool = False
    op_id: OpId | None = None


class Place(Body):
    """A place in line, counted from 1; a number beyond the end stands for the end."""

    place: Annotated[int, Field(ge=1, le=_NUMBER_LIMIT)]


class Trigger(Body):
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


class Rename(Body):
    """What an image is called."""

    name: Name
    op_id: OpId | None = None
