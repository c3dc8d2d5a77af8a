"""Cards, runs and attempts, as the board knows them at one moment. All times are UTC and aware."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kanban_app.domain.image import Image
from kanban_app.domain.spending import Spending
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
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt did not end well: a code of the catalogue and what the service said."""

    code: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Task:
    """A card. `attempt_id` is the newest attempt that counts (withdrawn ones do not), `run_id` its current run.

    `due_on` is a day, as `2026-12-31`. `blocked_by` are the cards that have to be completed before a start is sent.
    `archived_at` and `deleted_at` say since when it is in the archive or in the bin, and `removed_by` who put it
    there; `purged_at` that it was deleted for good: only its number and its runs are left of it then.
    """

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
    images: tuple[Image, ...] = ()
    due_on: str | None = None
    blocked_by: tuple[str, ...] = ()
    archived_at: datetime | None = None
    purged_at: datetime | None = None
    removed_by: str = ""

    @property
    def is_on_board(self) -> bool:
        """Whether people see it in a column: it is neither in the archive nor in the bin."""
        return self.deleted_at is None and self.archived_at is None


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

    `stages` are those it runs, `finished` those it has completed, `fraction` the percentage of the `current` one
    (of the whole where it runs no stages, as a merge).
    `progress` follows contracts section 4 and never falls. `previous_id` is the attempt that counted before, to
    which the card returns when this one is withdrawn, as it does to `origin` and `origin_rank`. `queue_rank` is its
    place among those that wait. `released`: somebody has given its slot to others. `notice` is what a person should
    know of it though it has not failed by that. `options` is what the request says beside its stages, such
    as the method of a merge or the text of a patch. `unbound`: somebody has said that it waits for no other card.
    `spent` is what its agents say that they have used, `author` who has asked for it.
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
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    unbound: bool = False
    spent: Spending = field(default_factory=Spending)
    author: str = ""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_aside(self) -> bool:
        """Whether it patches a run by a text: which stages that run has completed stays as it is in any case."""
        return "patch" in self.options

    @property
    def is_withdrawn(self) -> bool:
        """Whether somebody has taken it back before it was sent."""
        return self.status is RunStatus.CANCELLED and self.sent_at is None

    @property
    def holds_slot(self) -> bool:
        return self.status in ACTIVE and not self.released


@dataclass(frozen=True, slots=True)
class Template:
    """What a new card can start from. Without a `model_set` its type decides, as it does for a card."""

    id: str
    name: str
    created_at: datetime
    type: TaskType
    stages: tuple[Stage, ...]
    labels: tuple[str, ...] = ()
    description: str = ""
    model_set: str = ""
    stage_models: Mapping[str, str] = field(default_factory=dict[str, str])
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that decisions need to know of one project, deleted cards and ended runs included.

    `limits` has how many cards a column may hold, for the columns that have a limit.
    """

    project_id: str
    tasks: Mapping[str, Task] = field(default_factory=dict[str, Task])
    runs: Mapping[str, Run] = field(default_factory=dict[str, Run])
    attempts: Mapping[str, Attempt] = field(default_factory=dict[str, Attempt])
    templates: Mapping[str, Template] = field(default_factory=dict[str, Template])
    limits: Mapping[Column, int] = field(default_factory=dict[Column, int])

    def task(self, task_id: str) -> Task | None:
        """The card, unless it is unknown, archived or deleted."""
        task = self.tasks.get(task_id)
        return task if task and task.is_on_board else None

    def attempt_of(self, task: Task) -> Attempt | None:
        return self.attempts.get(task.attempt_id) if task.attempt_id else None

    def status_of(self, task: Task) -> RunStatus:
        attempt = self.attempt_of(task)
        return attempt.status if attempt else RunStatus.IDLE

    def column(self, column: Column) -> list[Task]:
        """The cards of a column from top to bottom."""
        cards = [t for t in self.tasks.values() if t.column is column and t.is_on_board]
        return sorted(cards, key=lambda t: (t.rank, t.id))

    def blockers(self, task: Task) -> list[Task]:
        """The cards that hold up a start of this one: those of its list that are neither completed nor gone."""
        named = (self.task(task_id) for task_id in task.blocked_by)
        return [t for t in named if t and t.column is not Column.COMPLETED]

    def waits_for(self, attempt: Attempt) -> list[Task]:
        """The cards that a waiting attempt is held back for. To merge what a run has made needs no other card."""
        if attempt.status not in UNSENT or attempt.unbound or attempt.kind is AttemptKind.MERGE:
            return []
        return self.blockers(self.tasks[attempt.task_id])

    def count(self, column: Column) -> int:
        return sum(t.column is column and t.is_on_board for t in self.tasks.values())

    def queue(self) -> list[Attempt]:
        """Attempts that wait for their turn, first one first; those that wait for other cards are not in line."""
        waiting = [a for a in self.attempts.values() if a.status is RunStatus.QUEUED and not self.waits_for(a)]
        return sorted(waiting, key=lambda a: (a.queue_rank, a.created_at, a.id))

    def active(self) -> list[Attempt]:
        """Attempts that hold a slot; one that has been silent for the set time has lost it."""
        holding = (a for a in self.attempts.values() if a.holds_slot)
        return [a for a in holding if Flag.SILENT not in self.runs[a.adw_id].flags]

    def next_number(self) -> int:
        return max((t.number for t in self.tasks.values()), default=0) + 1

    def template(self, template_id: str) -> Template | None:
        """The template, unless it is unknown or deleted."""
        template = self.templates.get(template_id)
        return template if template and template.deleted_at is None else None

    def kept_templates(self) -> list[Template]:
        """All that are not deleted, by their names."""
        kept = [t for t in self.templates.values() if t.deleted_at is None]
        return sorted(kept, key=lambda t: (t.name.casefold(), t.id))

    def with_task(self, task: Task) -> "Board":
        return replace(self, tasks={**self.tasks, task.id: task})

    def with_run(self, run: Run) -> "Board":
        return replace(self, runs={**self.runs, run.adw_id: run})

    def with_attempt(self, attempt: Attempt) -> "Board":
        return replace(self, attempts={**self.attempts, attempt.id: attempt})

    def with_template(self, template: Template) -> "Board":
        return replace(self, templates={**self.templates, template.id: template})


def progress_of(attempt: Attempt) -> int:
    """Percent of the attempt's stages that are done; 100 is kept for a completed attempt."""
    if attempt.status is RunStatus.COMPLETED:
        return 100
    if not attempt.stages:
        return max(attempt.progress, min(99, attempt.fraction))
    done = len(attempt.finished) * 100 + (attempt.fraction if attempt.current not in attempt.finished else 0)
    return max(attempt.progress, min(99, done // len(attempt.stages)))
