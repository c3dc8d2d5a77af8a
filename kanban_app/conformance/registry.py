"""The list of checks. A module of `checks` adds its own by the decorator; they run in the order of its imports."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kanban_app.conformance.context import Context
from kanban_app.conformance.verdicts import Verdict

Run = Callable[[Context], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` is the extension without which there is nothing to check; `not_in_v0` says the same of the vintage.

    A check that starts workflows is `full`.
    """

    name: str
    ids: tuple[str, ...]
    run: Run
    needs: str | None = None
    not_in_v0: bool = False
    full: bool = False


CHECKS: Final[dict[str, Check]] = {}


def check(
    name: str, *ids: str, needs: str | None = None, not_in_v0: bool = False, full: bool = False
) -> Callable[[Run], Run]:
    """Register a check under a name of its own."""

    def register(run: Run) -> Run:
        if name in CHECKS:
            msg = f"two checks are named {name}"
            raise ValueError(msg)
        CHECKS[name] = Check(name, ids, run, needs, not_in_v0, full)
        return run

    return register
