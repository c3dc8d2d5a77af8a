"""Telling everybody how the line of waiting runs stands (`queue_status`)."""

import asyncio
from collections.abc import Callable
from typing import Final

from kanban_app.tac7.codec import encode
from kanban_app.trigger_service.broadcaster import Broadcaster
from kanban_app.trigger_service.waiting_line import WaitingLine

_PAUSE_S: Final = 0.2
_REMINDER_S: Final = 60.0
"""Boards take a run for silent of which they hear nothing; who waits has nothing to say itself."""


class LineNews:
    """What is told is how things stand now: it is not numbered, not kept, and never more than once in `_PAUSE_S`."""

    def __init__(self, line: WaitingLine, active: Callable[[], int], hub: Broadcaster) -> None:
        self._line = line
        self._active = active
        self._hub = hub
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        self._stirred.set()

    def now(self) -> str:
        """The `queue_status` of this moment."""
        return encode(self._line.status(self._active()))

    async def run(self) -> None:
        """For ever, until cancelled."""
        told = self.now()
        while True:
            try:
                async with asyncio.timeout(_REMINDER_S if len(self._line) else None):
                    await self._stirred.wait()
            except TimeoutError:
                told = ""
            self._stirred.clear()
            text = self.now()
            if text != told:
                self._hub.show(text)
                told = text
            await asyncio.sleep(_PAUSE_S)
