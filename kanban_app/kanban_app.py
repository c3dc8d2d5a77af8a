"""The composition root: the app with its routes, pages and lifespan. Importing it starts nothing."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import reflex as rx
from starlette.routing import BaseRoute, Match

from kanban_app import runtime
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from kanban_app.assembly import Running, running
from kanban_app.web import wiring
from kanban_app.web.options import app_options
from kanban_app.web.pages import add_pages


class _Slot:
    """What runs in this process, if anything does."""

    running: Running | None = None
    service_routes: list[BaseRoute] = []  # noqa: RUF012 - the one instance of the process


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    launch = runtime.current_launch()
    if launch is None:
        yield
        return
    async with running(launch) as app_parts:
        _Slot.running = app_parts
        _Slot.service_routes = app_parts.trigger_service.routes() if app_parts.trigger_service else []
        wiring.connect(app_parts.services)
        try:
            yield
        finally:
            wiring.connect(None)
            _Slot.running, _Slot.service_routes = None, []


def with_trigger_service(inner: Any) -> Any:
    """Answer the embedded service's paths before all others; without one, its socket is 404."""

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] in {"http", "websocket"}:
            for route in _Slot.service_routes:
                match, child = route.matches(scope)
                if match is Match.FULL:
                    await route.handle({**scope, **child}, receive, send)
                    return
            if scope["path"] == "/ws/trigger" and scope["type"] == "websocket":
                await _refuse_socket(receive, send)
                return
        await inner(scope, receive, send)

    return asgi


async def _refuse_socket(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})



def ok(r):
    sv=_Slot.running.services if _Slot.running else None
    return JSONResponse({"c": sv.reader.connection() if sv else None}, 200 if sv and not sv.unready() else 503)
def board(r):
    sv=_Slot.running.services
    return JSONResponse({"columns": sv.reader.columns(), "cards": sv.reader.cards(), "live": sv.reader.lives()})
api = Starlette(routes=[Route("/healthz", ok), Route("/readyz", ok), Route("/api/v1/board", board)])
app = rx.App(api_transformer=[api, with_trigger_service], **app_options())
add_pages(app)
app.register_lifespan_task(lifespan)
