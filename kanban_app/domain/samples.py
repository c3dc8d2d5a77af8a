"""What was measured, in rings of fixed size. Times are seconds of whatever clock the caller has."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import Final

SAMPLES: Final = 200
"""How many values a `Samples` keeps. Overflow policy: the oldest go."""
OUTCOMES: Final = 500
"""How many outcomes an `Outcomes` keeps. Overflow policy: the oldest go."""


@dataclass(slots=True)
class Samples:
    """The newest values of one quantity."""

    _values: deque[tuple[float, float]] = field(default_factory=lambda: deque[tuple[float, float]](maxlen=SAMPLES))

    def __len__(self) -> int:
        return len(self._values)

    def add(self, at: float, value: float) -> None:
        self._values.append((at, value))

    def clear(self) -> None:
        self._values.clear()

    def values(self, since: float = float("-inf")) -> list[float]:
        """Oldest first."""
        return [value for at, value in self._values if at >= since]


@dataclass(slots=True)
class Outcomes:
    """Whether the newest of many tries worked."""

    _tried: deque[tuple[float, bool]] = field(default_factory=lambda: deque[tuple[float, bool]](maxlen=OUTCOMES))

    def add(self, at: float, *, worked: bool) -> None:
        self._tried.append((at, worked))

    def clear(self) -> None:
        self._tried.clear()

    def since(self, moment: float) -> tuple[int, int]:
        """How many there were since then, and how many of them failed."""
        recent = [worked for at, worked in self._tried if at >= moment]
        return len(recent), recent.count(False)


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def percentile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that this share (0 to 1) of all values does not exceed."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = ceil(len(ordered) * share)
    return ordered[max(0, min(len(ordered), rank) - 1)]


def jitter(values: Sequence[float]) -> float | None:
    """The mean change from one value to the next."""
    return mean([abs(later - earlier) for earlier, later in pairwise(values)])
