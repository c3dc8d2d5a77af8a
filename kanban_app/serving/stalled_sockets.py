"""uvicorn's WebSocket protocol with an end for clients that take nothing, which it would keep for ever."""

import asyncio
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STALL_S: Final = 60.0


class CutWhenStalled(WebSocketsSansIOProtocol):
    """Cuts a connection of whose waiting bytes not one has left for `STALL_S`, also while it is being closed.

    A close waits until all is written, and to such a client nothing is: what waits for it, and whoever sends it, would
    stay.
    """

    _waiting = 0
    _stall: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._waiting = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(STALL_S, self._look)

    def _look(self) -> None:
        if self.transport.get_write_buffer_size() >= self._waiting:
            self.transport.abort()
        else:
            self._watch()

    def _forget(self) -> None:
        if self._stall:
            self._stall.cancel()
            self._stall = None
