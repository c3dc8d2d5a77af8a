"""How the connection, the service and this board are."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response

from kanban_app.api.access import ERRORS, Author, Running
from kanban_app.domain.audit import Action, Target
from kanban_app.services.acting import done
from kanban_app.services.health.views import POINTS, AlertView, HealthView

router = APIRouter(prefix="/api/v1/health", tags=["health"], responses=ERRORS)

MOST_POINTS: Final = 360
_MOST_IDS: Final = 2**53
_TEXT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """`connection` is as in `/api/v1/board`, `seq` the number of the newest event, `health` all that is graded."""

    grade: str
    connection: dict[str, Any]
    queued: int
    active_runs: int
    viewers: int
    seq: int
    health: HealthView


@router.get("")
async def health(services: Running, points: Annotated[int, Query(ge=1, le=MOST_POINTS)] = POINTS) -> HealthAnswer:
    """Grade with its reasons, figures, alerts, and what has happened to the connection to the trigger service.

    Times are milliseconds. The series in `health` have at most so many `points` for the last hour.
    """
    view = services.monitor.view(points)
    return HealthAnswer(
        grade=view.grade,
        connection=dict(services.reader.connection()),
        queued=services.reader.queue_count(),
        active_runs=services.reader.active_runs(),
        viewers=services.hub.viewers,
        seq=services.last_seq(),
        health=view,
    )


@router.post("/alerts/{alert_id}/acknowledge")
async def acknowledge(
    services: Running, author: Author, alert_id: Annotated[int, Path(ge=1, le=_MOST_IDS)]
) -> AlertView:
    """Somebody knows of it. A second time changes nothing."""
    view = await services.monitor.acknowledge(alert_id, author)
    target = Target("alert", str(alert_id), view.title)
    services.audit.put(services.audit.own(done(Action.ALERT_ACKNOWLEDGED, target)))
    return view


@router.get("/diagnosis", response_class=Response, responses=_TEXT)
async def diagnosis(services: Running) -> Response:
    """Everything that helps others to help, as text for people, without secrets."""
    return Response(services.monitor.diagnosis(), media_type="text/plain")
