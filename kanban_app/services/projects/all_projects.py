"""All projects: which of them are open, and what people do with them, each deed with its entry in the audit log.

The first project is the data folder's own and always open.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.audit import NOTHING, Action, Target
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.projects import Project
from kanban_app.errors import BoardError
from kanban_app.services.acting import done, refused
from kanban_app.services.backups import Backups
from kanban_app.services.container import ApiServices
from kanban_app.services.projects.acceptance import check_room, connection_in, folder_in, title_in
from kanban_app.services.projects.holding import Holding, Opener
from kanban_app.services.projects.registry import ProjectStore, Registry
from kanban_app.services.projects.standing import Entry, Opened, State
from kanban_app.services.projects.views import ProjectView, view_of
from kanban_app.store.engine import whole

FIRST_TITLE: Final = "Board"
_SAVED_EVERY: Final = timedelta(minutes=1)


class Projects:
    """Synchronous to read. `open_` enters a project, and calls what it is given when the project cannot go on.

    `backups` are those of all projects. `folders` looks which projects beside the first there are on the disk.
    """

    def __init__(
        self,
        store: ProjectStore,
        first: Opened,
        open_: Opener,
        repository: Path | None = None,
        backups: Backups | None = None,
        *,
        trail: Trail | None = None,
        folders: Callable[[], Sequence[Path]] = tuple,
    ) -> None:
        self.backups = backups
        self._trail = trail or Trail()
        self._lock = asyncio.Lock()
        now = datetime.now(UTC)
        self._saved_at = now
        here = Project(FIRST_PROJECT, FIRST_TITLE, now, now, str(repository or ""))
        self._registry = Registry(store, Entry(here, State.OPEN, opened=first), folders)
        self._entries = self._registry.entries
        self._holding = Holding(open_, self._registry.tell)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Projects"]:
        """Open all that are not archived, without waiting for them; at the end of the block all are closed."""
        await self._registry.load()
        async with self._holding.running(self._entries):
            yield self

    @property
    def version(self) -> int:
        """Changes whenever the list, or how one of them stands, does."""
        return self._registry.version

    async def changed(self, version: int) -> int:
        """Wait until there is another version than this; the new one."""
        return await self._registry.changed(version)

    @property
    def several(self) -> bool:
        """Whether there are others than the first."""
        return len(self._entries) > 1

    def is_open(self, project: str) -> bool:
        entry = self._entries.get(project)
        return entry is not None and entry.opened is not None

    def services(self, project: str) -> ApiServices | None:
        """The services of an open project, None while it opens. Raises BoardError for all others."""
        entry = self._registry.known(project)
        if entry.opened is None and entry.state is not State.OPENING:
            raise BoardError("E-PROJ-1", {"title": entry.project.title, "reason": entry.why_closed()})
        return entry.opened.services if entry.opened else None

    def running_services(self, project: str) -> ApiServices:
        """The same; raises BoardError also while it opens."""
        services = self.services(project)
        if services is None:
            raise BoardError("E-CONN-17", details={"reason": "The project is being opened."})
        return services

    def open_services(self) -> list[ApiServices]:
        """Those of all projects that are open."""
        return [entry.opened.services for entry in self._entries.values() if entry.opened]

    def routes(self, project: str) -> Sequence[Any]:
        entry = self._entries.get(project)
        return entry.opened.routes if entry and entry.opened else ()

    def use(self, project: str) -> None:
        """Somebody looks at it."""
        if (entry := self._entries.get(project)) is None:
            return
        now = datetime.now(UTC)
        entry.project = replace(entry.project, used_at=now)
        if self._holding.is_running and now - self._saved_at > _SAVED_EVERY:
            self._saved_at = now
            self._holding.beside(self._registry.save_quietly, "projects in use")

    def views(self) -> list[ProjectView]:
        """All of them, the one used last first."""
        newest = sorted(self._entries.values(), key=lambda entry: entry.project.used_at, reverse=True)
        return [view_of(entry) for entry in newest]

    def view(self, project: str) -> ProjectView:
        return view_of(self._registry.known(project))

    async def create(
        self, title: str, *, repository: str = "", service: str = "", token: str = "", op_id: str = ""
    ) -> ProjectView:
        """A new project, open. `service` is the address of a trigger service elsewhere, "" for the built-in one.

        The same `op_id` makes it once. Raises BoardError when something about it is not acceptable; then there is none.
        One that is made but does not work is there, and broken.
        """
        return await whole(self._create(title, repository, service, token, op_id))

    async def rename(self, project: str, title: str) -> ProjectView:
        async def work() -> ProjectView:
            target = self._target(project)
            with self._refusals(Action.PROJECT_RENAMED, target):
                async with self._lock:
                    entry = self._registry.known(project)
                    await self._registry.change(entry, title=title_in(title))
                    view = view_of(entry)
            self._trail.put(done(Action.PROJECT_RENAMED, target, name=view["title"]))
            return view

        return await whole(work())

    async def archive(self, project: str) -> ProjectView:
        """Close it and keep it; one that is archived stays as it is.

        Refused while runs are under way: nobody would follow them.
        """

        async def work() -> ProjectView:
            with self._refusals(Action.PROJECT_ARCHIVED, self._target(project)):
                async with self._lock:
                    return await self._archive(self._registry.known(project))

        return await whole(work())

    async def open(self, project: str) -> ProjectView:
        """Bring an archived one back, or try a broken one again; one that is open stays as it is."""
        return await whole(self._reopen(project))

    def _target(self, project: str) -> Target:
        entry = self._entries.get(project)
        return Target("project", project, entry.project.title if entry else "")

    @contextmanager
    def _refusals(self, action: Action, target: Target = NOTHING) -> Generator[None]:
        """What the block refuses is told."""
        try:
            yield
        except BoardError as error:
            self._trail.put(refused(action, error.code, target))
            raise

    async def _create(self, title: str, repository: str, service: str, token: str, op_id: str) -> ProjectView:
        async with self._lock:
            made = next((e for e in self._entries.values() if op_id and e.project.op_id == op_id), None)
            if made is not None:
                return view_of(made)
            with self._refusals(Action.PROJECT_CREATED):
                check_room(self._entries.values(), State.OPENING)
                name, folder = title_in(title), folder_in(repository.strip(), self._entries.values())
                first = self._entries[FIRST_PROJECT].opened
                connection = await connection_in(service.strip(), token.strip(), first)
                entry = await self._registry.add(name, folder, op_id)
            target = self._target(entry.project.id)
            self._trail.put(done(Action.PROJECT_CREATED, target))
            self._holding.start(entry)
            await entry.settled.wait()
            if connection and entry.opened:
                settings = entry.opened.services.settings
                with self._refusals(Action.SETTINGS_CONNECTION, target):
                    await settings.save(await settings.draft(connection))
            return view_of(entry)

    async def _archive(self, entry: Entry) -> ProjectView:
        if entry.project.id == FIRST_PROJECT:
            raise BoardError("E-PROJ-2", {"reason": "The first project is the data folder's own."})
        if entry.state is State.ARCHIVED and entry.project.archived:
            return view_of(entry)
        if entry.state is State.OPENING:
            # What runs in it is known only then.
            await entry.settled.wait()
        entry.check_idle()
        await self._registry.change(entry, archived=True)
        try:
            entry.check_idle()
        except BoardError:
            # Something was started while that was written.
            await self._registry.change(entry, archived=False)
            raise
        # From here on nothing can be started in it.
        entry.opened = None
        entry.closing.set()
        await entry.ended()
        entry.state, entry.reason = State.ARCHIVED, ""
        self._registry.tell()
        self._trail.put(done(Action.PROJECT_ARCHIVED, self._target(entry.project.id)))
        return view_of(entry)

    async def _reopen(self, project: str) -> ProjectView:
        target = self._target(project)
        with self._refusals(Action.PROJECT_OPENED, target):
            async with self._lock:
                entry = self._registry.known(project)
                if entry.opened is None and entry.state is not State.OPENING:
                    # It may be closing still, after a failure: never twice at a time on one folder.
                    await entry.ended()
                    check_room(self._entries.values(), entry.state)
                    await self._registry.change(entry, archived=False)
                    self._holding.start(entry)
                    await entry.settled.wait()
                    self._trail.put(done(Action.PROJECT_OPENED, target))
                return view_of(entry)
