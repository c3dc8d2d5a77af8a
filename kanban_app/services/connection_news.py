"""Telling people of a connection to the service that is lost, and of its return.

A loss is told after `PATIENCE_S`: most connections are back by then, and nobody needs to know. A return is told when it
has lasted as long, so that one that comes and goes is told once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.records import NewsKind
from kanban_app.services.connection_views import connection_view
from kanban_app.services.hub import Notice
from kanban_app.services.keeper import Keeper
from kanban_app.store.failures import StoreUnavailable

log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0


class ConnectionNews:
    """Call `look` whenever the connection may have changed; `run` does the rest."""

    def __init__(
        self,
        keeper: Keeper,
        connection: Callable[[], Connection],
        patience_s: float = PATIENCE_S,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._keeper = keeper
        self._connection = connection
        self._patience_s = patience_s
        self._wait = wait
        self._changed = asyncio.Event()
        self._was_connected = False
        self._is_lost = False

    def look(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._is_lost or self._is_missed():
                await self._wait(self._patience_s)
            await self._tell()

    def _is_missed(self) -> bool:
        """Whether it was there, is not, and nobody here asked for that."""
        now = self._connection().state
        return self._was_connected and now not in {ConnectionState.CONNECTED, ConnectionState.DISCONNECTED}

    async def _tell(self) -> None:
        now = self._connection()
        is_connected = now.state is ConnectionState.CONNECTED
        if is_connected and self._is_lost:
            await self._keep(_return(now))
        elif self._is_missed() and not self._is_lost:
            await self._keep(_loss(now))
        self._is_lost = self._is_missed()
        self._was_connected = is_connected or self._is_lost

    async def _keep(self, notice: Notice) -> None:
        try:
            await self._keeper.tell(notice)
        except StoreUnavailable:
            log.warning("a change of the connection is not among the notifications: the store cannot write")


def _loss(now: Connection) -> Notice:
    view = connection_view(now)
    return Notice(
        "connection:lost",
        alert=False,
        title="Connection lost",
        message=view["detail"],
        advice=tuple(view["advice"]),
        kind=NewsKind.CONNECTION,
    )


def _return(now: Connection) -> Notice:
    return Notice(
        "connection:back",
        alert=False,
        title="Connection is back",
        message=connection_view(now)["detail"],
        kind=NewsKind.CONNECTION,
    )
