"""Questions about a card that both decisions and screens ask."""

from typing import Final

from kanban_app.domain.model import ACTIVE, UNSENT, Attempt, AttemptKind, Board, Flag, Run, RunStatus, StageState, Task
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.stages import Column, Stage, stage_of
from kanban_app.domain.workflows import Vintage

ENDED_BADLY: Final = frozenset({RunStatus.FAILED, RunStatus.REFUSED, RunStatus.CANCELLED})


def is_stage_done(run: Run | None, stage: Stage) -> bool:
    record = run.stages.get(stage) if run else None
    return record is not None and record.state is StageState.COMPLETED


def all_done(task: Task, run: Run | None) -> bool:
    """Whether every stage of the card's list has completed in this run."""
    return bool(task.stages) and all(is_stage_done(run, stage) for stage in task.stages)


def earlier_stages(task: Task, stage: Stage) -> tuple[Stage, ...]:
    return task.stages[: task.stages.index(stage)]


def stages_from(task: Task, stage: Stage) -> tuple[Stage, ...]:
    return task.stages[task.stages.index(stage) :]


def next_stage(task: Task, run: Run | None) -> Stage | None:
    """The first stage of the list that the run has not completed; the first one when all are done or none has run."""
    if not task.stages:
        return None
    return next((stage for stage in task.stages if not is_stage_done(run, stage)), task.stages[0])


def current_run(board: Board, task: Task) -> Run | None:
    return board.runs.get(task.run_id) if task.run_id else None


def has_begun(board: Board, adw_id: str) -> bool:
    """Whether the run exists at a service, as far as is known: one that was refused never began."""
    attempts = [a for a in board.attempts.values() if a.adw_id == adw_id]
    return not attempts or any(a.started_at for a in attempts)


def last_begun_run(board: Board, task: Task) -> str | None:
    """The card's newest run that has begun: its current one may have been refused."""
    if task.run_id is not None and has_begun(board, task.run_id):
        return task.run_id
    begun = [a for a in board.attempts.values() if a.task_id == task.id and a.started_at]
    return max(begun, key=lambda a: a.created_at).adw_id if begun else None


def is_active(attempt: Attempt | None) -> bool:
    return attempt is not None and attempt.status in ACTIVE


def is_waiting(attempt: Attempt | None) -> bool:
    return attempt is not None and attempt.status in UNSENT


def decisions(board: Board, attempt: Attempt) -> tuple[str, ...]:
    """What a person can decide about an attempt under way; nothing while all is clear."""
    release = () if attempt.released else ("release",)
    if attempt.status is RunStatus.UNCERTAIN:
        check = () if attempt.vintage is Vintage.V0 else ("check",)
        return (*check, "start-again", "not-running", *release)
    if attempt.status is RunStatus.WAITING:
        # Services of others stop no run: nothing else would free a card whose process has died meanwhile.
        return () if attempt.vintage is Vintage.OURS else ("not-running", *release)
    run = board.runs.get(attempt.adw_id)
    if attempt.status is not RunStatus.RUNNING or run is None:
        return ()
    if Flag.MUTE in run.flags:
        done = ("stage-done",) if attempt.current else ()
        return (*done, "not-running", *release)
    return ("check", "not-running", *release) if run.flags & {Flag.SILENT, Flag.STUCK} else ()


def free_rank(board: Board, column: Column, rank: str, task_id: str) -> str:
    """`rank`, or one just above it where another card of the column has come to have it."""
    ranks = [t.rank for t in board.column(column) if t.id != task_id]
    if rank not in ranks:
        return rank
    return rank_between(max((r for r in ranks if r < rank), default=None), rank)


def may_start(board: Board, task: Task) -> bool:
    """Whether "start" makes sense: stages are chosen, nothing is under way and something is left to do."""
    attempt = board.attempt_of(task)
    return bool(task.stages) and task.column is not Column.COMPLETED and not (attempt and attempt.is_open)


def may_cancel(board: Board, task: Task, *, can_cancel: bool) -> bool:
    attempt = board.attempt_of(task)
    if attempt is None or attempt.cancel_requested:
        return False
    return is_waiting(attempt) or (can_cancel and attempt.status in {RunStatus.RUNNING, RunStatus.WAITING})


def may_retry(board: Board, task: Task) -> bool:
    attempt = board.attempt_of(task)
    if attempt is None or attempt.status not in ENDED_BADLY:
        return False
    return task.column is Column.READY if attempt.kind is AttemptKind.MERGE else bool(task.stages)


def retry_stage(board: Board, task: Task) -> Stage | None:
    """The stage at which the newest attempt ended badly, if the card still has it."""
    attempt = board.attempt_of(task)
    if attempt and attempt.status in ENDED_BADLY:
        stage = attempt.current or next(iter(attempt.stages), None)
        if stage in task.stages:
            return stage
    return next_stage(task, current_run(board, task))


def own_stage(task: Task) -> Stage | None:
    return stage_of(task.column)
