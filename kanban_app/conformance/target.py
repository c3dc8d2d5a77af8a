"""The address to check."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

PATH: Final = "/ws/trigger"
_HTTP: Final = {"ws": "http", "wss": "https"}


class UnusableTarget(ValueError):
    """The message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Target:
    """`origin` and `prefix` go before any other path, `http` before the paths of the HTTP calls."""

    origin: str
    prefix: str
    http: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def socket(self) -> str:
        return self.at(PATH)

    def at(self, path: str) -> str:
        """The WebSocket address of another path of the same service."""
        return f"{self.origin}{self.prefix}{path}"

    @property
    def is_secure(self) -> bool:
        return self.origin.startswith("wss:")

    @property
    def port(self) -> int:
        return urlsplit(self.origin).port or (443 if self.is_secure else 80)

    @property
    def is_loopback(self) -> bool:
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_target(url: str, token: str | None = None) -> Target:
    """Raises UnusableTarget. An address without a path gets `/ws/trigger`."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError as error:
        msg = f"The address cannot be read ({error})."
        raise UnusableTarget(msg) from error
    if parts.scheme not in _HTTP or not parts.hostname:
        msg = "The address must look like ws://127.0.0.1:8500/ws/trigger."
        raise UnusableTarget(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "The address must not carry a user, a query or a fragment; a token goes with --token."
        raise UnusableTarget(msg)
    path = parts.path.rstrip("/")
    if path and not path.endswith(PATH):
        msg = f"The path of the address must end in {PATH}."
        raise UnusableTarget(msg)
    prefix = path.removesuffix(PATH)
    return Target(
        origin=f"{parts.scheme}://{parts.netloc}",
        prefix=prefix,
        http=f"{_HTTP[parts.scheme]}://{parts.netloc}{prefix}",
        host=parts.hostname,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )
