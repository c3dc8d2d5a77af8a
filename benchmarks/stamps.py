"""Numbers and send times that ride at the beginning of a message's text, and what became of a numbered series."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

STAMP: Final = re.compile(r"#(\d{6,}) (\d{13}\.\d)")


@dataclass(frozen=True, slots=True)
class Stamp:
    """`number` counts per run from 1; `at_ms` is when it was sent, in milliseconds since the epoch."""

    number: int
    at_ms: float

    def __str__(self) -> str:
        return f"#{self.number:06d} {self.at_ms:.1f}"


def read_stamp(text: str) -> Stamp | None:
    """The stamp at the beginning of a text, if it has one."""
    found = STAMP.match(text)
    return Stamp(int(found[1]), float(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a series that should have been 1, 2, 3 …"""

    missing: int = 0
    repeated: int = 0
    disordered: int = 0

    def __add__(self, other: "Faults") -> "Faults":
        return Faults(self.missing + other.missing, self.repeated + other.repeated, self.disordered + other.disordered)

    @property
    def count(self) -> int:
        return self.missing + self.repeated + self.disordered


def faults_of(numbers: Iterable[int], newest: int) -> Faults:
    """How a stored series differs from 1 … `newest`, each once and in this order."""
    seen: set[int] = set()
    repeated = disordered = highest = 0
    for number in numbers:
        if number in seen:
            repeated += 1
            continue
        disordered += number < highest
        highest = max(highest, number)
        seen.add(number)
    return Faults(len(set(range(1, newest + 1)) - seen), repeated, disordered)
