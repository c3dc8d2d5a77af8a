"""All projects: which there are, which of them are open, and what is done with them.

The first project is the data folder's own and always open. Each other one runs in a task of its own; whatever goes
wrong there makes that project broken, with a reason, and touches no other.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, TypedDict, cast

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.config import parse_setting
from kanban_app.domain.audit import ITSELF, NOTHING, Action, Target
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.projects import Project, id_for, title_of
from kanban_app.errors import BoardError, StartRefusal
from kanban_app.services import project_list
from kanban_app.services.acting import acting, done, refused
from kanban_app.services.backups import Backups
from kanban_app.services.container import ApiServices
from kanban_app.services.storage import cannot_save
from kanban_app.services.views import millis
from kanban_app.store.engine import whole
from kanban_app.store.failures import StoreUnavailable

log = logging.getLogger(__name__)

FIRST_TITLE: Final = "Board"
MOST_OPEN: Final = 16
_SAVED_EVERY: Final = timedelta(minutes=1)


class ProjectStore(Protocol):
    """Where the list is."""

    async def setting(self, key: str) -> object: ...
    async def save_setting(self, key: str, value: object) -> None: ...


class State(StrEnum):
    """How a project stands."""

    OPENING = "opening"
    OPEN = "open"
    BROKEN = "broken"
    ARCHIVED = "archived"


class ProjectView(TypedDict):
    """A project for people. Counts and connection ("" while unknown) are those of an open one; times are in ms."""

    id: str
    title: str
    state: str
    reason: str
    url: str
    repository: str
    running: int
    waiting: int
    failed: int
    connection: str
    connection_label: str
    created_at: int
    used_at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What an open project brings: its services, and the routes of its embedded trigger service."""

    services: ApiServices
    routes: Sequence[Any] = ()


Opener = Callable[[Project, Callable[[str], None]], AbstractAsyncContextManager[Opened]]


