"""The answers that a client waits for, in the order in which a service gives them (reference section 4.3)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    PING = "ping"
    TRIGGER = "trigger"
    TICKET = "ticket"
    REGISTER = "register"
    CANCEL = "cancel"


@dataclass(slots=True)
class Expected:
    """One request that has exactly one answer. `key` is the id in which the answer is looked up."""

    kind: Kind
    key: str
    due: float
    adw_id: str = ""
    left: bool = False
    overdue: bool = False


class Expectations:
    """First in, first out, with a look at the ids where an answer carries one."""

    def __init__(self) -> None:
        self._queue: list[Expected] = []

    def add(self, expected: Expected) -> None:
        self._queue.append(expected)

    def first(self, kind: Kind) -> Expected | None:
        return next((one for one in self._queue if one.kind is kind), None)

    def settle(self, kind: Kind, fits: Callable[[Expected], bool]) -> Expected | None:
        """Take out the first one of this kind that fits; overdue ones before it will not be answered any more."""
        for index, one in enumerate(self._queue):
            if one.kind is kind and fits(one):
                self._queue = [early for early in self._queue[:index] if not early.overdue] + self._queue[index + 1 :]
                return one
        return None

    def settle_head(self) -> Expected | None:
        return self._queue.pop(0) if self._queue else None

    def head(self) -> Expected | None:
        return self._queue[0] if self._queue else None

    def late(self, now: float) -> list[Expected]:
        return [one for one in self._queue if one.due <= now]

    def stalled(self, seconds: float) -> None:
        for one in self._queue:
            one.due += seconds

    def next_due(self) -> float | None:
        return min((one.due for one in self._queue), default=None)

    def clear(self) -> list[Expected]:
        """Give up all of them, returned in order."""
        given_up, self._queue = self._queue, []
        return given_up
