"""What people (commands) and services (reports) say to the board; both are decided alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kanban_app.domain.deeds import Deed
from kanban_app.domain.image import Image
from kanban_app.domain.model import Attempt, Failure, Run, Task, Template
from kanban_app.domain.spending import Spending
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may depend on beside the board itself.

    `task_id`, `attempt_id` and `adw_id` are fresh ids for whatever the decision creates. `grace_s` is how long a new
    attempt is held, `can_cancel` whether the connected service can stop a run. `clock_skew_s` is by how much the
    service's clock is ahead of ours. `vintage` is None while no service is connected; `merges` tells whether it has the
    extension of that name.
    """

    now: datetime
    author: str
    task_id: str
    attempt_id: str
    adw_id: str
    grace_s: float = 0.0
    can_cancel: bool = False
    demo: bool = False
    clock_skew_s: float = 0.0
    vintage: Vintage | None = None
    merges: bool = False

    def our_time(self, moment: datetime) -> datetime:
        """A moment of the service's clock by our own."""
        return moment - timedelta(seconds=self.clock_skew_s)


@dataclass(frozen=True, slots=True)
class CreateTask:
    """A new card; with `adw_id`, for a run that services tell of and no card has. It lies `at_top` or at the end."""

    title: str = ""
    description: str = ""
    type: TaskType = TaskType.FEATURE
    stages: tuple[Stage, ...] = ()
    priority: int = 0
    labels: tuple[str, ...] = ()
    model_set: str | None = None
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])
    issue_number: str | None = None
    adw_id: str | None = None
    images: tuple[Image, ...] = ()
    due_on: str | None = None
    blocked_by: tuple[str, ...] = ()
    at_top: bool = False


@dataclass(frozen=True, slots=True)
class ImportCard:
    """A card of another board, with what it has run. Cards that are here already stay as they are."""

    task: Task
    runs: tuple[Run, ...] = ()
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class EditTask:
    """Change the named fields of a card; with `version`, only if nobody else has changed it since.

    Images of the card are none of its fields: they come and go whatever its version is.
    """

    task_id: str
    changes: Mapping[str, object]
    version: int | None = None
    add_images: tuple[Image, ...] = ()
    remove_images: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddImages:
    """Images whose files are stored already."""

    task_id: str
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True)
class RemoveImage:
    task_id: str
    image_id: str


@dataclass(frozen=True, slots=True)
class RenameImage:
    task_id: str
    image_id: str
    name: str


@dataclass(frozen=True, slots=True)
class DeleteTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class ArchiveTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class RestoreTask:
    """Bring a card back from the archive or the bin."""

    task_id: str


@dataclass(frozen=True, slots=True)
class PurgeTask:
    """Delete a card for good that is in the bin."""

    task_id: str


@dataclass(frozen=True, slots=True)
class DuplicateTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class LabelTask:
    """Give a card a label, or with `on` false take it away."""

    task_id: str
    label: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class LimitColumn:
    """How many cards a column may hold; None for any number."""

    column: Column
    limit: int | None


@dataclass(frozen=True, slots=True)
class MoveTask:
    """A drop. `after` (a card's id, None for the top) counts when `has_after`; else `index`; else the end.

    For a merge: `method` (the service's own choice where none is named), the branch that it goes into, and the commit
    of the run's branch that a preview has shown, which must still be its newest.
    """

    task_id: str
    column: Column
    after: str | None = None
    has_after: bool = False
    index: int | None = None
    action: str | None = None
    method: str | None = None
    target: str | None = None
    expect: str | None = None


@dataclass(frozen=True, slots=True)
class StartTask:
    """Start without a drop: the card's next stages, or what is named here."""

    task_id: str
    stages: tuple[Stage, ...] = ()
    workflow_type: str | None = None
    adw_id: str | None = None
    model_set: str | None = None


@dataclass(frozen=True, slots=True)
class RetryTask:
    """Run again from the stage at which the last attempt ended badly; merge or patch again what was to be that."""

    task_id: str


@dataclass(frozen=True, slots=True)
class ResumeTask:
    """What a drop on this stage does, from wherever the card is."""

    task_id: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class RestartTask:
    """A new run from the first stage; with `remove_old` the service removes worktree and files of the last one."""

    task_id: str
    remove_old: bool = False


@dataclass(frozen=True, slots=True)
class PatchTask:
    """Change what the card's run has made, as `text` says."""

    task_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CancelRun:
    adw_id: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class StartAgain:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class NotRunning:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class StageDone:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class Requeue:
    """Put a waiting attempt at another place in line, counted from 1; the last one where there are not so many."""

    attempt_id: str
    place: int


