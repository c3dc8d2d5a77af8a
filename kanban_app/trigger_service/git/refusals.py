"""Why git work that somebody wants cannot be done, in words for that person."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from kanban_app.trigger_service.git.command import shown

Code = Literal[
    "conflict",
    "nothing",
    "no-branch",
    "no-repository",
    "no-git",
    "no-target",
    "detached",
    "dirty",
    "busy",
    "unfinished",
]
_NAMED: Final = 5


class Refused(Exception):
    """Nothing has been changed. The text is one plain sentence; `files` are those that it is about."""

    def __init__(self, code: Code, reason: str, files: Sequence[str] = ()) -> None:
        super().__init__(shown(reason))
        self.code: Code = code
        self.files = tuple(shown(name) for name in files)


def listed(names: Iterable[str]) -> str:
    """The first names, and how many others there are."""
    known = [shown(name) for name in names]
    more = len(known) - _NAMED
    return ", ".join(known[:_NAMED]) + (f" and {more} more" if more > 0 else "")
