"""For supervisors and load balancers: alive, and able to work. Open to everyone, so they tell no secrets."""

import asyncio
import logging
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from kanban_app.api.access import services_now
from kanban_app.api.shapes import Json
from kanban_app.errors import describe
from kanban_app.services.container import ApiServices

log = logging.getLogger(__name__)

router = APIRouter(tags=["health"])

PING_LIMIT_S: Final = 5.0
_STARTING: Final = "The app is starting or stopping."
_NO_DATABASE: Final = "The database cannot be read."


@router.get("/healthz")
async def healthz() -> Json:
    """The process is alive."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The app can do its work. An external trigger service that is away is information, not unreadiness."""
    services = services_now(request)
    if services is None:
        return _unready("unknown", {"state": "connecting"}, _STARTING)
    connection = services.reader.connection()
    tac7 = {"state": connection["state"], "embedded": connection["embedded"]}
    if not await _answers(services):
        return _unready("unavailable", tac7, _NO_DATABASE)
    reason = services.unready()
    return _unready("ok", tac7, reason) if reason else JSONResponse({"database": "ok", "tac7": tac7})


async def _answers(services: ApiServices) -> bool:
    try:
        async with asyncio.timeout(PING_LIMIT_S):
            await services.ping()
    except Exception:
        log.exception("the database does not answer")
        return False
    return True


def _unready(database: str, tac7: Json, reason: str) -> JSONResponse:
    error = describe("E-CONN-17", details={"reason": reason})
    return JSONResponse({"database": database, "tac7": tac7, "error": error}, 503)


for _path, _probe in (("/healthz", healthz), ("/readyz", readyz)):
    router.add_api_route(_path, _probe, methods=["HEAD"], include_in_schema=False)
