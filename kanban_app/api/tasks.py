"""Cards: create, read, edit, delete, move, start."""

from fastapi import APIRouter

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carry_out
from kanban_app.api.bodies import Move, NewTask, TaskChanges, Trigger
from kanban_app.api.failures import ApiError
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import DeleteTask, RestoreTask
from kanban_app.services.container import ApiServices

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], responses=ERRORS)

CHANGED_MEANWHILE = "E-EDIT-1"


@router.post("", status_code=201)
async def create(services: Running, author: Author, body: NewTask) -> Json:
    """A new card at the end of the backlog."""
    done = await carry_out(services, body.command(), author)
    return shapes.task(services, done.task_id or "")


@router.get("/{task_id}")
async def read(services: Running, task_id: str) -> Json:
    return shapes.task(services, task_id)


@router.patch("/{task_id}")
async def edit(services: Running, author: Author, task_id: str, body: TaskChanges) -> Json:
    """Change the fields that are sent. A conflict (409, E-EDIT-1) shows both versions, `current` and `yours`."""
    try:
        await carry_out(services, body.command(task_id), author)
    except ApiError as error:
        if error.view["code"] == CHANGED_MEANWHILE:
            error.view["details"] = _both_versions(services, task_id, body)
        raise
    return shapes.task(services, task_id)


@router.delete("/{task_id}", status_code=204)
async def delete(services: Running, author: Author, task_id: str) -> None:
    """Take a card off the board; it can be restored."""
    await carry_out(services, DeleteTask(task_id), author)


@router.post("/{task_id}/restore")
async def restore(services: Running, author: Author, task_id: str) -> Json:
    """Bring a deleted card back."""
    await carry_out(services, RestoreTask(task_id), author)
    return shapes.task(services, task_id)


@router.post("/{task_id}/move")
async def move(services: Running, author: Author, task_id: str, body: Move) -> Json:
    """Exactly what a drop does, a start included. The same `op_id` twice acts once and is answered alike."""
    return shapes.outcome(services, await carry_out(services, body.command(task_id), author, body.op_id))


@router.post("/{task_id}/trigger", status_code=202)
async def trigger(services: Running, author: Author, task_id: str, body: Trigger | None = None) -> Json:
    """Start a card's next stages, or what the body names. The answer is the attempt, with its card beside it."""
    wanted = body or Trigger()
    answer = shapes.outcome(services, await carry_out(services, wanted.command(task_id), author, wanted.op_id))
    return {**answer.get("attempt", {}), **answer}


def _both_versions(services: ApiServices, task_id: str, body: TaskChanges) -> Json:
    return {"current": shapes.task(services, task_id), "yours": body.model_dump(exclude_unset=True)}
