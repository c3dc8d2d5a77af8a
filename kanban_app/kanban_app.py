"""The composition root. (A placeholder page until the board stands.)"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import reflex as rx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kanban_app import runtime


class Hello(rx.State):
    """Shows that state and socket work."""

    clicks: int = 0

    @rx.event
    def click(self) -> None:
        self.clicks += 1


def index() -> rx.Component:
    return rx.el.main(
        rx.el.h1("Agentic Kanban"),
        rx.el.button("Count", id="count", on_click=Hello.click),
        rx.el.output(Hello.clicks, id="clicks"),
    )


def healthz(_request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    launch = runtime.current_launch()
    if launch is None:
        yield
        return
    yield
    launch.exit_report.runs_going_on = 0


routes = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", healthz)])
app = rx.App(api_transformer=[routes])
app.add_page(index, route="/", title="Agentic Kanban")
app.register_lifespan_task(lifespan)
