"""The backups in the settings: which there are, and a new one on demand."""

from typing import Final

import reflex as rx

from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.backups import Backups, BackupView
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import projects

SHOWN: Final = 7
_LARGE: Final = 100_000


class BackupRow(BackupView):
    """`size_text` is for people."""

    size_text: str


class BackupsState(rx.State):
    """How it was when the page was loaded or a backup was asked for last; the newest `SHOWN`.

    `when` says in words how often one is made, `failed` why the last try came to nothing.
    """

    ready: bool = False
    backups: rx.Field[list[BackupRow]] = rx.field(default_factory=list)
    when: str = ""
    folder: str = ""
    failed: str = ""
    busy: bool = False
    made: str = ""
    trouble: ErrorView = NO_ERROR

    @rx.event
    async def show(self):
        self.made, self.trouble = "", NO_ERROR
        await guarded(self.read)

    @rx.event
    async def back_up(self):
        """Make a backup now."""
        self.busy, self.made, self.trouble = True, "", NO_ERROR
        yield

        async def work() -> None:
            made = await _known().make()
            self.made = made["name"]

        self.trouble = await guarded(work) or NO_ERROR
        await guarded(self.read)
        self.busy = False

    @not_an_event
    async def read(self) -> None:
        view = await _known().view()
        self.backups = [BackupRow(**one, size_text=size_text(one["size"])) for one in view["backups"][:SHOWN]]
        self.when = how_often(view["every_h"], view["keep"])
        self.folder, self.failed, self.ready = view["folder"], view["failed"], True


def how_often(every_h: float, keep: int) -> str:
    kept = "the newest one is kept" if keep == 1 else f"the newest {keep} are kept"
    if not every_h:
        return f"None is made by itself; {kept}."
    return f"One is made by itself every {'hour' if every_h == 1 else f'{every_h:g} hours'}; {kept}."


def size_text(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB" if size >= _LARGE else f"{size / 1000:,.0f} kB"


def _known() -> Backups:
    known = projects().backups
    if known is None:
        raise BoardError("E-CONN-17", details={"reason": "The app is starting or stopping."})
    return known
