"""The load service as the benchmarks use it: a process, its orders and its news."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.failure import NotMeasured
from tests.support.app import ROOT

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the service has really sent. `newest` is the last number of each run; ticks have none."""

    messages: int
    ticks: int
    newest: dict[str, int]
    late_ms: float
    seconds: float


@dataclass
class Load:
    """A running load service."""

    process: subprocess.Popen[str]
    _news: dict[str, "queue.Queue[Json]"] = field(
        default_factory=lambda: {kind: queue.Queue() for kind in ("listening", "trigger", "streamed")}
    )
    url: str = ""

    @property
    def pid(self) -> int:
        return self.process.pid

    def begin(self) -> None:
        """Return when it listens."""
        threading.Thread(target=self._follow, daemon=True).start()
        self.url = f"ws://127.0.0.1:{self.news('listening', 20)['port']}/ws/trigger"

    def number_from(self, adw_id: str, first: int) -> None:
        """Let a run's next message have this number."""
        self._order(do="number", runs=[adw_id], first=first)

    def stream(self, runs: Sequence[str], rate: float, seconds: float) -> None:
        """Order it; `sent` says when it is done."""
        self._order(do="stream", runs=list(runs), rate=rate, seconds=seconds)

    def sent(self) -> Sent | None:
        """What came of the last order, once it is done."""
        try:
            news = self._news["streamed"].get_nowait()
        except queue.Empty:
            return None
        return Sent(news["sent"], news["ticks"], news["newest"], news["late_ms"], news["seconds"])

    def trigger_at_ms(self, limit_s: float = 20) -> float:
        """When the next request to start something arrived."""
        return float(self.news("trigger", limit_s)["at_ms"])

    def forget_triggers(self) -> None:
        while not self._news["trigger"].empty():
            self._news["trigger"].get_nowait()

    def news(self, kind: str, limit_s: float) -> Json:
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                return self._news[kind].get(timeout=0.5)
            except queue.Empty:
                if self.process.poll() is not None:
                    break
        raise NotMeasured(f"the load service says nothing of '{kind}'")

    def _order(self, **order: object) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def _follow(self) -> None:
        assert self.process.stdout
        for text in self.process.stdout:
            news = json.loads(text)
            self._news[news["event"]].put(news)


@contextmanager
def running_load(module: str = "benchmarks.load_service") -> Iterator[Load]:
    """A load service that listens, ended at the end of the block; `module` is the program."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        load = Load(process)
        load.begin()
        yield load
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()
