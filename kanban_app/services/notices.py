"""Which changes a person is told of, and in which words."""

from collections.abc import Sequence

from kanban_app.domain import events as e
from kanban_app.domain.events import Event
from kanban_app.domain.model import Attempt, Board, Failure, Flag, RunStatus
from kanban_app.domain.records import NewsKind
from kanban_app.domain.stages import Column
from kanban_app.errors import advice_of, describe
from kanban_app.services.hub import Notice


def notices_of(board: Board, events: Sequence[Event]) -> tuple[Notice, ...]:
    """What in these events is worth telling: ends of runs, open questions, refused stops, runs that stand still."""
    told = (_notice(board, event) for event in events)
    return tuple(notice for notice in told if notice)


def _notice(board: Board, event: Event) -> Notice | None:
    match event:
        case e.AttemptEnded(failure=Failure() as failure, status=RunStatus.FAILED | RunStatus.REFUSED):
            return _of_failure(board, event.attempt_id, failure, NewsKind.FAILED)
        case e.AttemptDoubted(attempt_id, failure, again=False):
            return _of_failure(board, attempt_id, failure, NewsKind.DECISION)
        case e.CancelDenied(attempt_id, message):
            return Notice(
                f"{attempt_id}:denied",
                alert=True,
                title="Not stopped",
                message=f"{_title(board, attempt_id)}: {message}",
                task_id=board.attempts[attempt_id].task_id,
                kind=NewsKind.FAILED,
            )
        case e.TaskMoved(task_id, Column.READY, cause="run"):
            return _finished(board, task_id, f"{task_id}:ready", "Ready to merge")
        case e.TaskMoved(task_id, Column.COMPLETED, cause="run"):
            return _finished(board, task_id, f"{task_id}:merged", _merged(board.attempt_of(board.tasks[task_id])))
        case e.AttemptPaused(attempt_id, reason=reason):
            words = f"{_title(board, attempt_id)}: {reason}" if reason else _title(board, attempt_id)
            return Notice(
                f"{attempt_id}:waiting",
                alert=False,
                title="Waiting for you",
                message=words,
                task_id=board.attempts[attempt_id].task_id,
                kind=NewsKind.DECISION,
            )
        case e.RunFlagged(adw_id, Flag.SILENT | Flag.STUCK as flag, on=True):
            return _of_stillness(board, adw_id, flag)
        case _:
            return None


def _merged(attempt: Attempt | None) -> str:
    """That it has been done, and where it went as far as that was named."""
    target = attempt.options.get("target") if attempt else None
    return f"Merged into {target}" if target else "Merged"


def _finished(board: Board, task_id: str, notice_id: str, title: str) -> Notice:
    message = board.tasks[task_id].title
    return Notice(notice_id, alert=False, title=title, message=message, task_id=task_id, kind=NewsKind.FINISHED)


def _of_stillness(board: Board, adw_id: str, flag: Flag) -> Notice | None:
    """A run that nothing is heard of, or that has stood still in a stage; None where no card has it."""
    run = board.runs[adw_id]
    task = board.task(run.task_id) if run.task_id else None
    attempt = board.attempt_of(task) if task else None
    if task is None or attempt is None or attempt.adw_id != adw_id:
        return None
    stage = attempt.current.value if attempt.current else "its stage"
    words = describe("E-WF-9") if flag is Flag.SILENT else describe("E-WF-10", {"stage": stage})
    return Notice(
        f"{adw_id}:{flag.value}",
        alert=False,
        title=words["title"],
        message=f"#{task.number} {task.title}: {words['message']}",
        task_id=task.id,
        attempt_id=attempt.id,
        kind=NewsKind.STUCK,
        code=words["code"],
    )


def _of_failure(board: Board, attempt_id: str, failure: Failure, kind: NewsKind) -> Notice:
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
        kind=kind,
        code=words["code"],
    )


def _title(board: Board, attempt_id: str) -> str:
    task = board.tasks[board.attempts[attempt_id].task_id]
    return f"#{task.number} {task.title}"
