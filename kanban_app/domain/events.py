"""What has happened to the board. Facts only: `evolve` applies them, the store keeps them, nobody argues with them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from kanban_app.domain.image import Image
from kanban_app.domain.model import Attempt, Failure, Flag, Run, RunStatus, Task, Template
from kanban_app.domain.spending import Spending
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage


@dataclass(frozen=True, slots=True)
class TaskCreated:
    kind: ClassVar[str] = "task.created"
    task: Task


@dataclass(frozen=True, slots=True)
class CardImported:
    """It came from another board, with its runs and what was started on them; none of that is under way."""

    kind: ClassVar[str] = "task.imported"
    task: Task
    runs: tuple[Run, ...]
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class TaskEdited:
    kind: ClassVar[str] = "task.edited"
    task_id: str
    changes: Mapping[str, object]
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskDeleted:
    kind: ClassVar[str] = "task.deleted"
    task_id: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class TaskRestored:
    """`by` has put a card into the archive that lies there again now."""

    kind: ClassVar[str] = "task.restored"
    task_id: str
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class TaskArchived:
    kind: ClassVar[str] = "task.archived"
    task_id: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TaskUnarchived:
    kind: ClassVar[str] = "task.unarchived"
    task_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskPurged:
    """It was deleted for good."""

    kind: ClassVar[str] = "task.purged"
    task_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ColumnLimited:
    """How many cards a column may hold from now on; None for any number."""

    kind: ClassVar[str] = "column.limited"
    column: Column
    limit: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskMoved:
    """`cause` is `drop` for people, `run` for a service's announcement or a run's end."""

    kind: ClassVar[str] = "task.moved"
    task_id: str
    column: Column
    rank: str
    from_column: Column
    cause: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageAdded:
    kind: ClassVar[str] = "image.added"
    task_id: str
    image: Image
    at: datetime


@dataclass(frozen=True, slots=True)
class TemplateSaved:
    """A new template, or one with another name."""

    kind: ClassVar[str] = "template.saved"
    template: Template


@dataclass(frozen=True, slots=True)
class TemplateDeleted:
    kind: ClassVar[str] = "template.deleted"
    template_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageRemoved:
    kind: ClassVar[str] = "image.removed"
    task_id: str
    image_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageRestored:
    kind: ClassVar[str] = "image.restored"
    task_id: str
    image_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImageRenamed:
    kind: ClassVar[str] = "image.renamed"
    task_id: str
    image_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ImagesForgotten:
    """They were removed long ago: their files are kept no longer."""

    kind: ClassVar[str] = "images.forgotten"
    task_id: str
    image_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationUndone:
    """The events just before it took back what operation `op_id` has done; with `redo` they did it again."""

    kind: ClassVar[str] = "operation.undone"
    op_id: str
    task_id: str
    redo: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class RunOpened:
    kind: ClassVar[str] = "run.opened"
    run: Run


@dataclass(frozen=True, slots=True)
class RunAttached:
    """A run that no card had belongs to this one from now on."""

    kind: ClassVar[str] = "run.attached"
    adw_id: str
    task_id: str


@dataclass(frozen=True, slots=True)
class RunDetailed:
    kind: ClassVar[str] = "run.detailed"
    adw_id: str
    branch: str | None


@dataclass(frozen=True, slots=True)
class RunFlagged:
    kind: ClassVar[str] = "run.flagged"
    adw_id: str
    flag: Flag
    on: bool


@dataclass(frozen=True, slots=True)
class AttemptOpened:
    """It waits to be sent; for the second time, if it was withdrawn and that was undone."""

    kind: ClassVar[str] = "attempt.opened"
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class AttemptQueued:
    """Its grace is over, or it was certainly not sent: it waits for its turn."""

    kind: ClassVar[str] = "attempt.queued"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class AttemptSent:
    kind: ClassVar[str] = "attempt.sent"
    attempt_id: str
    workflow_type: str
    stages: tuple[Stage, ...]
    vintage: Vintage
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    kind: ClassVar[str] = "attempt.started"
    attempt_id: str
    adw_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptPaused:
    """It waits for a person; `reason` says for what, in the service's words."""

    kind: ClassVar[str] = "attempt.waiting"
    attempt_id: str
    adw_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptResumed:
    """It waits no more."""

    kind: ClassVar[str] = "attempt.resumed"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class AttemptDoubted:
    """`again` when it was in doubt before it was sent once more."""

    kind: ClassVar[str] = "attempt.uncertain"
    attempt_id: str
    failure: Failure
    again: bool = False


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    kind: ClassVar[str] = "attempt.ended"
    attempt_id: str
    adw_id: str
    status: RunStatus
    at: datetime
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class AttemptWithdrawn:
    kind: ClassVar[str] = "attempt.withdrawn"
    attempt_id: str
    task_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AttemptRequeued:
    kind: ClassVar[str] = "attempt.requeued"
    attempt_id: str
    rank: str


