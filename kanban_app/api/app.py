"""The HTTP side as one application. Reflex is mounted behind it, for everything that is not named here."""

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import FastAPI
from starlette.routing import BaseRoute

from kanban_app.api import board, docs, events, live, probes, runs, tasks
from kanban_app.api.access import ServicesNow
from kanban_app.api.failures import handle_failures
from kanban_app.api.fallback import Fallback, LateRoutes

OPENAPI_URL: Final = "/api/openapi.json"


def build_api(
    services: ServicesNow, more_routes: Callable[[], Sequence[BaseRoute]] = tuple, version: str = "1"
) -> FastAPI:
    """The application. `services` gives None while the app is not running; `more_routes` those served beside ours now.

    Mount what shall answer everything else at "" afterwards: unknown paths below `/api`, `/ws`, `/r`, `/health` and
    `/metrics`, and wrong methods on any path of ours, are answered here.
    """
    app = FastAPI(
        title="Agentic Kanban",
        version=version,
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    handle_failures(app)
    routers = (
        probes.router,
        board.router,
        tasks.router,
        runs.attempts,
        runs.runs,
        events.router,
        live.router,
        docs.router,
    )
    for router in routers:
        app.include_router(router)
    app.router.routes.append(LateRoutes(more_routes))
    app.router.routes.append(Fallback(tuple(app.router.routes)))
    return app
