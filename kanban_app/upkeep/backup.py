"""Making a backup: of a running board as well as of one that stands still. Everything here blocks."""

import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kanban_app.config import Settings
from kanban_app.store.copying import copy_database, rest, revision_of, soundness
from kanban_app.store.failures import StoreUnavailable
from kanban_app.upkeep import archive, unfinished
from kanban_app.upkeep.contents import Part, databases, files
from kanban_app.upkeep.trouble import CannotDo, why

log = logging.getLogger(__name__)

ENDING: Final = ".tar.gz"
NAME: Final = re.compile(r"kanban-\d{8}T\d{6}Z(-\d+)?\.tar\.gz")
"""Of the backups that are made here, as opposed to the copies that are made before a migration."""
ROOM_LEFT: Final = 32 * 1024 * 1024
"""What a backup must not take: the board needs it to go on saving."""
_LOCK: Final = ".lock"
_UNFINISHED: Final = ".unfinished-"
_ORDER: Final = ".order"


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished one."""

    path: Path
    size: int
    made_at: datetime


def folder_of(settings: Settings) -> Path:
    return settings.data_dir / "backups"


def make_backup(settings: Settings, target: Path | None = None, between: Callable[[], None] = rest) -> Backup:
    """Back up all projects into the folder of backups, or to `target` (a new file, or a folder).

    The file gets its name when it is complete, on the disk and its databases are found sound. `between` is called
    between small steps, and ends the work when it raises. Raises CannotDo; then there is no file.
    """
    if unfinished.is_left(settings.data_dir):
        raise CannotDo(unfinished.CUT_SHORT)
    sources = databases(settings)
    if not sources:
        raise CannotDo(f"There is nothing to back up in {settings.data_dir}: it has no database.")
    place = _place(settings, target)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(folder_of(settings)), _workplace(place.parent, is_ours=target is None) as work:
            _refuse_without_room(settings, sources, place.parent)
            copies = [_copied(source, work / f"{number}.db", between) for number, source in enumerate(sources)]
            revisions = {copy.name: revision_of(copy.path) for copy in copies}
            file = work / f"backup{ENDING}"
            archive.write(file, copies, files(settings.data_dir), revisions, between)
            _check(file, work)
            if target is None:
                _note_order(place)
            _name(file, place)
        found = place.stat()
        return Backup(place, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))
    except StoreUnavailable as problem:
        raise CannotDo(f"The backup could not be made: {why(problem)}.") from problem
    except OSError as problem:
        raise CannotDo(f"{place} could not be written: {why(problem)}.") from problem


def backups_in(folder: Path) -> list[Backup]:
    """The finished ones of this folder, the newest first: by the order of their making, whatever the clock said.

    Those of which the order is not known, as of copies, count as older than the others, among themselves by name.
    """
    place = {name: number for number, name in enumerate(_order(folder))}
    found: list[Backup] = []
    for path in folder.glob(f"*{ENDING}"):
        with suppress(OSError):
            if NAME.fullmatch(path.name):
                stat = path.stat()
                found.append(Backup(path, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)))
    return sorted(found, key=lambda backup: (place.get(backup.path.name, -1), backup.path.name), reverse=True)


def prune(folder: Path, kept: int) -> int:
    """Remove all but the newest `kept` backups, and nothing else of the folder; how many went."""
    old = backups_in(folder)[kept:]
    for backup in old:
        backup.path.unlink(missing_ok=True)
    return len(old)


def _place(settings: Settings, target: Path | None) -> Path:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    if target is None or target.is_dir():
        folder = target or folder_of(settings)
        names = (f"kanban-{stamp}{more}{ENDING}" for more in ("", *(f"-{n}" for n in range(2, 100))))
        return next(path for name in names if not (path := folder / name).exists())
    if target.exists():
        raise CannotDo(f"{target} exists already: name another file.")
    return target


def _copied(source: Part, target: Path, between: Callable[[], None]) -> Part:
    target.touch(mode=0o600)
    try:
        copy_database(source.path, target, between)
        found = soundness(target, full=True)
    except StoreUnavailable as problem:
        raise CannotDo(f"The database {source.path} could not be copied: {why(problem)}.") from problem
    if found.is_damaged:
        raise CannotDo(
            f"The database {source.path} is damaged ({found.problems[0]}), so there is no new backup: "
            "the older ones are kept. `python -m kanban_app restore` puts one of them back."
        )
    return Part(source.name, target)


def _check(file: Path, work: Path) -> None:
    """What cannot be unpacked is no backup. Databases that come out as they went in are sound: they were checked."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        archive.unpack(file, Path(folder))


def _name(file: Path, place: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
    file.rename(place)
    descriptor = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _order(folder: Path) -> list[str]:
    """The names of backups in the order in which they were made, as far as it is known."""
    try:
        return [name for name in (folder / _ORDER).read_text().splitlines() if NAME.fullmatch(name)]
    except (OSError, UnicodeDecodeError):
        return []


def _note_order(place: Path) -> None:
    """Before the backup has its name: with the name alone, a clock that was wrong would make it the oldest."""
    known = [name for name in _order(place.parent) if (place.parent / name).exists()]
    unfinished = place.parent / f"{_ORDER}.new"
    unfinished.write_text("".join(f"{name}\n" for name in [*known, place.name]))
    unfinished.rename(place.parent / _ORDER)


def _refuse_without_room(settings: Settings, sources: list[Part], folder: Path) -> None:
    """A backup that filled the disk would do more harm than good. At most its copies, itself, and one unpacked."""
    held = [*(source.path for source in sources), *(part.path for part in files(settings.data_dir))]
    needed = 3 * sum(path.stat().st_size for path in held if path.exists()) + ROOM_LEFT
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CannotDo(
            f"There is no room for a backup in {folder}: {_megabytes(free)} are free, and it needs up to "
            f"{_megabytes(needed)}. Free some space, or name another place with --to."
        )


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Only one backup or restore of a data folder at a time, whichever program does it. Raises CannotDo."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotDo(
                "A backup is being made already, or a restore is under way: try again when it is done."
            ) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _workplace(folder: Path, *, is_ours: bool) -> Generator[Path]:
    """A folder that goes away. Of our own folder also those that a killed program has left: nobody is at work there."""
    for left in folder.glob(f"{_UNFINISHED}*") if is_ours else ():
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as work:
        yield Path(work)
