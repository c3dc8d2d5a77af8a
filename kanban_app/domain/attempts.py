"""Opening, withdrawing and cancelling attempts: the parts that several decisions share."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from kanban_app.domain import events as e
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import BEFORE_THE_START, Attempt, AttemptKind, Board, Flag, Run, RunStatus, Task
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.placement import decisions, free_rank
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType


@dataclass(frozen=True, slots=True)
class Undone:
    """The events that take an attempt back, and the board after them."""

    events: list[e.Event]
    board: Board


def open_attempt(
    board: Board,
    task: Task,
    stages: tuple[Stage, ...],
    facts: Facts,
    *,
    workflow_type: str | None = None,
    adw_id: str | None = None,
    model_set: str | None = None,
    origin: tuple[Column, str] | None = None,
    kind: AttemptKind | None = None,
    options: Mapping[str, str] | None = None,
) -> list[e.Event]:
    """A new attempt for `stages`: on the card's run where it continues one, else on a new run.

    `adw_id` names the run to continue; `origin` is where the card returns to when the attempt is withdrawn. `kind` is
    what follows from card and run where it is not named.
    """
    anew = stages[0] in {Stage.PLAN, task.stages[0]} if stages and task.stages else True
    continues = adw_id or (None if anew else task.run_id)
    run_id = continues or facts.adw_id
    opened: list[e.Event] = []
    if run_id not in board.runs:
        flags = frozenset({Flag.DEMO}) if facts.demo else frozenset[Flag]()
        opened.append(e.RunOpened(Run(run_id, task.id, facts.now, flags=flags)))
    column, rank = origin or (task.column, task.rank)
    kind = kind or _kind(task, continues)
    attempt = Attempt(
        id=facts.attempt_id,
        adw_id=run_id,
        task_id=task.id,
        kind=kind,
        workflow_type=workflow_type,
        stages=stages,
        status=RunStatus.QUEUED,
        created_at=facts.now,
        model_set=model_set or task.model_set,
        previous_id=task.attempt_id,
        previous_run_id=task.run_id,
        origin=column,
        origin_rank=rank,
        queue_rank=_last_in_line(board),
        options=dict(options or {}),
        author=facts.author,
    )
    return [*opened, e.AttemptOpened(_with_grace(board, attempt, facts))]


def withdraw(board: Board, attempt: Attempt, facts: Facts, *, move_back: bool) -> Undone:
    """Take a waiting attempt back; with `move_back` the card returns to where it was dropped from."""
    task = board.tasks[attempt.task_id]
    events: list[e.Event] = [e.AttemptWithdrawn(attempt.id, task.id, facts.now)]
    if move_back and (task.column, task.rank) != (attempt.origin, attempt.origin_rank):
        rank = free_rank(board, attempt.origin, attempt.origin_rank or task.rank, task.id)
        events.append(e.TaskMoved(task.id, attempt.origin, rank, task.column, "drop", facts.now))
    return Undone(events, evolve_all(board, events))


def reopen(board: Board, attempt: Attempt, facts: Facts) -> list[e.Event]:
    """A withdrawn attempt as it was before: nothing of it has ever been sent. It has its place in line again."""
    ranks = {a.queue_rank for a in board.attempts.values() if a.status in BEFORE_THE_START}
    again = replace(
        attempt,
        status=RunStatus.QUEUED,
        finished_at=None,
        queue_rank=_last_in_line(board) if attempt.queue_rank in ranks else attempt.queue_rank,
    )
    return [e.AttemptOpened(_with_grace(board, again, facts))]


def cancel(attempt: Attempt, facts: Facts) -> list[e.Event] | Refusal:
    if attempt.cancel_requested:
        return []
    if not facts.can_cancel:
        return Refusal("E-WF-15")
    return [e.CancelAsked(attempt.id)]


def open_question(board: Board, attempt: Attempt) -> Refusal:
    """The refusal for a card whose attempt is under way: in progress, or waiting for a person's decision."""
    # To free its slot would not free its card.
    offers = tuple(offer for offer in decisions(board, attempt) if offer != "release")
    if not offers:
        return Refusal("E-WF-2", {"status": attempt.status.value})
    return Refusal("E-MOVE-3", {"status": attempt.status.value, "attempt_id": attempt.id}, offers)


def _with_grace(board: Board, attempt: Attempt, facts: Facts) -> Attempt:
    """Held first, unless it waits for other cards: that can be taken back all that time, and needs no grace."""
    if facts.grace_s <= 0 or board.waits_for(attempt):
        return attempt
    return replace(attempt, status=RunStatus.HELD, due_at=facts.now + timedelta(seconds=facts.grace_s))


def _last_in_line(board: Board) -> str:
    """A rank behind all that have not been answered yet: one that was not sent goes back to its place."""
    waiting = (a.queue_rank for a in board.attempts.values() if a.status in BEFORE_THE_START)
    return rank_between(max(waiting, default=None), None)


def _kind(task: Task, continues: str | None) -> AttemptKind:
    if task.type is TaskType.PATCH:
        return AttemptKind.PATCH
    return AttemptKind.CONTINUE if continues else AttemptKind.START
