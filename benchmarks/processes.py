"""What processes use: time on the processor, and memory of their own."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

MIB: Final = 1024 * 1024
Processes = Callable[[], Iterable[psutil.Process]]


def one(pid: int) -> Processes:
    """The process with this id, and those that it has started."""
    process = psutil.Process(pid)
    return lambda: [process, *process.children(recursive=True)]


def browsers() -> list[psutil.Process]:
    """All processes of the browsers that this process has started."""
    return [process for process in psutil.Process().children(recursive=True) if _is_browser(process)]


def renderer_mib() -> float:
    """The memory that the largest renderer shares with nobody."""
    return max((_own_bytes(process) for process in browsers() if _is_renderer(process)), default=0) / MIB


@dataclass
class Share:
    """What became of the time of all cores since it was made, in percent."""

    _before: Any = field(default_factory=psutil.cpu_times)

    def stolen(self) -> float:
        """Taken by other guests of a virtual machine's host: all figures of such a time are worse than the board."""
        return self._of("steal")

    def idle(self) -> float:
        return self._of("idle")

    def _of(self, kind: str) -> float:
        now = psutil.cpu_times()
        whole = sum(now) - sum(self._before)
        return 100 * (getattr(now, kind, 0.0) - getattr(self._before, kind, 0.0)) / whole if whole else 0.0


@dataclass
class CpuMeter:
    """Processor time of a changing set of processes since `start`; of one that has ended, what it had until then."""

    processes: Processes
    _first: dict[int, float] = field(default_factory=dict[int, float])
    _last: dict[int, float] = field(default_factory=dict[int, float])
    _started_at: float = 0.0

    def start(self) -> None:
        self._first = self._seconds()
        self._last = dict(self._first)
        self._started_at = time.perf_counter()

    def percent(self) -> float:
        """Since `start`, in percent of one core."""
        elapsed = time.perf_counter() - self._started_at
        self._last.update(self._seconds())
        used = sum(seconds - self._first.get(pid, 0.0) for pid, seconds in self._last.items())
        return 100 * used / elapsed if elapsed else 0.0

    def _seconds(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for process in self.processes():
            try:
                times = process.cpu_times()
            except psutil.Error:
                continue
            found[process.pid] = times.user + times.system
        return found


def _is_browser(process: psutil.Process) -> bool:
    try:
        return "chrom" in process.name()
    except psutil.Error:
        return False


def _is_renderer(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.Error:
        return False


def _own_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().uss
    except psutil.Error:
        return 0
