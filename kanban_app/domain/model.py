"""Cards, runs and attempts, as the board knows them at one moment. All times are UTC and aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage


class RunStatus(StrEnum):
    """How a card's run stands (`status` in the API, `data-run-status` on the screen)."""

    IDLE = "idle"
    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


UNSENT: Final = frozenset({RunStatus.HELD, RunStatus.QUEUED})
ACTIVE: Final = frozenset({RunStatus.SENDING, RunStatus.UNCERTAIN, RunStatus.RUNNING, RunStatus.WAITING})
OPEN: Final = UNSENT | ACTIVE
BEFORE_THE_START: Final = UNSENT | {RunStatus.SENDING}


class Flag(StrEnum):
    """Facts about a run beside its status."""

    SILENT = "silent"
    STUCK = "stuck"
    MUTE = "mute"
    DEMO = "demo"


class StageState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class AttemptKind(StrEnum):
    START = "start"
    CONTINUE = "continue"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt did not end well: a code of the catalogue and what the service said."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Task:
    """A card. `attempt_id` is the newest attempt that counts (withdrawn ones do not), `run_id` its current run."""

    id: str
    number: int
    title: str
    description: str
    type: TaskType
    stages: tuple[Stage, ...]
    column: Column
    rank: str
    created_at: datetime
    updated_at: datetime
    priority: int = 0
    labels: tuple[str, ...] = ()
    model_set: str = "base"
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])
    issue_number: str | None = None
    version: int = 1
    run_id: str | None = None
    attempt_id: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How one stage of a run stands."""

    state: StageState
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What services call an ADW. `task_id` is None for runs that no card of ours knows ("other activity")."""

    adw_id: str
    task_id: str | None
    created_at: datetime
    stages: Mapping[Stage, StageRecord] = field(default_factory=dict[Stage, StageRecord])
    flags: frozenset[Flag] = frozenset()
    branch: str | None = None
    last_sign_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One intent of a user to start something on a run: a row of the outbox, and its idempotency key.

    `stages` are those it runs, `finished` those it has completed, `fraction` the percentage of the `current` one.
    `progress` follows contracts section 4 and never falls. `previous_id` is the attempt that counted before, to
    which the card returns when this one is withdrawn, as it does to `origin` and `origin_rank`. `queue_rank` is its
    place among those that wait. `released`: somebody has given its slot to others. `notice` is what a person should
    know of it though it has not failed by that.
    """

    id: str
    adw_id: str
    task_id: str
    kind: AttemptKind
    workflow_type: str | None
    stages: tuple[Stage, ...]
    status: RunStatus
    created_at: datetime
    model_set: str = "base"
    vintage: Vintage | None = None
    due_at: datetime | None = None
    sent_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    current: Stage | None = None
    finished: tuple[Stage, ...] = ()
    fraction: int = 0
    progress: int = 0
    step: str = ""
    failure: Failure | None = None
    cancel_requested: bool = False
    released: bool = False
    previous_id: str | None = None
    previous_run_id: str | None = None
    origin: Column = Column.BACKLOG
    origin_rank: str = ""
    queue_rank: str = ""
    notice: Failure | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def holds_slot(self) -> bool:
        return self.status in ACTIVE and not self.released


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that decisions need to know of one project, deleted cards and ended runs included."""

    project_id: str
    tasks: Mapping[str, Task] = field(default_factory=dict[str, Task])
    runs: Mapping[str, Run] = field(default_factory=dict[str, Run])
    attempts: Mapping[str, Attempt] = field(default_factory=dict[str, Attempt])

    def task(self, task_id: str) -> Task | None:
        """The card, unless it is unknown or deleted."""
        task = self.tasks.get(task_id)
        return task if task and task.deleted_at is None else None

    def attempt_of(self, task: Task) -> Attempt | None:
        return self.attempts.get(task.attempt_id) if task.attempt_id else None

    def status_of(self, task: Task) -> RunStatus:
        attempt = self.attempt_of(task)
        return attempt.status if attempt else RunStatus.IDLE

    def column(self, column: Column) -> list[Task]:
        """The cards of a column from top to bottom."""
        cards = [t for t in self.tasks.values() if t.column is column and t.deleted_at is None]
        return sorted(cards, key=lambda t: (t.rank, t.id))

    def queue(self) -> list[Attempt]:
        """Attempts that wait for their turn, first one first."""
        waiting = [a for a in self.attempts.values() if a.status is RunStatus.QUEUED]
        return sorted(waiting, key=lambda a: (a.queue_rank, a.created_at, a.id))

    def active(self) -> list[Attempt]:
        """Attempts that hold a slot; one that has been silent for the set time has lost it."""
        holding = (a for a in self.attempts.values() if a.holds_slot)
        return [a for a in holding if Flag.SILENT not in self.runs[a.adw_id].flags]

    def next_number(self) -> int:
        return max((t.number for t in self.tasks.values()), default=0) + 1

    def with_task(self, task: Task) -> "Board":
        return replace(self, tasks={**self.tasks, task.id: task})

    def with_run(self, run: Run) -> "Board":
        return replace(self, runs={**self.runs, run.adw_id: run})

    def with_attempt(self, attempt: Attempt) -> "Board":
        return replace(self, attempts={**self.attempts, attempt.id: attempt})


def progress_of(attempt: Attempt) -> int:
    """Percent of the attempt's stages that are done; 100 is kept for a completed attempt."""
    if attempt.status is RunStatus.COMPLETED:
        return 100
    if not attempt.stages:
        return attempt.progress
    done = len(attempt.finished) * 100 + (attempt.fraction if attempt.current not in attempt.finished else 0)
    return max(attempt.progress, min(99, done // len(attempt.stages)))
