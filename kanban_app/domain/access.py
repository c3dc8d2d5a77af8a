"""API tokens: what a program may do with the board, given by a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

NAME_LIMIT: Final = 60
MOST_TOKENS: Final = 100


class Scope(StrEnum):
    """What a token is good for. Each but `read` includes `read`, and `admin` includes all."""

    READ = "read"
    WRITE = "write"
    RUN = "run"
    ADMIN = "admin"


ALL_SCOPES: Final = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """`digest` is all that is kept of the token itself: SHA-256, which is enough for 32 random bytes."""

    id: str
    name: str
    scopes: frozenset[Scope]
    digest: str
    created_at: datetime
    last_used_at: datetime | None = None


def granted(scopes: frozenset[Scope]) -> frozenset[Scope]:
    """All that a token with these scopes may do."""
    if Scope.ADMIN in scopes:
        return ALL_SCOPES
    return scopes | {Scope.READ} if scopes else scopes


def as_written(scopes: frozenset[Scope]) -> str:
    """In the order in which they grow."""
    return ", ".join(scope.value for scope in Scope if scope in scopes)
