"""Cards: create, read, edit, delete, move, start."""

from fastapi import APIRouter

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carry_out
from kanban_app.api.bodies import Move, NewTask, OpId, Patch, Restart, Resume, TaskChanges, Trigger
from kanban_app.api.failures import ApiError
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import DeleteTask, PatchTask, PurgeTask, RestartTask, RestoreTask, ResumeTask
from kanban_app.domain.stages import Stage
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
        await carry_out(services, body.command(task_id), author, body.op_id)
    except ApiError as error:
        if error.view["code"] == CHANGED_MEANWHILE:
            error.view["details"] = _both_versions(services, task_id, body)
        raise
    return shapes.task(services, task_id)


@router.delete("/{task_id}", status_code=204)
async def delete(
    services: Running, author: Author, task_id: str, *, op_id: OpId | None = None, for_good: bool = False
) -> None:
    """Put a card into the bin, from where it can be restored; `for_good` deletes what is in the bin."""
    wish = PurgeTask(task_id) if for_good else DeleteTask(task_id)
    await carry_out(services, wish, author, op_id)


@router.post("/{task_id}/restore")
async def restore(services: Running, author: Author, task_id: str, op_id: OpId | None = None) -> Json:
    """Bring a card back from the archive or the bin."""
    await carry_out(services, RestoreTask(task_id), author, op_id)
    return shapes.task(services, task_id)


@router.post("/{task_id}/move")
async def move(services: Running, author: Author, task_id: str, body: Move) -> Json:
    """Exactly what a drop does, a start included. The same `op_id` twice acts once and is answered alike."""
    return shapes.outcome(services, await carry_out(services, body.command(task_id), author, body.op_id))


@router.post("/{task_id}/trigger", status_code=202)
async def trigger(services: Running, author: Author, task_id: str, body: Trigger | None = None) -> Json:
    """Start a card's next stages, or what the body names. The answer is the attempt, with its card beside it."""
    wanted = body or Trigger()
    return shapes.started(services, await carry_out(services, wanted.command(task_id), author, wanted.op_id))


@router.post("/{task_id}/patch", status_code=202)
async def patch(services: Running, author: Author, task_id: str, body: Patch) -> Json:
    """Change what the card's run has made, as the text says. The stages that it has completed stay completed."""
    return shapes.started(services, await carry_out(services, PatchTask(task_id, body.text), author, body.op_id))


@router.post("/{task_id}/resume", status_code=202)
async def resume(services: Running, author: Author, task_id: str, body: Resume) -> Json:
    """Go on from a stage, exactly as a drop on it does; also for a card that lies there already."""
    wish = ResumeTask(task_id, Stage(body.stage))
    return shapes.started(services, await carry_out(services, wish, author, body.op_id))


@router.post("/{task_id}/restart", status_code=202)
async def restart(services: Running, author: Author, task_id: str, body: Restart | None = None) -> Json:
    """A new run from the card's first stage. Nothing of the last one is removed unless `remove_old` says so."""
    wanted = body or Restart()
    wish = RestartTask(task_id, wanted.remove_old)
    return shapes.started(services, await carry_out(services, wish, author, wanted.op_id))


def _both_versions(services: ApiServices, task_id: str, body: TaskChanges) -> Json:
    return {"current": shapes.task(services, task_id), "yours": body.model_dump(exclude_unset=True, exclude={"op_id"})}
