"""Which projects there are: in memory, and as a list in the first project's database."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.projects import Project, id_for
from kanban_app.errors import BoardError
from kanban_app.services.projects import kept_list
from kanban_app.services.projects.standing import Entry, State
from kanban_app.services.storage import cannot_save
from kanban_app.store.failures import StoreUnavailable

log = logging.getLogger(__name__)


class ProjectStore(Protocol):
    """Where the list is."""

    async def setting(self, key: str) -> object: ...
    async def save_setting(self, key: str, value: object) -> None: ...


class Registry:
    """The first project is always there. `folders` looks which others there are on the disk.

    What cannot be saved raises BoardError, and has changed nothing.
    """

    def __init__(self, store: ProjectStore, first: Entry, folders: Callable[[], Sequence[Path]]) -> None:
        self._store = store
        self._folders = folders
        self._news = asyncio.Event()
        self.entries = {FIRST_PROJECT: first}
        self.version = 0
        """Changes whenever the list, or how one of them stands, does."""

    def known(self, project: str) -> Entry:
        """Raises BoardError where there is no such project."""
        entry = self.entries.get(project)
        if entry is None:
            raise BoardError("E-SYS-3", {"what": "This project"})
        return entry

    async def load(self) -> None:
        """Take up the list, and what is on the disk without being in it."""
        listed = kept_list.read(await self._store.setting(kept_list.KEY))
        for project in [*listed, *await self._unlisted({project.id for project in listed})]:
            if project.id == FIRST_PROJECT:
                first = self.entries[FIRST_PROJECT]
                first.project = replace(project, repository=first.project.repository)
            else:
                state = State.ARCHIVED if project.archived else State.OPENING
                self.entries[project.id] = Entry(project, state)

    async def add(self, title: str, repository: str, op_id: str) -> Entry:
        """A new project, in the list and not open yet."""
        now = datetime.now(UTC)
        project = Project(id_for(title, self.entries), title, now, now, repository, op_id=op_id)
        entry = Entry(project, State.OPENING)
        await self._save({**self.entries, project.id: entry})
        self.entries[project.id] = entry
        return entry

    async def change(self, entry: Entry, **changes: Any) -> None:
        """Give a project other values for fields of `Project`."""
        before, entry.project = entry.project, replace(entry.project, **changes)
        try:
            await self._save(self.entries)
        except BoardError:
            entry.project = before
            raise
        self.tell()

    async def save_quietly(self) -> None:
        """Keep what is of no great importance: where that cannot be done now, it is done with the next change."""
        with suppress(BoardError):
            await self._save(self.entries)

    def tell(self) -> None:
        """Something is another way now."""
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def changed(self, version: int) -> int:
        """Wait until there is another version than this; the new one."""
        while self.version == version:
            await self._news.wait()
        return self.version

    async def _unlisted(self, known: Collection[str]) -> list[Project]:
        try:
            found = await asyncio.to_thread(lambda: kept_list.unlisted(self._folders(), {FIRST_PROJECT, *known}))
        except OSError:
            log.exception("the folders of projects cannot be looked through")
            return []
        if found:
            log.warning("projects that were in no list are archived now: %s", ", ".join(one.id for one in found))
        return found

    async def _save(self, entries: Mapping[str, Entry]) -> None:
        try:
            kept = kept_list.as_kept(entry.project for entry in entries.values())
            await self._store.save_setting(kept_list.KEY, kept)
        except StoreUnavailable as problem:
            raise cannot_save(problem) from problem
