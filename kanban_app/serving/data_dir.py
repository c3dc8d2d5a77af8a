"""The data folder: made on first use, held by one instance at a time, home of the access token."""

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kanban_app.errors import StartRefusal

LOCK_FILE: Final = "lock"
TOKEN_FILE: Final = "token"  # noqa: S105 - the name of a file
_TOKEN_BYTES: Final = 24


@contextmanager
def hold_data_dir(path: Path) -> Generator[bool]:
    """Keep every other instance out of `path` while the block runs; says whether this is the folder's first use.

    The lock belongs to the open file, so the end of the process in any form releases it; the file itself stays.
    """
    descriptor = _open_lock(path)
    try:
        first_use = not os.fstat(descriptor).st_size
        _lock_or_refuse(descriptor, path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield first_use
    finally:
        os.close(descriptor)


def access_token(path: Path) -> str:
    """The token kept in the data folder; a random one is made at the first call. Its file is the owner's only."""
    file = path / TOKEN_FILE
    try:
        token = file.read_text().strip()
    except FileNotFoundError:
        token = ""
    if token:
        return token
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(token + "\n")
    unfinished.rename(file)
    return token


def _open_lock(path: Path) -> int:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StartRefusal(
            f"The data folder {path} cannot be written ({reason}): set KANBAN_DATA_DIR to a folder that can."
        ) from None


def _lock_or_refuse(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
        raise StartRefusal(
            f"The data folder {path} is in use by another instance (process {holder}): "
            "stop that one, or set KANBAN_DATA_DIR to another folder."
        ) from None
