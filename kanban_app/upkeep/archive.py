"""The file of a backup: a gzipped tar of files under their names, and at its end a list of them with their hashes.

The list comes last, so a file without it was never finished.
"""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, cast

from kanban_app import __version__
from kanban_app.upkeep.contents import Part, is_name
from kanban_app.upkeep.trouble import CannotDo

LIST: Final = "backup.json"
FORMAT: Final = 1
_PROGRAM: Final = "agentic-kanban"
_LEVEL: Final = 1
_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Held:
    """One file of a backup."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """`revisions` are the forms of the databases, by name."""

    made_at: str
    version: str
    files: tuple[Held, ...]
    revisions: dict[str, str] = field(default_factory=dict[str, str])


def write(
    path: Path,
    databases: Iterable[Part],
    files: Iterable[Part],
    revisions: dict[str, str],
    between: Callable[[], None] = lambda: None,
) -> Contents:
    """Write a new file, readable by its owner only. A file that vanishes meanwhile is left out. Raises OSError.

    `between` is called between small steps.
    """
    path.touch(mode=0o600)
    held: list[Held] = []
    with path.open("wb") as raw:
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=_LEVEL) as tar:
            held.extend(_add_database(tar, part, between) for part in databases)
            for part in files:
                between()
                try:
                    content = part.path.read_bytes()
                except FileNotFoundError:
                    continue
                held.append(_add(tar, part.name, content))
            now = datetime.now(UTC).isoformat(timespec="seconds")
            contents = Contents(now, __version__, tuple(held), revisions)
            listed = {"program": _PROGRAM, "format": FORMAT, **asdict(contents)}
            _add(tar, LIST, json.dumps(listed, indent=1).encode())
        raw.flush()
    return contents


def unpack(path: Path, folder: Path) -> Contents:
    """Bring all files out into an empty folder. Raises CannotDo unless the backup is whole and of a form known here."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            found = {member.name: _taken(tar, member, folder) for member in tar}
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as error:
        raise CannotDo(f"{path} is damaged or no backup of this program ({error}).") from None
    except FileNotFoundError:
        raise CannotDo(f"{path} does not exist.") from None
    except OSError as error:
        raise CannotDo(f"{path} cannot be unpacked ({(error.strerror or str(error)).lower()}).") from None
    contents = _listed(path, folder / LIST)
    if {held.name: held for held in contents.files} != {name: held for name, held in found.items() if name != LIST}:
        raise CannotDo(f"{path} is damaged: its files are not those of its list.")
    return contents


def _listed(path: Path, file: Path) -> Contents:
    if not file.is_file():
        raise CannotDo(f"{path} is no complete backup of this program: it has no list of its files.")
    try:
        listed = cast("dict[str, Any]", json.loads(file.read_bytes()))
        if listed["program"] != _PROGRAM:
            raise CannotDo(f"{path} is a file of another program.")
        if listed["format"] != FORMAT:
            raise CannotDo(f"{path} was made by a newer version of this program: update the program.")
        files = tuple(Held(**held) for held in listed["files"])
        return Contents(str(listed["made_at"]), str(listed["version"]), files, dict(listed["revisions"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CannotDo(f"{path} is damaged: the list of its files cannot be read.") from None


def _taken(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> Held:
    source = tar.extractfile(member) if member.isreg() and is_name(member.name) else None
    if source is None:
        raise tarfile.ReadError(f"{member.name[:200]!r} has no place in a backup")
    target = folder / member.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.touch(mode=0o600)
    with source, target.open("wb") as file:
        return Held(member.name, member.size, _copied(source, file))


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _add_database(tar: tarfile.TarFile, part: Part, between: Callable[[], None]) -> Held:
    digest = hashlib.sha256()
    with part.path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            between()
        size = file.tell()
        file.seek(0)
        tar.addfile(_member(part.name, size), file)
    return Held(part.name, size, digest.hexdigest())


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> Held:
    tar.addfile(_member(name, len(content)), io.BytesIO(content))
    return Held(name, len(content), hashlib.sha256(content).hexdigest())


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
    return member
