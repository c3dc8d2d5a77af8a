"""Measured figures and what they should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

STATE_AIM: Final[Mapping[str, float]] = {"behind": 0, "store_faults": 0}
"""Holds for every case that has such a figure."""

AIMS: Final[Mapping[str, Mapping[str, float]]] = {
    "1x10": {"latency_p95": 30},
    "15x20": {"latency_p95": 50, "latency_p99": 100, "renderer": 300},
    "15x100": {"latency_p95": 100},
    "repaints": {f"{name}_{what}": 0 for name in ("idle", "others", "edit") for what in ("renders", "touched")},
    "scroll-1000": {
        f"{hand}_{what}": 0 for hand in ("wheel", "touch") for what in ("idle", "busy", "idle_tasks", "busy_tasks")
    },
    "acknowledged": {"menu_p95": 50, "drop_p95": 50},
    "log-10k": {"open": 200, "open_nodes": 3000},
    "log-100k": {"open": 200, "open_nodes": 3000},
    "search": {"cards_p95": 50, "lines_p95": 300, "run_p95": 300},
    "service-starts": {"answered_p95": 20},
    "service-pings": {"ping_p95": 10, "lost": 0},
    "service-stalled": {"slowed": 5},
    "weight": {"js_gzip": 260, "fcp": 800, "interactive": 1800},
    "weight-300": {"js_gzip": 260, "fcp": 800, "interactive": 1500},
}
"""Per case, the largest value of a figure that is good enough."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. NaN is no value, and meets no aim."""

    name: str
    value: float
    unit: str
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """`pass` or `miss`; nothing where there is no aim."""
        if self.aim is None:
            return ""
        return "pass" if self.value <= self.aim else "miss"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case: figures, or the reason why there are none."""

    case: str
    figures: tuple[Figure, ...] = ()
    failure: str = ""


def with_aims(case: str, figures: Mapping[str, tuple[float, str]]) -> tuple[Figure, ...]:
    """Figures (name -> value and unit) with their aims beside them."""
    aims = {**STATE_AIM, **AIMS.get(case, {})}
    return tuple(Figure(name, value, unit, aims.get(name)) for name, (value, unit) in figures.items())
