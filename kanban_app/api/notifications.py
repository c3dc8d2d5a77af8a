"""What people were told of."""

from typing import Annotated

from fastapi import APIRouter, Query

from kanban_app.api.access import ERRORS, Running
from kanban_app.api.shapes import Json
from kanban_app.services.notifications import MOST, NewsKind

router = APIRouter(prefix="/api/v1", tags=["board"], responses=ERRORS)


@router.get("/notifications")
async def notifications(
    services: Running,
    since: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
    kind: NewsKind | None = None,
) -> Json:
    """The newest notifications after number `since`, the newest first; `newest` is the number of the newest of all."""
    return {**await services.notifications.list(limit, since, kind)}
