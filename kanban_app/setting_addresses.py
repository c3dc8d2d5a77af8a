"""Hosts, addresses, origins and networks in settings: what is one, and who can reach it."""

import re
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")


def is_host(text: str) -> bool:
    """Whether it is an IP address or the name of a host."""
    return _is_ip_address(text) or _HOST_NAME.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach `host`."""
    if _is_ip_address(host):
        return ip_address(host).is_loopback
    return host.lower() == "localhost" or host.lower().endswith(".localhost")


def is_address_of(value: str, schemes: set[str]) -> bool:
    """A user name or password is not part of an address here: addresses are shown, secrets have their own variables."""
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False


def origins_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Origins as browsers write them. Raises ValueError when one of them is none."""
    origins = tuple(text.strip().rstrip("/").lower() for text in texts if text.strip())
    for origin in origins:
        if not is_address_of(origin, {"http", "https"}) or urlsplit(origin).path:
            raise ValueError  # Without the text: it may hold a password.
    return origins


def networks_of(texts: Iterable[str]) -> tuple[str, ...]:
    """IP addresses and networks, as networks. Raises ValueError when one of them is neither."""
    return tuple(str(ip_network(text.strip())) for text in texts if text.strip())


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
