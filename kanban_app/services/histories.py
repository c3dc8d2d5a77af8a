"""What each run has told, in memory as far as it is needed, from the store where it was forgotten."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from kanban_app.tac7.history import RunHistory

LINES: Final = 2_000_000
"""About 20 bytes each. The run that was not heard of for the longest time is forgotten first."""


class Histories:
    """`stored_keys` reads the keys under which a run's lines are stored; StoreUnavailable can come out of it."""

    def __init__(self, stored_keys: Callable[[str], Awaitable[list[str]]]) -> None:
        self._stored_keys = stored_keys
        self._runs: OrderedDict[str, RunHistory] = OrderedDict()

    async def of(self, adw_id: str) -> RunHistory:
        if adw_id not in self._runs:
            self._runs[adw_id] = RunHistory(await self._stored_keys(adw_id))
            self._forget(adw_id)
        self._runs.move_to_end(adw_id)
        return self._runs[adw_id]

    def reconnected(self) -> None:
        """Another connection begins: the service may tell all files again."""
        for history in self._runs.values():
            history.reconnected()

    def _forget(self, kept: str) -> None:
        lines = sum(len(history) for history in self._runs.values())
        for adw_id in [name for name in self._runs if name != kept]:
            if lines <= LINES:
                return
            lines -= len(self._runs.pop(adw_id))
