"""What people say to the board. Reports of services and of the board itself are in `domain.reported`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kanban_app.domain.deeds import Deed
from kanban_app.domain.image import Image
from kanban_app.domain.model import Attempt, Run, Task, Template
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType


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
