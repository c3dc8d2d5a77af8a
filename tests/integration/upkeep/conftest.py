"""A data folder as a board leaves it: two projects, images, a token, and what only one start needs."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kanban_app.config import Settings
from kanban_app.domain.commands import CreateTask, StartTask
from kanban_app.domain.stages import Stage
from kanban_app.services.hub import Hub
from kanban_app.services.keeper import Keeper, ServiceFacts
from kanban_app.store.database import Store
from kanban_app.store.migrate import prepare_database
from kanban_app.upkeep import backup


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests have small disks."""
    monkeypatch.setattr(backup, "ROOM_LEFT", 0)


def query(database: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(statement).fetchall()


def titles(database: Path) -> list[str]:
    return [title for (title,) in query(database, "SELECT title FROM task ORDER BY number")]


async def _fill(database: Path, title: str, *, started: bool) -> None:
    async with await Store.open(f"sqlite:///{database}") as store:
        keeper = Keeper(store, Hub(), lambda: ServiceFacts(0.0, can_cancel=True, demo=True))
        await keeper.load()
        create = CreateTask(title=title, stages=(Stage.PLAN,))
        await keeper.execute([create], "test", lambda *_: (), lambda: False)
        if started:
            task_id = list(keeper.board.tasks)[-1]
            await keeper.execute([StartTask(task_id)], "test", lambda *_: (), lambda: False)


def add_card(database: Path, title: str, *, started: bool = False) -> None:
    """A new database where there is none."""
    database.parent.mkdir(parents=True, exist_ok=True)
    prepare_database(f"sqlite:///{database}", database.parent / "backups")
    asyncio.run(_fill(database, title, started=started))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "data"
    add_card(folder / "kanban.db", "first")
    add_card(folder / "projects" / "shop" / "kanban.db", "second")
    for place in (folder, folder / "projects" / "shop"):
        (place / "attachments").mkdir()
        (place / "attachments" / f"{'a' * 32}.png").write_bytes(b"an image")
    (folder / "token").write_text("s3cret\n")
    (folder / "lock").write_text("123\n")
    (folder / "service.json").write_text("{}")
    (folder / "service" / "runs").mkdir(parents=True)
    (folder / "service" / "runs" / "output").write_text("of a run")
    return Settings(data_dir=folder)
