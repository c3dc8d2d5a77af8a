"""Whether a service answers at an address, and who: asked once, for somebody who is about to enter it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from kanban_app.client.opening import open_socket
from kanban_app.client.proxies import UnusableProxy
from kanban_app.client.settings import ClientSettings
from kanban_app.client.tls import UnusableCaFile
from kanban_app.client.trouble import of_closing, of_connecting
from kanban_app.client.urls import ServiceUrl, parse_url
from kanban_app.client.ways import Way, find_way
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.answers import vintage_of
from kanban_app.tac7.client_messages import Ping
from kanban_app.tac7.codec import decode_server, encode
from kanban_app.tac7.messages import Pong
from kanban_app.tac7.trouble import Trouble

WELL_KNOWN_PORTS: Final = (8500, 8002)
"""Where the two vintages listen unless they are told otherwise."""
NOTHING_THERE: Final = frozenset({"E-CONN-1", "E-CONN-3"})


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Either who answered, or `trouble`. `url` is the whole address that was asked.

    With E-CONN-5, `other_url` is where a service was found instead.
    """

    url: str
    vintage: Vintage | None = None
    extensions: frozenset[str] = frozenset()
    round_trip_ms: float | None = None
    trouble: Trouble | None = None
    other_url: str | None = None


async def probe(settings: ClientSettings, ports: Sequence[int] = WELL_KNOWN_PORTS) -> ProbeResult:
    """Connect, ping, leave; nothing is started or registered. Raises UnusableUrl.

    When nothing answers, the other `ports` of the same host are asked, too: without the token, which is not for them.
    """
    url = parse_url(settings.url)
    result = await _ask(settings, url)
    if result.trouble is None or result.trouble.code not in NOTHING_THERE:
        return result
    for port in ports:
        other = parse_url(_on_port(url.socket, port))
        if other == url:
            continue
        found = await _ask(replace(settings, token=None), other)
        if found.trouble is None:
            params = {"port": str(urlsplit(url.socket).port or "?"), "other": str(port)}
            return replace(result, trouble=Trouble("E-CONN-5", params), other_url=other.socket)
    return result


async def _ask(settings: ClientSettings, url: ServiceUrl) -> ProbeResult:
    way: Way | None = None
    try:
        way = await find_way(url, settings.ca_file)
        socket = await open_socket(settings, url, way)
    except (OSError, WebSocketException, EOFError, UnicodeError, UnusableCaFile, UnusableProxy) as error:
        name = way.proxy_name if way else None
        return ProbeResult(url.socket, trouble=of_connecting(error, url, settings.open_timeout_s, proxy=name))
    async with socket:
        return await _greet(socket, settings, url)


async def _greet(socket: ClientConnection, settings: ClientSettings, url: ServiceUrl) -> ProbeResult:
    patience = settings.limits.silence_s
    try:
        async with asyncio.timeout(patience):
            began = time.monotonic()
            await socket.send(encode(Ping(timestamp=1)))
            pong = await _pong(socket)
            took = time.monotonic() - began
    except TimeoutError:
        return ProbeResult(url.socket, trouble=Trouble("E-CONN-16", {"n": f"{patience:.0f}"}))
    except ConnectionClosed as closed:
        return ProbeResult(url.socket, trouble=of_closing(closed, url, settings.max_incoming))
    return ProbeResult(url.socket, vintage_of(pong), frozenset(pong.extensions or ()), took * 1000)


async def _pong(socket: ClientConnection) -> Pong:
    """The answer; what else the service says to everybody is passed over."""
    while True:
        frame = await socket.recv()
        message = decode_server(frame if isinstance(frame, str) else frame.decode(errors="replace"))
        if isinstance(message, Pong):
            return message


def _on_port(address: str, port: int) -> str:
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return parts._replace(netloc=f"{host}:{port}").geturl()
