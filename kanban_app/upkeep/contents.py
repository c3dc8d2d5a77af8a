"""What of a data folder goes into a backup.

Of each project: its database and the files that it refers to. Beside them the small files at the top of the folder
(the access token, and what else gives access): all but those that only hold for one start of the program. Work folders
of runs, the demonstration's repository and logs are no part of it: the database has what a board shows of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kanban_app.config import DATABASE_FILE, Settings
from kanban_app.serving.data_dir import LOCK_FILE, PROJECTS_FOLDER
from kanban_app.upkeep.unfinished import MARKER

ATTACHMENTS: Final = "attachments"
LARGEST_SMALL: Final = 1024 * 1024
_OF_A_START: Final = frozenset({LOCK_FILE, "service.json", "worktrees-with-ports", MARKER})
_PASSING: Final = re.compile(r".*\.(db|db-\w+|new|partial|tmp|log(\.\d+)?)|\..*")
_NAME: Final = re.compile(rf"({PROJECTS_FOLDER}/[A-Za-z0-9_-]+/)?({ATTACHMENTS}/)?[A-Za-z0-9_-][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A file under the name that it has in a backup: its path below the data folder."""

    name: str
    path: Path


def databases(settings: Settings) -> list[Part]:
    """Those that there are; the first project's is called `kanban.db` wherever it really is."""
    first = Part(DATABASE_FILE, settings.database_path)
    folders = sorted((settings.data_dir / PROJECTS_FOLDER).glob("*/"))
    others = (Part(f"{PROJECTS_FOLDER}/{folder.name}/{DATABASE_FILE}", folder / DATABASE_FILE) for folder in folders)
    return [part for part in (first, *others) if part.path.is_file() and is_name(part.name)]


def files(data_dir: Path) -> Iterator[Part]:
    """Everything else."""
    for folder in [data_dir, *sorted((data_dir / PROJECTS_FOLDER).glob("*/"))]:
        below = [*sorted(folder.glob("*")), *sorted((folder / ATTACHMENTS).glob("*"))]
        for path in below:
            name = path.relative_to(data_dir).as_posix()
            if is_name(name) and not path.is_symlink() and path.is_file() and _is_kept(path):
                yield Part(name, path)


def is_name(name: str) -> bool:
    """Whether a backup may hold a file of this name: never one that leads out of the data folder."""
    return bool(_NAME.fullmatch(name)) and ".." not in name


def _is_kept(path: Path) -> bool:
    if path.name in _OF_A_START or _PASSING.fullmatch(path.name):
        return False
    return path.parent.name == ATTACHMENTS or path.stat().st_size <= LARGEST_SMALL
