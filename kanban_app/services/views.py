"""What the screen and the API show, made from the board, in the shapes of `view_shapes`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from kanban_app.domain.dependencies import numbers
from kanban_app.domain.image import Image, on_card
from kanban_app.domain.merging import may_merge
from kanban_app.domain.model import (
    Attempt,
    AttemptKind,
    Board,
    Failure,
    Flag,
    Run,
    RunStatus,
    StageRecord,
    StageState,
    Task,
    Template,
)
from kanban_app.domain.patching import may_patch
from kanban_app.domain.placement import decisions, is_waiting, may_cancel, may_retry, may_start
from kanban_app.domain.records import LogEntry
from kanban_app.domain.stages import Column, Stage, in_order
from kanban_app.domain.starts import newest_attempt
from kanban_app.errors import ErrorView, describe
from kanban_app.services.column_looks import ITS_OWN, ColumnLooks
from kanban_app.services.estimates import Wait, about
from kanban_app.services.spending import spending_view
from kanban_app.services.view_shapes import (
    AttemptView,
    BlockerView,
    CardView,
    ColumnView,
    DetailView,
    ImageView,
    LiveView,
    LogLine,
    RunView,
    StageView,
    TemplateView,
)
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

_OWN_WORDS: dict[tuple[AttemptKind, RunStatus], str] = {
    (AttemptKind.MERGE, RunStatus.RUNNING): "Merging",
    (AttemptKind.MERGE, RunStatus.COMPLETED): "Merged",
    (AttemptKind.MERGE, RunStatus.FAILED): "Not merged",
    (AttemptKind.MERGE, RunStatus.REFUSED): "Not merged",
    (AttemptKind.MERGE, RunStatus.CANCELLED): "Merge cancelled",
    (AttemptKind.PATCH, RunStatus.RUNNING): "Patching",
    (AttemptKind.PATCH, RunStatus.COMPLETED): "Patched",
    (AttemptKind.PATCH, RunStatus.FAILED): "Patch failed",
}

STAGE_WORDS: dict[Stage, str] = {
    Stage.PLAN: "Planning",
    Stage.BUILD: "Building",
    Stage.TEST: "Testing",
    Stage.REVIEW: "Reviewing",
    Stage.DOCUMENT: "Documenting",
}


def millis(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def column_views(board: Board, looks: ColumnLooks = ITS_OWN) -> list[ColumnView]:
    """All columns in screen order with the ids of their cards from top to bottom."""
    views: list[ColumnView] = []
    for column in Column:
        ids = [task.id for task in board.column(column)]
        title, colour, limit = looks.title(column), looks.look(column).colour.value, board.limits.get(column)
        views.append(ColumnView(id=column.value, title=title, colour=colour, ids=ids, count=len(ids), limit=limit))
    return views


def card_view(
    board: Board, task: Task, *, can_cancel: bool, can_merge: bool = True, line: Mapping[str, Wait]
) -> CardView:
    """A card; `line` has the attempts that wait by their ids."""
    attempt = board.attempt_of(task)
    run = board.runs.get(task.run_id) if task.run_id else None
    status = board.status_of(task)
    wait = line.get(task.attempt_id or "")
    wait_s = _wait_s(wait)
    held_back = board.waits_for(attempt) if attempt else []
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
        status_text=_status_text(attempt, wait, wait_s, held_back),
        flags=sorted(flag.value for flag in run.flags) if run else [],
        queue_place=wait.place if wait else 0,
        wait_s=wait_s,
        starts_at=millis(wait.starts_at) if wait else None,
        due_at=_due_at(attempt, status, wait),
        started_at=millis(attempt.started_at or attempt.sent_at) if attempt else None,
        finished_at=millis(attempt.finished_at) if attempt else None,
        failure=_shown_failure(attempt),
        notice=_waits_notice(held_back) or _notice(attempt, run, wait),
        decisions=_decisions(board, attempt),
        ways=[],
        can_start=may_start(board, task),
        can_cancel=may_cancel(board, task, can_cancel=can_cancel),
        can_retry=may_retry(board, task),
        can_merge=may_merge(board, task, can_merge=can_merge),
        can_patch=may_patch(board, task),
        kind=attempt.kind.value if attempt else "",
        stage_states=stage_views(task, run, attempt),
        branch=(run.branch or "") if run else "",
        cancelling=bool(attempt and attempt.is_open and attempt.cancel_requested),
        images=len(on_card(task.images)),
        due_on=task.due_on or "",
        blockers=blocker_views(board, task),
        waits_for=_waits_for(board, task, attempt),
    )
    view["ways"] = [act.value for act in ways_of(view)]
    return view


def blocked_views(board: Board, task: Task) -> list[BlockerView]:
    """The cards that are to wait for this one; `done` when they have completed without it."""
    waiting = (t for t in board.tasks.values() if task.id in t.blocked_by and board.task(t.id))
    return [
        BlockerView(id=t.id, number=t.number, title=t.title, done=t.column is Column.COMPLETED)
        for t in sorted(waiting, key=lambda t: t.number)
    ]


def blocker_views(board: Board, task: Task) -> list[BlockerView]:
    """The cards that this one is to wait for, without those that were deleted."""
    holding = {blocker.id for blocker in board.blockers(task)}
    named = (board.task(task_id) for task_id in task.blocked_by)
    return [BlockerView(id=t.id, number=t.number, title=t.title, done=t.id not in holding) for t in named if t]


def detail_view(board: Board, card: CardView, task: Task) -> DetailView:
    attempt = board.attempt_of(task)
    return DetailView(
        card=card,
        description=task.description,
        model_set=task.model_set,
        stage_models=dict(task.stage_models),
        issue_number=task.issue_number or "",
        blocked_by=list(task.blocked_by),
        blocks=blocked_views(board, task),
        created_at=millis(task.created_at) or 0,
        updated_at=millis(task.updated_at) or 0,
        asked_at=millis(attempt.created_at) if attempt else None,
        sent_at=millis(attempt.sent_at or attempt.finished_at) if attempt else None,
        images=[image_view(image) for image in on_card(task.images)],
    )


def image_view(image: Image) -> ImageView:
    return ImageView(
        id=image.id,
        name=image.name,
        type=image.kind.media_type,
        size=image.size,
        width=image.width,
        height=image.height,
    )


def template_view(template: Template) -> TemplateView:
    return TemplateView(
        id=template.id,
        name=template.name,
        type=template.type.value,
        stages=[stage.value for stage in template.stages],
        labels=list(template.labels),
        description=template.description,
        model_set=template.model_set,
        stage_models=dict(template.stage_models),
    )


def attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        id=attempt.id,
        kind=attempt.kind.value,
        workflow_type=attempt.workflow_type or "",
        stages=[stage.value for stage in attempt.stages],
        status=attempt.status.value,
        progress=attempt.progress,
        options=dict(attempt.options),
        created_at=millis(attempt.created_at),
        sent_at=millis(attempt.sent_at),
        started_at=millis(attempt.started_at),
        finished_at=millis(attempt.finished_at),
        failure=failure_view(attempt.failure) if attempt.failure else None,
        spent=spending_view(attempt.spent),
        author=attempt.author,
    )


def run_view(board: Board, run: Run, last_log: str) -> RunView:
    """A run as the API shows it; its status is that of the newest attempt that was not withdrawn."""
    attempts = sorted((a for a in board.attempts.values() if a.adw_id == run.adw_id), key=lambda a: a.created_at)
    newest = newest_attempt(board, run.adw_id)
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
    if attempt and attempt.is_aside and attempt.is_open and attempt.current is stage:
        state = StageState.RUNNING
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


def _waits_for(board: Board, task: Task, attempt: Attempt | None) -> str:
    """Nothing for a card that is past it: under way, completed, or to be started anyway."""
    past = task.column is Column.COMPLETED or (attempt and attempt.is_open and not board.waits_for(attempt))
    blockers = [] if past else board.blockers(task)
    return numbers(blockers) if blockers else ""


def _waits_notice(waits_for: Sequence[Task]) -> ErrorView | None:
    return describe("E-DEP-2", {"cards": numbers(waits_for)}) if waits_for else None


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


def _status_text(attempt: Attempt | None, wait: Wait | None, wait_s: int | None, waits_for: Sequence[Task]) -> str:
    if attempt is None:
        return ""
    if attempt.cancel_requested and attempt.is_open:
        return "Stopping"
    if wait:
        return _waiting_text(wait, wait_s)
    if waits_for and attempt.status is RunStatus.QUEUED:
        return f"Waiting for {numbers(waits_for)}"
    return attempt_words(attempt)


def attempt_words(attempt: Attempt) -> str:
    """How an attempt stands or has ended, in words; without its place in line."""
    status = attempt.status
    if (attempt.kind, status) in _OWN_WORDS and (attempt.kind is AttemptKind.MERGE or attempt.is_aside):
        return _OWN_WORDS[attempt.kind, status]
    if status is RunStatus.FAILED and attempt.current:
        return f"Failed in {attempt.current.value}"
    if status is RunStatus.RUNNING and attempt.current and attempt.current in STAGE_WORDS:
        return STAGE_WORDS[attempt.current]
    return STATUS_WORDS[status]


def _decisions(board: Board, attempt: Attempt | None) -> list[str]:
    if attempt is None:
        return []
    if is_waiting(attempt):
        return ["withdraw", *(["start-anyway"] if board.waits_for(attempt) else [])]
    return list(decisions(board, attempt))
