"""Backups of all projects: made when somebody asks, and by themselves every so often; which there are."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, TypedDict

from kanban_app.domain.audit import Action
from kanban_app.domain.audit_trail import Trail
from kanban_app.errors import BoardError
from kanban_app.services.acting import done, refused
from kanban_app.services.news import News

log = logging.getLogger(__name__)

FIRST_S: Final = 300.0
"""No backup by itself earlier after a start: that time belongs to what people came for."""
RETRY_S: Final = 3600.0


class Found(Protocol):
    """A finished backup."""

    @property
    def path(self) -> Path: ...
    @property
    def size(self) -> int: ...
    @property
    def made_at(self) -> datetime: ...


class BackupView(TypedDict):
    name: str
    at: int
    size: int


class BackupsView(TypedDict):
    """`failed` says why the last try came to nothing, "" when it did not. `every_h` is 0 where none comes by itself."""

    backups: list[BackupView]
    busy: bool
    failed: str
    every_h: float
    keep: int
    folder: str


@dataclass(frozen=True, slots=True)
class BackupWork:
    """What makes, lists and removes backups; all of it may block, `make` for long.

    `make` raises an exception whose text is the sentence to show. `remove_old` leaves so many.
    """

    folder: Path
    make: Callable[[], Found]
    list: Callable[[], list[Found]]
    remove_old: Callable[[int], int]
    failure: type[Exception]


@dataclass(slots=True)
class Backups:
    """One for the whole process. `every_h` 0 makes none by itself; `keep` are kept, older ones go."""

    work: BackupWork
    every_h: float = 0.0
    keep: int = 7
    trail: Trail = field(default_factory=Trail)
    is_busy: bool = False
    failed: str = ""
    news: News = field(default_factory=News)
    """Told when one is begun, and when it has ended."""
    newest: BackupView | None = None
    """What the last try has made; None when it came to nothing, is under way, or there was none yet."""
    ended: int = 0
    """How many tries have ended."""
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Make one while nobody waits; nothing while one is being made."""
        if not self.is_busy and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._make_aside(), name="backup on demand")

    async def aclose(self) -> None:
        """Let go of one that was begun. Its thread ends by itself."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def make(self) -> BackupView:
        """A new backup, when it is complete. Raises BoardError (E-SYS-19) when none could be made."""
        if self.is_busy:
            raise BoardError("E-SYS-19", {"reason": "A backup is being made already."})
        self.is_busy, self.newest = True, None
        self.news.tell()
        try:
            made = await asyncio.to_thread(self.work.make)
        except self.work.failure as problem:
            self.failed = str(problem)
            log.warning("no backup was made: %s", problem)
            self._tell_refusal()
            raise BoardError("E-SYS-19", {"reason": self.failed}) from problem
        except OSError as problem:
            self.failed = f"The folder of backups cannot be used ({(problem.strerror or str(problem)).lower()})."
            self._tell_refusal()
            raise
        else:
            self.newest, self.failed = _view(made), ""
            log.info("backup %s made, %d bytes", made.path.name, made.size)
            self.trail.put(done(Action.DATA_BACKED_UP, file=made.path.name))
            await self._remove_old()
        finally:
            self.is_busy = False
            self.ended += 1
            self.news.tell()
        return _view(made)

    async def view(self) -> BackupsView:
        """Which there are, the newest first, and how it stands with the next."""
        found = await asyncio.to_thread(self.work.list)
        return BackupsView(
            backups=[_view(backup) for backup in found],
            busy=self.is_busy,
            failed=self.failed,
            every_h=self.every_h,
            keep=self.keep,
            folder=str(self.work.folder),
        )

    async def file(self, name: str) -> Path:
        """The file of a backup. Raises BoardError when there is none of this name."""
        found = await asyncio.to_thread(self.work.list)
        path = next((backup.path for backup in found if backup.path.name == name), None)
        if path is None:
            raise BoardError("E-SYS-3", {"what": "This backup"})
        return path

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Make backups when they are due, until cancelled. At once ends where none are wanted."""
        if not self.every_h:
            return
        await sleep(FIRST_S)
        while True:
            pause = await self._pause()
            if pause <= 0:
                pause = RETRY_S
                try:
                    await self.make()
                except BoardError:
                    pass  # told in the log and on the screen, and tried again
                except OSError:
                    log.exception("no backup was made")
                else:
                    pause = await self._pause()
            await sleep(max(pause, 1.0))

    async def _make_aside(self) -> None:
        try:
            await self.make()
        except BoardError:
            pass  # `failed` tells it
        except Exception:
            log.exception("a backup on demand failed")

    def _tell_refusal(self) -> None:
        self.trail.put(refused(Action.DATA_BACKED_UP, "E-SYS-19"))

    async def _remove_old(self) -> None:
        """After a backup was made, which counts also where older ones cannot go."""
        try:
            await asyncio.to_thread(self.work.remove_old, self.keep)
        except (OSError, self.work.failure) as problem:
            log.warning("backups above the newest %d could not be removed: %s", self.keep, problem)

    async def _pause(self) -> float:
        """Seconds until the next is due."""
        try:
            newest = next(iter(await asyncio.to_thread(self.work.list)), None)
        except OSError:
            return RETRY_S
        if newest is None:
            return 0.0
        due = newest.made_at + timedelta(hours=self.every_h)
        # A clock that was set back must not put backups off for long.
        return min((due - datetime.now(UTC)).total_seconds(), self.every_h * 3600)


def _view(backup: Found) -> BackupView:
    return BackupView(name=backup.path.name, at=int(backup.made_at.timestamp() * 1000), size=backup.size)
