"""A restore that was cut short: its moves are written down before the first one, and go on at the next occasion.

Until then nothing else may use the data folder. A move is done when its source is gone, so going on does nothing twice.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MARKER: Final = "restore-unfinished"


@dataclass(frozen=True, slots=True)
class Moves:
    """What goes aside, then what comes in: from where to where."""

    aside: tuple[tuple[str, str], ...]
    comes_in: tuple[tuple[str, str], ...]


def carry_out(data_dir: Path, moves: Moves) -> None:
    """Write the moves down, then make them. Raises OSError; `finish` goes on from wherever it stopped."""
    _write_down(data_dir, moves)
    finish(data_dir)


def finish(data_dir: Path) -> bool:
    """Go on with what a restore has left; False when there is nothing. For the holder of the data folder's lock."""
    moves = _written_down(data_dir)
    if moves is None:
        return False
    _make(moves.aside)
    # Only now: from here on what stands in the places of the old files is the new ones.
    _write_down(data_dir, Moves((), moves.comes_in))
    _make(moves.comes_in)
    (data_dir / MARKER).unlink()
    _sync(data_dir)
    return True


def _make(moves: tuple[tuple[str, str], ...]) -> None:
    for source, target in moves:
        if os.path.lexists(source):
            Path(target).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            Path(source).rename(target)
            _sync(Path(target).parent)


def _written_down(data_dir: Path) -> Moves | None:
    try:
        known = json.loads((data_dir / MARKER).read_bytes())
    except FileNotFoundError:
        return None
    aside, comes_in = (tuple((str(a), str(b)) for a, b in known[key]) for key in ("aside", "comes_in"))
    return Moves(aside, comes_in)


def _write_down(data_dir: Path, moves: Moves) -> None:
    unfinished = data_dir / f"{MARKER}.new"
    with unfinished.open("w") as file:
        json.dump({"aside": moves.aside, "comes_in": moves.comes_in}, file)
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
