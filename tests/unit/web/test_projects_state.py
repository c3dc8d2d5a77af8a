"""The page of the projects, as a tab's state: a handler that a reconnect has ended holds up no later one."""

import asyncio
from types import SimpleNamespace

import pytest

from kanban_app.web.states import projects
from kanban_app.web.states.projects import ProjectsState
from tests.support.headless import Tab


class Standing:
    """Projects of which none is there, and none is ever made."""

    version = 0

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    def views(self) -> list[object]:
        return []

    async def changed(self, _version: int) -> None:
        await asyncio.Event().wait()

    async def create(self, *_given: object, **_named: object) -> SimpleNamespace:
        self.begun.set()
        await asyncio.Event().wait()
        return SimpleNamespace()


async def test_the_form_can_be_sent_after_a_reconnect_in_the_middle_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Standing()
    monkeypatch.setattr(projects, "projects", lambda: known)
    async with Tab() as tab:
        stop = await tab.start(ProjectsState.create({"title": "Shop"}))
        await known.begun.wait()
        assert (await tab.state(ProjectsState)).busy
        stop()
        leave = await tab.start(ProjectsState.follow)
        await tab.until("ready", bool)
        assert not (await tab.state(ProjectsState)).busy
        leave()
