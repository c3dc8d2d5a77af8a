"""A database that has become read-only while the board runs: said, and over by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kanban_app.assembly.running import Running, running
from kanban_app.config import Settings
from kanban_app.domain.commands import CreateTask
from kanban_app.domain.stages import Stage
from kanban_app.runtime import Launch
from kanban_app.services import storage
from kanban_app.services.board import Outcome
from tests.support.waiting import eventually


@asynccontextmanager
async def app(data_dir: Path) -> AsyncIterator[Running]:
    settings = Settings(data_dir=data_dir, tac7_url="ws://127.0.0.1:9/ws/trigger")
    with patch.object(storage, "PROBE_S", 0.02):
        async with running(Launch(settings, "127.0.0.1", 1, None, "internal")) as parts:
            yield parts


async def set_query_only(parts: Running, value: str) -> None:
    """The connection that writes gets SQLite's own answer of a read-only file from now on."""
    async with parts.store._writer.connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute(f"PRAGMA query_only={value}")


async def create(parts: Running, title: str) -> Outcome:
    return await parts.services.board.execute(CreateTask(title=title, stages=(Stage.PLAN,)), author="test")


@pytest.mark.parametrize("changes", [1, 3])
async def test_a_read_only_database(tmp_path: Path, changes: int) -> None:
    async with app(tmp_path) as parts, parts.services.hub.subscribe() as subscription:
        assert (await create(parts, "before")).ok
        await set_query_only(parts, "ON")
        for _ in range(changes):
            outcome = await create(parts, "refused")
            assert outcome.error is not None
            assert (outcome.error["code"], outcome.status) == ("E-SYS-12", 507)
            assert outcome.error["message"].startswith("The data folder is read-only.")
        assert "read-only" in parts.services.reader.connection()["notices"][0]
        assert subscription.take().connection
        assert [task.title for task in parts.services.snapshot().tasks.values()] == ["before"]
        await parts.services.ping()

        await set_query_only(parts, "OFF")
        await eventually(lambda: not any("read-only" in text for text in parts.services.reader.connection()["notices"]))
        assert subscription.take().connection
        assert (await create(parts, "after")).ok
    async with app(tmp_path) as parts:
        await parts.services.ping()
        assert [task.title for task in parts.services.snapshot().tasks.values()] == ["before", "after"]