@dataclass(slots=True)
class _Entry:
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
        self._folders = folders
        self._store = store
        self._open = open_
        self._lock = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._news = asyncio.Event()
        self._saved_at = datetime.now(UTC)
        self.version = 0
        """Changes whenever the list, or how one of them stands, does."""
        now = datetime.now(UTC)
        here = Project(FIRST_PROJECT, FIRST_TITLE, now, now, str(repository or ""))
        self._entries = {FIRST_PROJECT: _Entry(here, State.OPEN, opened=first)}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["Projects"]:
        """Open all that are not archived, without waiting for them; at the end of the block all are closed."""
        await self._load()
        async with asyncio.TaskGroup() as group:
            self._group = group
            for entry in list(self._entries.values()):
                if entry.state is State.OPENING:
                    self._start(entry)
            try:
                yield self
            finally:
                self._group = None
                for entry in self._entries.values():
                    entry.closing.set()

    @property
    def several(self) -> bool:
        """Whether there are others than the first."""
        return len(self._entries) > 1

    def is_open(self, project: str) -> bool:
        entry = self._entries.get(project)
        return entry is not None and entry.opened is not None

    def services(self, project: str) -> ApiServices | None:
        """The services of an open project, None while it opens. Raises BoardError for all others."""
        entry = self._known(project)
        if entry.opened is None and entry.state is not State.OPENING:
            raise BoardError("E-PROJ-1", {"title": entry.project.title, "reason": _why_closed(entry)})
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
        if self._group is not None and now - self._saved_at > _SAVED_EVERY:
            self._saved_at = now
            self._group.create_task(self._save_quietly(), name="projects in use")

    def views(self) -> list[ProjectView]:
        """All of them, the one used last first."""
        newest = sorted(self._entries.values(), key=lambda entry: entry.project.used_at, reverse=True)
        return [_view(entry) for entry in newest]

    def view(self, project: str) -> ProjectView:
        return _view(self._known(project))

    async def changed(self, version: int) -> int:
        """Wait until there is another version than this; the new one."""
        while self.version == version:
            await self._news.wait()
        return self.version

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
                    view = await self._replace(self._known(project), title=_title(title))
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
                    return await self._archive(self._known(project))

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
                return _view(made)
            with self._refusals(Action.PROJECT_CREATED):
                self._check_room(State.OPENING)
                name, folder = _title(title), self._folder(repository.strip())
                connection = await self._connection(service.strip(), token.strip())
                entry = await self._listed(name, folder, op_id)
            target = self._target(entry.project.id)
            self._trail.put(done(Action.PROJECT_CREATED, target))
            self._start(entry)
            await entry.settled.wait()
            if connection and entry.opened:
                settings = entry.opened.services.settings
                with self._refusals(Action.SETTINGS_CONNECTION, target):
                    await settings.save(await settings.draft(connection))
            return _view(entry)

    async def _listed(self, name: str, folder: str, op_id: str) -> _Entry:
        """A new project, in the list and not open yet."""
        now = datetime.now(UTC)
        project = Project(id_for(name, self._entries), name, now, now, folder, op_id=op_id)
        entry = _Entry(project, State.OPENING)
        await self._save({**self._entries, project.id: entry})
        self._entries[project.id] = entry
        return entry

    async def _archive(self, entry: _Entry) -> ProjectView:
        if entry.project.id == FIRST_PROJECT:
            raise BoardError("E-PROJ-2", {"reason": "The first project is the data folder's own."})
        if entry.state is State.ARCHIVED and entry.project.archived:
            return _view(entry)
        if entry.state is State.OPENING:
            # What runs in it is known only then.
            await entry.settled.wait()
        _check_idle(entry)
        await self._replace(entry, archived=True)
        try:
            _check_idle(entry)
        except BoardError:
            # Something was started while that was written.
            await self._replace(entry, archived=False)
            raise
        # From here on nothing can be started in it.
        entry.opened = None
        entry.closing.set()
        await entry.ended()
        entry.state, entry.reason = State.ARCHIVED, ""
        self._tell()
        self._trail.put(done(Action.PROJECT_ARCHIVED, self._target(entry.project.id)))
        return _view(entry)

    async def _reopen(self, project: str) -> ProjectView:
        target = self._target(project)
        with self._refusals(Action.PROJECT_OPENED, target):
            async with self._lock:
                entry = self._known(project)
                if entry.opened is None and entry.state is not State.OPENING:
                    # It may be closing still, after a failure: never twice at a time on one folder.
                    await entry.ended()
                    self._check_room(entry.state)
                    await self._replace(entry, archived=False)
                    self._start(entry)
                    await entry.settled.wait()
                    self._trail.put(done(Action.PROJECT_OPENED, target))
                return _view(entry)

    def _known(self, project: str) -> _Entry:
        entry = self._entries.get(project)
        if entry is None:
            raise BoardError("E-SYS-3", {"what": "This project"})
        return entry

    def _check_room(self, state: State) -> None:
        busy = [entry for entry in self._entries.values() if entry.state in {State.OPEN, State.OPENING}]
        if len(busy) >= MOST_OPEN:
            raise BoardError("E-PROJ-3", {"limit": f"{MOST_OPEN} open projects"})
        if state is State.OPENING and len(self._entries) >= project_list.MOST:
            raise BoardError("E-PROJ-3", {"limit": f"{project_list.MOST} projects"})

    def _folder(self, text: str) -> str:
        """The folder of a repository that no other project works in."""
        if not text:
            return ""
        folder = cast("Path", _setting("project_dir", text, "repository")).resolve()
        for entry in self._entries.values():
            if entry.project.repository and Path(entry.project.repository).resolve() == folder:
                raise _not_accepted("repository", f"the project {entry.project.title} works in it already")
        return str(folder)

    async def _connection(self, service: str, token: str) -> Mapping[str, str]:
        """What its settings shall be; checked by those of the first project, which has the same rules."""
        if not service:
            return {}
        _setting("tac7_url", service, "service")
        if token:
            _setting("tac7_token", token, "token")
        first = self._entries[FIRST_PROJECT].opened
        if first and (refusal := await first.services.settings.refuse(service)):
            raise _not_accepted("service", refusal)
        return {"tac7_url": service, "tac7_token": token}

    def _start(self, entry: _Entry) -> None:
        if self._group is None:
            raise BoardError("E-CONN-17", details={"reason": "The app is starting or stopping."})
        entry.state, entry.reason = State.OPENING, ""
        entry.closing, entry.settled = asyncio.Event(), asyncio.Event()
        entry.task = self._group.create_task(self._hold(entry), name=f"project {entry.project.id}")
        self._tell()

    async def _hold(self, entry: _Entry) -> None:
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

    async def _held(self, entry: _Entry) -> None:
        async with self._open(entry.project, entry.give_up) as opened:
            entry.opened, entry.state = opened, State.OPEN
            self._settle(entry)
            await entry.closing.wait()
            entry.opened = None

    def _settle(self, entry: _Entry) -> None:
        entry.settled.set()
        self._tell()

    def _tell(self) -> None:
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _replace(self, entry: _Entry, **changes: Any) -> ProjectView:
        before, entry.project = entry.project, replace(entry.project, **changes)
        try:
            await self._save(self._entries)
        except BoardError:
            entry.project = before
            raise
        self._tell()
        return _view(entry)

    async def _load(self) -> None:
        listed = project_list.read(await self._store.setting(project_list.KEY))
        for project in [*listed, *await self._unlisted({project.id for project in listed})]:
            if project.id == FIRST_PROJECT:
                first = self._entries[FIRST_PROJECT]
                first.project = replace(project, repository=first.project.repository)
            else:
                state = State.ARCHIVED if project.archived else State.OPENING
                self._entries[project.id] = _Entry(project, state)

    async def _unlisted(self, known: Collection[str]) -> list[Project]:
        try:
            found = await asyncio.to_thread(lambda: project_list.unlisted(self._folders(), {FIRST_PROJECT, *known}))
        except OSError:
            log.exception("the folders of projects cannot be looked through")
            return []
        if found:
            log.warning("projects that were in no list are archived now: %s", ", ".join(one.id for one in found))
        return found

    async def _save(self, entries: Mapping[str, _Entry]) -> None:
        try:
            kept = project_list.as_kept(entry.project for entry in entries.values())
            await self._store.save_setting(project_list.KEY, kept)
        except StoreUnavailable as problem:
            raise cannot_save(problem) from problem

    async def _save_quietly(self) -> None:
        with suppress(BoardError):
            await self._save(self._entries)


