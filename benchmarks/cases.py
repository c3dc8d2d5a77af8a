"""The cases by name: what each measures, in full and quick."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.drop import Drop
from benchmarks.log_panel import LogPanel
from benchmarks.measuring import Figures
from benchmarks.start_up import StartUp
from benchmarks.streaming import Streaming
from benchmarks.tabs import Tabs
from benchmarks.weight import Weight

QUICK_S: Final = 4.0
QUICK_TIMES: Final = 2


class Measurement(Protocol):
    def measure(self) -> Figures: ...


@dataclass(frozen=True, slots=True)
class Case:
    """`make(seconds, times)` gives the measurement; both are the case's own, or the quick ones."""

    what: str
    make: Callable[[float, int], Measurement]
    seconds: float = 0.0
    times: int = 0

    def measure(self, *, quick: bool) -> Figures:
        seconds = min(self.seconds, QUICK_S) if quick else self.seconds
        times = min(self.times, QUICK_TIMES) if quick else self.times
        return self.make(seconds, times).measure()


def _streaming(runs: int, rate: float, seconds: float, idle: int = 0) -> Case:
    what = f"{runs} x {rate:g} messages/s" + (f", {idle} cards more on the board" if idle else "")
    return Case(what, lambda s, _: Streaming(runs, rate, s, idle), seconds)


def _log(lines: int) -> Case:
    return Case(f"the log panel on {lines:,} lines, then 20 more a second", lambda s, _: LogPanel(lines, s), 15)


def _tabs(count: int) -> Case:
    return Case(f"15 x 20 messages/s with {count} tabs", lambda s, _: Tabs(count, Streaming(15, 20, s)), 20)


CASES: Final[Mapping[str, Case]] = {
    "1x10": _streaming(1, 10, 20),
    "15x20": _streaming(15, 20, 30),
    "15x100": _streaming(15, 100, 20),
    "log-10k": _log(10_000),
    "log-100k": _log(100_000),
    "tabs-1": _tabs(1),
    "tabs-10": _tabs(10),
    "tabs-50": _tabs(50),
    "cards-300": _streaming(15, 20, 20, idle=285),
    "drop": Case(
        "a move by the menu, and a drop by the mouse, until the trigger arrives", lambda _, times: Drop(times), times=20
    ),
    "startup": Case("start of the process to /readyz 200", lambda _, times: StartUp(times), times=3),
    "weight": Case("first visit: slow 4G, 4x slower processor, cold cache", lambda _, times: Weight(times), times=5),
}
