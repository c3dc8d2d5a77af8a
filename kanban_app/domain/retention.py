"""What may be let go: what belongs to no work that anybody still has in hand. Pure."""

from dataclasses import dataclass
from datetime import datetime

from kanban_app.domain.model import Board, Run
from kanban_app.domain.stages import Column


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run that is over, of a card that is done with or of none."""

    adw_id: str
    ended_at: datetime


def is_live(board: Board, task_id: str | None) -> bool:
    """Whether a card is on the board and not completed: nothing of it is ever removed."""
    task = board.task(task_id or "")
    return task is not None and task.column is not Column.COMPLETED


def past_runs(board: Board) -> list[PastRun]:
    """The ended runs of cards that are completed, archived or deleted, and of none; the one longest ended first."""
    open_runs = {attempt.adw_id for attempt in board.attempts.values() if attempt.is_open}
    ends: dict[str, datetime] = {}
    for attempt in board.attempts.values():
        ended = attempt.finished_at or attempt.created_at
        ends[attempt.adw_id] = max(ended, ends.get(attempt.adw_id, ended))
    found = [
        PastRun(run.adw_id, _ended(run, ends.get(run.adw_id)))
        for run in board.runs.values()
        if run.adw_id not in open_runs and not is_live(board, run.task_id)
    ]
    return sorted(found, key=lambda run: (run.ended_at, run.adw_id))


def is_past(board: Board, adw_id: str) -> bool:
    """Whether a run is one of them still."""
    run = board.runs.get(adw_id)
    is_open = any(attempt.is_open for attempt in board.attempts.values() if attempt.adw_id == adw_id)
    return run is not None and not is_open and not is_live(board, run.task_id)


def is_past_card(board: Board, task_id: str) -> bool:
    """Whether a card is not live and has nothing open."""
    is_busy = any(attempt.is_open for attempt in board.attempts.values() if attempt.task_id == task_id)
    return not is_busy and not is_live(board, task_id)


def _ended(run: Run, ended: datetime | None) -> datetime:
    """Whoever still says something has not ended."""
    return max(moment for moment in (ended, run.last_sign_at, run.created_at) if moment)
