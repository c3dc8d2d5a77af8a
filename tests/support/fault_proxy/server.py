"""Carries bytes between clients and one port, and does to them what it is told.

Commands: `set` for the fields of `Weather`, `cut` all connections, `half_close` one direction, `refuse` for some
seconds, `plan` faults from a seed, `seen` what has been carried.
"""

import asyncio
import contextlib
import random
import socket
import struct
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]
CHUNK: Final = 65536
UP: Final = "up"
DOWN: Final = "down"


@dataclass
class Weather:
    """`delay_s` each way; `stall` a direction ("up", "down" or "both") in which nothing is passed on, nor read.

    `bytes_per_s` throttles each direction (0 = not). `garble` is the share of chunks in which one bit is turned.
    `cut_after_up`, `cut_after_down`: bytes that may still pass in that direction before everything is cut (-1 = any).
    """

    delay_s: float = 0.0
    stall: str = ""
    bytes_per_s: float = 0.0
    garble: float = 0.0
    cut_after_up: int = -1
    cut_after_down: int = -1


@dataclass(eq=False)
class Pipe:
    """One connection with both of its ends."""

    client: asyncio.StreamWriter
    service: asyncio.StreamWriter

    def cut(self) -> None:
        """Both ends see a reset, as from a router that has forgotten them."""
        for writer in (self.client, self.service):
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def half_close(self, direction: str) -> None:
        with contextlib.suppress(OSError):
            (self.service if direction == UP else self.client).write_eof()


class FaultProxy:
    def __init__(self, to_port: int) -> None:
        self.weather = Weather()
        self.port = 0
        self.carried = {UP: 0, DOWN: 0}
        self.faults = 0
        self._to_port = to_port
        self._pipes: set[Pipe] = set()
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._pick = random.Random(0)
        self._planned: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def handle(self, order: Json) -> Json:
        what = order.pop("do")
        return await getattr(self, f"do_{what}")(**order) or {}

    async def do_set(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.weather, name, value)
        self._changed.set()
        self._changed = asyncio.Event()

    async def do_to(self, port: int) -> None:
        """New connections go to another port."""
        self._to_port = port

    async def do_cut(self) -> None:
        self.faults += 1
        for pipe in list(self._pipes):
            pipe.cut()

    async def do_half_close(self, direction: str) -> None:
        self.faults += 1
        for pipe in list(self._pipes):
            pipe.half_close(direction)

    async def do_refuse(self, seconds: float) -> None:
        """Nobody listens for so long; what stands is cut."""
        self.faults += 1
        assert self._server
        self._server.close()
        for pipe in list(self._pipes):
            pipe.cut()
        await asyncio.sleep(seconds)
        await self.start()

    async def do_plan(self, seed: int, seconds: float, every_s: float) -> None:
        """Faults by chance, but the same at each run of one seed; fair weather afterwards.

        No turned bits among them: those of a text that stays valid are beyond what any protocol can promise about.
        """
        self._pick = random.Random(seed)
        self._planned = asyncio.ensure_future(self._bad_weather(seconds, every_s))

    async def do_seen(self) -> Json:
        planned = self._planned is not None and not self._planned.done()
        return {**self.carried, "connections": len(self._pipes), "faults": self.faults, "planned": planned}

    async def _bad_weather(self, seconds: float, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            await asyncio.sleep(self._pick.uniform(0.5, 1.5) * every_s)
            kind = self._pick.choice(("cut", "half", "stall", "delay", "throttle", "refuse", "short"))
            await self._strike(kind)
        self.weather = Weather()
        await self.do_set()

    async def _strike(self, kind: str) -> None:
        pick = self._pick
        self.faults += 1
        match kind:
            case "cut":
                await self.do_cut()
            case "half":
                await self.do_half_close(pick.choice((UP, DOWN)))
            case "refuse":
                await self.do_refuse(pick.uniform(0.1, 1.0))
            case "short":
                await self.do_set(**{pick.choice(("cut_after_up", "cut_after_down")): pick.randint(0, 2000)})
            case _:
                changes = {
                    "stall": {"stall": pick.choice((UP, DOWN, "both"))},
                    "delay": {"delay_s": pick.uniform(0.05, 0.5)},
                    "throttle": {"bytes_per_s": pick.uniform(500, 5000)},
                }[kind]
                await self.do_set(**changes)
                await asyncio.sleep(pick.uniform(0.2, 1.5))
                fair = Weather()
                await self.do_set(**{name: getattr(fair, name) for name in changes})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, onward = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            writer.transport.abort()
            return
        pipe = Pipe(writer, onward)
        self._pipes.add(pipe)
        try:
            await asyncio.gather(self._carry(pipe, reader, onward, UP), self._carry(pipe, back, writer, DOWN))
        except (OSError, RuntimeError):  # RuntimeError: something was to go the way that `half_close` has closed
            pipe.cut()
        finally:
            self._pipes.discard(pipe)
            for end in (writer, onward):
                end.close()

    async def _carry(
        self, pipe: Pipe, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: str
    ) -> None:
        while data := await reader.read(CHUNK):
            while self.weather.stall in {direction, "both"}:
                await self._changed.wait()
            weather = self.weather
            if weather.delay_s:
                await asyncio.sleep(weather.delay_s)
            if weather.bytes_per_s:
                await asyncio.sleep(min(5.0, len(data) / weather.bytes_per_s))
            left = getattr(weather, f"cut_after_{direction}")
            if 0 <= left < len(data):
                writer.write(data[:left])
                await writer.drain()
                await self.do_set(**{f"cut_after_{direction}": -1})
                await self.do_cut()
                return
            if left >= 0:
                await self.do_set(**{f"cut_after_{direction}": left - len(data)})
            if weather.garble and self._pick.random() < weather.garble:
                data = _turned(data, self._pick)
            self.carried[direction] += len(data)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.write_eof()


def _turned(data: bytes, pick: random.Random) -> bytes:
    """One bit is another."""
    changed = bytearray(data)
    changed[pick.randrange(len(changed))] ^= 1 << pick.randrange(8)
    return bytes(changed)
