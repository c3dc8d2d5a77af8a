"""Taking back what an operation has done, while nothing has come in between. To do it again is to take that back."""

from collections.abc import Callable, Sequence
from typing import Final

from kanban_app.domain import events as e
from kanban_app.domain.archiving import decide_archive
from kanban_app.domain.attempts import cancel, open_question, reopen, withdraw
from kanban_app.domain.cards import EDITABLE, decide_delete, decide_edit
from kanban_app.domain.commands import (
    AddImages,
    ArchiveTask,
    Command,
    DeleteTask,
    EditTask,
    LabelTask,
    MoveTask,
    RemoveImage,
    RenameImage,
    RestoreTask,
    UndoOperation,
)
from kanban_app.domain.deeds import Deed, Names, Place
from kanban_app.domain.evolve import evolve_all
from kanban_app.domain.facts import Facts
from kanban_app.domain.image import on_card, too_many
from kanban_app.domain.json_form import plain
from kanban_app.domain.model import Attempt, Board, RunStatus, Task
from kanban_app.domain.moves import Decision
from kanban_app.domain.placement import all_done, current_run, free_rank, is_waiting
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column

STARTED: Final = "E-UNDO-2"
_UNDOABLE: Final = (
    MoveTask,
    EditTask,
    LabelTask,
    DeleteTask,
    ArchiveTask,
    RestoreTask,
    AddImages,
    RemoveImage,
    RenameImage,
    UndoOperation,
)


def deed_of(command: Command, before: Board, after: Board, events: Sequence[e.Event]) -> Deed | None:
    """What a command that was carried out has done; None where that is nothing, or cannot be taken back."""
    if not isinstance(command, _UNDOABLE):
        return None
    if not events or (isinstance(command, MoveTask) and command.action == "merge"):
        return None
    old, new = before.tasks[command.task_id], after.tasks[command.task_id]
    here, there = Place(old.column, old.rank), Place(new.column, new.rank)
    values = {name: (plain(getattr(old, name)), plain(getattr(new, name))) for name in sorted(EDITABLE)}
    return Deed(
        task_id=new.id,
        source=here if here != there else None,
        target=there if here != there else None,
        edits={name: (was, now) for name, (was, now) in values.items() if was != now},
        deleted_at=new.deleted_at if old.deleted_at is None else None,
        restored=old.deleted_at if new.deleted_at is None else None,
        archived_at=new.archived_at,
        was_archived=old.archived_at,
        opened=next((event.attempt.id for event in events if isinstance(event, e.AttemptOpened)), None),
        withdrawn=next((event.attempt_id for event in events if isinstance(event, e.AttemptWithdrawn)), None),
        stopped=next((event.attempt_id for event in events if isinstance(event, e.CancelAsked)), None),
        attempt_id=new.attempt_id,
        stages=new.stages,
        images=_image_changes(old, new),
        was_removed_by=old.removed_by,
    )


