"""How soon a start is answered, and what a ping notices of it, while 15 runs are under way."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.measuring import Figures, latency
from benchmarks.percentiles import percentile
from benchmarks.service.peer import Peer, new_run, says
from benchmarks.service.rig import ServiceRig, running_service

RUNS: Final = 15
_STAY_S: Final = 900.0
_PER_CONNECTION: Final = 25
_PING_EVERY_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Starts:
    """The 16th run is started and cancelled `times` times, beside 15 that stay."""

    times: int

    def measure(self) -> Figures:
        with running_service() as rig:
            rig.plan(rate=1, seconds=1, stay=_STAY_S)
            return asyncio.run(self._measure(rig))

    async def _measure(self, rig: ServiceRig) -> Figures:
        last = await _all_at_once(rig)
        pings: list[float] = []
        async with Peer(rig.url, rig.app.headers) as calm:
            pinging = asyncio.create_task(_ping_on(calm, pings))
            answered = await self._start_again_and_again(rig)
            pinging.cancel()
            await asyncio.wait([pinging])
        return {
            **latency(answered, "answered"),
            "starts": (len(answered), "starts"),
            "ping_p95": (percentile(pings, 95), "ms"),
            "ping_max": (max(pings), "ms"),
            "last_of_15": (last, "ms"),
        }

    async def _start_again_and_again(self, rig: ServiceRig) -> list[float]:
        answered: list[float] = []
        while len(answered) < self.times:
            # The service lets each connection start so many runs a minute, and no more.
            async with Peer(rig.url, rig.app.headers) as peer:
                count = min(_PER_CONNECTION, self.times - len(answered))
                answered += [await _start_and_cancel(peer) for _ in range(count)]
        return answered


async def _all_at_once(rig: ServiceRig) -> float:
    """Milliseconds from the first of 15 requests, sent together, to the last answer; all run on return."""
    runs = [new_run() for _ in range(RUNS)]
    async with Peer(rig.url, rig.app.headers) as peer:
        lines = [asyncio.create_task(peer.said(says(run, "#000000"))) for run in runs]
        begin = time.perf_counter()
        await asyncio.gather(*(peer.start(run) for run in runs))
        took = time.perf_counter() - begin
        await asyncio.gather(*lines)
    return took * 1000


async def _start_and_cancel(peer: Peer) -> float:
    run = new_run()
    works = peer.expect(says(run, "#000000"))
    took = await peer.start(run)
    await works
    await peer.cancel(run)
    return took


async def _ping_on(peer: Peer, pings: list[float]) -> None:
    while True:
        pings.append(await peer.ping())
        await asyncio.sleep(_PING_EVERY_S)
