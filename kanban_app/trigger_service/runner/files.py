"""What a runner leaves behind in its directory, also when the disk is full."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

CLAIM: Final = "claimed"
RESERVE: Final = "reserve"
_RESERVE_BYTES: Final = 256 * 1024
"""More than the end of a run takes: twenty lines of 2,000 characters, each of which may be written as six."""


def claim(run_dir: Path) -> bool:
    """Whether this run directory is the caller's now: for its workflow, or so that it never gets one.

    The runner claims it before it does anything; a service that takes a launch for one that never began does so, too,
    before it begins it elsewhere. Raises OSError when neither can be known.
    """
    try:
        os.close(os.open(run_dir / CLAIM, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def lay_by(run_dir: Path) -> None:
    """Take up the room in which the end of the run can be written when nothing else can. Raises OSError."""
    (run_dir / RESERVE).write_bytes(bytes(_RESERVE_BYTES))


def write_kept(path: Path, value: dict[str, Any]) -> None:
    """Write it, if need be in the room that was laid by. A reader sees the whole file or none. Raises OSError."""
    try:
        _write_atomically(path, value)
    except OSError:
        with suppress(OSError):
            _fresh(path).unlink(missing_ok=True)
        _write_into_reserve(path, value)


def clear_up(run_dir: Path) -> None:
    """What nobody needs once the run is over."""
    with suppress(OSError):
        (run_dir / RESERVE).unlink(missing_ok=True)


def _write_atomically(path: Path, value: dict[str, Any]) -> None:
    with _fresh(path).open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    _fresh(path).replace(path)


def _write_into_reserve(path: Path, value: dict[str, Any]) -> None:
    """In place: room that is given back belongs to whoever is the next to write, such as the spool."""
    reserve = path.parent / RESERVE
    with reserve.open("r+b") as file:
        file.write(json.dumps(value).encode())
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    reserve.replace(path)


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".new")
