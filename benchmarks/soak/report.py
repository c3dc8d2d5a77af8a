"""What came of a soak: verdicts, a table and JSON."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.load import Sent
from benchmarks.report import number
from benchmarks.soak.sample import UNITS, Counters
from benchmarks.soak.trend import RETURNS, Trend, trend_of
from benchmarks.stamps import Faults

_HEAD = ("figure", "start", "middle", "end", "highest", "slope/h", "limit/h", "verdict")


@dataclass
class Outcome:
    """Everything that was seen. `before` and `after` are samples with nobody there."""

    minutes: float
    samples: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    before: dict[str, float] = field(default_factory=dict[str, float])
    after: dict[str, float] = field(default_factory=dict[str, float])
    sent: Sent | None = None
    newest: dict[str, int] = field(default_factory=dict[str, int])
    faults: Faults = field(default_factory=Faults)
    stored_after_s: float = math.nan
    counters: Counters | None = None
    cuts: int = 0
    reloads: int = 0
    visits: int = 0
    acts: int = 0
    behind: int = 0
    backwards: int = 0
    failed_visits: list[str] = field(default_factory=list[str])

    def trends(self) -> list[Trend]:
        """Of every figure that was sampled often enough."""
        found = [trend_of(name, unit, self._series(name)) for name, unit in UNITS.items()]
        return [trend for trend in found if trend]

    def problems(self) -> list[str]:
        """What is not as it should be; empty when the board has stood it."""
        grown = [f"{trend.name} grows by {number(trend.per_h)} an hour" for trend in self.trends() if trend.is_growing]
        stayed = [
            f"{name}: {number(self.before[name])} before, {number(self.after[name])} after"
            for name, more in RETURNS.items()
            if self.after[name] - self.before[name] > more
        ]
        counts = {
            "messages missing in the store": self.faults.missing,
            "messages twice in the store": self.faults.repeated,
            "messages out of order in the store": self.faults.disordered,
            "cards behind on the page": self.behind,
            "visits failed": len(self.failed_visits),
        }
        if self.counters:
            counts |= {
                "errors in the board's log": int(self.counters.log_errors),
                "transactions failed": int(self.counters.write_failures),
                "frames unreadable": int(self.counters.unreadable),
            }
        return [*grown, *stayed, *(f"{count} {what}" for what, count in counts.items() if count)]

    def table(self) -> str:
        """For people."""
        rows = [_HEAD, *(_row(trend) for trend in self.trends())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = ["  ".join(_cells(row, widths)).rstrip() for row in rows]
        return "\n".join(
            [*lines, "", *self._sentences(), *(f"  visit failed: {text}" for text in self.failed_visits[:5])]
        )

    def as_json(self) -> dict[str, Any]:
        """For programs; a figure without a value is null."""
        trends = [{**asdict(trend), "verdict": trend.verdict} for trend in self.trends()]
        return _without_nan({**asdict(self), "trends": trends, "problems": self.problems()})

    def _series(self, name: str) -> list[tuple[float, float]]:
        pairs = [(sample["at_s"], sample.get(name, math.nan)) for sample in self.samples]
        return [(at, value) for at, value in pairs if not math.isnan(value)]

    def _sentences(self) -> list[str]:
        nobody = ", ".join(f"{name} {number(self.before[name])} -> {number(self.after[name])}" for name in self.before)
        sent = self.sent.messages if self.sent else 0
        late = self.sent.late_ms if self.sent else math.nan
        faults = self.faults
        did = f"{self.cuts} cuts, {self.reloads} reloads, {self.visits} visits, {self.acts} acts by the API"
        kept = f"{faults.missing} missing, {faults.repeated} double, {faults.disordered} disordered"
        return [
            f"{sent:,} messages sent in {self.minutes:g} min (at most {number(late)} ms late), {did}",
            f"store: {kept}, whole {number(self.stored_after_s)} s after the last",
            f"page: {self.behind} cards behind, {self.backwards} times backwards",
            f"with nobody there, before and after: {nobody}",
            "verdict: " + ("; ".join(self.problems()) or "flat: nothing grows, nothing lost, nothing double"),
        ]


def _row(trend: Trend) -> tuple[str, ...]:
    values = (trend.start, trend.middle, trend.end, trend.highest, trend.per_h)
    limit = "" if trend.limit_per_h is None else number(trend.limit_per_h)
    name = f"{trend.name} ({trend.unit})" if trend.unit else trend.name
    return (name, *(number(round(value, 2)) for value in values), limit, trend.verdict)


def _cells(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [
        cell.ljust(width) if column in {0, len(row) - 1} else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]


def _without_nan(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_nan(one) for key, one in value.items()}
        case list() | tuple():
            return [_without_nan(one) for one in value]
        case float() if math.isnan(value):
            return None
        case _:
            return value
