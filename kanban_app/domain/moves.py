"""The meaning of a drop (contracts, section 5): which move starts what, and which is refused and why."""

from kanban_app.domain import events as e
from kanban_app.domain.attempts import cancel, open_attempt, open_question, withdraw
from kanban_app.domain.commands import MoveTask, ResumeTask
from kanban_app.domain.facts import Facts
from kanban_app.domain.merging import decide_merge, wish_of
from kanban_app.domain.model import Attempt, Board, RunStatus, Task
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.placement import (
    all_done,
    current_run,
    earlier_stages,
    is_active,
    is_stage_done,
    is_waiting,
    stages_from,
)
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage, column_of, stage_of
from kanban_app.domain.workflows import TaskType

Decision = list[e.Event] | Refusal


def decide_move(board: Board, command: MoveTask, facts: Facts) -> Decision:
    """What a drop of a card does, or why it does nothing."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if command.action not in {None, "mark", "merge"}:
        return Refusal("E-VAL-8", {"field": "action", "reason": "use merge or mark"})
    if command.action != "merge" and wish_of(command):
        return Refusal("E-VAL-8", {"field": "action", "reason": "method, target and expect are for a merge"})
    rank = rank_at(board, task, command)
    if command.column is task.column:
        return [_moved(task, command.column, rank, facts)] if rank != task.rank else []
    stage = stage_of(command.column)
    if stage is not None:
        return _to_stage(board, task, stage, rank, facts)
    match command.column:
        case Column.BACKLOG:
            return _park(board, task, rank, facts)
        case Column.READY:
            return _to_ready(board, task, rank, facts)
        case Column.COMPLETED:
            return _complete(board, task, rank, command, facts)
        case _:
            return Refusal("E-MOVE-2")


def decide_resume(board: Board, command: ResumeTask, facts: Facts) -> Decision:
    """A drop on the stage, also for a card that lies there already."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    column = column_of(command.stage)
    rank = task.rank if task.column is column else end_rank(board, column)
    return _to_stage(board, task, command.stage, rank, facts)


def rank_at(board: Board, task: Task, command: MoveTask) -> str:
    """The rank of the place that a move names; the end of the column where it names none or one that is gone."""
    others = [t for t in board.column(command.column) if t.id != task.id]
    index = len(others)
    ids = [t.id for t in others]
    if command.has_after and command.after is None:
        index = 0
    elif command.has_after and command.after in ids:
        index = ids.index(command.after) + 1
    elif command.index is not None:
        index = max(0, min(command.index, len(others)))
    if command.column is task.column and _same_place(board, task, index):
        return task.rank
    low = others[index - 1].rank if index else None
    high = next((t.rank for t in others[index:] if low is None or t.rank > low), None)
    return rank_between(low, high)


def end_rank(board: Board, column: Column) -> str:
    cards = board.column(column)
    return rank_between(cards[-1].rank if cards else None, None)


def top_rank(board: Board, column: Column) -> str:
    cards = board.column(column)
    return rank_between(None, cards[0].rank if cards else None)


def _same_place(board: Board, task: Task, index: int) -> bool:
    return [t.id for t in board.column(task.column)].index(task.id) == index


def _moved(task: Task, column: Column, rank: str, facts: Facts) -> e.TaskMoved:
    return e.TaskMoved(task.id, column, rank, task.column, "drop", facts.now)


def _placed(task: Task, column: Column, rank: str, facts: Facts) -> list[e.Event]:
    return [] if (task.column, task.rank) == (column, rank) else [_moved(task, column, rank, facts)]


def _to_stage(board: Board, task: Task, stage: Stage, rank: str, facts: Facts) -> Decision:
    attempt = board.attempt_of(task)
    if attempt and is_active(attempt):
        return open_question(board, attempt)
    refusal = _stage_refusal(task, stage)
    if refusal:
        return refusal
    if attempt and is_waiting(attempt):
        return _replace_waiting(board, task, attempt, stage=stage, rank=rank, facts=facts)
    refusal = later_stage_refusal(board, task, stage, task.column)
    if refusal:
        return refusal
    opened = open_attempt(board, task, stages_from(task, stage), facts)
    return [*_placed(task, column_of(stage), rank, facts), *opened]


def _stage_refusal(task: Task, stage: Stage) -> Refusal | None:
    if task.type is TaskType.PATCH and stage is not Stage.BUILD:
        return Refusal("E-VAL-14", {"stage": stage.value})
    if not task.stages:
        return Refusal("E-VAL-12")
    if stage not in task.stages:
        names = ", ".join(s.value for s in task.stages)
        return Refusal("E-VAL-13", {"stage": stage.value, "stages": names}, ("add-stage-and-run",))
    return None


def later_stage_refusal(board: Board, task: Task, stage: Stage, column: Column) -> Refusal | None:
    """Why a card in `column` cannot go on with `stage` of its current run, if it cannot."""
    first = task.stages[0]
    if column is Column.COMPLETED and stage is not first:
        return Refusal("E-MOVE-4", {"first": first.value}, ("start-from-first",))
    run = current_run(board, task)
    missing = next((s for s in earlier_stages(task, stage) if not is_stage_done(run, s)), None)
    if missing is None:
        return None
    params = {"stage": stage.value, "missing": missing.value, "first": first.value}
    return Refusal("E-VAL-4", params, ("start-from-first",))


def _replace_waiting(board: Board, task: Task, attempt: Attempt, *, stage: Stage, rank: str, facts: Facts) -> Decision:
    """The new choice takes the place of the waiting one; it is judged as if that had never been."""
    undone = withdraw(board, attempt, facts, move_back=False)
    before = undone.board
    fresh = before.tasks[task.id]
    refusal = later_stage_refusal(before, fresh, stage, attempt.origin)
    if refusal:
        return refusal
    opened = open_attempt(before, fresh, stages_from(fresh, stage), facts, origin=(attempt.origin, attempt.origin_rank))
    return [*undone.events, *_placed(task, column_of(stage), rank, facts), *opened]


def _park(board: Board, task: Task, rank: str, facts: Facts) -> Decision:
    attempt = board.attempt_of(task)
    moved = _moved(task, Column.BACKLOG, rank, facts)
    if attempt is None or not attempt.is_open:
        return [moved]
    if is_waiting(attempt):
        return [*withdraw(board, attempt, facts, move_back=False).events, moved]
    if attempt.status not in {RunStatus.RUNNING, RunStatus.WAITING}:
        return open_question(board, attempt)
    stopped = cancel(attempt, facts)
    return stopped if isinstance(stopped, Refusal) else [*stopped, moved]


def _to_ready(board: Board, task: Task, rank: str, facts: Facts) -> Decision:
    attempt = board.attempt_of(task)
    if attempt and attempt.is_open:
        return open_question(board, attempt)
    if not all_done(task, current_run(board, task)):
        return Refusal("E-MOVE-1")
    return [_moved(task, Column.READY, rank, facts)]


def _complete(board: Board, task: Task, rank: str, command: MoveTask, facts: Facts) -> Decision:
    if command.action == "merge":
        return decide_merge(board, task, wish_of(command), facts)
    attempt = board.attempt_of(task)
    moved = _moved(task, Column.COMPLETED, rank, facts)
    if attempt and is_active(attempt):
        return open_question(board, attempt)
    if attempt and is_waiting(attempt):
        return [*withdraw(board, attempt, facts, move_back=False).events, moved]
    return [moved]
