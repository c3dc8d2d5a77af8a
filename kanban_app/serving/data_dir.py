"""The data folder: made on first use, held by one instance at a time, home of the access token."""

import fcntl
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kanban_app.config import DATABASE_FILE
from kanban_app.errors import StartRefusal

LOCK_FILE: Final = "lock"
PROJECTS_FOLDER: Final = "projects"
"""Below it each project beside the first has a data folder of its own, called by its id."""
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


def holder_of(path: Path) -> str | None:
    """The process that has this data folder in use, None when none has. Changes nothing. Raises OSError."""
    try:
        descriptor = os.open(path / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def project_folders(path: Path) -> list[Path]:
    """The folders in the data folder `path` of projects beside the first that have a database."""
    return sorted(file.parent for file in (path / PROJECTS_FOLDER).glob(f"*/{DATABASE_FILE}"))


def access_token(path: Path) -> str:
    """The token kept in the data folder; a random one is made at the first call. Its file is the owner's only."""
    file = path / TOKEN_FILE
    try:
        token = file.read_text().strip()
    except FileNotFoundError:
        token = ""
    return token or rotate_token(path)


def rotate_token(path: Path) -> str:
    """Another access token, kept in place of the one before. A running board takes it at the next request."""
    file = path / TOKEN_FILE
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        if os.geteuid() == 0:
            # With sudo: the board's own user has to read it.
            owner = path.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        stream.write(token + "\n")
    unfinished.rename(file)
    return token


class TokenFile:
    """The access token of a data folder as it is now: called for each request, it looks at the file's mark only.

    A file that is gone, empty or cannot be read changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._file = path / TOKEN_FILE
        self._token = access_token(path)
        self._mark = self._mark_now()

    def __call__(self) -> str:
        mark = self._mark_now()
        if mark != self._mark and mark is not None:
            with suppress(OSError, UnicodeDecodeError):
                self._token = self._file.read_text().strip() or self._token
                self._mark = mark
        return self._token

    def _mark_now(self) -> tuple[int, int, int] | None:
        try:
            status = self._file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size


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
        holder = _holder(descriptor)
        raise StartRefusal(
            f"The data folder {path} is in use by another instance (process {holder}): "
            "stop that one, or set KANBAN_DATA_DIR to another folder."
        ) from None


def _holder(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
