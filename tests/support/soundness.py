"""What is true of every board at every moment."""

from collections import Counter

from kanban_app.domain.dependencies import circle
from kanban_app.domain.model import BEFORE_THE_START, Attempt, AttemptKind, Board, RunStatus, Task
from kanban_app.domain.stages import Column, column_of


def expect_sound(board: Board) -> None:
    live = [task for task in board.tasks.values() if task.is_on_board]
    shown = Counter(task.id for column in Column for task in board.column(column))
    assert shown == Counter(task.id for task in live)
    places = Counter((task.column, task.rank) for task in live)
    assert max(places.values(), default=1) == 1
    numbers = [task.number for task in board.tasks.values()]
    assert len(set(numbers)) == len(numbers)
    for attempt in board.attempts.values():
        assert (attempt.progress == 100) is (attempt.status is RunStatus.COMPLETED)
        assert 0 <= attempt.progress <= 100
        if attempt.is_open:
            _expect_sound_open(board, board.tasks[attempt.task_id], attempt)
    # One that is asked for again does not wait in line: unsent, it goes back to being in doubt.
    waiting = [a for a in board.attempts.values() if a.status in BEFORE_THE_START and a.failure is None]
    assert len({attempt.queue_rank for attempt in waiting}) == len(waiting), "each has a place of its own in line"
    assert not any(circle(board, task.id, task.blocked_by) for task in board.tasks.values()), "no card waits for itself"
    open_runs = Counter(a.adw_id for a in board.attempts.values() if a.is_open)
    assert max(open_runs.values(), default=1) == 1


def _expect_sound_open(board: Board, task: Task, attempt: Attempt) -> None:
    assert task.attempt_id == attempt.id, "at most one open attempt a card"
    assert task.run_id == attempt.adw_id
    assert task.is_on_board
    assert board.runs[attempt.adw_id].task_id == task.id
    if attempt.kind is AttemptKind.MERGE:
        assert task.column is Column.READY or attempt.cancel_requested, "a card is merged from Ready to merge"
        return
    if attempt.status in {RunStatus.RUNNING, RunStatus.WAITING} and not attempt.cancel_requested:
        assert attempt.current is not None
        assert task.column is column_of(attempt.current), "a card is where its run is"
