"""The board as a whole, what became of operations, and how the app stands."""

from uuid import uuid4

from fastapi import APIRouter

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carried_out
from kanban_app.api.bodies import Redo, Undo
from kanban_app.api.shapes import Json
from kanban_app.errors import BoardError
from kanban_app.services.connection_views import frame_views

router = APIRouter(prefix="/api/v1", responses=ERRORS)


@router.get("/board", tags=["board"])
async def board(services: Running) -> Json:
    """All columns with their cards. `seq` is where `/api/v1/events?since=` goes on without a gap."""
    return shapes.board(services)


@router.get("/ops/{op_id}", tags=["board"])
async def operation(services: Running, op_id: str) -> Json:
    """What became of an operation: `applied` or `refused`; 404 when it has never arrived."""
    outcome = await services.board.operation(op_id)
    if outcome is None:
        raise BoardError("E-SYS-3", {"what": "This operation"})
    if outcome.error:
        return {"op_id": op_id, "outcome": "refused", "error": outcome.error}
    return {"op_id": op_id, "outcome": "applied", **shapes.outcome(services, outcome)}


@router.post("/ops/{op_id}/undo", tags=["board"])
async def undo(services: Running, author: Author, op_id: str, body: Undo | None = None) -> Json:
    """Take a move, an edit or a deletion back, exactly; refused where the card has been changed since.

    For a move that has started a run: it is withdrawn while it waits. Afterwards it is refused (E-UNDO-2) unless `stop`
    says that the run is to be stopped. Undone twice is undone once.
    """
    wanted = body or Undo()
    own_id = wanted.op_id or str(uuid4())
    done = await services.board.undo(op_id, author=author, own_id=own_id, stop=wanted.stop)
    return {"op_id": own_id, **shapes.outcome(services, carried_out(done))}


@router.post("/ops/{op_id}/redo", tags=["board"])
async def redo(services: Running, author: Author, op_id: str, body: Redo | None = None) -> Json:
    """Do again what was undone, starts included."""
    own_id = (body or Redo()).op_id or str(uuid4())
    done = await services.board.undo(op_id, author=author, own_id=own_id, redo=True)
    return {"op_id": own_id, **shapes.outcome(services, carried_out(done))}


@router.get("/connection/frames", tags=["health"])
async def frames(services: Running) -> Json:
    """What of the service could not be used as it came, newest first; `counts` by code also has what is gone by now."""
    quarantine = services.quarantine
    return {"frames": frame_views(quarantine.frames), "counts": dict(quarantine.counts)}
