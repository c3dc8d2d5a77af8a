"""What the cases have in common: load is sent while a page is watched, then figures are made of both."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from benchmarks.failure import NotMeasured
from benchmarks.load import Load, Sent
from benchmarks.percentiles import percentile
from benchmarks.processes import CpuMeter, Share, browsers, one, renderer_mib
from benchmarks.rig import Rig
from benchmarks.screen import Screen

Figures = dict[str, tuple[float, str]]
WARM_UP_S = 2.0
_SAMPLE_S = 2.0
_LATE_S = 60.0


@dataclass
class Watch:
    """Processor and memory during a load."""

    rig: Rig
    meters: dict[str, CpuMeter] = field(init=False)
    machine: Share = field(init=False)
    renderer_mib: float = 0.0

    def __post_init__(self) -> None:
        groups = {"cpu_app": one(self.rig.app.pid), "cpu_load_service": one(self.rig.load.pid), "cpu_browser": browsers}
        self.meters = {name: CpuMeter(processes) for name, processes in groups.items()}

    def start(self) -> None:
        self.machine = Share()
        for meter in self.meters.values():
            meter.start()

    def sample(self) -> None:
        self.renderer_mib = max(self.renderer_mib, renderer_mib())

    def cpu(self) -> Figures:
        used: Figures = {name: (meter.percent(), "% core") for name, meter in self.meters.items()}
        return {**used, "idle": (self.machine.idle(), "% machine"), "stolen": (self.machine.stolen(), "% machine")}


@dataclass(frozen=True, slots=True)
class Order:
    """What the load service is to send: to each of `runs`, `rate` messages a second for `seconds`."""

    runs: Sequence[str]
    rate: float
    seconds: float


def send(load: Load, screen: Screen, order: Order, watch: Watch | None = None) -> Sent:
    """Send it all, and return as soon as that is done."""
    load.stream(order.runs, order.rate, order.seconds)
    begin = sampled = time.monotonic()
    while (sent := load.sent()) is None:
        screen.pause(0.1)
        now = time.monotonic()
        if now - begin > order.seconds + _LATE_S:
            raise NotMeasured("the load service did not get its messages out")
        if watch and now - sampled > _SAMPLE_S:
            watch.sample()
            sampled = now
    return sent


def warm_up(load: Load, screen: Screen, order: Order) -> None:
    """The same load for a moment that does not count, and the time to digest it."""
    send(load, screen, replace(order, seconds=WARM_UP_S))
    screen.pause(1)
    screen.reset()


def latency(delays: Sequence[float], name: str = "latency") -> Figures:
    """How old the newest message was whenever it came on screen."""
    if not delays:
        raise NotMeasured("nothing came on screen")
    figures: Figures = {f"{name}_p{percent}": (percentile(delays, percent), "ms") for percent in (50, 95, 99)}
    return {**figures, f"{name}_max": (max(delays), "ms")}
