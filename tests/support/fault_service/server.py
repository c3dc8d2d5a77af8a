"""The sockets of the fault-injecting service: what `core.py` decides, with faults of time, network and memory.

Control commands (`control.py`), besides `set` for the fields of `Faults`:
`starts` the books · `sent` which lines of a run went to how many connections · `emit`, `end`, `stage` runs speak ·
`raw` any text to everybody · `cut`, `close` connections · `refuse` nobody for some seconds · `restart`.
"""

import asyncio
import http
import json
import random
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from kanban_app.domain.workflows import Vintage
from tests.support.fault_service.core import Broadcast, Core, Peer, Start

Json = dict[str, Any]


@dataclass
class Faults:
    """What the service does wrong, until told otherwise.

    `freeze_s`: the whole process stands still at each trigger (Q3). `plan`: one entry for each coming trigger: "ok",
    "drop" (cut before anything is started), "cut" (started, cut instead of the answer), "close:1011" (started, closed
    instead of the answer), "lose" (started, no answer), "late:2.5" (the answer comes so many seconds later), "twice"
    (the answer comes twice), "error" or "crash" (see `Core.launch_fault`). `duplicate`, `swap`: the share of broadcasts
    that come twice, or after the next one. `garbage`: the share of broadcasts before which nonsense comes. `mute`:
    nothing is answered. `lines`, `per_second`, `ends`: what runs say by themselves, and whether they then complete.
    """

    freeze_s: float = 0.0
    plan: list[str] = field(default_factory=list[str])
    duplicate: float = 0.0
    swap: float = 0.0
    garbage: float = 0.0
    mute: bool = False
    http_status: int | None = None
    lines: int = 0
    per_second: float = 50.0
    ends: bool = False
    seed: int = 0


