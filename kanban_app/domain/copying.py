"""A second card like another one, and labels that are put on and taken off."""

from dataclasses import replace

from kanban_app.domain import events as e
from kanban_app.domain.cards import clean_labels, decide_edit
from kanban_app.domain.commands import DuplicateTask, EditTask, LabelTask
from kanban_app.domain.facts import Facts
from kanban_app.domain.image import on_card
from kanban_app.domain.model import Board
from kanban_app.domain.moves import Decision, end_rank
from kanban_app.domain.ordering import rank_between
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column


def decide_duplicate(board: Board, command: DuplicateTask, facts: Facts) -> Decision:
    """A new card with the same fields and no run: below the original in the backlog, else at the backlog's end."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    copy = replace(
        task,
        id=facts.task_id,
        number=board.next_number(),
        column=Column.BACKLOG,
        rank=_rank_below(board, task.rank) if task.column is Column.BACKLOG else end_rank(board, Column.BACKLOG),
        created_at=facts.now,
        updated_at=facts.now,
        version=1,
        run_id=None,
        attempt_id=None,
        images=on_card(task.images),
    )
    return [e.TaskCreated(copy)]


def decide_label(board: Board, command: LabelTask, facts: Facts) -> Decision:
    """The card with this label, or without it; nothing where it is so already."""
    task = board.task(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    cleaned = clean_labels([command.label])
    if not cleaned:
        return Refusal("E-VAL-8", {"field": "label", "reason": "it has no visible character"})
    (label,) = cleaned
    others = tuple(other for other in task.labels if other.casefold() != label.casefold())
    if (others != task.labels) is command.on:
        return []
    labels = (*task.labels, label) if command.on else others
    return decide_edit(board, EditTask(task.id, {"labels": labels}), facts)


def _rank_below(board: Board, rank: str) -> str:
    higher = (task.rank for task in board.column(Column.BACKLOG) if task.rank > rank)
    return rank_between(rank, next(higher, None))
