"""A trigger service on a real port, and a client that speaks to it: for tests of the whole."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
import websockets
from starlette.applications import Starlette

from kanban_app.domain.stages import Stage
from kanban_app.tac7.client_messages import TriggerWorkflowData
from kanban_app.trigger_service.config import ServiceConfig, write_service_file
from kanban_app.trigger_service.programs import NoProgram, Program
from kanban_app.trigger_service.service import TriggerService
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

Message = dict[str, Any]
# How long a busy machine may take; a test that passes never waits that long.
PATIENCE_S = 60.0


@dataclass
class ScriptPrograms:
    """Runs a Python script of the test, whatever the request; `stages` is what it will report."""

    script: Path
    stages: tuple[Stage, ...] = (Stage.PLAN,)
    env: dict[str, str] = field(default_factory=dict[str, str])

    def choose(self, request: TriggerWorkflowData, adw_id: str) -> Program | NoProgram:
        argv = (sys.executable, "-u", str(self.script), request.issue_number or "0", adw_id)
        return Program(argv, self.script.parent, self.stages, self.env)


@dataclass
class Running:
    """A service that listens."""

    service: TriggerService
    ledger: MemoryLedger
    journal: MemoryJournal
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False)

    def board(self) -> "Board":
        return Board(f"ws://127.0.0.1:{self.port}/ws/trigger")


@asynccontextmanager
async def running(
    service: TriggerService, ledger: MemoryLedger, journal: MemoryJournal, port: int = 0
) -> AsyncGenerator[Running]:
    """Serve until the block ends; runners find the service through its data directory."""
    async with listening(service, port) as number:
        yield Running(service, ledger, journal, number)


@asynccontextmanager
async def listening(service: TriggerService, port: int = 0) -> AsyncGenerator[int]:
    """The same with whatever the service keeps its state in; gives the port."""
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it each answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", port))
    app = Starlette(routes=service.routes())
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="websockets-sansio"))
    server.install_signal_handlers = lambda: None  # pyright: ignore[reportAttributeAccessIssue]
    number = int(listener.getsockname()[1])
    async with service:
        write_service_file(service.config.data_dir, f"http://127.0.0.1:{number}")
        serving = asyncio.create_task(server._serve([listener]))  # pyright: ignore[reportPrivateUsage]
        await eventually(lambda: server.started)
        try:
            yield number
        finally:
            server.should_exit = True
            server.force_exit = True
            await serving
            listener.close()


class Board:
    """A client as plain as can be: it keeps what it gets."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.received: list[Message] = []
        self.closed_with: int | None = None

    async def __aenter__(self) -> Self:
        self.link = await websockets.connect(self._url, max_size=None, ping_interval=None, proxy=None, compression=None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.link.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for text in self.link:
                self.received.append(json.loads(text))
        except websockets.ConnectionClosedError:
            pass
        self.closed_with = self.link.close_code

    async def send(self, kind: str, **data: Any) -> None:
        await self.link.send(json.dumps({"type": kind, "data": data}))

    async def trigger(self, **data: Any) -> Message:
        """The first `trigger_response` or `error` after the request."""
        before = len(self.received)
        request = {"workflow_type": "adw_orchestrator", "issue_number": "7", "stages": ["plan"], **data}
        await self.send("trigger_workflow", **request)
        return await self.wait(lambda m: m["type"] in {"trigger_response", "error"}, after=before)

    async def wait(self, wanted: Callable[[Message], bool], after: int = 0, timeout: float = PATIENCE_S) -> Message:  # noqa: ASYNC109
        await eventually(lambda: any(wanted(m) for m in self.received[after:]), timeout)
        return next(m for m in self.received[after:] if wanted(m))

    async def final(self, adw_id: str, timeout: float = PATIENCE_S) -> Message:  # noqa: ASYNC109
        """The message that says how the run ended."""
        return await self.wait(lambda m: is_final(m, adw_id), timeout=timeout)

    def of(self, kind: str, adw_id: str | None = None) -> list[Message]:
        return [m for m in self.received if m["type"] == kind and adw_id in {None, m.get("data", {}).get("adw_id")}]

    @property
    def numbers(self) -> list[int]:
        return [m["seq"] for m in self.received if "seq" in m]


async def post_line(http: httpx.AsyncClient, text: str) -> int:
    """Have a line broadcast; how many clients the service then says that it has."""
    data = {"adw_id": "ffff0000", "workflow_name": "w", "level": "INFO", "timestamp": "t", "message": text}
    answer = await http.post("/api/workflow-updates", json={"type": "workflow_log", "data": data})
    return answer.raise_for_status().json()["clients_count"]


def is_final(message: Message, adw_id: str) -> bool:
    data = message.get("data", {})
    ends = data.get("status") in {"completed", "failed", "cancelled"}
    return message["type"] == "status_update" and data.get("adw_id") == adw_id and ends


def new_config(data_dir: Path, **changes: Any) -> ServiceConfig:
    """Fast: no pauses in the demonstration, short graces."""
    given: dict[str, Any] = {
        "data_dir": data_dir,
        "demo_speed": 0.0,
        "cancel_grace_s": 0.5,
        "triggers_per_minute": 1000,
        **changes,
    }
    return ServiceConfig(**given)