@dataclass(frozen=True, slots=True)
class FreePlace:
    """Let others start in the slot of an attempt of which nobody knows whether it still runs."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class StartAnyway:
    """Send a waiting attempt in its turn, though the cards that it waits for are not completed."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class SaveTemplate:
    """Keep what a card has under a name, for cards to come."""

    name: str
    type: TaskType = TaskType.FEATURE
    stages: tuple[Stage, ...] = ()
    labels: tuple[str, ...] = ()
    description: str = ""
    model_set: str | None = None
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RenameTemplate:
    template_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ImportTemplate:
    """A template of another board. One whose id or name is here already stays out."""

    template: Template


@dataclass(frozen=True, slots=True)
class DeleteTemplate:
    template_id: str


@dataclass(frozen=True, slots=True)
class UndoOperation:
    """Take back what operation `op_id` has done; `stop` the run for that, where it has started one.

    With `redo` the deed is that of the undo, and so the operation is done again.
    """

    op_id: str
    deed: Deed
    stop: bool = False
    redo: bool = False

    @property
    def task_id(self) -> str:
        return self.deed.task_id


@dataclass(frozen=True, slots=True)
class Release:
    """The grace of a held attempt is over."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class Sending:
    """The attempt's bytes are about to leave; `workflow_type` and `stages` are what this service is asked for."""

    attempt_id: str
    workflow_type: str
    stages: tuple[Stage, ...]
    vintage: Vintage


@dataclass(frozen=True, slots=True)
class Unsent:
    """Certainly nothing left this time: back to where it was, into the queue or into doubt."""

    attempt_id: str


@dataclass(frozen=True, slots=True)
class Accepted:
    attempt_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    attempt_id: str
    failure: Failure


@dataclass(frozen=True, slots=True)
class Uncertain:
    """`service` names the journal of the service that was asked, where it has one."""

    attempt_id: str
    reason: str
    service: str = ""


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The service knows no such run any more, or could not stop it."""

    adw_id: str
    message: str
    gone: bool


@dataclass(frozen=True, slots=True)
class StageReported:
    """A service announces a stage of a run. `attempt_id` is set when the service tells which attempt it belongs to."""

    adw_id: str
    column: Column
    from_column: Column | None = None
    message: str = ""
    at: datetime | None = None
    attempt_id: str | None = None
    workflow_name: str = ""


@dataclass(frozen=True, slots=True)
class StatusReported:
    """A service tells how a run stands; `status` in the service's words, `percent` of the current stage.

    `conflicts` are the files that have kept a merge from being done.
    """

    adw_id: str
    workflow_name: str
    status: str
    message: str = ""
    percent: int | None = None
    step: str = ""
    at: datetime | None = None
    attempt_id: str | None = None
    last_output: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunDescribed:
    """Facts about a run's surroundings: its branch, and whether it is a demonstration."""

    adw_id: str
    branch: str | None
    demo: bool


@dataclass(frozen=True, slots=True)
class AgentEnded:
    """An agent of a run says at its end what it has used. `at` is the time of the service, if it tells one."""

    adw_id: str
    spent: Spending
    at: datetime
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Any message of a run; `silent` true says that none came for too long."""

    adw_id: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class StandsStill:
    """A run has been in the same stage without a word for far too long."""

    adw_id: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that a person should know of a start though it goes on, such as what could not be sent with it."""

    attempt_id: str
    notice: Failure


@dataclass(frozen=True, slots=True)
class ForgetImages:
    """No more undoing for images that were removed before a moment."""

    removed_before: datetime


Command = (
    CreateTask
    | ImportCard
    | EditTask
    | DeleteTask
    | ArchiveTask
    | RestoreTask
    | AddImages
    | RemoveImage
    | RenameImage
    | PurgeTask
    | DuplicateTask
    | LabelTask
    | LimitColumn
    | MoveTask
    | StartTask
    | RetryTask
    | ResumeTask
    | RestartTask
    | PatchTask
    | CancelRun
    | Withdraw
    | StartAgain
    | NotRunning
    | StageDone
    | Requeue
    | FreePlace
    | StartAnyway
    | SaveTemplate
    | ImportTemplate
    | RenameTemplate
    | DeleteTemplate
    | UndoOperation
)
Report = (
    Release
    | Sending
    | Unsent
    | Accepted
    | Refused
    | Uncertain
    | CancelRefused
    | StageReported
    | StatusReported
    | RunDescribed
    | AgentEnded
    | SignOfLife
    | StandsStill
    | Noted
    | ForgetImages
)
Message = Command | Report
