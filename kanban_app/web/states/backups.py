"""The backups in the settings: which there are, and a new one on demand."""

from typing import Final

import reflex as rx

from kanban_app.errors import ErrorView, describe
from kanban_app.services.backups import BackupsView, BackupView
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import projects

SHOWN: Final = 7
_LARGE: Final = 100_000


class BackupRow(BackupView):
    """`size_text` is for people."""

    size_text: str


class BackupsState(rx.State):
    """Which there are, the newest `SHOWN`, and how it stands with one that is being made.

    `when` says in words how often one is made, `failed` why the last try came to nothing. `made` and `trouble` are what
    came of one that this tab has asked for.
    """

    ready: bool = False
    backups: rx.Field[list[BackupRow]] = rx.field(default_factory=list)
    when: str = ""
    folder: str = ""
    failed: str = ""
    busy: bool = False
    made: str = ""
    trouble: ErrorView = NO_ERROR
    _waits_for: int = 0

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show them from then on. Only for `on_load`."""
        known = projects().backups
        if known is None:
            return
        async with self:
            self.made, self.trouble = "", NO_ERROR
        while True:
            version, ended, newest = known.news.version, known.ended, known.newest
            view = await known.view()
            async with self:
                self.show(view)
                self.show_end(ended, newest)
            await known.news.after(version)

    @rx.event
    def back_up(self):
        """Begin to make one. Another press while it is being made begins no second one."""
        self.made, self.trouble = "", NO_ERROR
        known = projects().backups
        if known is None:
            self.trouble = describe("E-CONN-17")
            return
        self.busy, self._waits_for = True, known.ended + 1
        known.begin()

    @not_an_event
    def show(self, view: BackupsView) -> None:
        self.backups = [BackupRow(**one, size_text=size_text(one["size"])) for one in view["backups"][:SHOWN]]
        self.when = how_often(view["every_h"], view["keep"])
        self.folder, self.failed, self.ready = view["folder"], view["failed"], True

    @not_an_event
    def show_end(self, ended: int, newest: BackupView | None) -> None:
        """`ended` tries have, and the last of them has made `newest`."""
        if not self._waits_for:
            return
        self.busy = ended < self._waits_for
        if self.busy:
            return
        self._waits_for = 0
        self.made = newest["name"] if newest else ""
        self.trouble = NO_ERROR if newest else describe("E-SYS-19", {"reason": self.failed or "Its log says why."})


def how_often(every_h: float, keep: int) -> str:
    kept = "the newest one is kept" if keep == 1 else f"the newest {keep} are kept"
    if not every_h:
        return f"None is made by itself; {kept}."
    return f"One is made by itself every {'hour' if every_h == 1 else f'{every_h:g} hours'}; {kept}."


def size_text(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= _LARGE else f"{size / 1000:,.0f} kB"
