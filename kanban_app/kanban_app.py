"""The composition root: the app with its routes, pages and lifespan. Importing it starts nothing."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import reflex as rx
from starlette.routing import BaseRoute

from kanban_app import __version__, runtime
from kanban_app.api.app import build_api
from kanban_app.assembly import Running, running
from kanban_app.services.container import ApiServices
from kanban_app.web import backlog, wiring
from kanban_app.web.options import app_options
from kanban_app.web.pages import add_pages


class _Slot:
    """What runs in this process, if anything does."""

    running: Running | None = None
    service_routes: Sequence[BaseRoute] = ()


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    launch = runtime.current_launch()
    if launch is None:
        yield
        return
    async with running(launch) as parts:
        _Slot.running = parts
        _Slot.service_routes = parts.trigger_service.routes() if parts.trigger_service else ()
        wiring.connect(parts.services)
        try:
            yield
        finally:
            wiring.connect(None)
            _Slot.running, _Slot.service_routes = None, ()


def services() -> ApiServices | None:
    return _Slot.running.services if _Slot.running else None


api = build_api(services, lambda: _Slot.service_routes, __version__)
app = rx.App(api_transformer=[api], **app_options())
add_pages(app)
backlog.connect(app)
app.register_lifespan_task(lifespan)
