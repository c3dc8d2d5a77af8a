"""The composition root: the app with its routes, pages and lifespan. Importing it starts nothing."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import reflex as rx
from starlette.routing import BaseRoute

from kanban_app import __version__, runtime
from kanban_app.api.app import build_api
from kanban_app.api.project_pages import ProjectPages
from kanban_app.asgi import FIRST_PROJECT, Application
from kanban_app.opening import all_projects
from kanban_app.services.container import ApiServices
from kanban_app.services.projects.all_projects import Projects
from kanban_app.web import backlog, wiring
from kanban_app.web.options import app_options
from kanban_app.web.pages import add_pages


class _Slot:
    """What runs in this process, if anything does."""

    services: ApiServices | None = None
    service_routes: Sequence[BaseRoute] = ()
    projects: Projects | None = None


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    launch = runtime.current_launch()
    if launch is None:
        yield
        return
    async with all_projects(launch) as (first, projects):
        _Slot.services, _Slot.projects = first.services, projects
        _Slot.service_routes = projects.routes(FIRST_PROJECT)
        wiring.connect(first.services, projects)
        try:
            yield
        finally:
            wiring.connect(None)
            _Slot.services, _Slot.projects, _Slot.service_routes = None, None, ()


def in_projects(app: Application) -> Application:
    return ProjectPages(app, lambda: _Slot.projects)


api = build_api(lambda: _Slot.services, lambda: _Slot.service_routes, __version__, lambda: _Slot.projects)
app = rx.App(api_transformer=[api, in_projects], **app_options())
add_pages(app)
backlog.connect(app)
app.register_lifespan_task(lifespan)
