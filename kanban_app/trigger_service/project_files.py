"""Reading what a run's scripts and agents have written into a repository: bounded, and never out of it. Blocks."""

import os
import stat
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from kanban_app.tac7.codec import load
from kanban_app.trigger_service.layout import ProjectLayout

MAX_READ: Final = 4 * 1024 * 1024
_MAX_STATE: Final = 1024 * 1024


def read_newest_lines(layout: ProjectLayout, path: Path) -> list[bytes] | None:
    """The lines in the last 4 MiB of a file, a last one without its end included; None where it cannot be read."""
    with _opened(layout, path) as file:
        if file is None:
            return None
        start = max(0, os.fstat(file.fileno()).st_size - MAX_READ)
        file.seek(start)
        lines = file.read(MAX_READ).splitlines()
    return lines[1:] if start else lines


def read_text(layout: ProjectLayout, path: Path, limit: int) -> tuple[str, bool] | None:
    """The beginning of a file and whether that is all of it; None where it cannot be read."""
    with _opened(layout, path) as file:
        if file is None:
            return None
        data = file.read(limit + 1)
    return data[:limit].decode("utf-8", "replace"), len(data) <= limit


def read_object(layout: ProjectLayout, path: Path, limit: int = _MAX_STATE) -> Mapping[str, Any]:
    """A JSON object; an empty one where there is none, or one that is too large."""
    found = read_text(layout, path, limit)
    if found is None or not found[1]:
        return {}
    value = decoded(found[0])
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else {}


def read_state(layout: ProjectLayout, adw_id: str) -> Mapping[str, Any]:
    """What the run's scripts keep in `adw_state.json`."""
    return read_object(layout, layout.state_file(adw_id))


def decoded(text: str) -> object:
    """A JSON value; None for anything else."""
    try:
        return load(text)
    except (ValueError, RecursionError):
        return None


@contextmanager
def _opened(layout: ProjectLayout, path: Path) -> Generator[IO[bytes] | None]:
    """The file, if it is a regular one inside of the repository. Pipes would hold us up, links could lead out."""
    try:
        handle = os.open(path.resolve(strict=True), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, RuntimeError):
        yield None
        return
    if not stat.S_ISREG(os.fstat(handle).st_mode) or not layout.contains(_place_of(handle, path)):
        os.close(handle)
        yield None
        return
    with os.fdopen(handle, "rb") as file:
        yield file


def _place_of(handle: int, path: Path) -> Path:
    """Where the open file is, whatever was put at its path since it was opened."""
    try:
        return Path(f"/proc/self/fd/{handle}").readlink()
    except OSError:
        return path
