"""Projects that are opened, fail, and are opened again: at most one at a time on a folder."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.audit import ITSELF, Action, Actor, Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.domain.projects import Project
from kanban_app.domain.stages import Column, Stage
from kanban_app.errors import BoardError
from kanban_app.services.acting import acting, actor_now
from kanban_app.services.projects.all_projects import Projects
from kanban_app.services.projects.kept_list import as_kept
from kanban_app.services.projects.standing import Opened
from kanban_app.store.failures import StoreUnavailable
from tests.support.fake_services import FakeBoard

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Kept:
    """The list, in memory."""

    value: object = None

    async def setting(self, key: str) -> object:
        return self.value

    async def save_setting(self, key: str, value: object, audit: object = ()) -> None:
        self.value = value


class Folder:
    """What opens a project; both ways take until they are let go on."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.may_open, self.may_close = asyncio.Event(), asyncio.Event()
        self.may_open.set()
        self.closing = asyncio.Event()
        self.board = FakeBoard()
        self.give_up: Callable[[str], None] = lambda _reason: None

    @asynccontextmanager
    async def open(self, _project: Project, give_up: Callable[[str], None]) -> AsyncGenerator[Opened]:
        self.give_up = give_up
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.may_open.wait()
        try:
            yield opened(self.board)
        finally:
            self.closing.set()
            await self.may_close.wait()
            self.inside -= 1


async def as_far_as_it_goes() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def opened(board: FakeBoard) -> Opened:
    return Opened(cast("Any", board.services))


async def test_a_project_that_closes_after_a_failure_is_not_opened_twice() -> None:
    folder = Folder()
    async with Projects(Kept(), opened(FakeBoard()), folder.open).running() as projects:
        await projects.create("Shop")
        folder.give_up("A part of it has failed.")
        await folder.closing.wait()
        with pytest.raises(BoardError, match="A part of it has failed"):
            projects.services("shop")
        again = asyncio.create_task(projects.open("shop"))
        await as_far_as_it_goes()
        folder.may_close.set()
        assert (await again)["state"] == "open"
        assert (folder.most, projects.is_open("shop")) == (1, True)


async def test_a_project_is_archived_only_when_it_is_known_what_runs_in_it() -> None:
    folder, kept = Folder(), Kept()
    folder.may_close.set()
    async with Projects(kept, opened(FakeBoard()), folder.open).running() as projects:
        await projects.create("Shop")
    folder.may_open.clear()
    card = await folder.board.add("A lamp")
    await folder.board.move(card, Column.PLAN)
    await folder.board.run(card, Stage.PLAN, 10)
    async with Projects(kept, opened(FakeBoard()), folder.open).running() as projects:
        archiving = asyncio.create_task(projects.archive("shop"))
        await as_far_as_it_goes()
        folder.may_open.set()
        with pytest.raises(BoardError, match="1 run is under way"):
            await archiving
        assert projects.is_open("shop")


async def test_what_is_started_while_a_project_is_being_archived_keeps_it_open() -> None:
    folder, kept = Folder(), Kept()
    folder.may_close.set()
    card = await folder.board.add("A lamp")

    async def save_slowly(key: str, value: object, audit: object = ()) -> None:
        kept.value = value
        if "archived': True" in str(value):
            await folder.board.move(card, Column.PLAN)

    async with Projects(kept, opened(FakeBoard()), folder.open).running() as projects:
        await projects.create("Shop")
        kept.save_setting = save_slowly
        with pytest.raises(BoardError, match="1 run is under way or waiting"):
            await projects.archive("shop")
        assert projects.is_open("shop")
        assert "archived': True" not in str(kept.value)


