"""Lists of cards, the archive and the bin, copies, and one act for several cards."""

from typing import Annotated, Final
from uuid import uuid4

from fastapi import APIRouter, Query

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carried_out, carry_out
from kanban_app.api.bodies import Bulk, OpId
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import ArchiveTask, DuplicateTask
from kanban_app.services.removed import removed_at, removed_tasks

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], responses=ERRORS)

PAGE: Final = 1000


@router.get("")
async def cards(
    services: Running,
    *,
    archived: bool = False,
    deleted: bool = False,
    limit: Annotated[int, Query(ge=1, le=PAGE)] = 200,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Json:
    """Cards of the board by number; with `archived` or `deleted` those of the archive or the bin, newest first."""
    board = services.snapshot()
    if archived or deleted:
        place = "bin" if deleted else "archive"
        found = sorted(removed_tasks(board, place), key=lambda task: removed_at(task, place), reverse=True)
    else:
        found = sorted((task for task in board.tasks.values() if task.is_on_board), key=lambda task: task.number)
    return {"tasks": [shapes.listed(task) for task in found[offset : offset + limit]], "count": len(found)}


@router.post("/bulk")
async def bulk(services: Running, author: Author, body: Bulk) -> Json:
    """One act for several cards, as one operation that is undone as one: `done` and `refused` say what became of each.

    A move into a stage starts each card exactly as a drop does.
    """
    op_id = body.op_id or str(uuid4())
    done = await services.board.execute_all(body.commands(), author=author, op_id=op_id)
    return {"op_id": op_id, **shapes.outcome(services, done if done.parts else carried_out(done))}


@router.post("/{task_id}/archive")
async def archive(services: Running, author: Author, task_id: str, op_id: OpId | None = None) -> Json:
    """Take a card out of its column and keep it; `restore` brings it back."""
    await carry_out(services, ArchiveTask(task_id), author, op_id)
    return shapes.listed(services.snapshot().tasks[task_id])


@router.post("/{task_id}/duplicate", status_code=201)
async def duplicate(services: Running, author: Author, task_id: str, op_id: OpId | None = None) -> Json:
    """A new card in the backlog with the same fields and no run."""
    done = await carry_out(services, DuplicateTask(task_id), author, op_id)
    return shapes.task(services, done.task_id or "")
