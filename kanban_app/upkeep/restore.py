"""Putting a backup back. Everything is made ready beside the present data before the first file is moved."""

import asyncio
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.config import DATABASE_FILE, Settings
from kanban_app.domain.commands import Withdraw
from kanban_app.domain.launch import LaunchState
from kanban_app.domain.model import RunStatus
from kanban_app.domain.reported import Uncertain
from kanban_app.services import api_tokens
from kanban_app.services.hub import Hub
from kanban_app.services.ingest import CURSOR_KEY
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.services.projects import kept_list
from kanban_app.serving.data_dir import PROJECTS_FOLDER, hold_data_dir, project_folders
from kanban_app.store import migrate
from kanban_app.store.copying import copy_database, setting_in, soundness
from kanban_app.store.database import Store
from kanban_app.store.failures import DatabaseTooNew, NotOurDatabase, StoreUnavailable
from kanban_app.store.journal import renew_journal_id
from kanban_app.store.ledger import ServiceLedger
from kanban_app.upkeep import archive, unfinished
from kanban_app.upkeep.backup import alone, folder_of
from kanban_app.upkeep.contents import ATTACHMENTS
from kanban_app.upkeep.trouble import CannotDo, why

log = logging.getLogger(__name__)

AUTHOR: Final = "restore"
_SQLITE: Final = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Restored:
    """`aside` is where what was there before is kept, None where nothing was. `held_back` starts were withdrawn.
    `later` are the titles of projects that the backup does not know.
    """

    aside: Path | None
    databases: int
    held_back: int
    later: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For the person who has asked for it."""
        what = "1 database is" if self.databases == 1 else f"{self.databases} databases are"
        lines = [f"{what} back as the backup has {'it' if self.databases == 1 else 'them'}. Start the board."]
        if self.aside:
            lines.append(f"What was there before is kept in {self.aside}; delete it when it is not needed any more.")
        if self.later:
            lines.append(f"The backup does not know these projects, which stay as they are: {', '.join(self.later)}.")
        if self.held_back:
            starts = "1 start was" if self.held_back == 1 else f"{self.held_back} starts were"
            lines.append(f"{starts} waiting then and will not go out by themselves: they may have run since.")
        return lines


def restore(settings: Settings, file: Path, project: str | None = None) -> Restored:
    """Bring back what `file` holds: a backup with all projects, or a copy of one database (that of `project`).

    Raises StartRefusal while a board runs on the data folder, CannotDo while a backup is made and when the file cannot
    be used; then nothing has changed. Nothing is deleted: what was there is moved aside.
    """
    if not file.is_file():
        raise CannotDo(f"{file} does not exist.")
    with hold_data_dir(settings.data_dir):
        _finish_earlier(settings.data_dir)
        try:
            with alone(folder_of(settings)):
                return _restored(settings, file.absolute(), project)
        except (OSError, StoreUnavailable) as problem:
            raise CannotDo(
                f"{file} could not be put back: {why(problem)}. What was there before is untouched."
            ) from problem


def _finish_earlier(data_dir: Path) -> None:
    try:
        unfinished.finish(data_dir)
    except OSError as problem:
        raise CannotDo(unfinished.why_not(problem, data_dir)) from problem


def _restored(settings: Settings, file: Path, project: str | None) -> Restored:
    work = Path(tempfile.mkdtemp(prefix=".restoring-", dir=settings.data_dir))
    try:
        names = _unpacked(file, work, project)
        _leave_api_tokens(settings.data_dir, work)
        held_back = sum(_made_ready(work / name, work / "migrated", _project_of(name)) for name in names)
        later = asyncio.run(_list_later_projects(settings, work / DATABASE_FILE)) if DATABASE_FILE in names else []
        shutil.rmtree(work / "migrated", ignore_errors=True)
        aside = settings.data_dir / f"before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
        _keep_images(settings.data_dir, work, aside, names)
        unfinished.carry_out(settings.data_dir, _moves(settings, work, aside))
    finally:
        # What is still to be moved in has its only copy there.
        if not (settings.data_dir / unfinished.MARKER).exists():
            shutil.rmtree(work, ignore_errors=True)
    return Restored(aside if aside.exists() else None, len(names), held_back, tuple(later))


def _leave_api_tokens(data_dir: Path, work: Path) -> None:
    """Where there are any, they stay as they are: one that was revoked since must not come back to life."""
    if os.path.lexists(data_dir / api_tokens.FILE):
        for name in (api_tokens.FILE, api_tokens.USED_FILE):
            (work / name).unlink(missing_ok=True)


def _unpacked(file: Path, work: Path, project: str | None) -> list[str]:
    """The names of the databases that `file` has brought."""
    if _is_database(file):
        name = DATABASE_FILE if project is None else f"{PROJECTS_FOLDER}/{project}/{DATABASE_FILE}"
        _take_database(file, work / name)
        return [name]
    if project is not None:
        raise CannotDo(f"{file} holds all projects: --project is for copies of one database.")
    contents = archive.unpack(file, work)
    (work / archive.LIST).unlink()
    return [held.name for held in contents.files if held.name in contents.revisions]


def _is_database(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(_SQLITE)) == _SQLITE


def _take_database(file: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    try:
        copy_database(file, target)
    except StoreUnavailable as problem:
        raise CannotDo(f"{file} cannot be used: {why(problem)}.") from problem


def _project_of(name: str) -> str:
    """Whose database that is."""
    return FIRST_PROJECT if name == DATABASE_FILE else Path(name).parent.name


def _made_ready(database: Path, migrated: Path, project: str) -> int:
    """A sound database of the present form in which nothing starts by itself; how many starts were held back."""
    try:
        found = soundness(database, full=True)
        if found.is_damaged:
            raise CannotDo(f"A database of the backup is damaged ({found.problems[0]}). Use an older one.")
        migrate.prepare_database(f"sqlite:///{database}", migrated)
        return asyncio.run(_held_back(f"sqlite:///{database}", project))
    except DatabaseTooNew:
        raise CannotDo("The backup was made by a newer version of this program: update the program.") from None
    except NotOurDatabase:
        raise CannotDo("The file is a database of another program.") from None
    except StoreUnavailable as problem:
        raise CannotDo(f"A database of the backup cannot be used: {why(problem)}.") from problem


async def _list_later_projects(settings: Settings, restored: Path) -> list[str]:
    """Projects that came after the backup stay in the list; those of which only the folder is known join it, archived.
    Their titles.
    """
    folders = project_folders(settings.data_dir)
    present = kept_list.read(setting_in(settings.database_path, kept_list.KEY))
    async with await Store.open(f"sqlite:///{restored}") as store:
        listed = kept_list.read(await store.setting(kept_list.KEY))
        later = kept_list.later(listed, present, folders)
        later += kept_list.unlisted(folders, {project.id for project in [*listed, *later]})
        if later:
            await store.save_setting(kept_list.KEY, kept_list.as_kept([*listed, *later]))
    return [project.title for project in later]


async def _held_back(url: str, project: str) -> int:
    """What waited when the backup was made may have run since, so it must not go out (again) by itself.

    The embedded service, which would repeat its answer to a start that it remembers, has forgotten those: it becomes
    another one by a new id.
    """
    async with await Store.open(url) as store:
        keeper = Keeper(store, Hub(), lambda: ServiceFacts(0.0, can_cancel=False, demo=False), project=project)
        await keeper.load()
        attempts = keeper.board.attempts.values()
        waiting = [a.id for a in attempts if a.status in {RunStatus.HELD, RunStatus.QUEUED}]
        sending = [a.id for a in attempts if a.status is RunStatus.SENDING]
        await keeper.execute([Withdraw(key) for key in waiting], AUTHOR, lambda *_: (), lambda: False)
        await keeper.report([Uncertain(key, "E-LOAD-4") for key in sending])
        in_line = await _let_nothing_begin(ServiceLedger(store))
        await _rename_journal(store)
    return len(waiting) + len(sending) + in_line


async def _let_nothing_begin(ledger: ServiceLedger) -> int:
    """The same for what waited in the embedded service's own line, or was just beginning there."""
    queued, now = await ledger.queued(), datetime.now(UTC)
    for launch in queued:
        message = "Held back: the board was restored from a backup."
        await ledger.save(replace(launch, state=LaunchState.CANCELLED, finished_at=now, message=message))
    for launch in await ledger.active():
        if launch.state is LaunchState.STARTING:
            await ledger.save(replace(launch, cancel_requested=True))
    return len(queued)


