"""When which message is due: an absolute plan, so that a late message makes none of the others late."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """`rate` messages a second for each of `runs` runs, for `seconds`; evenly spread and in turn."""

    runs: int
    rate: float
    seconds: float

    @property
    def total(self) -> int:
        return round(self.runs * self.rate * self.seconds)

    def due_s(self, index: int) -> float:
        """When message `index` (from 0) is due, in seconds after the start."""
        return index / (self.runs * self.rate)

    def run_of(self, index: int) -> int:
        """The run that message `index` belongs to."""
        return index % self.runs

    def due_by(self, elapsed_s: float) -> int:
        """How many messages are due at this time after the start."""
        if elapsed_s < 0:
            return 0
        # A message that is due at this very moment counts; so does one that rounding puts just behind it.
        return min(self.total, math.floor(elapsed_s * self.runs * self.rate + 1e-9) + 1)
