"""Which folders have changed, as the operating system tells it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Final

from watchfiles import awatch  # pyright: ignore[reportUnknownVariableType]

_log: Final = logging.getLogger(__name__)
_STEP_MS: Final = 20
_LONGEST_STEP_MS: Final = 100
_AGAIN_AFTER_S: Final = 5.0


class Watching:
    """Calls `changed(folder)` for each change in one of the `folders`, and `changed(None)` when any may have changed.

    Folders are watched without what is below them: nobody knows what that is. Where the system cannot watch (no more
    places, a file system without events) nothing is called; whoever needs to know looks by himself now and then.
    """

    def __init__(self, changed: Callable[[Path | None], None]) -> None:
        self._changed = changed
        self._folders: frozenset[Path] = frozenset()
        self._anew = asyncio.Event()
        self._has_failed = False

    def watch(self, folders: frozenset[Path]) -> None:
        """From now on these."""
        if folders != self._folders:
            self._folders = folders
            self._anew.set()

    async def run(self) -> None:
        """For ever, until cancelled."""
        while True:
            self._anew.clear()
            if self._folders:
                await self._watch_some()
            else:
                await self._anew.wait()

    async def _watch_some(self) -> None:
        # What has changed since the last watch is not told by this one, which begins with its first step.
        asyncio.get_running_loop().call_soon(self._changed, None)
        changes = awatch(
            *self._folders,
            watch_filter=None,
            debounce=_LONGEST_STEP_MS,
            step=_STEP_MS,
            stop_event=self._anew,
            recursive=False,
            ignore_permission_denied=True,
        )
        try:
            async with aclosing(changes):
                async for batch in changes:
                    for folder in {Path(path).parent for _, path in batch}:
                        self._changed(folder)
        except (OSError, RuntimeError) as error:
            await self._without(error)

    async def _without(self, error: Exception) -> None:
        """A folder that has gone meanwhile is no matter; what lasts is told once."""
        if not isinstance(error, FileNotFoundError) and not self._has_failed:
            self._has_failed = True
            _log.warning("agents' folders cannot be watched and are looked at every second instead: %s", error)
        try:
            async with asyncio.timeout(_AGAIN_AFTER_S):
                await self._anew.wait()
        except TimeoutError:
            return
