"""Backups over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from kanban_app.api.app import build_api
from kanban_app.config import Settings
from kanban_app.services.projects.all_projects import Projects
from kanban_app.services.projects.standing import Opened
from kanban_app.upkeep import backup
from kanban_app.upkeep.archive import unpack
from kanban_app.upkeep.schedule import backups_of
from tests.api.desk import open_desk


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """An API whose database is the data folder's own."""
    monkeypatch.setattr(backup, "ROOM_LEFT", 0)
    async with open_desk(tmp_path) as desk:
        backups = backups_of(Settings(data_dir=tmp_path))
        projects = Projects(desk.bench.store, Opened(desk.services), cast("Any", None), backups=backups)
        app = build_api(lambda: desk.services, projects=lambda: projects)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://board") as opened:
            yield opened


async def test_made_listed_and_fetched(client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await client.get("/api/v1/backups")).json() == {
        "backups": [], "busy": False, "failed": "", "every_h": 24.0, "keep": 7, "folder": str(tmp_path / "backups"),
    }  # fmt: skip
    made = await client.post("/api/v1/backups")
    assert made.status_code == 201
    assert (await client.get("/api/v1/backups")).json()["backups"] == [made.json()]
    answer = await client.get(f"/api/v1/backups/{made.json()['name']}")
    assert answer.headers["content-type"] == "application/gzip"
    assert answer.headers["cache-control"] == "no-store"
    assert made.json()["name"] in answer.headers["content-disposition"]
    file = tmp_path / "fetched.tar.gz"
    file.write_bytes(answer.content)
    assert [held.name for held in unpack(file, tmp_path / "out").files] == ["kanban.db"]


@pytest.mark.parametrize("name", ["nothing.tar.gz", "..%2Fkanban.db", "%2e%2e%2fkanban.db", "kanban.db", ".lock"])
async def test_nothing_but_backups_is_given_out(client: httpx.AsyncClient, name: str) -> None:
    await client.post("/api/v1/backups")
    answer = await client.get(f"/api/v1/backups/{name}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "E-SYS-3")


async def test_why_there_is_none(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "ROOM_LEFT", 2**60)
    answer = await client.post("/api/v1/backups")
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "E-SYS-19")
    assert "no room for a backup" in answer.json()["error"]["message"]
    assert "no room" in (await client.get("/api/v1/backups")).json()["failed"]


async def test_while_the_app_starts_there_are_none(tmp_path: Path) -> None:
    async with open_desk(tmp_path) as desk:
        answer = await desk.client.get("/api/v1/backups")
    assert answer.json()["error"]["code"] == "E-CONN-17"
