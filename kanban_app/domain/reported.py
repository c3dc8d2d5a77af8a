"""What services tell of runs, and the board itself of what it sends and of time that has passed."""

from dataclasses import dataclass
from datetime import datetime

from kanban_app.domain.model import Failure
from kanban_app.domain.spending import Spending
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage


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
