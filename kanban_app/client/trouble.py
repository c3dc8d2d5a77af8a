"""Which entry of the error catalogue an exception or a close code is. Pure."""

import errno
import socket
import ssl
from typing import Final

from websockets.exceptions import (
    ConnectionClosed,
    InvalidMessage,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    ProxyError,
    SecurityError,
)
from websockets.frames import Close

from kanban_app.client.proxies import UnusableProxy
from kanban_app.client.tls import NO_ENCRYPTION, UnusableCaFile, reason_of
from kanban_app.client.urls import ServiceUrl
from kanban_app.tac7.trouble import Trouble

_ABNORMAL: Final = 1006
_CLOSED: Final = {
    1001: "E-CONN-9",
    1002: "E-CONN-12",
    1003: "E-CONN-13",
    1006: "E-CONN-7",
    1007: "E-CONN-12",
    1009: "E-CONN-14",
    1011: "E-CONN-15",
    1012: "E-CONN-8",
    1013: "E-CONN-17",
}
_OF_STATUS: Final = {500: "E-CONN-15", 502: "E-CONN-1", 504: "E-CONN-1"}
"""A proxy in front of the service says 502 or 504 when nobody is behind it."""


def of_connecting(
    error: BaseException, url: ServiceUrl, timeout_s: float, *, proxy: str | None = None, was_accepted: bool = False
) -> Trouble:
    """Why no connection came about. `was_accepted`: the same token has been good before."""
    where = {"url": url.socket, "host": url.host}
    if isinstance(error, UnusableProxy):
        return Trouble("E-CONN-25", {**where, "reason": str(error)})
    if proxy is not None and (through := _of_proxy(error, proxy)):
        return Trouble("E-CONN-25", {**where, "reason": through})
    if isinstance(error, InvalidStatus):
        return _of_status(error.response.status_code, where, was_accepted=was_accepted)
    if isinstance(error, InvalidURI | SecurityError):  # a redirect to a page, such as that of a hotel
        return Trouble("E-CONN-25", {**where, "reason": unexpected(where["url"])})
    if isinstance(error, TimeoutError):
        return Trouble("E-CONN-3", {**where, "n": f"{timeout_s:g}"})
    if isinstance(error, ssl.SSLError | UnusableCaFile):
        reason = reason_of(error) if isinstance(error, ssl.SSLError) else str(error)
        return Trouble("E-CONN-6", {**where, "reason": reason})
    if isinstance(error, socket.gaierror | UnicodeError):
        return Trouble("E-CONN-23" if url.host.endswith(".localhost") else "E-CONN-2", where)
    if _is_cut(error):  # a plain port may answer the first bytes of TLS by hanging up
        return _of_cut(url, where)
    if isinstance(error, OSError):
        return Trouble("E-CONN-22" if error.errno in {errno.ENETUNREACH, errno.ENETDOWN} else "E-CONN-1", where)
    return Trouble("E-CONN-4", where)


def of_closing(closed: ConnectionClosed, url: ServiceUrl, largest: int) -> Trouble:
    """Why a connection that stood is gone. `largest` is what we take of a message, in bytes."""
    if closed.sent is not None and not closed.rcvd_then_sent:
        return _closed_by_us(closed.sent, largest)
    code = closed.rcvd.code if closed.rcvd is not None else _ABNORMAL
    reason = closed.rcvd.reason if closed.rcvd is not None else ""
    params = {"url": url.socket, "code": str(code), "reason": reason or "No reason given."}
    if code == 1000:  # noqa: PLR2004 - V1 closes idle connections like this (Q7)
        return Trouble("E-CONN-10" if "inactivity" in reason else "E-CONN-18", params)
    if code == 1009:  # noqa: PLR2004
        params["limit"] = "what the service takes"
    return Trouble(_CLOSED.get(code, "E-CONN-18"), params)


def close_code_of(closed: ConnectionClosed) -> int | None:
    """The code with which the other side has ended it; None when it did not close, or only echoed our close."""
    if closed.rcvd is None or (closed.sent is not None and not closed.rcvd_then_sent):
        return None
    return closed.rcvd.code


def _is_cut(error: BaseException) -> bool:
    """Whether the other side went away in the middle of the handshake."""
    if isinstance(error, ConnectionRefusedError):
        return False
    if isinstance(error, ConnectionError | EOFError):
        return True
    return isinstance(error, InvalidMessage | ConnectionClosed) and isinstance(error.__cause__, EOFError | OSError)


def _of_cut(url: ServiceUrl, where: dict[str, str]) -> Trouble:
    if url.is_secure:
        return Trouble("E-CONN-6", {**where, "reason": NO_ENCRYPTION})
    return Trouble("E-CONN-7", where)


def _of_proxy(error: BaseException, proxy: str) -> str | None:
    """A sentence when it is the proxy that stands in the way."""
    if isinstance(error, InvalidProxyStatus):
        return proxy_refusal(proxy, error.response.status_code)
    if isinstance(error, ProxyError):
        return f"{proxy} is set as a proxy and does not answer as one."
    if isinstance(error, socket.gaierror | ConnectionRefusedError):
        return f"The proxy {proxy} cannot be reached."
    return None


def proxy_refusal(proxy: str, status: int) -> str:
    """What a proxy means by a status, in a sentence."""
    if status == 407:  # noqa: PLR2004
        return f"The proxy {proxy} asks for a user and a password."
    if status >= 500:  # noqa: PLR2004
        return f"The proxy {proxy} does not reach the service (HTTP {status})."
    return f"The proxy {proxy} does not let the connection through (HTTP {status})."


def _closed_by_us(close: Close, largest: int) -> Trouble:
    """The library has ended it, because of what came."""
    if close.code == 1009:  # noqa: PLR2004
        reason = f"The service sent a message of more than {largest // 1024**2} MiB, which was not read."
        return Trouble("E-CONN-18", {"code": "1009", "reason": reason})
    return Trouble("E-CONN-12", {"code": str(close.code), "reason": close.reason})


def _of_status(status: int, where: dict[str, str], *, was_accepted: bool) -> Trouble:
    params = {**where, "status": str(status)}
    if status == 401:  # noqa: PLR2004
        return Trouble("E-AUTH-2" if was_accepted else "E-AUTH-4", params)
    if status >= 500:  # noqa: PLR2004
        return Trouble(_OF_STATUS.get(status, "E-CONN-17"), params)
    if status < 400:  # noqa: PLR2004
        return Trouble("E-CONN-25", {**params, "reason": unexpected(where["url"])})
    return Trouble("E-CONN-4", params)


def unexpected(url: str) -> str:
    """The sentence for an answer that is not one of a service."""
    return f"Something other than the service replied at {url}."
