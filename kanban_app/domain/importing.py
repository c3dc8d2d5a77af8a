"""Cards of another board, taken over with what they have run. Nothing of it starts, nothing that is here changes."""

import re
from dataclasses import replace
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.cards import day_fault, faults_of, model_fault, priority_fault
from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.commands import ImportCard
from kanban_app.domain.dependencies import circle_fault
from kanban_app.domain.facts import Facts
from kanban_app.domain.images import sound_images
from kanban_app.domain.model import UNSENT, Attempt, Board, Flag, Run, RunStatus, Task
from kanban_app.domain.moves import Decision, end_rank
from kanban_app.domain.ordering import is_rank
from kanban_app.domain.placement import free_rank
from kanban_app.domain.refusal import Refusal

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LASTING: Final = frozenset({Flag.DEMO})
# Far above all that people reach, and far below what a database can hold.
_HIGHEST: Final = 1_000_000_000


def decide_import(board: Board, command: ImportCard, facts: Facts) -> Decision:
    """No events for a card whose id is known: whoever imports the same file twice has imported it once.

    Runs that another card has stay with it. What was under way is ended as cancelled, what had not been sent is left
    out. The number is kept where it is free, the place in the column as well; without a rank it is the column's end.
    """
    task = _clean(command.task)
    if task.id in board.tasks:
        return []
    if not ID.fullmatch(task.id):
        return Refusal("E-VAL-8", {"field": "id", "reason": "it has to be letters, digits, - and _"})
    refusal = faults_of(task.title, task.stages, task.labels, task.description) or day_fault(task.due_on)
    refusal = refusal or priority_fault(task.priority) or model_fault(task.model_set)
    refusal = refusal or circle_fault(board, task.id, task.blocked_by)
    if refusal:
        return refusal
    runs = tuple(run for run in (_own(board, run, task.id) for run in command.runs) if run)
    attempts = _ended(board, command, {run.adw_id for run in runs}, facts)
    return [e.CardImported(_placed(board, task, runs, attempts), runs, attempts)]


def _clean(task: Task) -> Task:
    labels = tuple(clean_text(label) for label in task.labels)
    title = " ".join(clean_text(task.title).split())
    images = sound_images(task.images)
    cleaned = replace(task, title=title, description=clean_text(task.description), labels=labels, images=images)
    rank = task.rank if is_rank(task.rank) else ""
    return replace(cleaned, rank=rank, version=_between(1, task.version), purged_at=None)


def _between(lowest: int, number: int, highest: int = _HIGHEST) -> int:
    return max(lowest, min(number, highest))


def _own(board: Board, run: Run, task_id: str) -> Run | None:
    known = board.runs.get(run.adw_id)
    if known is None:
        return replace(run, task_id=task_id, flags=run.flags & _LASTING)
    return None if known.task_id else replace(known, task_id=task_id)


def _ended(board: Board, command: ImportCard, runs: set[str], facts: Facts) -> tuple[Attempt, ...]:
    kept = [
        attempt
        for attempt in command.attempts
        if ID.fullmatch(attempt.id)
        and attempt.id not in board.attempts
        and attempt.adw_id in runs
        and attempt.status not in UNSENT
    ]
    ids = {attempt.id for attempt in kept}
    return tuple(
        replace(
            _closed(attempt, facts),
            task_id=command.task.id,
            previous_id=attempt.previous_id if attempt.previous_id in ids else None,
            previous_run_id=attempt.previous_run_id if attempt.previous_run_id in runs else None,
            fraction=_between(0, attempt.fraction, 100),
            progress=_between(0, attempt.progress, 100),
        )
        for attempt in kept
    )


def _closed(attempt: Attempt, facts: Facts) -> Attempt:
    if not attempt.is_open:
        return attempt
    ended = {"status": RunStatus.CANCELLED, "finished_at": facts.now, "sent_at": attempt.sent_at or attempt.created_at}
    return replace(attempt, **ended, due_at=None, cancel_requested=False, released=False, notice=None)


def _placed(board: Board, task: Task, runs: tuple[Run, ...], attempts: tuple[Attempt, ...]) -> Task:
    newest = next((a for a in attempts if a.id == task.attempt_id), None) or max(
        (a for a in attempts if not a.is_withdrawn), key=lambda a: a.created_at, default=None
    )
    run_ids = [run.adw_id for run in runs]
    current = newest.adw_id if newest else (task.run_id if task.run_id in run_ids else next(iter(run_ids), None))
    taken = {known.number for known in board.tasks.values()}
    return replace(
        task,
        number=task.number if 0 < task.number <= _HIGHEST and task.number not in taken else board.next_number(),
        rank=_rank(board, task),
        run_id=current,
        attempt_id=newest.id if newest else None,
    )


def _rank(board: Board, task: Task) -> str:
    """A card that is off the board takes nobody's place: it finds one when it comes back."""
    if not task.rank:
        return end_rank(board, task.column)
    return free_rank(board, task.column, task.rank, task.id) if task.is_on_board else task.rank
