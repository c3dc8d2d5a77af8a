"""The project of a tab: its name, the others beside it, and whether it is still there."""

from typing import TypedDict

import reflex as rx

from kanban_app.services.projects.standing import State
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.wiring import projects, tab_project


class ProjectLink(TypedDict):
    """A way to another project that is open."""

    id: str
    title: str
    url: str
    current: bool


class ProjectState(rx.State):
    """`links` has the open projects, this one included; empty where there is only one. `gone` says why it is not."""

    title: str = ""
    links: rx.Field[list[ProjectLink]] = rx.field(default_factory=list)
    gone: str = ""

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show them, and keep them up to date. Only for `on_load`."""
        known = projects()
        while True:
            version = known.version
            async with self:
                self.show()
            await known.changed(version)

    @not_an_event
    def show(self) -> None:
        here, views = tab_project(), projects().views()
        own = next((view for view in views if view["id"] == here), None)
        opened = [view for view in views if view["state"] == State.OPEN]
        self.title = own["title"] if own else ""
        self.gone = _why_gone(own["state"], own["reason"]) if own else "It does not exist any more."
        links = [
            ProjectLink(id=view["id"], title=view["title"], url=view["url"], current=view["id"] == here)
            for view in sorted(opened, key=lambda view: view["title"].casefold())
        ]
        self.links = links if projects().several else []


def _why_gone(state: str, reason: str) -> str:
    return {State.ARCHIVED.value: "It has been archived.", State.BROKEN.value: reason}.get(state, "")
