"""The API over a real board and a scripted trigger service."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from kanban_app.api.app import build_api
from kanban_app.config import Settings
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services.auditing import Audit, EntryView, Wanted, Writing
from kanban_app.services.column_looks import ColumnLooks
from kanban_app.services.connection_settings import ConnectionSettings, Probe
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import EventLog
from kanban_app.services.health.check import in_the_background
from kanban_app.services.inquiry import CheckView
from kanban_app.services.live import LiveLane
from kanban_app.services.markdown import Markdown
from kanban_app.services.merging import MergePreviews
from kanban_app.services.notifications import Notifications
from kanban_app.services.reader import Reader
from kanban_app.services.run_work import RunWork
from kanban_app.services.search import Search
from kanban_app.services.transfer.importing import Transfer
from kanban_app.store.auditing import AuditTable
from kanban_app.tac7.health import HealthReport
from tests.support.board_bench import Bench, bench
from tests.support.fake_services import settings_of
from tests.support.health_bench import HealthBench


@dataclass
class Knobs:
    """What a test can make go wrong."""

    unready: str | None = None
    ping_fails: bool = False
    check_fails: bool = False
    checked: list[str] = field(default_factory=list)


@dataclass
class Desk:
    bench: Bench
    services: ApiServices
    app: FastAPI
    client: httpx.AsyncClient
    knobs: Knobs

    async def new(self, title: str = "A card", **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/api/v1/tasks", json={"title": title, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def move(self, task_id: str, column: str, **fields: Any) -> httpx.Response:
        return await self.client.post(f"/api/v1/tasks/{task_id}/move", json={"column": column, **fields})

    async def audit(self) -> list[EntryView]:
        """The audit log, the newest first, with what waits to be written."""
        assert await Writing(self.bench.trail, AuditTable(self.bench.store)).write()
        return (await self.services.audit.page(Wanted(), limit=200)).entries

    async def order(self, column: str) -> list[str]:
        board = (await self.client.get("/api/v1/board")).json()
        return next([t["title"] for t in c["tasks"]] for c in board["columns"] if c["id"] == column)


def error_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error in an answer, which must have the one shape."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"code", "title", "message", "actions", "details"}
    assert error["code"] == code, error
    assert error["title"]
    assert isinstance(error["actions"], list)
    assert isinstance(error["details"], dict)
    return error


def services_on(board: Bench, knobs: Knobs) -> ApiServices:
    async def ping() -> None:
        if knobs.ping_fails:
            raise OSError("the disk is gone")
        await board.store.ping()

    async def check(attempt_id: str) -> CheckView:
        if knobs.check_fails:
            raise BoardError("E-CONN-7")
        knobs.checked.append(attempt_id)
        return await board.inquiry.check(attempt_id)

    async def refuse(_url: str) -> str | None:
        return None

    async def probe(_settings: Settings) -> Probe:
        return Probe()

    async def health() -> HealthReport:
        raise BoardError("E-HEALTH-11")

    live, looks = LiveLane(board.store), ColumnLooks(board.store)
    audit = Audit(AuditTable(board.store), trail=board.trail, board=lambda: board.keeper.board)
    board.hub.on_lines.append(live.publish)
    return ApiServices(
        board=board.board,
        hub=board.hub,
        reader=Reader(board.keeper, lambda: board.sender.connection, lambda: False, board.dispatcher.outlook),
        check=check,
        merge_preview=MergePreviews(lambda: board.keeper.board, board.sender).of,
        work=RunWork(lambda: board.keeper.board, board.sender, Markdown()),
        audit=audit,
        retry_now=lambda: None,
        connect=lambda: None,
        disconnect=lambda: None,
        came_online=lambda: None,
        quarantine=board.quarantine,
        markdown=Markdown(),
        attachments=board.images,
        settings=ConnectionSettings(settings_of(), board.store, refuse, probe),
        health=health,
        health_checks=in_the_background(health),
        monitor=HealthBench(board.keeper, board.hub, board.store, lambda: board.sender.connection).desk,
        events=EventLog(board.store),
        search=Search(board.store, lambda: board.keeper.board),
        notifications=Notifications(board.store, board.keeper),
        transfer=Transfer(board.keeper, board.store, looks, board.images),
        columns=looks,
        live=live,
        snapshot=lambda: board.keeper.board,
        last_seq=lambda: board.keeper.seq,
        ping=ping,
        unready=lambda: knobs.unready,
        stopping=asyncio.Event(),
    )


@asynccontextmanager
async def open_desk(path: Path, vintage: Vintage = Vintage.OURS, grace_s: float = 0.0) -> AsyncGenerator[Desk]:
    async with bench(path / "kanban.db", vintage=vintage, grace_s=grace_s) as board:
        knobs = Knobs()
        services = services_on(board, knobs)
        app = build_api(lambda: services)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://board") as client:
            yield Desk(board, services, app, client, knobs)
