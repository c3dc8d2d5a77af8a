"""Frames that a page did not get to draw in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

PERIOD_MS: Final = 1000 / 60


@dataclass(frozen=True, slots=True)
class Frames:
    """How many there should have been, and how many of them were left out."""

    due: int = 0
    dropped: int = 0

    def __add__(self, other: "Frames") -> "Frames":
        return Frames(self.due + other.due, self.dropped + other.dropped)

    @property
    def percent(self) -> float:
        return 100 * self.dropped / self.due if self.due else 0.0


def frames_of(begun_at_ms: Sequence[float]) -> Frames:
    """By the times at which frames began: a pause as long as two periods is one frame that was dropped."""
    periods = [max(1, round((after - before) / PERIOD_MS)) for before, after in pairwise(begun_at_ms)]
    return Frames(sum(periods), sum(periods) - len(periods))
