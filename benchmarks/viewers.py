"""Tabs without a browser: Socket.IO clients that hydrate as the page does and read what comes.

`python -m benchmarks.viewers` reads one order from standard input, an object with `url`, `origin`, `headers`,
`protocols`, `hello` (the page's own first Socket.IO packet) and `count`, and says `{"event": "ready"}` when every
client has got its board.
Each further line on standard input is answered with what has come since the last one:
    {"event": "seen", "frames": …, "bytes": …, "delays": [ms …]}
"""

import asyncio
import json
import re
import secrets
import sys
import time
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.load_service import say
from benchmarks.stamps import STAMP

SAMPLE: Final = 8
"""Of so many frames one is read for its newest stamp; reading all of them would cost more than they do the board."""
_READY_S: Final = 60.0
_PING: Final = "2"
_PONG: Final = "3"
_ENGINE_OPEN: Final = "0"
_EVENT: Final = re.compile(r"42/_event,")


@dataclass
class Seen:
    """What all clients together have got."""

    frames: int = 0
    bytes: int = 0
    delays: list[float] = field(default_factory=list[float])

    def add(self, text: str) -> None:
        self.frames += 1
        self.bytes += len(text)
        if self.frames % SAMPLE == 0:
            newest = max((float(found[2]) for found in STAMP.finditer(text)), default=None)
            if newest is not None:
                self.delays.append(time.time() * 1000 - newest)


@dataclass
class Tally:
    """What all clients have got since it was last asked."""

    now: Seen = field(default_factory=Seen)

    def take(self) -> Seen:
        taken, self.now = self.now, Seen()
        return taken


class Viewer:
    """One client, following until it is cancelled."""

    def __init__(self, order: dict[str, Any], tally: Tally) -> None:
        self._order = order
        self._tally = tally
        self.ready = asyncio.Event()

    async def follow(self) -> None:
        token = secrets.token_hex(16)
        url = f"{self._order['url']}/_event/?EIO=4&transport=websocket&token={token}"
        async with connect(
            url,
            additional_headers=self._order["headers"],
            origin=self._order["origin"],
            subprotocols=self._order["protocols"],
            max_size=None,
            ping_interval=None,
        ) as socket:
            await self._read(socket)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            assert isinstance(text, str)
            if text == _PING:
                await socket.send(_PONG)
            elif text.startswith(_ENGINE_OPEN):
                await socket.send(self._order["hello"])
            elif _EVENT.match(text):
                self._tally.now.add(text)
                if "board_state" in text:
                    self.ready.set()


async def main() -> None:
    orders = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    order = json.loads(await orders.readline())
    tally = Tally()
    viewers = [Viewer(order, tally) for _ in range(order["count"])]
    async with asyncio.TaskGroup() as group:
        following = [group.create_task(viewer.follow()) for viewer in viewers]
        async with asyncio.timeout(_READY_S):
            await asyncio.gather(*(viewer.ready.wait() for viewer in viewers))
        say(event="ready")
        async for _ in orders:
            taken = tally.take()
            say(event="seen", frames=taken.frames, bytes=taken.bytes, delays=taken.delays)
        for task in following:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main())
