"""How soon a ping is answered while runs report."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.measuring import WARM_UP_S, Figures, latency
from benchmarks.processes import CpuMeter, Share
from benchmarks.service.peer import Peer, new_run, says
from benchmarks.service.rig import ServiceRig, running_service

_EVERY_S: Final = 0.02
_LATE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Pings:
    """`runs` scripts post `rate` messages a second each, through their runners, for `seconds`."""

    runs: int
    rate: float
    seconds: float

    def measure(self) -> Figures:
        with running_service() as rig:
            rig.plan(rate=self.rate, seconds=self._reporting_s)
            return asyncio.run(self._measure(rig))

    @property
    def _reporting_s(self) -> float:
        """Longer than is measured: the first one begins before the last one is started."""
        return self.seconds + 3 * WARM_UP_S

    async def _measure(self, rig: ServiceRig) -> Figures:
        heard: Counter[str] = Counter()
        async with Peer(rig.url, rig.app.headers, lambda text, _: _count(text, heard)) as ear:
            runs = [new_run() for _ in range(self.runs)]
            ends = [asyncio.create_task(ear.said(says(run, "said "), self.seconds + _LATE_S)) for run in runs]
            for run in runs:
                await ear.start(run)
            await asyncio.sleep(WARM_UP_S)
            figures = await self._while_they_report(rig, heard)
            await asyncio.gather(*ends)
        expected = self.runs * int(self.rate * self._reporting_s)
        return {**figures, "lost": (expected - sum(heard[run] for run in runs), "messages")}

    async def _while_they_report(self, rig: ServiceRig, heard: Counter[str]) -> Figures:
        app = psutil.Process(rig.app.pid)
        meters = {"cpu_app": CpuMeter(lambda: [app]), "cpu_runs": CpuMeter(lambda: app.children(recursive=True))}
        for meter in meters.values():
            meter.start()
        machine, before, begin = Share(), heard.total(), time.perf_counter()
        async with Peer(rig.url, rig.app.headers) as peer:
            pings = [took async for took in _pings(peer, self.seconds)]
        rate = (heard.total() - before) / (time.perf_counter() - begin)
        return {
            **latency(pings, "ping"),
            "heard_rate": (rate, "per s"),
            **{name: (meter.percent(), "% core") for name, meter in meters.items()},
            "idle": (machine.idle(), "% machine"),
            "stolen": (machine.stolen(), "% machine"),
        }


async def _pings(peer: Peer, seconds: float) -> AsyncIterator[float]:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield await peer.ping()
        await asyncio.sleep(_EVERY_S)


def _count(text: str, heard: Counter[str]) -> None:
    message = json.loads(text)
    if message["type"] == "workflow_log" and str(message["data"]["message"]).startswith("#"):
        heard[message["data"]["adw_id"]] += 1
