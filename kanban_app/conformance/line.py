"""One WebSocket connection to the service: everything that comes is kept, with the moment at which it came."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, cast

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

Json = dict[str, Any]
Wanted = Callable[[Json], bool]

ABNORMAL: Final = 1006


@dataclass(frozen=True, slots=True)
class Seen:
    """A message and when it came, in monotonic seconds."""

    message: Json
    at: float


class Line:
    """`seen` has the messages in order, `odd` the frames that are no JSON objects, `closed` the close code."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[Seen] = []
        self.odd: list[str] = []
        self.closed: int | None = None
        self._news = asyncio.Event()

    async def read(self) -> None:
        """Until the connection ends."""
        with suppress(ConnectionClosed):
            async for frame in self.socket:
                self._take(frame)
        self.closed = self.socket.close_code or ABNORMAL
        self._news.set()

    def _take(self, frame: str | bytes) -> None:
        now = time.monotonic()
        try:
            value: object = json.loads(frame)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            self.seen.append(Seen(cast(Json, value), now))
        else:
            self.odd.append(str(frame[:200]))
        self._news.set()

    async def send(self, message: Mapping[str, object] | list[object] | str | bytes | None) -> None:
        """A text or bytes as they are, all else as JSON. On a connection that is gone nothing happens."""
        frame = message if isinstance(message, str | bytes) else json.dumps(message)
        with suppress(ConnectionClosed):
            await self.socket.send(frame)

    async def until(self, wanted: Wanted, seconds: float, after: int = 0) -> Seen | None:
        """The first such message from the index `after` on; None when it does not come in time, or not any more."""
        index = after
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._news.clear()
                    while index < len(self.seen):
                        if wanted(self.seen[index].message):
                            return self.seen[index]
                        index += 1
                    if self.closed is not None:
                        return None
                    await self._news.wait()
        return None

    async def until_closed(self, seconds: float) -> int | None:
        """The close code; None when the connection stands after that time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.socket.wait_closed()
                while self.closed is None:
                    self._news.clear()
                    await self._news.wait()
        return self.closed

    def messages(self, wanted: Wanted, after: int = 0) -> list[Json]:
        """What has come so far."""
        return [seen.message for seen in self.seen[after:] if wanted(seen.message)]


def of_type(*kinds: str) -> Wanted:
    return lambda message: message.get("type") in kinds


def names_in(value: object) -> frozenset[str]:
    """The elements of a list of names; none of anything else."""
    return frozenset(str(name) for name in cast(list[Any], value)) if isinstance(value, list) else frozenset()


def data_of(message: Mapping[str, object] | None) -> Json:
    """Its `data`; empty when it has none."""
    found = message.get("data") if message is not None else None
    return cast(Json, found) if isinstance(found, dict) else {}
