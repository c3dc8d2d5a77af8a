"""`GET /metrics`, for Prometheus: behind the gate, with the access token as `Authorization: Bearer`."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response

from kanban_app.api.access import open_boards
from kanban_app.services.metrics import exposition

router = APIRouter(tags=["health"])

_TEXT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {}}, "description": "Metrics in the text format of Prometheus"}
}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def metrics(request: Request) -> Response:
    """What the program measures and how all open boards stand, docs/metrics.md says what each means."""
    body, content_type = exposition(open_boards(request), request.headers.get("accept", ""))
    return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})
