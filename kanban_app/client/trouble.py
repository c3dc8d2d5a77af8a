"""Which entry of the error catalogue an exception or a close code is. Pure."""

import socket
import ssl
from typing import Final

from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus
from websockets.frames import Close

from kanban_app.client.urls import ServiceUrl
from kanban_app.tac7.trouble import Trouble

_ABNORMAL: Final = 1006
_CLOSED: Final = {
    1001: "E-CONN-7",
    1002: "E-CONN-12",
    1003: "E-CONN-13",
    1006: "E-CONN-7",
    1007: "E-CONN-12",
    1009: "E-CONN-14",
    1011: "E-CONN-15",
    1012: "E-CONN-8",
    1013: "E-CONN-17",
}


def of_connecting(error: Exception, url: ServiceUrl, timeout_s: float) -> Trouble:
    """Why no connection came about."""
    where = {"url": url.socket, "host": url.host}
    if isinstance(error, InvalidStatus):
        return _of_status(error.response.status_code, where)
    if isinstance(error, TimeoutError):
        return Trouble("E-CONN-3", {**where, "n": f"{timeout_s:g}"})
    if isinstance(error, ssl.SSLError):
        return Trouble("E-CONN-6", {**where, "reason": str(error)})
    if isinstance(error, socket.gaierror):
        return Trouble("E-CONN-2", where)
    if _is_cut(error):  # a plain port answers the first bytes of TLS by hanging up
        return Trouble("E-CONN-6" if url.socket.startswith("wss:") else "E-CONN-7", where)
    return Trouble("E-CONN-1" if isinstance(error, OSError) else "E-CONN-4", where)


def of_closing(closed: ConnectionClosed, url: ServiceUrl) -> Trouble:
    """Why a connection that stood is gone."""
    ours = closed.sent if closed.sent is not None and not closed.rcvd_then_sent else None
    if ours is not None:
        return _closed_by_us(ours)
    code = closed.rcvd.code if closed.rcvd is not None else _ABNORMAL
    reason = closed.rcvd.reason if closed.rcvd is not None else ""
    params = {"url": url.socket, "code": str(code), "reason": reason or "No reason given."}
    if code == 1000:  # noqa: PLR2004 - V1 closes idle connections like this (Q7)
        return Trouble("E-CONN-10" if "inactivity" in reason else "E-CONN-18", params)
    if code == 1009:  # noqa: PLR2004
        params["limit"] = "16 MiB"
    return Trouble(_CLOSED.get(code, "E-CONN-18"), params)


def _is_cut(error: Exception) -> bool:
    """Whether the other side went away in the middle of the handshake."""
    if isinstance(error, ConnectionRefusedError):
        return False
    if isinstance(error, ConnectionError | EOFError):
        return True
    return isinstance(error, InvalidMessage | ConnectionClosed) and isinstance(error.__cause__, EOFError | OSError)


def _closed_by_us(close: Close) -> Trouble:
    """The library has ended it, because of what came."""
    if close.code == 1009:  # noqa: PLR2004
        reason = "The service sent a message that is too large."
        return Trouble("E-CONN-18", {"code": "1009", "reason": reason})
    return Trouble("E-CONN-12", {"code": str(close.code), "reason": close.reason})


def _of_status(status: int, where: dict[str, str]) -> Trouble:
    params = {**where, "status": str(status)}
    if status == 401:  # noqa: PLR2004
        return Trouble("E-AUTH-4", params)
    if status >= 500:  # noqa: PLR2004
        return Trouble("E-CONN-17", params)
    return Trouble("E-CONN-4", params)
