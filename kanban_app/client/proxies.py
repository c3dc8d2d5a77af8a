"""The proxy that the environment names for a service; the same one for the socket and for HTTP."""

from dataclasses import dataclass, field
from importlib.util import find_spec

from websockets.exceptions import InvalidProxy
from websockets.proxy import get_proxy, parse_proxy
from websockets.uri import parse_uri

from kanban_app.client.urls import ServiceUrl


class UnusableProxy(Exception):
    """The message is one sentence for the user, without the proxy's user and password."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """`url` may hold a password; `name` is host and port, fit to be shown."""

    name: str
    url: str = field(repr=False)

    @property
    def is_secure(self) -> bool:
        """Whether the way to the proxy itself is encrypted."""
        return self.url.startswith("https:")


def proxy_for(url: ServiceUrl) -> Proxy | None:
    """From HTTPS_PROXY, HTTP_PROXY, NO_PROXY and their like; none for this computer. Raises UnusableProxy."""
    if url.is_loopback:
        return None
    named = get_proxy(parse_uri(url.socket))
    if named is None:
        return None
    try:
        parsed = parse_proxy(named)
    except InvalidProxy as error:
        msg = f"The proxy's address in the environment cannot be used: {error.msg}."
        raise UnusableProxy(msg) from None
    except ValueError:
        msg = "The proxy's address in the environment cannot be read."
        raise UnusableProxy(msg) from None
    name = f"{parsed.host}:{parsed.port}"
    if parsed.scheme.startswith("socks") and not (find_spec("python_socks") and find_spec("socksio")):
        msg = f"The proxy {name} speaks SOCKS, for which the Python packages python-socks and socksio are missing here."
        raise UnusableProxy(msg)
    return Proxy(name, named)
