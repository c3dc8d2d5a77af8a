"""Follows the files of all active runs of a project: woken by changes, and looking by itself now and then."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from kanban_app.domain.followed import FollowedFile
from kanban_app.observing.context import own_context
from kanban_app.trigger_service.following.run_files import News, RunFiles
from kanban_app.trigger_service.following.watching import Watching
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.reports import Facts, Message

_log: Final = logging.getLogger(__name__)
# Finds folders that are new, and stands in where the file system tells of no changes.
_LOOK_EVERY_S: Final = 1.0
# Threads that make messages of lines keep the event loop waiting for its turn, each of them.
_READ_AT_ONCE: Final = 1


class Tell(Protocol):
    """Broadcasts what the files of a run say; on return that and the places are durable."""

    async def __call__(
        self, messages: Sequence[Message], places: Sequence[FollowedFile], facts: Facts | None
    ) -> None: ...


class _Run:
    """A run that is followed. Only one look at its files is under way at a time."""

    def __init__(self, layout: ProjectLayout, adw_id: str, tell: Tell) -> None:
        self.layout = layout
        self.adw_id = adw_id
        self.folders: frozenset[Path] = frozenset()
        self.woken = asyncio.Event()
        self.turn = asyncio.Lock()
        self.files: RunFiles | None = None
        self.tell = tell
        self.task: asyncio.Task[None] | None = None
        self.waiting: list[asyncio.Future[None]] = []

    def answer(self, waiting: list[asyncio.Future[None]], error: Exception | None = None) -> None:
        for future in waiting:
            if not future.done() and error is not None:
                future.set_exception(error)
            elif not future.done():
                future.set_result(None)


class Follower:
    """The runs are named by a key of the caller. Its tasks belong to the group that `open` gets.

    Without a project there is nothing to follow.
    """

    def __init__(
        self,
        project: Path | None,
        places: Callable[[str], Awaitable[list[FollowedFile]]],
        clock: Callable[[], datetime],
        most_ahead: int,
    ) -> None:
        """`places` finds how far the files of a run (its id) have been told before; `most_ahead`: see `RunFiles`."""
        self._layout = ProjectLayout(project) if project is not None else None
        self._places = places
        self._clock = clock
        self._most_ahead = most_ahead
        self._runs: dict[str, _Run] = {}
        self._reading = asyncio.Semaphore(_READ_AT_ONCE)
        self._watching = Watching(self._wake)
        self._watch: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None

    def open(self, group: asyncio.TaskGroup) -> None:
        if self._layout is None:
            return
        self._group = group
        self._watch = group.create_task(self._watching.run(), name="watch agents' folders")

    def close(self) -> None:
        """Follow nothing more; what has not been told is told by the next life."""
        for key in list(self._runs):
            self._end(key)
        if self._watch is not None:
            self._watch.cancel()

    def begin(self, key: str, adw_id: str, tell: Tell) -> None:
        """Follow a run's files from where they were told last."""
        if self._layout is None or self._group is None or key in self._runs:
            return
        run = _Run(self._layout, adw_id, tell)
        self._runs[key] = run
        run.task = self._group.create_task(
            self._follow(run), name=f"files of {adw_id}", context=own_context(run=adw_id)
        )

    def follows(self, key: str) -> bool:
        return key in self._runs

    async def catch_up(self, key: str) -> None:
        """Return when all whole lines that stand in the run's files now have been told; raises what telling raised."""
        run = self._runs.get(key)
        if run is not None:
            # The run's own task looks: one that waits can be cancelled, and would leave open whether it was told.
            looked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            run.waiting.append(looked)
            run.woken.set()
            await looked

    async def finish(self, key: str) -> None:
        """Tell what is left of a run whose processes have ended, and follow it no more; raises what telling raised."""
        run = self._runs.get(key)
        if run is not None:
            await self._look(run, final=True)
            self._end(key)

    def _end(self, key: str) -> None:
        run = self._runs.pop(key)
        if run.task is not None:
            run.task.cancel()
        run.answer(run.waiting)
        self._watch_all()

    async def _follow(self, run: _Run) -> None:
        while True:
            run.woken.clear()
            waiting, run.waiting = run.waiting, []
            try:
                await self._look(run)
                run.answer(waiting)
            except asyncio.CancelledError:
                run.answer(waiting)
                raise
            except Exception as error:  # noqa: BLE001 - the root of a task: it is tried again, nothing is lost
                _log.exception("the files of run %s could not be told; trying again", run.adw_id)
                run.answer(waiting, error)
            await _wait(run.woken, _LOOK_EVERY_S)

    async def _look(self, run: _Run, *, final: bool = False) -> None:
        async with run.turn:
            files = run.files or await self._first_look(run)
            every = files.news(final=final)
            try:
                while (news := await self._next(every)) is not None:
                    self._learn_folders(run, files)
                    await run.tell(news.messages, news.places, news.facts)
            finally:
                every.close()
            self._learn_folders(run, files)

    async def _next(self, every: Iterator[News]) -> News | None:
        """Also when cancelled it does not leave the thread at work on the files."""
        async with self._reading:
            step = asyncio.create_task(asyncio.to_thread(next, every, None))
            try:
                return await asyncio.shield(step)
            except asyncio.CancelledError:
                await asyncio.wait([step])
                raise

    async def _first_look(self, run: _Run) -> RunFiles:
        places = await self._places(run.adw_id)
        run.files = RunFiles(run.layout, run.adw_id, places, self._clock, self._most_ahead)
        return run.files

    def _learn_folders(self, run: _Run, files: RunFiles) -> None:
        if files.folders != run.folders:
            run.folders = files.folders
            self._watch_all()

    def _watch_all(self) -> None:
        self._watching.watch(frozenset(folder for run in self._runs.values() for folder in run.folders))

    def _wake(self, folder: Path | None) -> None:
        for run in self._runs.values():
            if folder is None or folder in run.folders:
                run.woken.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
