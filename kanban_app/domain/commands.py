"""What people (commands) and services (reports) say to the board; both are decided alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kanban_app.domain.model import Failure
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may depend on beside the board itself.

    `task_id`, `attempt_id` and `adw_id` are fresh ids for whatever the decision creates. `grace_s` is how long a new
    attempt is held, `can_cancel` whether the connected service can stop a run. `clock_skew_s` is by how much the
    service's clock is ahead of ours.
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

    def our_time(self, moment: datetime) -> datetime:
        """A moment of the service's clock by our own."""
        return moment - timedelta(seconds=self.clock_skew_s)


@dataclass(frozen=True, slots=True)
class CreateTask:
    """A new card; with `adw_id`, for a run that services tell of and no card has."""

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


@dataclass(frozen=True, slots=True)
class EditTask:
    """Change the named fields of a card; with `version`, only if nobody else has changed it since."""

    task_id: str
    changes: Mapping[str, object]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class RestoreTask:
    task_id: str


@dataclass(frozen=True, slots=True)
class MoveTask:
    """A drop. `after` (a card's id, None for the top) counts when `has_after`; else `index`; else the end."""

    task_id: str
    column: Column
    after: str | None = None
    has_after: bool = False
    index: int | None = None
    action: str | None = None


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
    """Run again from the stage at which the last attempt ended badly."""

    task_id: str


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


@dataclass(frozen=True, slots=True)
class StatusReported:
    """A service tells how a run stands; `status` in the service's words, `percent` of the current stage."""

    adw_id: str
    workflow_name: str
    status: str
    message: str = ""
    percent: int | None = None
    step: str = ""
    at: datetime | None = None
    attempt_id: str | None = None
    last_output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunDescribed:
    """Facts about a run's surroundings: its branch, and whether it is a demonstration."""

    adw_id: str
    branch: str | None
    demo: bool


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """Any message of a run; `silent` true says that none came for too long."""

    adw_id: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class StandsStill:
    """A run has been in the same stage without a word for far too long."""

    adw_id: str


Command = (
    CreateTask
    | EditTask
    | DeleteTask
    | RestoreTask
    | MoveTask
    | StartTask
    | RetryTask
    | CancelRun
    | Withdraw
    | StartAgain
    | NotRunning
    | StageDone
    | Requeue
    | FreePlace
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
    | SignOfLife
    | StandsStill
)
Message = Command | Report
