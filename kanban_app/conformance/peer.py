"""Raw access to the service under test: sockets and HTTP, without the session of our own client."""

import asyncio
import json
import logging
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self, cast

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from kanban_app.conformance.encryption import refusal, speaks_tls
from kanban_app.conformance.line import Json, Line
from kanban_app.conformance.target import PATH, Target

_CLOSE_S: Final = 1.0
_OPEN_S: Final = 10.0
_HTTP_S: Final = 35.0
"""A health check may take 30 s (reference section 5.1)."""


ABSENT: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""HTTP answers by which a service says that it does not offer a path."""


class NotReached(Exception):
    """No WebSocket came about. `code` and `params` are the catalogue's, `status` that of an HTTP answer."""

    def __init__(self, code: str, params: Mapping[str, str], status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.params = dict(params)
        self.status = status


class Peer:
    """The service. Enter it to use its HTTP side."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._http = httpx.AsyncClient(
            base_url=target.http, headers=dict(target.headers), timeout=_HTTP_S, trust_env=not target.is_loopback
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def line(self, path: str = PATH, subprotocol: str | None = None) -> AsyncGenerator[Line]:
        """A connection of its own. Raises NotReached."""
        link = await self._connect(path, subprotocol)
        line = Line(link)
        reader = asyncio.create_task(line.read(), name="conformance reader")
        try:
            yield line
        finally:
            await link.close()
            await reader

    async def _connect(self, path: str, subprotocol: str | None) -> ClientConnection:
        url = self.target.at(path)
        try:
            return await connect(
                url,
                additional_headers=dict(self.target.headers),
                subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
                compression=None,  # a large frame is to be large on the wire
                proxy=None if self.target.is_loopback else True,
                open_timeout=_OPEN_S,
                close_timeout=_CLOSE_S,
                ping_interval=None,
                max_size=None,
                logger=_quiet_logger(),
            )
        except (OSError, InvalidHandshake, TimeoutError, EOFError) as error:
            trouble = _trouble(error, url, self.target)
            if (
                not self.target.is_secure
                and _may_be_tls(error)
                and await speaks_tls(self.target.host, self.target.port)
            ):
                reason = f"The port of {url} speaks TLS, so the address must begin with wss://."
                trouble = NotReached("E-CONN-25", {"url": url, "reason": reason})
            raise trouble from error

    async def ask_http(
        self, method: str, path: str, body: object = None, content: bytes | None = None
    ) -> tuple[httpx.Response | None, float]:
        """The answer and the milliseconds that it took; None where there was none."""
        began = time.monotonic()
        try:
            if content is not None:
                headers = {"Content-Type": "application/json"}
                answer = await self._http.request(method, path, content=content, headers=headers)
            elif body is not None:
                answer = await self._http.request(method, path, json=body)
            else:
                answer = await self._http.request(method, path)
        except httpx.HTTPError:
            answer = None
        return answer, (time.monotonic() - began) * 1000


def object_in(content: bytes) -> Json | None:
    """The body of an answer, if it is a JSON object."""
    try:
        value: object = json.loads(content)
    except ValueError:
        return None
    return cast(Json, value) if isinstance(value, dict) else None


def _may_be_tls(error: Exception) -> bool:
    """Whether somebody was there, and did not speak our language: some say so over plain HTTP."""
    if isinstance(error, InvalidStatus):
        return error.response.status_code == HTTPStatus.BAD_REQUEST
    return isinstance(error, InvalidHandshake | EOFError) or _is_cut(error)


def _is_cut(error: Exception) -> bool:
    return isinstance(error, ConnectionError | EOFError) and not isinstance(error, ConnectionRefusedError)


def _trouble(error: Exception, url: str, target: Target) -> NotReached:
    where = {"url": url, "host": target.host}
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return NotReached("E-AUTH-4" if status == HTTPStatus.UNAUTHORIZED else "E-CONN-4", where, status)
    if isinstance(error, TimeoutError):
        return NotReached("E-CONN-3", {**where, "n": f"{_OPEN_S:g}"})
    if target.is_secure and (isinstance(error, ssl.SSLError) or _is_cut(error)):
        return NotReached("E-CONN-6", {**where, "reason": refusal(error)})
    if isinstance(error, socket.gaierror):
        return NotReached("E-CONN-2", where)
    return NotReached("E-CONN-1" if isinstance(error, OSError) else "E-CONN-4", where)


def _quiet_logger() -> logging.Logger:
    """The library's own words about connections would mix with the table."""
    logger = logging.getLogger("kanban_app.conformance.websockets")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())
    return logger
