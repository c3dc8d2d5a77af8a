"""The HTTP side as one application. Reflex is mounted behind it, for everything that is not named here."""

from collections.abc import Callable, Sequence
from typing import Final

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from kanban_app.api import (
    archive,
    attachments,
    audit,
    backups,
    board,
    card_history,
    columns,
    docs,
    events,
    health,
    help_pages,
    live,
    metrics,
    notifications,
    probes,
    run_logs,
    runs,
    search,
    tasks,
    templates,
    transfer,
)
from kanban_app.api import projects as projects_api
from kanban_app.api.access import ProjectsNow, ServicesNow
from kanban_app.api.acting import Acting
from kanban_app.api.failures import handle_failures
from kanban_app.api.fallback import Fallback, LateRoutes
from kanban_app.asgi import FIRST_PROJECT, Scope, project_of
from kanban_app.observing import instruments
from kanban_app.observing.areas import AREAS

OPENAPI_URL: Final = "/api/openapi.json"


def build_api(
    services: ServicesNow,
    more_routes: Callable[[], Sequence[BaseRoute]] = tuple,
    version: str = "1",
    projects: ProjectsNow = lambda: None,
) -> FastAPI:
    """The application. `services` gives None while the app is not running; `more_routes` those served beside ours now.

    Both are those of the first project; the others are in `projects`.

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
    app.state.projects = projects
    handle_failures(app)
    app.add_middleware(Acting)
    routers = (
        probes.router,
        metrics.router,
        board.router,
        health.router,
        archive.router,
        columns.router,
        projects_api.router,
        tasks.router,
        card_history.router,
        attachments.of_cards,
        attachments.uploads,
        templates.router,
        runs.attempts,
        runs.runs,
        run_logs.router,
        search.router,
        notifications.router,
        audit.router,
        transfer.router,
        backups.router,
        events.router,
        live.router,
        docs.router,
        help_pages.router,
    )
    for router in routers:
        app.include_router(router)
        AREAS.learn(route.path for route in router.routes if isinstance(route, Route))
    instruments.BUILD_INFO.labels(version).set(1)

    def late(scope: Scope) -> Sequence[BaseRoute]:
        project, others = project_of(scope), projects()
        if project == FIRST_PROJECT:
            return more_routes()
        return others.routes(project) if others else ()

    app.router.routes.append(LateRoutes(late))
    app.router.routes.append(Fallback(tuple(app.router.routes)))
    return app