@dataclass(frozen=True, slots=True)
class AttemptReleased:
    """Its slot is free for others; whether it runs is as unknown as before."""

    kind: ClassVar[str] = "attempt.released"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class AttemptUnbound:
    """It waits for no other card any more, whatever its own card says."""

    kind: ClassVar[str] = "attempt.unbound"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class AttemptNoted:
    """Something to know about an attempt that does not change how it stands; None when that is over."""

    kind: ClassVar[str] = "attempt.noted"
    attempt_id: str
    notice: Failure | None


@dataclass(frozen=True, slots=True)
class AttemptSpent:
    """An agent that worked for it has told what it used; each one adds to the attempt's account."""

    kind: ClassVar[str] = "attempt.spent"
    attempt_id: str
    adw_id: str
    spent: Spending


@dataclass(frozen=True, slots=True)
class CancelAsked:
    kind: ClassVar[str] = "attempt.cancel-asked"
    attempt_id: str


@dataclass(frozen=True, slots=True)
class CancelDenied:
    kind: ClassVar[str] = "attempt.cancel-denied"
    attempt_id: str
    message: str


@dataclass(frozen=True, slots=True)
class StageEntered:
    kind: ClassVar[str] = "stage.entered"
    adw_id: str
    attempt_id: str
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class StageCompleted:
    kind: ClassVar[str] = "stage.completed"
    adw_id: str
    attempt_id: str
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class StageFailed:
    kind: ClassVar[str] = "stage.failed"
    adw_id: str
    attempt_id: str
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Ticked:
    """Progress within a stage: changes what is shown, but is no event of the log."""

    kind: ClassVar[str] = "tick"
    attempt_id: str
    fraction: int | None
    step: str


@dataclass(frozen=True, slots=True)
class SignSeen:
    """A run was heard of: no event of the log either."""

    kind: ClassVar[str] = "sign"
    adw_id: str
    at: datetime


Event = (
    TaskCreated
    | CardImported
    | TaskEdited
    | TaskDeleted
    | TaskRestored
    | TaskArchived
    | TaskUnarchived
    | TaskPurged
    | ColumnLimited
    | TaskMoved
    | ImageAdded
    | ImageRemoved
    | ImageRestored
    | ImageRenamed
    | ImagesForgotten
    | TemplateSaved
    | TemplateDeleted
    | OperationUndone
    | RunOpened
    | RunAttached
    | RunDetailed
    | RunFlagged
    | AttemptOpened
    | AttemptQueued
    | AttemptSent
    | AttemptStarted
    | AttemptPaused
    | AttemptResumed
    | AttemptDoubted
    | AttemptEnded
    | AttemptWithdrawn
    | AttemptRequeued
    | AttemptReleased
    | AttemptUnbound
    | AttemptNoted
    | AttemptSpent
    | CancelAsked
    | CancelDenied
    | StageEntered
    | StageCompleted
    | StageFailed
    | Ticked
    | SignSeen
)