async def test_what_is_done_with_projects_is_told_with_who_has_done_it() -> None:
    folder, trail, inside = Folder(), Trail(), list[Actor]()
    folder.may_close.set()
    anna = Actor("Anna", "person", "10.0.0.7", Way.BOARD)

    @asynccontextmanager
    async def open_(project: Project, give_up: Callable[[str], None]) -> AsyncGenerator[Opened]:
        async with folder.open(project, give_up) as found:
            inside.append(actor_now())
            yield found

    async with Projects(Kept(), opened(FakeBoard()), open_, trail=trail).running() as projects:
        with acting(anna):
            await projects.create("Shop", token="a-secret-of-ours")
            await projects.rename("shop", "Store")
            await projects.archive("shop")
            await projects.open("shop")
            with pytest.raises(BoardError):
                await projects.archive("nobody")
    entries = trail.take(9)
    assert [(entry.act.action, entry.act.target.title, entry.act.code) for entry in entries] == [
        (Action.PROJECT_CREATED, "Shop", ""),
        (Action.PROJECT_RENAMED, "Shop", ""),
        (Action.PROJECT_ARCHIVED, "Store", ""),
        (Action.PROJECT_OPENED, "Store", ""),
        (Action.PROJECT_ARCHIVED, "", "E-SYS-3"),
    ]
    assert {entry.actor for entry in entries} == {anna}
    assert "a-secret-of-ours" not in repr(entries)
    assert set(inside) == {ITSELF}, "what it does from then on is its own"


async def test_what_is_there_already_leaves_no_entry() -> None:
    folder, trail = Folder(), Trail()
    folder.may_close.set()
    async with Projects(Kept(), opened(FakeBoard()), folder.open, trail=trail).running() as projects:
        for _ in range(2):
            await projects.create("Shop", op_id="once")
            await projects.open("shop")
    assert [entry.act.action for entry in trail.take(9)] == [Action.PROJECT_CREATED]


async def test_what_is_archived_already_stays_so_and_leaves_no_entry() -> None:
    folder, trail = Folder(), Trail()
    folder.may_close.set()
    async with Projects(Kept(), opened(FakeBoard()), folder.open, trail=trail).running() as projects:
        await projects.create("Shop")
        first = await projects.archive("shop")
        version = projects.version
        assert await projects.archive("shop") == first
        assert projects.version == version, "nobody is told of a change that was none"
    assert [entry.act.action for entry in trail.take(9)] == [Action.PROJECT_CREATED, Action.PROJECT_ARCHIVED]


async def test_a_project_whose_settings_cannot_be_kept_is_made_all_the_same() -> None:
    folder, trail = Folder(), Trail()
    folder.may_close.set()
    settings = folder.board.services.settings
    assert settings is not None

    class Full:
        async def save_setting(self, key: str, value: object, audit: object = ()) -> None:
            raise StoreUnavailable("disk-full")

    settings.store = cast("Any", Full())
    async with Projects(Kept(), opened(FakeBoard()), folder.open, trail=trail).running() as projects:
        with pytest.raises(BoardError):
            await projects.create("Shop", service="ws://127.0.0.1:8500/ws/trigger")
        assert projects.is_open("shop")
    assert [(entry.act.action, entry.act.target.id, entry.act.code) for entry in trail.take(9)] == [
        (Action.PROJECT_CREATED, "shop", ""),
        (Action.SETTINGS_CONNECTION, "shop", "E-SYS-12"),
    ]


async def test_a_folder_that_is_in_no_list_is_found_archived_and_can_be_opened(tmp_path: Path) -> None:
    folder, kept = Folder(), Kept()
    folder.may_close.set()
    for name in ("lost", "not an id", "listed"):
        (tmp_path / name).mkdir()

    def folders() -> list[Path]:
        return sorted(tmp_path.iterdir())

    kept.value = as_kept([Project("listed", "Listed", NOW, NOW, archived=True)])
    async with Projects(kept, opened(FakeBoard()), folder.open, folders=folders).running() as projects:
        states = {view["title"]: view["state"] for view in projects.views() if view["id"] != FIRST_PROJECT}
        assert states == {"Listed": "archived", "lost": "archived"}
        assert (await projects.open("lost"))["state"] == "open"
        assert "'lost'" in str(kept.value)
