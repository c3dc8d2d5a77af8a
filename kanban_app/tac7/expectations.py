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
    LOG = "log"
    """Has no answer when all is well: it is over as soon as something later is answered."""
    QUEUE = "queue"
    """Nothing waits for its answer, which is a piece of news like any other: it is never among the expected."""


@dataclass(slots=True)
class Expected:
    """One request that has exactly one answer. `key` is the id in which the answer is looked up.

    `size` is that of its text. `due` is put off by signs of work, by half of `patience` each time, up to `latest`.
    """

    kind: Kind
    key: str
    due: float
    adw_id: str = ""
    left: bool = False
    overdue: bool = False
    size: int = 0
    patience: float = 0.0
    latest: float = 0.0


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
                self._queue = [early for early in self._queue[:index] if _still_open(early)] + self._queue[index + 1 :]
                return one
        return None

    def put_off(self, now: float) -> None:
        """The service is at work (Q3): what it has been asked for may take longer."""
        for one in self._queue:
            if one.left and not one.overdue:
                one.due = max(one.due, min(now + one.patience / 2, one.latest))

    def settle_head(self) -> Expected | None:
        return self._queue.pop(0) if self._queue else None

    def head(self) -> Expected | None:
        return self._queue[0] if self._queue else None

    def late(self, now: float) -> list[Expected]:
        return [one for one in self._queue if one.due <= now]

    def stalled(self, seconds: float) -> None:
        for one in self._queue:
            one.due += seconds
            one.latest += seconds

    def next_due(self) -> float | None:
        return min((one.due for one in self._queue), default=None)

    def clear(self) -> list[Expected]:
        """Give up all of them, returned in order."""
        given_up, self._queue = self._queue, []
        return given_up


def _still_open(early: Expected) -> bool:
    return not early.overdue and early.kind is not Kind.LOG
