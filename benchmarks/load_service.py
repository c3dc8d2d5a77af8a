"""A trigger service of vintage V1 that sends what it is told to: `python -m benchmarks.load_service`.

Orders come as JSON, one a line, on standard input; what happens goes out the same way.
    {"do": "stream", "runs": [adw_id …], "rate": 20, "seconds": 30}     to every client; numbers go on where they were
    {"do": "number", "runs": [adw_id …], "first": 1}                    the number of the next message
out:
    {"event": "listening", "port": N}
    {"event": "trigger", "adw_id": …, "at_ms": …}     the time at which the request's bytes had been read
    {"event": "streamed", "sent": …, "ticks": …, "newest": {adw_id: number}, "late_ms": …, "seconds": …}
It ends with its standard input.
"""

import asyncio
import http
import json
import sys
import time
from collections import defaultdict
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from benchmarks.messages import TICK, kind_at, line, tick
from benchmarks.schedule import Schedule
from benchmarks.stamps import Stamp

Json = dict[str, Any]
PATH: Final = "/ws/trigger"


def now_ms() -> float:
    return time.time() * 1000


class Streamer:
    """Sends numbered messages to whoever is connected. What a slow client does not take waits in memory, unbounded:
    its delay is what is to be measured."""

    def __init__(self) -> None:
        self.connections: set[ServerConnection] = set()
        self._numbers: dict[str, int] = defaultdict(int)
        self._counts: dict[str, int] = defaultdict(int)

    def begin_at(self, runs: list[str], first: int) -> None:
        self._numbers.update(dict.fromkeys(runs, first - 1))

    async def stream(self, runs: list[str], schedule: Schedule) -> Json:
        """Send it all; what was really sent."""
        sent = ticks = 0
        late = 0.0
        start = time.perf_counter()
        while sent < schedule.total:
            elapsed = time.perf_counter() - start
            late = max(late, elapsed - schedule.due_s(sent))
            due = schedule.due_by(elapsed)
            for index in range(sent, due):
                ticks += self._send(runs[schedule.run_of(index)])
            sent = due
            await asyncio.sleep(max(0.0, schedule.due_s(sent) - (time.perf_counter() - start)))
        newest = {run: self._numbers[run] for run in runs}
        seconds = time.perf_counter() - start
        return {"sent": sent, "ticks": ticks, "newest": newest, "late_ms": late * 1000, "seconds": seconds}

    def _send(self, adw_id: str) -> bool:
        """Send a run's next message; whether it was one without a number."""
        count = self._counts[adw_id]
        self._counts[adw_id] += 1
        kind = kind_at(count)
        if kind == TICK:
            self.say(tick(adw_id, min(99, count // 20)))
            return True
        self._numbers[adw_id] += 1
        self.say(line(kind, adw_id, Stamp(self._numbers[adw_id], now_ms())))
        return False

    def say(self, text: str) -> None:
        """One message to everybody."""
        broadcast(self.connections, text)


def say(**event: object) -> None:
    """Tell whoever has started this process."""
    print(json.dumps(event), flush=True)


class LoadService:
    """The service's end of the protocol: pongs of V1, and every trigger is accepted."""

    def __init__(self, streamer: Streamer | None = None) -> None:
        self.streamer = streamer or Streamer()

    async def talk(self, socket: ServerConnection) -> None:
        """One client, until it goes."""
        self.streamer.connections.add(socket)
        try:
            async for text in socket:
                await self.answer(socket, json.loads(text), now_ms())
        except ConnectionClosed:
            return
        finally:
            self.streamer.connections.discard(socket)

    async def answer(self, socket: ServerConnection, message: Json, at_ms: float) -> None:
        """Answer one message, which was read at `at_ms`."""
        match message.get("type"):
            case "ping":
                pong = {"type": "pong", "connection_id": "conn_1", "client_timestamp": message.get("timestamp")}
                await socket.send(json.dumps(pong))
            case "trigger_workflow":
                data = message["data"]
                say(event="trigger", adw_id=data["adw_id"], at_ms=at_ms)
                for answer in accepted(data["adw_id"], data["workflow_type"]):
                    await socket.send(json.dumps(answer))
            case kind:
                error = {"error_type": "validation_error", "message": f"Unknown message type: {kind}"}
                await socket.send(json.dumps({"type": "error", "data": error}))

    def http(self, socket: ServerConnection, request: Request) -> Response | None:
        """There is nothing else here, as on a V0 or V1 service without records of its runs."""
        return None if request.path == PATH else socket.respond(http.HTTPStatus.NOT_FOUND, "")


def accepted(adw_id: str, workflow: str) -> list[Json]:
    """How V1 answers a trigger that it accepts."""
    names = {"adw_id": adw_id, "workflow_name": workflow}
    return [
        {"type": "status_update", "data": {**names, "status": "started", "message": ""}},
        {"type": "trigger_response", "data": {**names, "status": "accepted", "message": "accepted", "logs_path": ""}},
    ]


async def obey(service: LoadService, orders: asyncio.StreamReader) -> None:
    """Carry out orders, one after the other, until there are no more."""
    async for text in orders:
        order = json.loads(text)
        runs: list[str] = order["runs"]
        if order["do"] == "number":
            service.streamer.begin_at(runs, order["first"])
            continue
        schedule = Schedule(len(runs), order["rate"], order["seconds"])
        say(event="streamed", **await service.streamer.stream(runs, schedule))


async def run(service: LoadService) -> None:
    """Listen and obey until the end of standard input."""
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with serve(
        service.talk, "127.0.0.1", 0, process_request=service.http, compression=None, ping_interval=None
    ) as server:
        say(event="listening", port=next(iter(server.sockets)).getsockname()[1])
        await obey(service, orders)


if __name__ == "__main__":
    asyncio.run(run(LoadService()))
