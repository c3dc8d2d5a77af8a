"""Whether the database can be written: what to say when it cannot, and when it can again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from kanban_app.errors import BoardError
from kanban_app.store.failures import StoreUnavailable

REASONS: Final = {
    "disk-full": "The disk is full.",
    "readonly": "The data folder is read-only.",
    "io-error": "The disk reports an error.",
    "locked": "Another program has locked the database.",
    "closed": "The app is stopping.",
}
OTHER: Final = "The database cannot be written."
DAMAGED: Final = frozenset({"corrupt", "not-a-database"})
PROBE_S: Final = 2.0


def cannot_save(problem: StoreUnavailable) -> BoardError:
    """The refusal of what could not be stored."""
    if problem.reason in DAMAGED:
        return BoardError("E-SYS-18", {"file": "of this board", "reason": problem.detail or problem.reason})
    return BoardError("E-SYS-12", {"reason": REASONS.get(problem.reason, OTHER)})


class StorageWatch:
    """Notices the first write that fails, and tries from then on until one succeeds.

    `probe` writes something of some size and raises StoreUnavailable when it cannot; `on_change` is called when
    `trouble` has changed.
    """

    def __init__(self, probe: Callable[[], Awaitable[None]], on_change: Callable[[], None]) -> None:
        self._probe = probe
        self._on_change = on_change
        self._failures = 0
        self._failed = asyncio.Event()
        self.trouble = ""
        """The reason why nothing can be saved; "" while all is well."""

    @property
    def notice(self) -> str:
        """A line for everybody to see; "" while all is well."""
        if not self.trouble:
            return ""
        if self.trouble in DAMAGED:
            return "The database is damaged: changes are not saved. Stop the board, and put back a backup."
        reason = REASONS.get(self.trouble, OTHER).rstrip(".")
        return (
            f"{reason}: changes cannot be saved now. Runs go on, and what they tell is kept and saved later. "
            "This line goes by itself as soon as saving works again."
        )

    def failed(self, problem: StoreUnavailable) -> None:
        """A write has failed. What is damaged stays damaged."""
        if problem.reason == "closed" or self.trouble in DAMAGED:
            return
        self._failures += 1
        self._failed.set()
        self._become(problem.reason)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._failed.wait()
            await asyncio.sleep(PROBE_S)
            before = self._failures
            try:
                await self._probe()
            except StoreUnavailable as problem:
                self.failed(problem)
                continue
            if self._failures == before and self.trouble not in DAMAGED:
                self._failed.clear()
                self._become("")

    def _become(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._on_change()
