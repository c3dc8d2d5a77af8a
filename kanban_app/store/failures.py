"""What callers of the store may have to handle."""

import errno
from typing import Final

from sqlalchemy.exc import DBAPIError

# SQLite's primary result codes for "the disk or the file does not allow it", by their meaning to an operator.
_REASONS: Final[dict[int, str]] = {
    5: "locked",
    8: "readonly",
    10: "io-error",
    11: "corrupt",
    13: "disk-full",
    14: "cannot-open",
    26: "not-a-database",
}
_OS_REASONS: Final[dict[int, str]] = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EROFS: "readonly",
    errno.EACCES: "readonly",
    errno.EPERM: "readonly",
}


class StoreError(Exception):
    """Base of all errors that the store raises on purpose."""


class StoreUnavailable(StoreError):
    """The database cannot be read or written now, for a cause outside the program; nothing was changed.

    `reason` is one of `disk-full`, `readonly`, `io-error`, `locked`, `corrupt`, `cannot-open`, `not-a-database`,
    `closed`; `detail` is the database's own sentence.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"database unavailable: {reason}" + (f" ({detail})" if detail else ""))
        self.reason = reason
        self.detail = detail


class DatabaseTooNew(StoreError):
    """The database was migrated by a newer version of the application; `revision` is its unknown revision."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"the database has revision {revision}, which this version does not know")
        self.revision = revision


class NotOurDatabase(StoreError):
    """The file is an SQLite database with tables, but none of this application."""


def unavailable(error: BaseException) -> StoreUnavailable | None:
    """The `StoreUnavailable` that an error of SQLite, SQLAlchemy or the file system stands for.

    None when it is a fault of the program.
    """
    if isinstance(error, OSError):
        return StoreUnavailable(_OS_REASONS.get(error.errno or 0, "io-error"), str(error))
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return None
    # Extended codes (SQLITE_IOERR_WRITE, SQLITE_READONLY_DBMOVED, ...) keep the primary code in the low byte.
    reason = _REASONS.get(code & 0xFF)
    return StoreUnavailable(reason, str(cause)) if reason else None
