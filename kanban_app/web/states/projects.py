"""The page of all projects: how each stands, and what is done with them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from uuid import uuid4

import reflex as rx

from kanban_app.errors import ErrorView
from kanban_app.services.projects.standing import State
from kanban_app.services.projects.views import ProjectView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.editions import next_edition
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import projects

LOOK_S: Final = 1.0


class ProjectsState(rx.State):
    """`edition` changes when the form for a new one is emptied; `renaming` is the project whose name is open.

    `trouble` is what has not worked with the project `about`, "" for the form.
    """

    ready: bool = False
    current: rx.Field[list[ProjectView]] = rx.field(default_factory=list)
    archived: rx.Field[list[ProjectView]] = rx.field(default_factory=list)
    edition: rx.Field[int] = rx.field(0)
    op_id: str = ""
    busy: bool = False
    renaming: str = ""
    about: str = ""
    trouble: ErrorView = NO_ERROR

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show them, and keep counts and states up to date. Only for `on_load`."""
        known = projects()
        shown: list[ProjectView] | None = None
        while True:
            version, now = known.version, known.views()
            if now != shown:
                async with self:
                    if shown is None:  # A reconnect has ended what was under way.
                        self.busy = False
                    self.show()
                shown = now
            # Counts change without a word of the projects' list.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await known.changed(version)

    @rx.event
    async def create(self, form: dict[str, Any]):
        """Make a project of the form. A refusal leaves the form as it is."""
        self.busy, self.about, self.trouble = True, "", NO_ERROR
        yield

        async def work() -> None:
            fields = arguments.form(form)
            made = await projects().create(
                arguments.text(fields.get("title"), "title"),
                repository=arguments.text(fields.get("repository"), "repository"),
                service=arguments.text(fields.get("service"), "service"),
                token=arguments.text(fields.get("token"), "token"),
                op_id=self.op_id,
            )
            projects().use(made["id"])

        if await self.done("", work):
            self.renew()
        self.busy = False

    @rx.event
    def ask_name(self, project: str):
        """Open the field for another name; "" closes it."""
        self.renaming = project if arguments.is_ident(project) else ""

    @rx.event
    async def rename(self, form: dict[str, Any]):
        project = self.renaming

        async def work() -> None:
            await projects().rename(project, arguments.text(arguments.form(form).get("title"), "title"))

        if await self.done(project, work):
            self.renaming = ""

    @rx.event
    async def archive(self, project: str):
        async def work() -> None:
            await projects().archive(arguments.ident(project, "project"))

        await self.done(_named(project), work)

    @rx.event
    async def open(self, project: str):
        """Bring an archived one back, or try a broken one again."""

        async def work() -> None:
            await projects().open(arguments.ident(project, "project"))

        await self.done(_named(project), work)

    @not_an_event
    async def done(self, about: str, work: Callable[[], Awaitable[object]]) -> bool:
        """Carry out what a handler wants; what has not worked is shown where it was asked for."""

        async def watched() -> None:
            await work()

        error = await guarded(watched)
        self.about, self.trouble = about, error or NO_ERROR
        self.show()
        return error is None

    @not_an_event
    def show(self) -> None:
        views = projects().views()
        self.current = [view for view in views if view["state"] != State.ARCHIVED]
        self.archived = [view for view in views if view["state"] == State.ARCHIVED]
        self.ready = True
        # Not with a new edition: what was typed before the page had its connection stays.
        self.op_id = self.op_id or str(uuid4())

    @not_an_event
    def renew(self) -> None:
        """An empty form, for another project."""
        self.op_id = str(uuid4())
        self.edition = next_edition()


def _named(project: object) -> str:
    return project if isinstance(project, str) and arguments.is_ident(project) else ""
