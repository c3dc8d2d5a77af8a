"""The shapes that the screen and the API show, made from the board. Times are milliseconds since the epoch."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

from kanban_app.domain.model import Attempt, Board, Failure, Flag, Run, RunStatus, StageRecord, StageState, Task
from kanban_app.domain.placement import decisions, is_waiting, may_cancel, may_retry, may_start
from kanban_app.domain.records import LogEntry
from kanban_app.domain.stages import COLUMN_TITLES, Column, Stage, in_order
from kanban_app.errors import ErrorView, describe
from kanban_app.services.estimates import Wait, about
from kanban_app.services.ways import ways_of

STATUS_WORDS: dict[RunStatus, str] = {
    RunStatus.IDLE: "",
    RunStatus.HELD: "Starting soon",
    RunStatus.QUEUED: "Waiting",
    RunStatus.SENDING: "Starting",
    RunStatus.UNCERTAIN: "Start uncertain",
    RunStatus.RUNNING: "Running",
    RunStatus.WAITING: "Waiting for approval",
    RunStatus.COMPLETED: "Completed",
    RunStatus.FAILED: "Failed",
    RunStatus.REFUSED: "Not started",
    RunStatus.CANCELLED: "Cancelled",
}

STAGE_WORDS: dict[Stage, str] = {
    Stage.PLAN: "Planning",
    Stage.BUILD: "Building",
    Stage.TEST: "Testing",
    Stage.REVIEW: "Reviewing",
    Stage.DOCUMENT: "Documenting",
}


class StageView(TypedDict):
    """One stage of a card. `percent` is how much of it is done."""

    id: str
    state: str
    percent: int
    started_at: int | None
    finished_at: int | None


class CardView(TypedDict):
    """A card without what changes many times a second. `decisions` are ids of the buttons that an attempt offers.

    `wait_s` is how long a card in line will probably wait, by the time of this view, `starts_at` when that is over, and
    `due_at` the same where it is certain. `notice` says what holds a card back or should be looked at. `ways` are
    ids of the buttons that a failure offers beside the decisions.
    """

    id: str
    number: int
    title: str
    type: str
    column: str
    stages: list[str]
    labels: list[str]
    priority: int
    version: int
    run_id: str
    attempt_id: str
    status: str
    status_text: str
    flags: list[str]
    queue_place: int
    wait_s: int | None
    starts_at: int | None
    due_at: int | None
    started_at: int | None
    finished_at: int | None
    failure: ErrorView | None
    notice: ErrorView | None
    decisions: list[str]
    ways: list[str]
    can_start: bool
    can_cancel: bool
    can_retry: bool
    stage_states: list[StageView]
    branch: str
    cancelling: bool


class DetailView(TypedDict):
    """A card with what only its panel shows."""

    card: CardView
    description: str
    model_set: str
    stage_models: dict[str, str]
    issue_number: str
    created_at: int
    updated_at: int


class AttemptView(TypedDict):
    """One intent to start something, and what became of it."""

    id: str
    kind: str
    workflow_type: str
    stages: list[str]
    status: str
    progress: int
    created_at: int | None
    sent_at: int | None
    started_at: int | None
    finished_at: int | None
    failure: ErrorView | None


class RunView(TypedDict):
    """A run with its attempts, oldest first."""

    adw_id: str
    task_id: str | None
    status: str
    flags: list[str]
    progress: int
    step: str
    last_log: str
    branch: str
    stages: list[StageView]
    attempts: list[AttemptView]
    failure: ErrorView | None


class LiveView(TypedDict):
    """What changes often on a card: its progress and its newest message."""

    progress: int
    step: str
    last_log: str
    stage_percent: int


class ColumnView(TypedDict):
    id: str
    title: str
    ids: list[str]
    count: int


class LogLine(TypedDict):
    """One line of a run's log. `data` holds what the service sent beside the text."""

    seq: int
    at: int
    kind: str
    level: str
    message: str
    data: dict[str, object] | None


