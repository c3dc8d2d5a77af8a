"""The one socket, taken before anything else is started, so that nobody shares or loses the port."""

import errno
import socket
from ipaddress import ip_address
from typing import Final

from kanban_app.errors import StartRefusal

# Connections made while the app is starting wait here.
_BACKLOG: Final = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. SO_REUSEPORT stays off: a second instance must fail, not take half of the connections."""
    family, address = _resolve(host, port)
    # asyncio sets TCP_NODELAY only on sockets that say that they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StartRefusal(_sentence(error, host, port)) from None
    listener.setblocking(False)
    return listener


def bound_port(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def leads_to(listener: socket.socket, host: str, port: int) -> bool:
    """Whether a client that connects to `host` and `port` would reach `listener`."""
    if port != bound_port(listener):
        return False
    bound = str(listener.getsockname()[0])
    everywhere = bound in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    return any(address == bound or (everywhere and _is_ours(address)) for address in map(_reached, _addresses(host)))


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise StartRefusal(f"KANBAN_HOST is {host}, and this machine knows no address of that name.") from None
    # IPv4 first: `localhost` means 127.0.0.1 to most programs that are given the printed address.
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, (str(address[0]), port)


def _sentence(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} on {host} is taken by another program: set KANBAN_PORT to a free one."
        case errno.EACCES:
            return f"This user may not listen on port {port}: set KANBAN_PORT to one from 1024."
        case errno.EADDRNOTAVAIL:
            return f"KANBAN_HOST is {host}, which is no address of this machine."
        case _:
            return f"Listening on {host}, port {port}, is not possible ({(error.strerror or str(error)).lower()})."


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return set()


def _reached(address: str) -> str:
    """Where a connection to an address goes: to "any" means to this machine, and IPv6 has names for IPv4."""
    found = ip_address(address.partition("%")[0])
    found = getattr(found, "ipv4_mapped", None) or found
    if found.is_unspecified:
        return "127.0.0.1" if found.version == 4 else "::1"  # noqa: PLR2004 - of the protocol
    return str(found)


def _is_ours(address: str) -> bool:
    """Only an address of this machine can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
