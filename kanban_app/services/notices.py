"""Which changes a person is told of, and in which words."""

from collections.abc import Sequence

from kanban_app.domain import events as e
from kanban_app.domain.events import Event
from kanban_app.domain.model import Board, Failure, RunStatus
from kanban_app.domain.stages import Column
from kanban_app.errors import advice_of, describe
from kanban_app.services.hub import Notice


def notices_of(board: Board, events: Sequence[Event]) -> tuple[Notice, ...]:
    """What in these events is worth telling: ends of runs, open questions, refused stops."""
    told = (_notice(board, event) for event in events)
    return tuple(notice for notice in told if notice)


def _notice(board: Board, event: Event) -> Notice | None:
    match event:
        case e.AttemptEnded(failure=Failure() as failure, status=RunStatus.FAILED | RunStatus.REFUSED):
            return _of_failure(board, event.attempt_id, failure)
        case e.AttemptDoubted(attempt_id, failure, again=False):
            return _of_failure(board, attempt_id, failure)
        case e.CancelDenied(attempt_id, message):
            title = _title(board, attempt_id)
            return Notice(f"{attempt_id}:denied", alert=True, title="Not stopped", message=f"{title}: {message}")
        case e.TaskMoved(task_id, Column.READY, cause="run"):
            task = board.tasks[task_id]
            return Notice(f"{task_id}:ready", alert=False, title="Ready to merge", message=task.title, task_id=task_id)
        case _:
            return None


def _of_failure(board: Board, attempt_id: str, failure: Failure) -> Notice:
    words = describe(failure.code, failure.params)
    attempt = board.attempts[attempt_id]
    return Notice(
        id=f"{attempt_id}:{failure.code}",
        alert=True,
        title=words["title"],
        message=f"{_title(board, attempt_id)}: {words['message']}",
        task_id=attempt.task_id,
        attempt_id=attempt_id,
        advice=tuple(advice_of(words)),
    )


def _title(board: Board, attempt_id: str) -> str:
    task = board.tasks[board.attempts[attempt_id].task_id]
    return f"#{task.number} {task.title}"
