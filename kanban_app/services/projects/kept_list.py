"""The list of projects as the first project's database keeps it, and what of it is found again without it."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from kanban_app.domain.projects import Project

KEY: Final = "projects"
MOST: Final = 200
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def as_kept(projects: Iterable[Project]) -> list[dict[str, object]]:
    """What `read` takes."""
    return [
        {
            "id": project.id,
            "title": project.title,
            "created_at": project.created_at.isoformat(),
            "used_at": project.used_at.isoformat(),
            "repository": project.repository,
            "archived": project.archived,
            "op_id": project.op_id,
        }
        for project in projects
    ]


def read(kept: object) -> list[Project]:
    """Entries that are not as we write them are left out."""
    projects: list[Project] = []
    for entry in cast("Sequence[Any]", kept) if isinstance(kept, list) else ():
        with suppress(KeyError, TypeError, ValueError):
            projects.append(_project(entry))
    return projects


def later(restored: Collection[Project], present: Iterable[Project], folders: Iterable[Path]) -> list[Project]:
    """Those of the `present` list that a restored one does not have, and whose folders are there."""
    known, there = {project.id for project in restored}, {folder.name for folder in folders}
    return [project for project in present if project.id in there - known]


def unlisted(folders: Iterable[Path], known: Collection[str]) -> list[Project]:
    """Projects of which there is only the folder, called by their ids and archived: what repository they are for is
    not known, so somebody has to want them. Raises OSError.
    """
    return [
        Project(folder.name, folder.name, made, made, archived=True)
        for folder in folders
        if folder.name not in known and _ID.fullmatch(folder.name)
        for made in [datetime.fromtimestamp(folder.stat().st_mtime, UTC)]
    ][: max(0, MOST - len(known))]


def _project(entry: Mapping[str, Any]) -> Project:
    return Project(
        id=str(entry["id"]),
        title=str(entry["title"]),
        created_at=datetime.fromisoformat(entry["created_at"]),
        used_at=datetime.fromisoformat(entry["used_at"]),
        repository=str(entry["repository"]),
        archived=bool(entry["archived"]),
        op_id=str(entry["op_id"]),
    )
