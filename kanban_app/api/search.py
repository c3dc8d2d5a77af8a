"""Search over cards and logs."""

from typing import Annotated

from fastapi import APIRouter, Query

from kanban_app.api.access import ERRORS, Running
from kanban_app.api.shapes import Json

router = APIRouter(prefix="/api/v1", tags=["board"], responses=ERRORS)


@router.get("/search")
async def search(
    services: Running,
    q: Annotated[str, Query(max_length=200)],
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Json:
    """The newest cards that have all words of `q`: anywhere in their texts, or in one line of the log of a run of
    theirs, there at the beginning of words. `complete` is false while older log lines wait to be indexed.
    """
    return {"q": q, **await services.search.find(q, limit)}
