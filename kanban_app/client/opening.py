"""The handshake of a connection to a service."""

import logging
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from kanban_app.client.settings import ClientSettings
from kanban_app.client.urls import ServiceUrl
from kanban_app.client.ways import Way


async def open_socket(settings: ClientSettings, url: ServiceUrl, way: Way) -> ClientConnection:
    """Raises OSError, WebSocketException, EOFError or UnicodeError; `client.trouble` makes sense of them."""
    proxy = way.proxy
    to_proxy: dict[str, Any] = {"proxy_ssl": way.trust} if proxy is not None and proxy.is_secure else {}
    return await connect(
        url.socket,
        additional_headers=settings.headers,
        ssl=way.trust if url.is_secure else None,
        proxy=proxy.url if proxy else None,
        open_timeout=settings.open_timeout_s,
        close_timeout=settings.close_timeout_s,
        ping_interval=None,  # V1 freezes for longer than the library's patience (Q4)
        max_size=settings.max_incoming,
        logger=_quiet_logger(),
        **to_proxy,
    )


def _quiet_logger() -> logging.Logger:
    """The library's debug lines would show the token."""
    wire = logging.getLogger("kanban_app.client.wire")
    wire.setLevel(logging.WARNING)
    return wire
