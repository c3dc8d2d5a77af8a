"""A restore that was cut short: its moves are written down before the first one, and go on at the next occasion.

Until then nothing else may use the data folder. A move is done when its source is gone, so going on does nothing twice.
Paths in the data folder are written down as from there: it may be found under another name the next time, as in a
container.
"""

import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kanban_app.upkeep.trouble import why

MARKER: Final = "restore-unfinished"
CUT_SHORT: Final = "A restore of this data folder was cut short: start the board, which completes it first."
"""What is to be said to whoever wants anything else of the folder."""
BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite has beside a database, and removes by itself."""
_FORMAT: Final = 2
"""Markers without this number also have moves of files that were never there."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What goes aside, then what comes in: from where to where. `was_there`: all that goes aside is known to exist."""

    aside: tuple[tuple[str, str], ...]
    comes_in: tuple[tuple[str, str], ...]
    was_there: bool = True


def is_left(data_dir: Path) -> bool:
    """Whether a restore of this folder is under way, or was cut short."""
    return os.path.lexists(data_dir / MARKER)


def carry_out(data_dir: Path, moves: Moves) -> None:
    """Write the moves down, then make them. Raises OSError; `finish` goes on from wherever it stopped."""
    there = tuple((source, target) for source, target in moves.aside if os.path.lexists(source))
    _write_down(data_dir, Moves(_from(data_dir, there), _from(data_dir, moves.comes_in)))
    finish(data_dir)


def finish(data_dir: Path) -> bool:
    """Go on with what a restore has left; False when there is nothing. For the holder of the data folder's lock.

    Raises FileNotFoundError, with nothing moved, when a file is neither where it was nor where it goes: it is in a
    place that has another name here.
    """
    moves = _written_down(data_dir)
    if moves is None:
        return False
    _refuse_missing(data_dir, moves)
    _make(data_dir, moves.aside)
    # Only now: from here on what stands in the places of the old files is the new ones.
    _write_down(data_dir, Moves((), moves.comes_in))
    _make(data_dir, moves.comes_in)
    (data_dir / MARKER).unlink()
    _sync(data_dir)
    return True


def why_not(problem: OSError, data_dir: Path) -> str:
    """Why `finish` could not do it, and what to do: sentences for people."""
    begun = "A restore was cut short and cannot be completed"
    if isinstance(problem, FileNotFoundError):
        return (
            f"{begun} here: {problem.filename} is not there. It was begun where that place has another name, as "
            "outside a container: start the board there once. Nothing is lost."
        )
    return f"{begun}: {why(problem)}. Nothing is lost; start again when {data_dir} can be written."


def _from(data_dir: Path, moves: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((_named(data_dir, source), _named(data_dir, target)) for source, target in moves)


def _named(data_dir: Path, path: str) -> str:
    return str(Path(path).relative_to(data_dir)) if Path(path).is_relative_to(data_dir) else path


def _refuse_missing(data_dir: Path, moves: Moves) -> None:
    for source, target in moves.aside:
        if moves.was_there and not source.endswith(BESIDE):
            _refuse_unless_there(data_dir, source, target)
    for source, target in moves.comes_in:
        # While something is to go aside, what stands in the place of a new file is the old one.
        _refuse_unless_there(data_dir, source, *(() if moves.aside else (target,)))


def _refuse_unless_there(data_dir: Path, *places: str) -> None:
    if not any(os.path.lexists(data_dir / place) for place in places):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(data_dir / places[0]))


def _make(data_dir: Path, moves: tuple[tuple[str, str], ...]) -> None:
    for source, target in ((data_dir / source, data_dir / target) for source, target in moves):
        if os.path.lexists(source):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.rename(target)
            _sync(target.parent)


def _written_down(data_dir: Path) -> Moves | None:
    try:
        known = json.loads((data_dir / MARKER).read_bytes())
    except FileNotFoundError:
        return None
    aside, comes_in = (tuple((str(a), str(b)) for a, b in known[key]) for key in ("aside", "comes_in"))
    return Moves(aside, comes_in, was_there=known.get("format") == _FORMAT)


def _write_down(data_dir: Path, moves: Moves) -> None:
    unfinished = data_dir / f"{MARKER}.new"
    with unfinished.open("w") as file:
        json.dump({"format": _FORMAT, "aside": moves.aside, "comes_in": moves.comes_in}, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(data_dir / MARKER)
    _sync(data_dir)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
