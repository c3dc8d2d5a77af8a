"""Opens projects and holds them open, each in a task of its own.

Whatever goes wrong there makes that project broken, with a reason, and touches no other.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

from kanban_app.domain.audit import ITSELF
from kanban_app.domain.projects import Project
from kanban_app.errors import BoardError, StartRefusal
from kanban_app.services.acting import acting
from kanban_app.services.projects.standing import Entry, Opened, State

log = logging.getLogger(__name__)

Opener = Callable[[Project, Callable[[str], None]], AbstractAsyncContextManager[Opened]]


class Holding:
    """`open_` enters a project, and calls what it is given when the project cannot go on. `tell` hears of each change
    of how one stands.
    """

    def __init__(self, open_: Opener, tell: Callable[[], None]) -> None:
        self._open = open_
        self._tell = tell
        self._group: asyncio.TaskGroup | None = None

    @property
    def is_running(self) -> bool:
        return self._group is not None

    @asynccontextmanager
    async def running(self, entries: Mapping[str, Entry]) -> AsyncGenerator[None]:
        """Open those that are to be open, without waiting for them; at the end of the block all are closed."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for entry in list(entries.values()):
                if entry.state is State.OPENING:
                    self.start(entry)
            try:
                yield
            finally:
                self._group = None
                for entry in entries.values():
                    entry.closing.set()

    def start(self, entry: Entry) -> None:
        """Open it; `settled` tells when that has ended. Raises BoardError while nothing is held."""
        group = self._running_group()
        entry.state, entry.reason = State.OPENING, ""
        entry.closing, entry.settled = asyncio.Event(), asyncio.Event()
        entry.task = group.create_task(self._hold(entry), name=f"project {entry.project.id}")
        self._tell()

    def beside(self, work: Callable[[], Coroutine[None, None, None]], name: str) -> None:
        """Do something that nobody waits for. Raises BoardError while nothing is held."""
        self._running_group().create_task(work(), name=name)

    def _running_group(self) -> asyncio.TaskGroup:
        if self._group is None:
            raise BoardError("E-CONN-17", details={"reason": "The app is starting or stopping."})
        return self._group

    async def _hold(self, entry: Entry) -> None:
        try:
            # Whoever has opened it does not do what it does from then on.
            with acting(ITSELF):
                await self._held(entry)
        except Exception as error:
            log.exception("the project %s is broken", entry.project.id)
            entry.reason = entry.reason or _reason_in(error)
        finally:
            entry.opened = None
            entry.state = State.BROKEN if entry.reason else State.ARCHIVED
            self._settle(entry)

    async def _held(self, entry: Entry) -> None:
        async with self._open(entry.project, entry.give_up) as opened:
            entry.opened, entry.state = opened, State.OPEN
            self._settle(entry)
            await entry.closing.wait()
            entry.opened = None

    def _settle(self, entry: Entry) -> None:
        entry.settled.set()
        self._tell()


def _reason_in(error: BaseException) -> str:
    """A sentence for people; what is a fault of ours has its details in the log."""
    if isinstance(error, StartRefusal):
        return str(error)
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        return next((said for found in inner if (said := _reason_in(found))), "")
    if isinstance(error, OSError):
        return f"Its folder cannot be used ({(error.strerror or str(error)).lower()})."
    return "A part of the program has failed; the log has the details."
