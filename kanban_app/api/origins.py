"""Which names the board answers to, and which pages may write to it.

A page of a foreign site that lets its own name point at this machine (DNS rebinding) sends that name as Host; a page
of another site or port sends its own address as Origin. Neither gets through.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

_OWN_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class HostRules:
    """`names` are host names without port, `origins` complete foreign addresses (`https://board.example.org`)."""

    names: frozenset[str]
    origins: frozenset[str]

    @classmethod
    def of(cls, bound_host: str, allowed_origins: Iterable[str]) -> Self:
        """Loopback names and addresses are always right; add this machine's names and those of `allowed_origins`."""
        origins = frozenset(allowed_origins)
        machine = socket.gethostname().lower()
        short = machine.split(".", maxsplit=1)[0]
        names = {bound_host.lower(), machine, short, f"{short}.local", *map(_name_of_origin, origins)}
        return cls(names=frozenset(names - {""}), origins=origins)

    def knows_host(self, host: str | None) -> bool:
        """Whether `host`, a Host header with or without port, is one of ours. The port does not matter."""
        name = _name(host or "")
        # A numeric address cannot be pointed elsewhere by a foreign name server.
        return name == "localhost" or name.endswith(".localhost") or name in self.names or _is_address(name)

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of `origin` may write to, or hold a socket with, the board that it reached as `host`."""
        origin = origin.lower().rstrip("/")
        return origin in self.origins or _same_host(origin, host)

    def is_foreign_and_allowed(self, origin: str | None) -> bool:
        return origin is not None and origin.lower().rstrip("/") in self.origins


def is_own_site(fetch_site: str | None) -> bool:
    """Whether the browser says (Sec-Fetch-Site) that the request comes from a page of the board, or from the person."""
    return fetch_site in _OWN_SITE


def is_loopback_peer(client: tuple[str, int] | None) -> bool:
    """Whether the other end of the connection, in ASGI's form, is a program on this machine."""
    return client is not None and _is_address(client[0]) and ip_address(client[0]).is_loopback


def _same_host(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = {"http": ":80", "https": ":443"}.get(parts.scheme)
    return default is not None and bool(parts.netloc) and parts.netloc == host.lower().removesuffix(default)


def _name_of_origin(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _name(host: str) -> str:
    """The name or address in a Host header, in lower case and without port, brackets and final dot; "" if odd."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return ""
    if parts.netloc != host or "@" in host:
        return ""
    return (parts.hostname or "").removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