def _busy(services: ApiServices) -> int:
    return services.reader.active_runs() + services.reader.queue_count()


def _check_idle(entry: _Entry) -> None:
    """Raises BoardError for a project in which something runs or waits."""
    if entry.opened and (count := _busy(entry.opened.services)):
        runs = "1 run is" if count == 1 else f"{count} runs are"
        raise BoardError("E-PROJ-2", {"reason": f"{runs} under way or waiting. Stop them, or let them end."})


def _why_closed(entry: _Entry) -> str:
    if entry.state is State.ARCHIVED:
        return "It has been archived."
    return entry.reason or "It is being closed."


def _view(entry: _Entry) -> ProjectView:
    project, reader = entry.project, entry.opened.services.reader if entry.opened else None
    connection = reader.connection() if reader else None
    return ProjectView(
        id=project.id,
        title=project.title,
        state=entry.state.value,
        reason=entry.reason,
        url=f"/p/{project.id}/",
        repository=project.repository,
        running=reader.active_runs() if reader else 0,
        waiting=reader.queue_count() if reader else 0,
        failed=reader.failed_cards() if reader else 0,
        connection=connection["state"] if connection else "",
        connection_label=connection["label"] if connection else "",
        created_at=millis(project.created_at) or 0,
        used_at=millis(project.used_at) or 0,
    )


def _title(text: str) -> str:
    try:
        return title_of(text)
    except ValueError as error:
        raise _not_accepted("title", str(error)) from None


def _setting(name: str, text: str, field_name: str) -> object:
    try:
        return parse_setting(name, text)
    except ValueError as error:
        raise _not_accepted(field_name, str(error)) from None


def _not_accepted(field_name: str, reason: str) -> BoardError:
    return BoardError("E-SYS-5", {"field": field_name, "reason": f"{reason}."})


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
