"""Which files of a run there are to follow. Links are not followed, and nothing is opened. Everything here blocks."""

import fnmatch
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from kanban_app.trigger_service.layout import ProjectLayout

MOST_FILES: Final = 500
MOST_FOLDERS: Final = 200
_IMAGES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


class Kind(Enum):
    STATE = auto()
    AGENT = auto()
    LOG = auto()
    SPEC = auto()
    IMAGE = auto()


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. `name` is its path in the project, and `folder` that of the agent that it belongs to.

    `stamp` changes with the file.
    """

    kind: Kind
    path: Path
    name: str
    folder: str
    size: int
    stamp: tuple[int, int, int]

    @property
    def changed_at(self) -> float:
        return self.stamp[1] / 1e9


@dataclass(frozen=True, slots=True)
class Finding:
    """The files, the folders in which more can appear, and how many files and folders are above the limits."""

    files: tuple[Found, ...]
    folders: frozenset[Path]
    left_out: int = 0


def find(layout: ProjectLayout, adw_id: str) -> Finding:
    """What there is of a run now, by kind and in the order of names: lines come before what they speak of."""
    search = _Search(layout.root)
    if _is_inside(layout, layout.agents(adw_id)):
        search.state(layout.state_file(adw_id))
    for place in layout.all_agents(adw_id):
        search.agents(place)
    for folder in layout.spec_folders(adw_id):
        if _is_folder(folder) and _is_inside(layout, folder):
            search.specs(folder, adw_id)
    files = sorted(search.files, key=lambda found: found.kind.value)
    left_out = search.left_out + max(0, len(files) - MOST_FILES)
    return Finding(tuple(files[:MOST_FILES]), frozenset(search.folders), left_out)


class _Search:
    def __init__(self, root: Path) -> None:
        self.files: list[Found] = []
        self.folders: set[Path] = set()
        self.left_out = 0
        self._root = root

    def state(self, path: Path) -> None:
        self._add(Kind.STATE, path, "")

    def agents(self, place: Path) -> None:
        self.folders.add(place)
        folders = [entry for entry in _entries(place) if entry.is_dir(follow_symlinks=False)]
        self.left_out += max(0, len(folders) - MOST_FOLDERS)
        for entry in folders[:MOST_FOLDERS]:
            folder = Path(entry.path)
            self.folders.add(folder)
            self._add(Kind.AGENT, folder / "raw_output.jsonl", entry.name)
            self._add(Kind.LOG, folder / "execution.log", entry.name)
            self._images(folder / "review_img", entry.name)

    def specs(self, folder: Path, adw_id: str) -> None:
        self.folders.add(folder)
        for entry in _entries(folder):
            if fnmatch.fnmatchcase(entry.name, f"*adw-{adw_id}*.md"):
                self._add(Kind.SPEC, Path(entry.path), "")

    def _images(self, folder: Path, agent: str) -> None:
        if not _is_folder(folder):
            return
        self.folders.add(folder)
        for entry in _entries(folder):
            path = Path(entry.path)
            if path.suffix.lower() in _IMAGES:
                self._add(Kind.IMAGE, path, agent)

    def _add(self, kind: Kind, path: Path, folder: str) -> None:
        try:
            found = path.lstat()
        except OSError:
            return
        if stat.S_ISREG(found.st_mode):
            stamp = (found.st_size, found.st_mtime_ns, found.st_ino)
            name = plain_path(path.relative_to(self._root))
            self.files.append(Found(kind, path, name, _plain(folder), found.st_size, stamp))


def plain_path(path: Path) -> str:
    """With `/` between its parts, and without the bytes of a name that are no text."""
    return _plain(path.as_posix())


def _plain(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "replace")


def _is_inside(layout: ProjectLayout, path: Path) -> bool:
    try:
        return layout.contains(path)
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
