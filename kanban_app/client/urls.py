"""The address of a trigger service: what is allowed, and where its HTTP side is."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

PATH: Final = "/ws/trigger"
_HTTP: Final = {"ws": "http", "wss": "https"}
_EXAMPLE: Final = "ws://127.0.0.1:8500/ws/trigger"


class UnusableUrl(ValueError):
    """The message is one sentence for the user, without the address itself."""


@dataclass(frozen=True, slots=True)
class ServiceUrl:
    """`socket` is where the WebSocket is, `http` the base of the HTTP calls (no slash at its end)."""

    socket: str
    http: str
    host: str
    is_loopback: bool

    @property
    def is_secure(self) -> bool:
        return self.socket.startswith("wss:")


def parse_url(text: str) -> ServiceUrl:
    """Raises UnusableUrl. An address without a path gets `/ws/trigger`."""
    parts = _split(text.strip())
    if parts.scheme not in _HTTP:
        msg = f"The address must begin with ws:// or wss://, as in {_EXAMPLE}."
        raise UnusableUrl(msg)
    host = parts.hostname
    if not host:
        msg = f"The address names no host; it should look like {_EXAMPLE}."
        raise UnusableUrl(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "The address must not carry a user, a query or a fragment; a token has a setting of its own."
        raise UnusableUrl(msg)
    base = _base_of(parts)
    return ServiceUrl(
        socket=f"{parts.scheme}://{parts.netloc}{base}{PATH}",
        http=f"{_HTTP[parts.scheme]}://{parts.netloc}{base}",
        host=host,
        is_loopback=_is_loopback(host),
    )


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        msg = f"The address cannot be read ({error})."
        raise UnusableUrl(msg) from error
    return parts


def _base_of(parts: SplitResult) -> str:
    path = parts.path.rstrip("/")
    if path and not path.endswith(PATH):
        msg = f"The path of the address must end in {PATH}."
        raise UnusableUrl(msg)
    return path.removesuffix(PATH)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
