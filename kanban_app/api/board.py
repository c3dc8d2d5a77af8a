"""The board as a whole, what became of operations, and how the app stands."""

from fastapi import APIRouter

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Running
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


@router.get("/connection/frames", tags=["health"])
async def frames(services: Running) -> Json:
    """What of the service could not be used as it came, newest first; `counts` by code also has what is gone by now."""
    quarantine = services.quarantine
    return {"frames": frame_views(quarantine.frames), "counts": dict(quarantine.counts)}


@router.get("/health", tags=["health"])
async def health(services: Running) -> Json:
    """Diagnostics of the connection to the trigger service, and how much is going on."""
    return {
        "connection": services.reader.connection(),
        "queued": services.reader.queue_count(),
        "active_runs": services.reader.active_runs(),
        "viewers": services.hub.viewers,
        "seq": services.last_seq(),
    }
