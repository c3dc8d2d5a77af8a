"""What it costs to tell many, and what one that takes nothing costs the others."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.failure import NotMeasured
from benchmarks.measuring import WARM_UP_S, Figures, latency
from benchmarks.percentiles import median, percentile
from benchmarks.processes import CpuMeter
from benchmarks.service.peer import Peer, new_run
from benchmarks.service.rig import ServiceRig, running_service
from tests.support.app import ROOT
from tests.support.waiting import eventually

RATE: Final = 100.0
_LINE: Final = "x" * 300
_LARGE_LINE: Final = "x" * 20_000
# Mirrored, so that whatever grows meanwhile counts for both.
_ORDER: Final = (False, True, True, False, False, True, True, False)


@dataclass(frozen=True, slots=True)
class Round:
    """What one stretch of lines has cost: `delays` in ms at one listener, `cpu_us` of the app for each line."""

    delays: list[float]
    cpu_us: float

    @property
    def p95(self) -> float:
        return percentile(self.delays, 95)


@dataclass(frozen=True, slots=True)
class Listeners:
    """100 lines a second, told to one listener (beside the board itself), then to `count`."""

    count: int
    seconds: float

    def measure(self) -> Figures:
        with running_service() as rig:
            alone = asyncio.run(_tell(rig, _LINE, self.seconds))
            with crowd(rig, self.count - 1):
                crowded = asyncio.run(_tell(rig, _LINE, self.seconds))
        each = (crowded.cpu_us - alone.cpu_us) / (self.count - 1)
        return {
            "latency_p95": (crowded.p95, "ms"),
            "latency_p95_of_1": (alone.p95, "ms"),
            "cpu_line": (crowded.cpu_us, "us"),
            "cpu_line_of_1": (alone.cpu_us, "us"),
            "cpu_listener": (each, "us per line"),
        }


@dataclass(frozen=True, slots=True)
class Stalled:
    """Large lines, told to eleven listeners: in turns all of them read, and one does not."""

    seconds: float

    def measure(self) -> Figures:
        with running_service() as rig, crowd(rig, 9):
            turns = [self._turn(rig, stall=stall) for stall in _ORDER]
        without = [turn for turn, stall in zip(turns, _ORDER, strict=True) if not stall]
        beside = [turn for turn, stall in zip(turns, _ORDER, strict=True) if stall]
        late, usual = _delays(beside), _delays(without)
        return {
            **latency(late),
            **latency(usual, "without"),
            "slowed": (percentile(late, 95) - percentile(usual, 95), "ms"),
            "cpu_line": (median([turn.cpu_us for turn in beside]), "us"),
            "cpu_line_without": (median([turn.cpu_us for turn in without]), "us"),
            "lines": (len(late), "lines"),
        }

    def _turn(self, rig: ServiceRig, *, stall: bool) -> Round:
        with crowd(rig, 1, stall=stall):
            return asyncio.run(_tell(rig, _LARGE_LINE, self.seconds / len(_ORDER) * 2))


def _delays(turns: list[Round]) -> list[float]:
    return [delay for turn in turns for delay in turn.delays]


@contextmanager
def crowd(rig: ServiceRig, count: int, *, stall: bool = False) -> Generator[None]:
    """So many listeners more, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.service.crowd", rig.url, str(rig.app.token), str(count)]
    process = subprocess.Popen(
        [*command, *(["--stall"] if stall else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        if process.stdout.readline() != "connected\n":
            raise NotMeasured("the listeners could not connect")
        yield
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


async def _tell(rig: ServiceRig, line: str, seconds: float) -> Round:
    """Send lines at the moments of a plan, and take the times at which one listener has them."""
    delays: list[float] = []
    async with Peer(rig.url, rig.app.headers, lambda text, at: _take(text, at, delays)) as ear:
        first = await _send(ear, line, WARM_UP_S)
        await _until(lambda: len(delays) >= first)
        delays.clear()
        app = psutil.Process(rig.app.pid)
        meter = CpuMeter(lambda: [app])
        meter.start()
        begin = time.perf_counter()
        count = await _send(ear, line, seconds)
        await _until(lambda: len(delays) >= count)
        used_s = meter.percent() / 100 * (time.perf_counter() - begin)
    return Round(delays, used_s / count * 1e6)


async def _send(peer: Peer, line: str, seconds: float) -> int:
    run, count, begin = new_run(), int(seconds * RATE), time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, number / RATE - (time.perf_counter() - begin)))
        stamp = time.perf_counter()
        fields = {"adw_id": run, "workflow_name": "w", "level": "INFO", "timestamp": stamp}
        await peer.send("workflow_log", message=line, **fields)
    return count


async def _until(condition: Callable[[], bool]) -> None:
    try:
        await eventually(condition)
    except AssertionError:
        raise NotMeasured("not every line came back") from None


def _take(text: str, at: float, delays: list[float]) -> None:
    message = json.loads(text)
    if message["type"] == "workflow_log":
        delays.append((at - message["data"]["timestamp"]) * 1000)