def decide_undo(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    """The card as it was before the operation, with what others have changed elsewhere; or why not."""
    events: list[e.Event] = []
    for part in _PARTS:
        decided = part(board, command, facts)
        if isinstance(decided, Refusal):
            return decided
        events.extend(decided)
        board = evolve_all(board, decided)
    return [*events, e.OperationUndone(command.op_id, command.task_id, command.redo, facts.now)]


def _back_on_the_board(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    deed, task = command.deed, board.tasks.get(command.task_id)
    if task is None:
        return Refusal("E-SYS-3", {"what": "This card"})
    if deed.deleted_at is None:
        return [] if task.deleted_at is None else _changed("it was deleted")
    if task.deleted_at != deed.deleted_at:
        return _changed("it was brought back")
    if task.purged_at is not None:
        return _changed("it was deleted for good")
    by = deed.was_removed_by if task.archived_at else ""
    return [e.TaskRestored(task.id, facts.now, by)]


def _out_of_the_archive(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    deed, task = command.deed, board.tasks[command.task_id]
    if task.archived_at != deed.archived_at:
        return _changed("it was archived" if task.archived_at else "it was brought back")
    return [e.TaskUnarchived(task.id, facts.now)] if deed.archives else []


def _start_taken_back(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    deed, task = command.deed, board.tasks[command.task_id]
    if deed.stopped:
        return Refusal("E-UNDO-4")
    if not (deed.changes_column or deed.opened or deed.withdrawn):
        return []
    if task.attempt_id != deed.attempt_id:
        return _changed("something was started or taken back")
    if deed.opened:
        return _ended(board, board.attempts[deed.opened], command, facts)
    attempt = board.attempt_of(task)
    return open_question(board, attempt) if attempt and attempt.is_open else []


def _ended(board: Board, attempt: Attempt, command: UndoOperation, facts: Facts) -> Decision:
    if is_waiting(attempt):
        return withdraw(board, attempt, facts, move_back=False).events
    if attempt.status is RunStatus.REFUSED:
        return []
    if not attempt.is_open:
        return Refusal("E-UNDO-3")
    if attempt.status not in {RunStatus.RUNNING, RunStatus.WAITING}:
        return open_question(board, attempt)
    if facts.can_cancel and not command.stop:
        return Refusal(STARTED)
    return cancel(attempt, facts)


def _place_taken_back(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    deed, task = command.deed, board.tasks[command.task_id]
    source, here = deed.source, Place(task.column, task.rank)
    if source is None:
        if not task.is_on_board:
            return []
        rank = free_rank(board, task.column, task.rank, task.id)
        return _moved(task, Place(task.column, rank), facts)
    if here != deed.target and not _moved_by_its_run(board, deed):
        return _changed("it was moved")
    if source.column is Column.READY and not all_done(task, current_run(board, task)):
        return Refusal("E-MOVE-1")
    # A card that leaves the board takes nobody's place.
    rank = source.rank if deed.restored or deed.unarchives else free_rank(board, source.column, source.rank, task.id)
    return _moved(task, Place(source.column, rank), facts)


def _moved_by_its_run(board: Board, deed: Deed) -> bool:
    """Whether the attempt that was started is being stopped: the run has taken the card along meanwhile."""
    return deed.opened is not None and board.attempts[deed.opened].is_open


def _edits_taken_back(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    task, edits = board.tasks[command.task_id], command.deed.edits
    if any(plain(getattr(task, name)) != now for name, (_, now) in edits.items()):
        return _changed("it was edited")
    changes = {name: was for name, (was, _) in edits.items()}
    return decide_edit(board, EditTask(task.id, changes), facts) if changes else []


def _images_taken_back(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    task, changes = board.tasks[command.task_id], command.deed.images
    names = {image.id: image.name for image in on_card(task.images)}
    kept = {image.id: image for image in task.images}
    if any(names.get(image_id) != now for image_id, (_, now) in changes.items()):
        return _changed("its images were changed")
    back = [image_id for image_id, (was, now) in changes.items() if now is None and was is not None]
    if any(image_id not in kept for image_id in back):
        return _changed("the image was removed for good")
    gone = {image_id for image_id, (was, _) in changes.items() if was is None}
    stay = [image for image in on_card(task.images) if image.id not in gone]
    return too_many(stay, [kept[image_id] for image_id in back]) or [
        _image_taken_back(task.id, image_id, was, now, facts) for image_id, (was, now) in changes.items()
    ]


def _image_taken_back(task_id: str, image_id: str, was: str | None, now: str | None, facts: Facts) -> e.Event:
    if was is None:
        return e.ImageRemoved(task_id, image_id, facts.now)
    if now is None:
        return e.ImageRestored(task_id, image_id, facts.now)
    return e.ImageRenamed(task_id, image_id, was, facts.now)


def _started_again(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    if command.deed.withdrawn is None:
        return []
    task, old = board.tasks[command.task_id], board.attempts[command.deed.withdrawn]
    if task.stages != command.deed.stages:
        return _changed("it was edited")
    if any(attempt.is_open and attempt.adw_id == old.adw_id for attempt in board.attempts.values()):
        return _changed("something was started or taken back")
    return reopen(board, old, facts)


def _off_the_board(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    """Deleted as of when it was before: an earlier deletion can then be undone, too."""
    if command.deed.restored is None:
        return []
    decided = decide_delete(board, DeleteTask(command.task_id), facts)
    if isinstance(decided, Refusal):
        return decided
    return [*decided[:-1], e.TaskDeleted(command.task_id, command.deed.restored, facts.author)]


def _into_the_archive(board: Board, command: UndoOperation, facts: Facts) -> Decision:
    """Archived as of when it was before, likewise."""
    since = command.deed.was_archived
    if since is None or not command.deed.unarchives:
        return []
    decided = decide_archive(board, ArchiveTask(command.task_id), facts)
    if isinstance(decided, Refusal):
        return decided
    return [*decided[:-1], e.TaskArchived(command.task_id, since, facts.author)]


_PARTS: Final[tuple[Callable[[Board, UndoOperation, Facts], Decision], ...]] = (
    _back_on_the_board,
    _out_of_the_archive,
    _start_taken_back,
    _place_taken_back,
    _edits_taken_back,
    _images_taken_back,
    _started_again,
    _into_the_archive,
    _off_the_board,
)


def _image_changes(old: Task, new: Task) -> dict[str, Names]:
    before = {image.id: image.name for image in on_card(old.images)}
    after = {image.id: image.name for image in on_card(new.images)}
    ids = [*before, *(image_id for image_id in after if image_id not in before)]
    return {i: (before.get(i), after.get(i)) for i in ids if before.get(i) != after.get(i)}


def _moved(task: Task, place: Place, facts: Facts) -> list[e.Event]:
    if place == Place(task.column, task.rank):
        return []
    return [e.TaskMoved(task.id, place.column, place.rank, task.column, "drop", facts.now)]


def _changed(what: str) -> Refusal:
    return Refusal("E-UNDO-1", {"what": what})