def millis(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def column_views(board: Board) -> list[ColumnView]:
    """All columns in screen order with the ids of their cards from top to bottom."""
    views: list[ColumnView] = []
    for column in Column:
        ids = [task.id for task in board.column(column)]
        views.append(ColumnView(id=column.value, title=COLUMN_TITLES[column], ids=ids, count=len(ids)))
    return views


def card_view(board: Board, task: Task, *, can_cancel: bool, line: Mapping[str, Wait]) -> CardView:
    """A card; `line` has the attempts that wait by their ids."""
    attempt = board.attempt_of(task)
    run = board.runs.get(task.run_id) if task.run_id else None
    status = board.status_of(task)
    wait = line.get(task.attempt_id or "")
    wait_s = _wait_s(wait)
    view = CardView(
        id=task.id,
        number=task.number,
        title=task.title,
        type=task.type.value,
        column=task.column.value,
        stages=[stage.value for stage in task.stages],
        labels=list(task.labels),
        priority=task.priority,
        version=task.version,
        run_id=task.run_id or "",
        attempt_id=task.attempt_id or "",
        status=status.value,
        status_text=_status_text(attempt, status, wait, wait_s),
        flags=sorted(flag.value for flag in run.flags) if run else [],
        queue_place=wait.place if wait else 0,
        wait_s=wait_s,
        starts_at=millis(wait.starts_at) if wait else None,
        due_at=_due_at(attempt, status, wait),
        started_at=millis(attempt.started_at or attempt.sent_at) if attempt else None,
        finished_at=millis(attempt.finished_at) if attempt else None,
        failure=_shown_failure(attempt),
        notice=_notice(attempt, run, wait),
        decisions=_decisions(board, attempt),
        ways=[],
        can_start=may_start(board, task),
        can_cancel=may_cancel(board, task, can_cancel=can_cancel),
        can_retry=may_retry(board, task),
        stage_states=stage_views(task, run, attempt),
        branch=(run.branch or "") if run else "",
        cancelling=bool(attempt and attempt.is_open and attempt.cancel_requested),
    )
    view["ways"] = [act.value for act in ways_of(view)]
    return view


def detail_view(card: CardView, task: Task) -> DetailView:
    return DetailView(
        card=card,
        description=task.description,
        model_set=task.model_set,
        stage_models=dict(task.stage_models),
        issue_number=task.issue_number or "",
        created_at=millis(task.created_at) or 0,
        updated_at=millis(task.updated_at) or 0,
    )


def attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        kind=attempt.kind.value,
        workflow_type=attempt.workflow_type or "",
        stages=[stage.value for stage in attempt.stages],
        status=attempt.status.value,
        progress=attempt.progress,
        created_at=millis(attempt.created_at),
        sent_at=millis(attempt.sent_at),
        started_at=millis(attempt.started_at),
        finished_at=millis(attempt.finished_at),
        failure=failure_view(attempt.failure) if attempt.failure else None,
    )


def run_view(board: Board, run: Run, last_log: str) -> RunView:
    """A run as the API shows it; its status is that of its newest attempt."""
    attempts = sorted((a for a in board.attempts.values() if a.adw_id == run.adw_id), key=lambda a: a.created_at)
    newest = attempts[-1] if attempts else None
    return RunView(
        adw_id=run.adw_id,
        task_id=run.task_id,
        status=newest.status.value if newest else RunStatus.IDLE.value,
        flags=sorted(flag.value for flag in run.flags),
        progress=newest.progress if newest else 0,
        step=newest.step if newest else "",
        last_log=last_log,
        branch=run.branch or "",
        stages=_run_stages(run, newest),
        attempts=[attempt_view(attempt) for attempt in attempts],
        failure=failure_view(newest.failure) if newest and newest.failure else None,
    )


def live_view(attempt: Attempt | None, last_log: str) -> LiveView:
    if attempt is None:
        return LiveView(progress=0, step="", last_log=last_log, stage_percent=0)
    return LiveView(progress=attempt.progress, step=attempt.step, last_log=last_log, stage_percent=attempt.fraction)