async def _rename_journal(store: Store) -> None:
    """The board's own place in it is that of the same state."""
    renamed, cursor = await renew_journal_id(store), await store.setting(CURSOR_KEY)
    if renamed and isinstance(cursor, dict) and cursor.get("journal") == renamed[0]:
        await store.save_setting(CURSOR_KEY, {**cursor, "journal": renamed[1]})


def _keep_images(data_dir: Path, work: Path, aside: Path, databases: list[str]) -> None:
    """Images that stay, also beside what goes aside: the restored board removes those that it does not know."""
    for name in databases:
        own = Path(name).parent / ATTACHMENTS
        if (data_dir / own).is_dir() and not (work / own).exists():
            shutil.copytree(data_dir / own, aside / own, copy_function=_linked)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _moves(settings: Settings, work: Path, aside: Path) -> unfinished.Moves:
    """Whole databases and folders of images go aside, and only what the backup brings something for."""
    data_dir = settings.data_dir
    away: list[tuple[str, str]] = []
    into: list[tuple[str, str]] = []
    for brought in _brought(work):
        source, name = brought, brought.relative_to(work).as_posix()
        target = settings.database_path if name == DATABASE_FILE else data_dir / name
        is_far = not target.is_relative_to(data_dir)
        for ending in ("", *(unfinished.BESIDE if brought.name == DATABASE_FILE else ())):
            old = target.with_name(target.name + ending)
            # A rename cannot leave a file system.
            kept = old.with_name(f"{old.name}.{aside.name}") if is_far else aside / f"{name}{ending}"
            away.append((str(old), str(kept)))
        if is_far:
            near = target.with_name(f"{target.name}.{work.name}")
            near.touch(mode=0o600)
            shutil.copyfile(source, near)
            source = near
        into.append((str(source), str(target)))
    return unfinished.Moves(tuple(away), tuple(into))


def _brought(work: Path) -> list[Path]:
    """What is moved as a whole: files, and folders of images."""
    folders = [path for path in (work / ATTACHMENTS, *work.glob(f"{PROJECTS_FOLDER}/*/{ATTACHMENTS}")) if path.is_dir()]
    files = [path for path in sorted(work.rglob("*")) if path.is_file() and path.parent not in folders]
    return [*files, *folders]
