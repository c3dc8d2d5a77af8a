"""How a run moves on: stages entered and completed, and its ends."""

from dataclasses import dataclass
from datetime import datetime

from kanban_app.domain import events as e
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.model import Attempt, AttemptKind, Board, Failure, Flag, RunStatus, Task
from kanban_app.domain.moves import end_rank
from kanban_app.domain.placement import all_done
from kanban_app.domain.stages import Column, Stage, column_of, stage_of
from kanban_app.domain.workflows import Vintage


@dataclass(frozen=True, slots=True)
class Step:
    """Events, and what is true after them."""

    events: list[e.Event]
    board: Board
    attempt: Attempt


def start(board: Board, attempt: Attempt, at: datetime) -> Step:
    """The service has the attempt: it runs, in its first stage."""
    events: list[e.Event] = [e.AttemptStarted(attempt.id, attempt.adw_id, at)]
    if attempt.vintage is Vintage.V0:
        events.append(e.RunFlagged(attempt.adw_id, Flag.MUTE, on=True))
    if attempt.stages:
        events.append(e.StageEntered(attempt.adw_id, attempt.id, attempt.stages[0], at))
        events.extend(_move(board, attempt, column_of(attempt.stages[0]), at))
    return _step(board, attempt, events)


def enter_stage(board: Board, attempt: Attempt, stage: Stage, at: datetime) -> Step:
    """The run is in `stage`: earlier ones are done. A stage that is over, or not of this attempt, changes nothing."""
    if stage not in attempt.stages or stage in attempt.finished or stage is attempt.current:
        return Step([], board, attempt)
    place = attempt.stages.index(stage)
    if attempt.current in attempt.stages and place < attempt.stages.index(attempt.current):
        return Step([], board, attempt)
    events = _finish_before(attempt, attempt.stages[:place], at)
    events.append(e.StageEntered(attempt.adw_id, attempt.id, stage, at))
    events.extend(_move(board, attempt, column_of(stage), at))
    return _step(board, attempt, events)


def complete_stage(board: Board, attempt: Attempt, at: datetime, stage: Stage | None = None) -> Step:
    """`stage` (the current one by default) is done: on to the next of the attempt, if there is one.

    When it was the last, the attempt in the result is to be ended with `end_well`.
    """
    done = stage or attempt.current
    if done is None or done not in attempt.stages or done in attempt.finished:
        return Step([], board, attempt)
    place = attempt.stages.index(done)
    events = _finish_before(attempt, attempt.stages[: place + 1], at)
    following = attempt.stages[place + 1 :]
    if following:
        events.append(e.StageEntered(attempt.adw_id, attempt.id, following[0], at))
        events.extend(_move(board, attempt, column_of(following[0]), at))
        return _step(board, attempt, events)
    step = _step(board, attempt, events)
    ended = end_well(step.board, step.attempt, at)
    return Step([*step.events, *ended.events], ended.board, ended.attempt)


def end_well(board: Board, attempt: Attempt, at: datetime) -> Step:
    """All of the attempt is done. The card is ready to merge when its whole list is, and completed by its merge."""
    if not attempt.is_open:
        return Step([], board, attempt)
    events = _finish_before(attempt, attempt.stages, at)
    events.append(e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.COMPLETED, at))
    step = _step(board, attempt, events)
    task = step.board.tasks[attempt.task_id]
    is_merge = attempt.kind is AttemptKind.MERGE
    if not is_merge and not all_done(task, step.board.runs.get(attempt.adw_id)):
        return step
    moved = _move(step.board, attempt, Column.COMPLETED if is_merge else Column.READY, at)
    after = _step(step.board, step.attempt, moved)
    return Step([*step.events, *after.events], after.board, after.attempt)


def end_badly(board: Board, attempt: Attempt, failure: Failure, at: datetime) -> Step:
    """The attempt failed in its `current` stage, so that earlier ones are done; the card goes to Errored.

    One whose merge has failed stays (C54).
    What fails after somebody has asked to stop it counts as cancelled.
    """
    if attempt.cancel_requested:
        return end_cancelled(board, attempt, failure.params.get("message", ""), at)
    events: list[e.Event] = []
    if attempt.current:
        if attempt.current in attempt.stages:
            events.extend(_finish_before(attempt, attempt.stages[: attempt.stages.index(attempt.current)], at))
        events.append(e.StageFailed(attempt.adw_id, attempt.id, attempt.current, at))
    events.append(e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.FAILED, at, failure))
    if attempt.kind is not AttemptKind.MERGE:
        events.extend(_move(board, attempt, Column.ERRORED, at))
    return _step(board, attempt, events)


def end_cancelled(board: Board, attempt: Attempt, message: str, at: datetime) -> Step:
    """The run was stopped; the card stays where it is."""
    failure = Failure("E-WF-18", {"message": message})
    return _step(board, attempt, [e.AttemptEnded(attempt.id, attempt.adw_id, RunStatus.CANCELLED, at, failure)])


def resume_place(board: Board, attempt: Attempt, at: datetime) -> list[e.Event]:
    """A run that could not be stopped goes on: a card that was parked or moved back is where its run is again."""
    column = column_of(attempt.current) if attempt.current else attempt.origin
    task = board.tasks[attempt.task_id]
    if not _is_set_aside(task, attempt) or column in {task.column, Column.BACKLOG}:
        return []
    return [e.TaskMoved(task.id, column, end_rank(board, column), task.column, "run", at)]


def later_of(attempt: Attempt, stage: Stage | None) -> Stage | None:
    """Of the current stage and the one that a message names the later one; what is not of the attempt is none."""
    if stage not in attempt.stages or attempt.current not in attempt.stages:
        return stage if stage in attempt.stages else attempt.current
    return max(stage, attempt.current, key=attempt.stages.index)


def _finish_before(attempt: Attempt, stages: tuple[Stage, ...], at: datetime) -> list[e.Event]:
    return [
        e.StageCompleted(attempt.adw_id, attempt.id, stage, at) for stage in stages if stage not in attempt.finished
    ]


def _move(board: Board, attempt: Attempt, column: Column, at: datetime) -> list[e.Event]:
    task = board.tasks[attempt.task_id]
    parked = attempt.cancel_requested and _is_set_aside(task, attempt)
    if task.column is column or parked or task.attempt_id != attempt.id:
        return []
    return [e.TaskMoved(task.id, column, end_rank(board, column), task.column, "run", at)]


def _is_set_aside(task: Task, attempt: Attempt) -> bool:
    """Whether somebody has parked the card or moved it back: there it stays, whatever the dying run still says."""
    if task.column is Column.BACKLOG:
        return True
    if attempt.kind is AttemptKind.MERGE or attempt.is_aside:
        return False
    return task.column is attempt.origin and stage_of(task.column) not in attempt.stages


def _step(board: Board, attempt: Attempt, events: list[e.Event]) -> Step:
    after = evolve_all(board, events)
    return Step(events, after, after.attempts[attempt.id])
