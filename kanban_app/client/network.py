"""Tells when this computer comes back to a network, or loses it. Linux only; elsewhere nobody tells."""

import asyncio
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

DEBOUNCE_S: Final = 0.3
"""One change of the network is a burst of messages."""

_LINK: Final = 0x1
_IPV4_ADDRESS: Final = 0x10
_IPV4_ROUTE: Final = 0x40
_IPV6_ADDRESS: Final = 0x100
_IPV6_ROUTE: Final = 0x400
_GROUPS: Final = _LINK | _IPV4_ADDRESS | _IPV4_ROUTE | _IPV6_ADDRESS | _IPV6_ROUTE
_UP: Final = 0x1
_REJECT: Final = 0x200
_GLOBAL_SCOPE: Final = "00"
_ENOUGH: Final = 65_536

Ways = frozenset[tuple[str, ...]]
"""How this computer reaches others: IPv4 routes and IPv6 addresses, those of the computer itself left out."""


async def watch_network(on_change: Callable[[bool], None]) -> None:
    """Calls `on_change(True)` when a way to other computers has come, and with False when the last one is gone.

    Runs until cancelled; returns at once where the system does not tell. At first False is told, but never True.
    """
    try:
        ways = ways_out()
        source = _open()
    except (OSError, AttributeError) as error:  # other systems have no such sockets, and a sandbox may refuse them
        log.debug("changes of the network are not watched: %s", error)
        return
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()
    with source:
        loop.add_reader(source, _drain, source, changed)
        try:
            await _follow(ways, changed, on_change)
        finally:
            loop.remove_reader(source)


async def _follow(ways: Ways, changed: asyncio.Event, on_change: Callable[[bool], None]) -> None:
    if not ways:
        on_change(False)
    while True:
        await changed.wait()
        await asyncio.sleep(DEBOUNCE_S)
        changed.clear()
        before, ways = ways, ways_out()
        if ways - before:
            on_change(True)
        elif before and not ways:
            on_change(False)


def ways_out(root: Path = Path("/proc/net")) -> Ways:
    """Raises OSError where the system has no such files."""
    return frozenset(_ipv4(root / "route")) | frozenset(_ipv6(root / "if_inet6"))


def _ipv4(table: Path) -> list[tuple[str, ...]]:
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    return [
        ("route", row[0], row[1], row[2]) for row in rows if row[0] != "lo" and int(row[3], 16) & (_UP | _REJECT) == _UP
    ]


def _ipv6(table: Path) -> list[tuple[str, ...]]:
    if not table.exists():  # a kernel without IPv6
        return []
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()]
    return [("address", row[5], row[0]) for row in rows if row[5] != "lo" and row[3] == _GLOBAL_SCOPE]


def _open() -> socket.socket:
    source = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    try:
        source.setblocking(False)
        source.bind((0, _GROUPS))
    except OSError:
        source.close()
        raise
    return source


def _drain(source: socket.socket, changed: asyncio.Event) -> None:
    """What the messages say is looked up afterwards; so a lost one (ENOBUFS) does no harm."""
    changed.set()
    try:
        while source.recv(_ENOUGH):
            pass
    except BlockingIOError:
        return
    except OSError as error:
        log.debug("messages of the network were lost: %s", error)
