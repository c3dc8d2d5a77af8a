"""Whether a figure that was taken again and again has grown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from benchmarks.percentiles import median


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of growth is still flat: `per_h` an hour, and never less than `floor` over the second half, which is
    what chance makes of a short time."""

    per_h: float
    floor: float


MIB_LIMIT: Final = Limit(60, 12)
COUNT_LIMIT: Final = Limit(20, 12)
LIMITS: Final[Mapping[str, Limit]] = {
    "rss": MIB_LIMIT,
    "pss": MIB_LIMIT,
    "tasks": COUNT_LIMIT,
    "descriptors": COUNT_LIMIT,
    "sockets": COUNT_LIMIT,
    "threads": Limit(8, 6),
    "wal": Limit(60, 16),
    "loop_lag": Limit(20, 10),
    "latency_p50": Limit(60, 30),
    "latency_p95": Limit(200, 100),
    "renderer": Limit(200, 60),
}
"""By figure. What has none (the database, which has to keep what is stored) has no verdict."""

RETURNS: Final[Mapping[str, float]] = {"tasks": 0, "descriptors": 10, "sockets": 4, "threads": 6}
"""How many more there may be once all guests have gone than before they came: connections to the database (of two files
each), threads and the file of the log, which are made when they are first needed, and stay; and one that SQLite keeps
of the first backup for the next one."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure over the time: medians of its first, middle and last tenth, and the slope of its second half."""

    name: str
    unit: str
    start: float
    middle: float
    end: float
    highest: float
    per_h: float
    limit_per_h: float | None

    @property
    def is_growing(self) -> bool:
        return self.limit_per_h is not None and self.per_h > self.limit_per_h

    @property
    def verdict(self) -> str:
        """`flat` or `GROWS`; nothing where there is no limit."""
        if self.limit_per_h is None:
            return ""
        return "GROWS" if self.is_growing else "flat"


def trend_of(name: str, unit: str, series: Sequence[tuple[float, float]]) -> Trend | None:
    """Of (seconds, value) in the order of time; None when there are too few for a slope."""
    half = series[len(series) // 2 :]
    if len(half) < 3:
        return None
    tenth = max(1, len(series) // 10)
    begin = (len(series) - tenth) // 2
    values = [value for _, value in series]
    limit = LIMITS.get(name)
    hours = (half[-1][0] - half[0][0]) / 3600
    return Trend(
        name,
        unit,
        median(values[:tenth]),
        median(values[begin : begin + tenth]),
        median(values[-tenth:]),
        max(values),
        slope(half) * 3600,
        max(limit.per_h, limit.floor / hours) if limit else None,
    )


def slope(series: Sequence[tuple[float, float]]) -> float:
    """The middle one of the slopes between any two points (Theil and Sen): single outliers do not turn it."""
    return median([(b - a) / (t - s) for (s, a), (t, b) in combinations(series, 2) if t > s])
