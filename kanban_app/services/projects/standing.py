"""How one project stands, and what it brings while it is open."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kanban_app.domain.projects import Project
from kanban_app.errors import BoardError
from kanban_app.services.container import ApiServices


class State(StrEnum):
    """How a project stands."""

    OPENING = "opening"
    OPEN = "open"
    BROKEN = "broken"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open project brings: its services, and the routes of its embedded trigger service."""

    services: ApiServices
    routes: Sequence[Any] = ()


@dataclass(slots=True)
class Entry:
    """A project with how it stands. `settled` is set when it is known whether it could be opened."""

    project: Project
    state: State
    reason: str = ""
    opened: Opened | None = None
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def give_up(self, reason: str) -> None:
        """A part of it has failed: it ends, and says why."""
        self.reason = reason
        self.closing.set()

    async def ended(self) -> None:
        """Wait until nothing of it runs any more."""
        if self.task:
            await asyncio.wait([self.task])

    def why_closed(self) -> str:
        """A sentence for people."""
        if self.state is State.ARCHIVED:
            return "It has been archived."
        return self.reason or "It is being closed."

    def check_idle(self) -> None:
        """Raises BoardError while something runs or waits in it."""
        if self.opened and (count := _busy(self.opened.services)):
            runs = "1 run is" if count == 1 else f"{count} runs are"
            raise BoardError("E-PROJ-2", {"reason": f"{runs} under way or waiting. Stop them, or let them end."})


def _busy(services: ApiServices) -> int:
    return services.reader.active_runs() + services.reader.queue_count()