def stage_views(task: Task, run: Run | None, attempt: Attempt | None) -> list[StageView]:
    """The card's stages with their state in its current run."""
    return [_stage_view(stage, run.stages.get(stage) if run else None, attempt) for stage in task.stages]


def failure_view(failure: Failure) -> ErrorView:
    return describe(failure.code, failure.params)


def log_line(entry: LogEntry) -> LogLine:
    return LogLine(
        seq=entry.seq,
        at=millis(entry.at) or 0,
        kind=entry.kind.value,
        level=entry.level.value,
        message=entry.message,
        data=dict(entry.data) if entry.data else None,
    )


def _run_stages(run: Run, attempt: Attempt | None) -> list[StageView]:
    return [_stage_view(stage, run.stages[stage], attempt) for stage in in_order(run.stages)]


def _stage_view(stage: Stage, record: StageRecord | None, attempt: Attempt | None) -> StageView:
    state = record.state if record else StageState.PENDING
    return StageView(
        id=stage.value,
        state=state.value,
        percent=_stage_percent(stage, state, attempt),
        started_at=millis(record.started_at) if record else None,
        finished_at=millis(record.finished_at) if record else None,
    )


def _stage_percent(stage: Stage, state: StageState, attempt: Attempt | None) -> int:
    if state is StageState.COMPLETED:
        return 100
    if attempt and attempt.current is stage:
        return attempt.fraction
    return 0


def _shown_failure(attempt: Attempt | None) -> ErrorView | None:
    # While a doubtful start is being asked about again, the doubt is kept but not shown.
    if attempt is None or attempt.failure is None or attempt.status is RunStatus.SENDING:
        return None
    return failure_view(attempt.failure)


def _notice(attempt: Attempt | None, run: Run | None, wait: Wait | None) -> ErrorView | None:
    """What to know of a card that has not failed: the most urgent."""
    if attempt is None or run is None:
        return None
    if wait and wait.reason:
        return failure_view(wait.reason)
    if attempt.status is RunStatus.RUNNING and Flag.STUCK in run.flags:
        return describe("E-WF-10", {"stage": attempt.current.value if attempt.current else "its stage"})
    if attempt.status is RunStatus.RUNNING and Flag.SILENT in run.flags:
        return describe("E-WF-9")
    return failure_view(attempt.notice) if attempt.notice else None


def _wait_s(wait: Wait | None) -> int | None:
    if wait is None or wait.starts_at is None:
        return None
    return max(0, round((wait.starts_at - datetime.now(UTC)).total_seconds()))


def _due_at(attempt: Attempt | None, status: RunStatus, wait: Wait | None) -> int | None:
    if attempt and status is RunStatus.HELD:
        return millis(attempt.due_at)
    return millis(wait.starts_at) if wait and wait.is_exact else None


def _waiting_text(wait: Wait, wait_s: int | None) -> str:
    place = f"Waiting, place {wait.place} in line"
    if not wait_s:
        return place
    return f"{place}, starts in {wait_s} s" if wait.is_exact else f"{place}, {about(wait_s)}"


def _status_text(attempt: Attempt | None, status: RunStatus, wait: Wait | None, wait_s: int | None) -> str:
    if attempt is None:
        return ""
    if attempt.cancel_requested and attempt.is_open:
        return "Stopping"
    if wait:
        return _waiting_text(wait, wait_s)
    if status is RunStatus.FAILED and attempt.current:
        return f"Failed in {attempt.current.value}"
    if status is RunStatus.RUNNING and attempt.current and attempt.current in STAGE_WORDS:
        return STAGE_WORDS[attempt.current]
    return STATUS_WORDS[status]


def _decisions(board: Board, attempt: Attempt | None) -> list[str]:
    if attempt is None:
        return []
    return ["withdraw"] if is_waiting(attempt) else list(decisions(board, attempt))
