"""What commands of this package say when they cannot do their work."""

from kanban_app.store.failures import StoreUnavailable

_REASONS = {
    "disk-full": "the disk is full",
    "readonly": "it is read-only",
    "locked": "another program has locked it",
    "corrupt": "it is damaged",
    "not-a-database": "it is no database",
    "cannot-open": "it cannot be opened",
}


class CannotDo(Exception):
    """The message is one clear sentence; nothing has been changed."""


def why(problem: StoreUnavailable | OSError) -> str:
    """The end of a sentence about a file."""
    if isinstance(problem, StoreUnavailable):
        return _REASONS.get(problem.reason, problem.detail or problem.reason)
    return (problem.strerror or str(problem)).lower()
