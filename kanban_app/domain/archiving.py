"""The archive and the bin: how cards get there, come back, and are deleted for good."""

from kanban_app.domain import events as e
from kanban_app.domain.cards import settle
from kanban_app.domain.commands import ArchiveTask, PurgeTask, RestoreTask
from kanban_app.domain.facts import Facts
from kanban_app.domain.model import Board
from kanban_app.domain.moves import Decision
from kanban_app.domain.placement import free_rank
from kanban_app.domain.refusal import Refusal


def decide_archive(board: Board, command: ArchiveTask, facts: Facts) -> Decision:
    """Take a card out of its column and keep it, with all that it has. What is archived already stays so."""
    task = board.tasks.get(command.task_id)
    if task is None or task.deleted_at is not None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if task.archived_at is not None:
        return []
    settled = settle(board, task, "E-ARCH-1", facts)
    return settled if isinstance(settled, Refusal) else [*settled, e.TaskArchived(task.id, facts.now, facts.author)]


def decide_restore(board: Board, command: RestoreTask, facts: Facts) -> Decision:
    """Back to where it was on the board, from the archive and the bin alike."""
    task = board.tasks.get(command.task_id)
    if task is None or task.purged_at is not None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if task.is_on_board:
        return []
    events: list[e.Event] = [] if task.deleted_at is None else [e.TaskRestored(task.id, facts.now)]
    if task.archived_at is not None:
        events.append(e.TaskUnarchived(task.id, facts.now))
    rank = free_rank(board, task.column, task.rank, task.id)
    if rank != task.rank:
        events.append(e.TaskMoved(task.id, task.column, rank, task.column, "drop", facts.now))
    return events


def decide_purge(board: Board, command: PurgeTask, facts: Facts) -> Decision:
    """What people have written in the card goes; its number is not given out again, and its runs keep their logs."""
    task = board.tasks.get(command.task_id)
    if task is None or task.purged_at is not None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if task.deleted_at is None:
        return Refusal("E-ARCH-3")
    return [e.TaskPurged(task.id, facts.now)]


def archived_refusal(board: Board, task_id: str) -> Refusal | None:
    """Why nothing can be done with a card that is in the archive, if it is there."""
    task = board.tasks.get(task_id)
    archived = task is not None and task.archived_at is not None and task.deleted_at is None
    return Refusal("E-ARCH-2") if archived else None
