"""A real server in this process, on a port of its own."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from kanban_app.asgi import Application
from tests.support.waiting import eventually


@asynccontextmanager
async def serving(app: Application) -> AsyncGenerator[str]:
    """`host:port` of the app while the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, ws="websockets-sansio", timeout_graceful_shutdown=1, access_log=False
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await eventually(lambda: server.started)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()
