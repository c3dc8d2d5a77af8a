"""Which names the board answers to, and which pages may write to it.

A page of a foreign site that lets its own name point at this machine (DNS rebinding) sends that name as Host; a page
of another site or port sends its own address as Origin. Neither gets through.
"""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Self
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

_OWN_SITE: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class HostRules:
    """`names` are host names without port, `origins` complete foreign addresses (`https://board.example.org`).

    `proxies` are where a reverse proxy may be: what it says of the browser is believed.
    """

    names: frozenset[str]
    origins: frozenset[str]
    proxies: tuple[Network, ...] = ()

    @classmethod
    def of(
        cls, bound_host: str, allowed_origins: Iterable[str], proxies: Iterable[str] = ("127.0.0.0/8", "::1")
    ) -> Self:
        """Loopback names and addresses are always right; add this machine's names and those of `allowed_origins`."""
        origins = frozenset(allowed_origins)
        machine = socket.gethostname().lower()
        short = machine.split(".", maxsplit=1)[0]
        names = {bound_host.lower(), machine, short, f"{short}.local", *map(_name_of_origin, origins)}
        return cls(frozenset(names - {""}), origins, tuple(ip_network(proxy) for proxy in proxies))

    def knows_host(self, host: str | None) -> bool:
        """Whether `host`, a Host header with or without port, is one of ours. The port does not matter."""
        name = _name(host or "")
        # A numeric address cannot be pointed elsewhere by a foreign name server.
        return name == "localhost" or name.endswith(".localhost") or name in self.names or _is_address(name)

    def is_proxy(self, address: str) -> bool:
        """Whether the other end of a connection, by its address, is a reverse proxy that is trusted."""
        found = _address(address)
        return found is not None and any(found in network for network in self.proxies)

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of `origin` may write to, or hold a socket with, the board that it reached as `host`."""
        origin = origin.lower().rstrip("/")
        return origin in self.origins or _same_host(origin, host)

    def is_foreign_and_allowed(self, origin: str | None) -> bool:
        return origin is not None and origin.lower().rstrip("/") in self.origins


def is_own_site(fetch_site: str | None) -> bool:
    """Whether the browser says (Sec-Fetch-Site) that the request comes from a page of the board, or from the person."""
    return fetch_site in _OWN_SITE


def is_loopback(address: str) -> bool:
    """Whether an address is that of a program on this machine."""
    found = _address(address)
    return found is not None and found.is_loopback


def plain_address(text: str) -> str | None:
    """An address as proxies write it, with or without port and brackets, without both; None if it is none."""
    found = _address(text) or _address(_name(text))
    return str(found) if found is not None else None


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
    return _address(name) is not None


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """IPv6 has names for IPv4; those count as what they mean."""
    try:
        found = ip_address(name)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
