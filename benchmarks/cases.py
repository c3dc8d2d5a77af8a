"""The cases by name: what each measures, in full and quick."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.acknowledged import Acknowledged
from benchmarks.drop import Drop
from benchmarks.log_panel import LogPanel
from benchmarks.markdown import Rendering
from benchmarks.measuring import Figures
from benchmarks.repaints import Repaints
from benchmarks.scrolling import Scrolling
from benchmarks.searching import CARDS, RUNS, Searching
from benchmarks.service.listeners import Listeners, Stalled
from benchmarks.service.pings import Pings
from benchmarks.service.starts import Starts
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
    "repaints": Case("what is rendered of 300 cards when some of them change", lambda s, _: Repaints(s), 10),
    "scroll-1000": Case(
        "1,000 cards scrolled by wheel and by finger, at rest and with 15 x 20 messages/s",
        Scrolling,
        seconds=15,
        times=3,
    ),
    "drop": Case(
        "a move by the menu, and a drop by the mouse, until the trigger arrives", lambda _, times: Drop(times), times=20
    ),
    "acknowledged": Case(
        "a move by the menu, and a drop by the mouse, until the card shows that it is stored",
        lambda _, times: Acknowledged(times),
        times=20,
    ),
    "markdown": Case(
        "a description of 1 kB, and the slowest of 50,000 characters", lambda _, times: Rendering(times), times=50
    ),
    "startup": Case("start of the process to /readyz 200", lambda _, times: StartUp(times), times=3),
    "weight": Case("first visit: slow 4G, 4x slower processor, cold cache", lambda _, times: Weight(times), times=5),
    "weight-300": Case("the same with 300 cards on the board", lambda _, times: Weight(times, 300), times=5),
    "search": Case(
        f"search over {CARDS:,} cards and 1,000,000 log lines of {RUNS} runs, or of one, and the index of the lines",
        lambda _, times: Searching(times),
        times=1000,
    ),
    "service-starts": Case("starts while 15 runs are under way", lambda _, times: Starts(times), times=50),
    "service-pings": Case("pings while 15 scripts post 100 messages/s each", lambda s, _: Pings(15, 100, s), 20),
    "service-listeners": Case("100 lines/s, told to 1 and to 50", lambda s, _: Listeners(50, s), 15),
    "service-stalled": Case("eleven listeners, one of whom reads nothing at times", lambda s, _: Stalled(s), 24),
}
