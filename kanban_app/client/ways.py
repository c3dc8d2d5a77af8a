"""How a service is reached: whom to trust, and through which proxy. The same for the socket and for HTTP."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext

from kanban_app.client.proxies import Proxy, proxy_for
from kanban_app.client.tls import trust, trust_nobody
from kanban_app.client.urls import ServiceUrl


@dataclass(frozen=True, slots=True)
class Way:
    """`trust` counts where the connection to the service or to the proxy is a secure one."""

    trust: SSLContext
    proxy: Proxy | None

    @property
    def proxy_name(self) -> str | None:
        return self.proxy.name if self.proxy else None


async def find_way(url: ServiceUrl, ca_file: Path | None) -> Way:
    """Raises UnusableCaFile or UnusableProxy."""
    proxy = proxy_for(url)
    is_secure = url.is_secure or (proxy is not None and proxy.is_secure)
    # To read the authorities takes a while.
    trusted = await asyncio.to_thread(trust, ca_file) if is_secure else trust_nobody()
    return Way(trusted, proxy)
