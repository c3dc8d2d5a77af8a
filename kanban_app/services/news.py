"""Telling whoever follows that something has changed, without keeping what."""

import asyncio


class News:
    """`version` changes with each telling."""

    def __init__(self) -> None:
        self.version = 0
        self._next = asyncio.Event()

    def tell(self) -> None:
        self.version += 1
        told, self._next = self._next, asyncio.Event()
        told.set()

    async def after(self, version: int) -> int:
        """Wait until there is another version than this; the new one."""
        while self.version == version:
            await self._next.wait()
        return self.version
