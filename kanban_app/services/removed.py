"""What lies in the archive and in the bin."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Literal, TypedDict

from kanban_app.domain.model import Board, Task
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.views import millis

Place = Literal["archive", "bin"]

MOST: Final = 200
_AUTHORS: Final = {"board": "on the board", "api": "over the API"}


class RemovedView(TypedDict):
    """A card that is not on the board. `where` is the column to which it goes back, `by` who has removed it."""

    id: str
    number: int
    title: str
    type: str
    where: str
    at: int | None
    by: str


class RemovedList(TypedDict):
    """Cards with the newest first, at most `MOST`; `count` is how many there are."""

    cards: list[RemovedView]
    count: int


def removed(board: Board, place: Place, words: str, looks: ColumnLooks) -> RemovedList:
    """The cards of the archive or the bin whose title, number or labels have all of these words."""
    found = sorted(_found(removed_tasks(board, place), words), key=lambda t: removed_at(t, place), reverse=True)
    return RemovedList(cards=[_view(task, place, looks) for task in found[:MOST]], count=len(found))


def removed_tasks(board: Board, place: Place) -> list[Task]:
    """What has been archived and not deleted, or deleted and not for good."""
    if place == "bin":
        return [task for task in board.tasks.values() if task.deleted_at and not task.purged_at]
    return [task for task in board.tasks.values() if task.archived_at and not task.deleted_at]


def removed_at(task: Task, place: Place) -> datetime:
    moment = task.deleted_at if place == "bin" else task.archived_at
    return moment or task.updated_at


def _found(tasks: Iterable[Task], words: str) -> Iterable[Task]:
    wanted = words.casefold().split()
    return (task for task in tasks if all(word in _text(task) for word in wanted))


def _text(task: Task) -> str:
    return " ".join((f"#{task.number}", task.title, *task.labels)).casefold()


def _view(task: Task, place: Place, looks: ColumnLooks) -> RemovedView:
    return RemovedView(
        id=task.id,
        number=task.number,
        title=task.title,
        type=task.type.value,
        where=looks.title(task.column),
        at=millis(removed_at(task, place)),
        by=_AUTHORS.get(task.removed_by, task.removed_by),
    )
