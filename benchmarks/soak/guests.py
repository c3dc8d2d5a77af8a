"""Tabs, readers of logs and readers of events that come and go: `python -m benchmarks.soak.guests`.

One order from standard input, a JSON object: that of `benchmarks.viewers` without `count`, and `base` (the board's
address), `tabs`, `logs`, `events` (how many of each there are at most) and `runs` (whose logs are read). Each further
line is answered with what has come since the last one:
    {"event": "seen", "visits": …, "frames": …, "delays": [ms …], "failures": [text …]}
The line "leave" ends all visits, is answered in the same way, and lets nobody come any more.
"""

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.load_service import say
from benchmarks.viewers import Tally, Viewer

STAY_S: Final = (20.0, 80.0)
AWAY_S: Final = (0.5, 5.0)
FAILURES_KEPT: Final = 20
_GONE: Final = (OSError, ConnectionClosed, InvalidHandshake, httpx.HTTPError)


@dataclass
class Guests:
    """Everybody who visits the board."""

    order: dict[str, Any]
    tally: Tally = field(default_factory=Tally)
    visits: int = 0
    failures: list[str] = field(default_factory=list[str])
    is_closing: bool = False
    _pick: random.Random = field(default_factory=lambda: random.Random(7))

    def come(self) -> list[asyncio.Task[None]]:
        """Let them all begin; cancel the tasks to send them away."""
        kinds = {"tabs": self._tab, "logs": self._log, "events": self._events}
        return [
            asyncio.create_task(self._visits(kind, visit))
            for kind, visit in kinds.items()
            for _ in range(self.order[kind])
        ]

    def seen(self) -> dict[str, Any]:
        """What has come since the last call."""
        taken, failures, visits = self.tally.take(), self.failures, self.visits
        self.failures, self.visits = [], 0
        return {"visits": visits, "frames": taken.frames, "delays": taken.delays, "failures": failures}

    async def _visits(self, kind: str, visit: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._pick.uniform(*AWAY_S))
            self.visits += 1
            try:
                async with asyncio.timeout(self._pick.uniform(*STAY_S)):
                    await visit()
            except TimeoutError:
                continue
            except _GONE as problem:
                self._failed(f"{kind}: {type(problem).__name__} {problem}")

    def _failed(self, text: str) -> None:
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(text[:200])

    async def _tab(self) -> None:
        viewer = Viewer(self.order, self.tally)
        try:
            await viewer.follow()
        finally:
            if not viewer.ready.is_set() and not self.is_closing:
                self._failed("tabs: a tab went before it had its board")

    async def _log(self) -> None:
        """Look at one log after the other."""
        url = f"{self.order['url']}/ws/live"
        options: dict[str, Any] = {"additional_headers": self.order["headers"], "origin": self.order["origin"]}
        async with connect(url, max_size=None, **options) as socket:
            while True:
                await socket.send(json.dumps({"type": "open", "run": self._pick.choice(self.order["runs"])}))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pick.uniform(1, 8)):
                        async for _ in socket:
                            self.tally.now.frames += 1
                await socket.send('{"type": "close"}')

    async def _events(self) -> None:
        async with (
            httpx.AsyncClient(base_url=self.order["base"], headers=self.order["headers"], timeout=60) as client,
            client.stream("GET", "/api/v1/events", params={"since": 0}) as answer,
        ):
            answer.raise_for_status()
            async for _ in answer.aiter_lines():
                self.tally.now.frames += 1


async def main() -> None:
    orders = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    guests = Guests(json.loads(await orders.readline()))
    visits = guests.come()
    async for text in orders:
        if text.strip() == b"leave":
            guests.is_closing = True
            for visit in visits:
                visit.cancel()
            await asyncio.gather(*visits, return_exceptions=True)
        say(event="seen", **guests.seen())


if __name__ == "__main__":
    asyncio.run(main())
