"""What is true after an event. Never refuses: whatever has been stored can be applied again."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import singledispatch
from typing import Any, Final

from kanban_app.domain import events as e
from kanban_app.domain.model import (
    Attempt,
    Board,
    Flag,
    Run,
    RunStatus,
    StageRecord,
    StageState,
    progress_of,
)

# What is known of one attempt's process says nothing about the next one's.
_OF_A_PROCESS: Final = frozenset({Flag.SILENT, Flag.STUCK, Flag.MUTE})


def evolve_all(board: Board, events: Iterable[e.Event]) -> Board:
    for event in events:
        board = evolve(event, board)
    return board


@singledispatch
def evolve(event: Any, _board: Board) -> Board:
    """The board after `event`."""
    msg = f"no rule for {event!r}"
    raise TypeError(msg)


@evolve.register
def _(event: e.TaskCreated, board: Board) -> Board:
    return board.with_task(event.task)


@evolve.register
def _(event: e.CardImported, board: Board) -> Board:
    for run in event.runs:
        board = board.with_run(run)
    for attempt in event.attempts:
        board = board.with_attempt(attempt)
    return board.with_task(event.task)


@evolve.register
def _(event: e.TaskEdited, board: Board) -> Board:
    changes: dict[str, Any] = dict(event.changes)
    return board.with_task(replace(board.tasks[event.task_id], **changes, version=event.version, updated_at=event.at))


@evolve.register
def _(event: e.TaskDeleted, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, deleted_at=event.at, removed_by=event.by, updated_at=event.at))


@evolve.register
def _(event: e.TaskRestored, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, deleted_at=None, removed_by=event.by, updated_at=event.at))


@evolve.register
def _(event: e.TaskArchived, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, archived_at=event.at, removed_by=event.by, updated_at=event.at))


@evolve.register
def _(event: e.TaskUnarchived, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, archived_at=None, removed_by="", updated_at=event.at))


@evolve.register
def _(event: e.TaskPurged, board: Board) -> Board:
    task = board.tasks[event.task_id]
    blank = replace(task, title="", description="", labels=(), issue_number=None, stage_models={}, images=())
    blank = replace(blank, due_on=None, blocked_by=())
    return board.with_task(replace(blank, purged_at=event.at, updated_at=event.at))


@evolve.register
def _(event: e.ColumnLimited, board: Board) -> Board:
    limits = {column: limit for column, limit in board.limits.items() if column is not event.column}
    return replace(board, limits=limits if event.limit is None else {**limits, event.column: event.limit})


@evolve.register
def _(event: e.TaskMoved, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, column=event.column, rank=event.rank, updated_at=event.at))


@evolve.register
def _(event: e.ImageAdded, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, images=(*task.images, event.image), updated_at=event.at))


@evolve.register
def _(event: e.ImageRemoved, board: Board) -> Board:
    return _image(board, event.task_id, event.image_id, event.at, removed_at=event.at)


@evolve.register
def _(event: e.ImageRestored, board: Board) -> Board:
    return _image(board, event.task_id, event.image_id, event.at, removed_at=None)


@evolve.register
def _(event: e.ImageRenamed, board: Board) -> Board:
    return _image(board, event.task_id, event.image_id, event.at, name=event.name)


@evolve.register
def _(event: e.ImagesForgotten, board: Board) -> Board:
    task = board.tasks[event.task_id]
    return board.with_task(replace(task, images=tuple(i for i in task.images if i.id not in event.image_ids)))


@evolve.register
def _(event: e.TemplateSaved, board: Board) -> Board:
    return board.with_template(event.template)


@evolve.register
def _(event: e.TemplateDeleted, board: Board) -> Board:
    return board.with_template(replace(board.templates[event.template_id], deleted_at=event.at))


@evolve.register
def _(_event: e.OperationUndone, board: Board) -> Board:
    return board


@evolve.register
def _(event: e.RunOpened, board: Board) -> Board:
    return board.with_run(event.run)


@evolve.register
def _(event: e.RunAttached, board: Board) -> Board:
    return board.with_run(replace(board.runs[event.adw_id], task_id=event.task_id))


@evolve.register
def _(event: e.RunDetailed, board: Board) -> Board:
    run = board.runs[event.adw_id]
    return board.with_run(replace(run, branch=event.branch or run.branch))


@evolve.register
def _(event: e.RunFlagged, board: Board) -> Board:
    run = board.runs[event.adw_id]
    flags = run.flags | {event.flag} if event.on else run.flags - {event.flag}
    return board.with_run(replace(run, flags=flags))


@evolve.register
def _(event: e.AttemptOpened, board: Board) -> Board:
    attempt = event.attempt
    task = board.tasks[attempt.task_id]
    run = board.runs[attempt.adw_id]
    if run.task_id is None:
        board = board.with_run(replace(run, task_id=task.id))
    return board.with_attempt(attempt).with_task(replace(task, attempt_id=attempt.id, run_id=attempt.adw_id))


@evolve.register
def _(event: e.AttemptQueued, board: Board) -> Board:
    return _changed(board, event.attempt_id, status=RunStatus.QUEUED, due_at=None, sent_at=None, failure=None)


@evolve.register
def _(event: e.AttemptSent, board: Board) -> Board:
    """What was in doubt stays marked by its failure until it is answered, and may run since its first sending."""
    return _changed(
        board,
        event.attempt_id,
        status=RunStatus.SENDING,
        workflow_type=event.workflow_type,
        stages=event.stages,
        vintage=event.vintage,
        sent_at=board.attempts[event.attempt_id].sent_at or event.at,
    )


@evolve.register
def _(event: e.AttemptStarted, board: Board) -> Board:
    attempt = board.attempts[event.attempt_id]
    started = replace(attempt, status=RunStatus.RUNNING, started_at=event.at, failure=None)
    run = board.runs[event.adw_id]
    waiting = {} if attempt.is_aside else {stage: StageRecord(StageState.PENDING) for stage in attempt.stages}
    stages = {**run.stages, **waiting}
    flags = run.flags - _OF_A_PROCESS
    return board.with_attempt(started).with_run(replace(run, stages=stages, flags=flags, last_sign_at=event.at))


@evolve.register
def _(event: e.AttemptPaused, board: Board) -> Board:
    run = board.runs[event.adw_id]
    board = board.with_run(replace(run, flags=run.flags - {Flag.SILENT, Flag.STUCK}))
    return _changed(board, event.attempt_id, status=RunStatus.WAITING, step=event.reason)


@evolve.register
def _(event: e.AttemptResumed, board: Board) -> Board:
    return _changed(board, event.attempt_id, status=RunStatus.RUNNING, step="")


@evolve.register
def _(event: e.AttemptDoubted, board: Board) -> Board:
    return _changed(board, event.attempt_id, status=RunStatus.UNCERTAIN, failure=event.failure)


@evolve.register
def _(event: e.AttemptEnded, board: Board) -> Board:
    run = board.runs[event.adw_id]
    board = board.with_run(replace(run, flags=run.flags - {Flag.SILENT, Flag.STUCK}))
    return _changed(
        board,
        event.attempt_id,
        status=event.status,
        finished_at=event.at,
        failure=event.failure,
        cancel_requested=False,
    )


@evolve.register
def _(event: e.AttemptWithdrawn, board: Board) -> Board:
    attempt = board.attempts[event.attempt_id]
    task = board.tasks[event.task_id]
    ended = {"status": RunStatus.CANCELLED, "finished_at": event.at, "due_at": None, "cancel_requested": False}
    board = _changed(board, event.attempt_id, **ended)
    return board.with_task(replace(task, attempt_id=attempt.previous_id, run_id=attempt.previous_run_id))


@evolve.register
def _(event: e.AttemptRequeued, board: Board) -> Board:
    return _changed(board, event.attempt_id, queue_rank=event.rank)


@evolve.register
def _(event: e.AttemptReleased, board: Board) -> Board:
    return _changed(board, event.attempt_id, released=True)


@evolve.register
def _(event: e.AttemptUnbound, board: Board) -> Board:
    return _changed(board, event.attempt_id, unbound=True)


@evolve.register
def _(event: e.AttemptNoted, board: Board) -> Board:
    return _changed(board, event.attempt_id, notice=event.notice)


@evolve.register
def _(event: e.AttemptSpent, board: Board) -> Board:
    return _changed(board, event.attempt_id, spent=board.attempts[event.attempt_id].spent.plus(event.spent))


@evolve.register
def _(event: e.CancelAsked, board: Board) -> Board:
    return _changed(board, event.attempt_id, cancel_requested=True)


@evolve.register
def _(event: e.CancelDenied, board: Board) -> Board:
    return _changed(board, event.attempt_id, cancel_requested=False)


@evolve.register
def _(event: e.StageEntered, board: Board) -> Board:
    board = _changed(board, event.attempt_id, current=event.stage, fraction=0, step="")
    return _stage(board, event, StageState.RUNNING)


@evolve.register
def _(event: e.StageCompleted, board: Board) -> Board:
    attempt = board.attempts[event.attempt_id]
    finished = (*attempt.finished, event.stage) if event.stage not in attempt.finished else attempt.finished
    board = _changed(board, event.attempt_id, finished=finished)
    return _stage(board, event, StageState.COMPLETED)


@evolve.register
def _(event: e.StageFailed, board: Board) -> Board:
    attempt = board.attempts[event.attempt_id]
    fraction = attempt.fraction if event.stage is attempt.current else 0
    board = _changed(board, event.attempt_id, current=event.stage, fraction=fraction)
    return _stage(board, event, StageState.FAILED)


@evolve.register
def _(event: e.Ticked, board: Board) -> Board:
    attempt = board.attempts[event.attempt_id]
    fraction = attempt.fraction if event.fraction is None else max(attempt.fraction, event.fraction)
    return _changed(board, event.attempt_id, fraction=fraction, step=event.step or attempt.step)


@evolve.register
def _(event: e.SignSeen, board: Board) -> Board:
    return board.with_run(replace(board.runs[event.adw_id], last_sign_at=event.at))


def _image(board: Board, task_id: str, image_id: str, at: datetime, **changes: Any) -> Board:
    task = board.tasks[task_id]
    images = tuple(replace(image, **changes) if image.id == image_id else image for image in task.images)
    return board.with_task(replace(task, images=images, updated_at=at))


def _changed(board: Board, attempt_id: str, **changes: Any) -> Board:
    attempt: Attempt = replace(board.attempts[attempt_id], **changes)
    return board.with_attempt(replace(attempt, progress=progress_of(attempt)))


def _stage(board: Board, event: e.StageEntered | e.StageCompleted | e.StageFailed, state: StageState) -> Board:
    if board.attempts[event.attempt_id].is_aside:
        return board
    run: Run = board.runs[event.adw_id]
    before = run.stages.get(event.stage)
    started = event.at if state is StageState.RUNNING else (before.started_at if before else None)
    record = StageRecord(state, started, None if state is StageState.RUNNING else event.at)
    return board.with_run(replace(run, stages={**run.stages, event.stage: record}))