class FaultServer:
    def __init__(self, vintage: Vintage, port: int, state: Path | None) -> None:
        self.faults = Faults()
        self.core = Core(vintage, lambda: datetime.now(UTC))
        self.port = port
        self.sent: dict[str, list[int]] = defaultdict(list)
        self.handshakes: list[float] = []
        self._state = state
        self._sockets: dict[int, ServerConnection] = {}
        self._server: Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held_back: str | None = None
        self._pick = random.Random(0)
        if state is not None:
            self.core.restore([json.loads(line) for line in _whole_lines(state)])
            self.core.keep = self._keep

    async def start(self) -> None:
        self._server = await serve(
            self._serve,
            "127.0.0.1",
            self.port,
            process_request=self._gate,
            ping_interval=None,
            close_timeout=0.5,
            max_size=2**24,
            write_limit=2**20,
        )
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    def resume_runs(self) -> None:
        """The runs of an earlier process go on."""
        for start in self.core.active():
            self._spawn(self._talk(start))

    async def stop(self, code: int | None) -> None:
        """Away from the network; with `code` in order, without it as if killed."""
        if self._server is None:
            return
        server, self._server = self._server, None
        if code is None:
            self.cut()
        server.close(code=code or 1012)
        await server.wait_closed()

    def cut(self) -> None:
        for socket in self._sockets.values():
            socket.transport.abort()

    # Control

    async def handle(self, order: Json) -> Json:
        what = order.pop("do")
        return await getattr(self, f"do_{what}")(**order)

    async def do_set(self, **changes: Any) -> Json:
        for name, value in changes.items():
            setattr(self.faults, name, value)
        if "seed" in changes:
            self._pick = random.Random(self.faults.seed)
        return {}

    async def do_starts(self) -> Json:
        return {
            "requests": dict(self.core.per_request()),
            "runs": dict(self.core.per_run()),
            "active": [start.adw_id for start in self.core.active()],
            "triggers": self.core.triggers,
            "connections": len(self._sockets),
            "handshakes": self.handshakes,
        }

    async def do_sent(self, adw_id: str) -> Json:
        """How many lines the run has said, and to how many connections each of them was written."""
        start = self.core.start_of(adw_id)
        return {"emitted": start.lines if start else 0, "to": self.sent[adw_id]}

    async def do_emit(self, adw_id: str, count: int = 1, per_second: float = 0.0) -> Json:
        start = self._start(adw_id)
        for _ in range(count):
            await self._line(start)
            if per_second:
                await asyncio.sleep(1 / per_second)
        return {}

    async def do_stage(self, adw_id: str, source: str, target: str) -> Json:
        await self.say(self.core.stage(self._start(adw_id), source, target))
        return {}

    async def do_end(self, adw_id: str, status: str = "completed") -> Json:
        await self.say(self.core.end(self._start(adw_id), status))
        return {}

    async def do_raw(self, text: str) -> Json:
        for socket in list(self._sockets.values()):
            await _send(socket, text)
        return {}

    async def do_cut(self) -> Json:
        self.cut()
        return {}

    async def do_close(self, code: int, reason: str = "") -> Json:
        for socket in list(self._sockets.values()):
            await socket.close(code, reason)
        return {}

    async def do_refuse(self, seconds: float) -> Json:
        """Nobody listens for so long; the connections that stand are cut."""
        await self.stop(None)
        await asyncio.sleep(seconds)
        await self.start()
        return {}

    async def do_restart(self, seconds: float = 0.0, code: int | None = 1012) -> Json:
        """As a new process of the same service, its runs being processes of their own."""
        await self.stop(code)
        if self.core.vintage is not Vintage.OURS:
            self.core.forget_requests()
        await asyncio.sleep(seconds)
        await self.start()
        return {}

    # The network

    def _gate(self, connection: ServerConnection, request: Request) -> Response | None:
        path = request.path.split("?")[0]
        if self.faults.http_status is not None:
            return _response(self.faults.http_status, {"error": "no"})
        if path == "/ws/trigger":
            self.handshakes.append(time.time())
            return None
        return _response(*self.core.http(path))

    async def _serve(self, socket: ServerConnection) -> None:
        peer = self.core.connect()
        self._sockets[peer.number] = socket
        try:
            async for text in socket:
                await self._take(socket, peer, text if isinstance(text, str) else text.decode())
        except ConnectionClosed:
            return
        finally:
            self._sockets.pop(peer.number, None)

    async def _take(self, socket: ServerConnection, peer: Peer, text: str) -> None:
        if self.faults.mute:
            return
        is_trigger = '"trigger_workflow"' in text[:60]
        fault = self.faults.plan.pop(0) if is_trigger and self.faults.plan else "ok"
        if fault == "drop":
            socket.transport.abort()
            return
        if is_trigger and self.faults.freeze_s:
            time.sleep(self.faults.freeze_s)  # noqa: ASYNC251 - the freeze is the point
        self.core.launch_fault = fault if fault in {"error", "crash"} else None
        before = len(self.core.starts)
        replies = self.core.receive(peer, text, time.monotonic())
        for start in self.core.starts[before:]:
            self._spawn(self._talk(start))
        for reply in replies:
            if isinstance(reply, Broadcast):
                await self.say(reply)
            else:
                await self._reply(socket, reply, fault)

    async def _reply(self, socket: ServerConnection, text: str, fault: str) -> None:
        kind, _, detail = fault.partition(":")
        is_answer = '"trigger_response"' in text[:60]
        if kind == "cut":
            socket.transport.abort()
        elif kind == "close":
            await socket.close(int(detail))
        elif kind == "lose" and is_answer:
            return
        elif kind == "late" and is_answer:
            self._spawn(_later(socket, text, float(detail)))
        else:
            await _send(socket, text)
            if kind == "twice" and is_answer:
                await _send(socket, text)

    async def say(self, message: Broadcast) -> int:
        """To everybody who is connected, with the faults of broadcasts; how many connections that were."""
        faults, pick = self.faults, self._pick
        texts = deque([message.text])
        if faults.duplicate and pick.random() < faults.duplicate:
            texts.append(message.text)
        if faults.garbage and pick.random() < faults.garbage:
            texts.appendleft(pick.choice(('{"type"', "[1]", '{"type": "odd"}', "\x00\x01", '{"type": "pong"}')))
        if self._held_back is not None:
            texts.append(self._held_back)
            self._held_back = None
        elif faults.swap and pick.random() < faults.swap:
            self._held_back = texts.pop()
        reached = len(self._sockets)
        for socket in list(self._sockets.values()):
            for text in texts:
                await _send(socket, text)
        return reached

    # Runs

    async def _talk(self, start: Start) -> None:
        """What a run says by itself. Where the service keeps a journal, nothing that it says is lost."""
        if self.faults.lines:
            stage = start.stages[0] if start.stages else "plan"
            await self.say(self.core.stage(start, "backlog", stage))
        began, first = time.monotonic(), start.lines
        while start.is_active and start.lines < self.faults.lines:
            await self._line(start)
            due = began + (start.lines - first) / self.faults.per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        if start.is_active and self.faults.lines and self.faults.ends:
            await self.say(self.core.end(start, "completed"))

    async def _line(self, start: Start) -> None:
        message = self.core.line(start)
        self.sent[start.adw_id].append(await self.say(message))

    def _start(self, adw_id: str) -> Start:
        start = self.core.start_of(adw_id)
        assert start is not None, f"no run {adw_id}"
        return start

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _keep(self, record: Json) -> None:
        assert self._state
        with self._state.open("ab") as file:
            file.write(json.dumps(record).encode() + b"\n")


async def _send(socket: ServerConnection, text: str) -> None:
    try:
        await socket.send(text)
    except ConnectionClosed:
        return


async def _later(socket: ServerConnection, text: str, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await _send(socket, text)


def _response(status: int, body: Json) -> Response:
    text = json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(text)), "Connection": "close"})
    return Response(status, http.HTTPStatus(status).phrase, headers, text)


def _whole_lines(path: Path) -> list[bytes]:
    """What an earlier process has kept; a half line is what its death has left."""
    if not path.exists():
        return []
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
