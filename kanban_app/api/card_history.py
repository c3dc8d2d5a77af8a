"""What has happened to a card, in words."""

from typing import Annotated

from fastapi import APIRouter, Query

from kanban_app.api.access import ERRORS, Running
from kanban_app.api.runs import HIGHEST_SEQ
from kanban_app.api.shapes import Json
from kanban_app.errors import BoardError

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], responses=ERRORS)


@router.get("/{task_id}/history")
async def history(
    services: Running,
    task_id: str,
    *,
    before: Annotated[int, Query(ge=1, le=HIGHEST_SEQ)] = HIGHEST_SEQ,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Json:
    """The last `limit` entries before event number `before`, the newest first; `next` is the `before` of the page that
    follows, null where there is none. `removed` says on the last page what is not kept any more, "" for nothing.
    `GET /api/v1/events` has the events themselves.
    """
    board = services.snapshot()
    if board.task(task_id) is None:
        raise BoardError("E-SYS-3", {"what": "This card"})
    entries = await services.events.of_card(board, task_id, before, limit + 1)
    shown = entries[:limit]
    if len(entries) > limit:
        return {"entries": shown, "next": shown[-1]["seq"], "removed": ""}
    return {"entries": shown, "next": None, "removed": await services.events.removed_of_card(task_id)}
