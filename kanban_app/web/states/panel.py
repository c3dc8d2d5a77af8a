"""The open card: its details, and a bounded window of the log of its current run."""

from collections.abc import Awaitable
from typing import Final

import reflex as rx

from kanban_app.errors import ErrorView, describe
from kanban_app.services.hub import Frame
from kanban_app.services.views import DetailView, LiveView, LogLine
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_DETAIL, NO_LIVE
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services

FRAME_S: Final = 0.1
TAIL: Final = 200
WINDOW: Final = 1000
TABS: Final = ("overview", "log")
PLACE_LIMIT: Final = 100


class PanelState(rx.State):
    """`lines` are the newest `TAIL` while `following`; paging back stops that and widens them up to `WINDOW`.

    Where the person is (`place`: card and tab of the URL; `tab`: what they chose there) is kept by the browser tab, so
    that a restart of the app leaves it alone.
    """

    card_id: str = ""
    tab: str = rx.SessionStorage(TABS[0], name="kanban.panel-tab")
    place: str = rx.SessionStorage("", name="kanban.panel-place")
    detail: DetailView = NO_DETAIL
    live: LiveView = NO_LIVE
    run_id: str = ""
    lines: rx.Field[list[LogLine]] = rx.field(default_factory=list)
    following: bool = True

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show the card that the URL names, and follow it. Only for `on_load`."""
        async with services().hub.subscribe() as subscription:
            async with self:
                self.open(dict(self.router.url.query_parameters))
                card_id = self.card_id
            await self.catch_up()
            if card_id:
                async for frame in subscription.frames(FRAME_S):
                    await self.show(frame, card_id)

    @rx.event
    async def show_tab(self, tab: str):
        if tab in TABS:
            self.tab = tab
            await self.load_newest()

    @rx.event
    async def newest(self):
        """Back to the end of the log, and follow it."""
        await self.load_newest()

    @rx.event
    async def older(self):
        """Page back; the newest lines leave the window when it is full."""
        first = self.lines[0]["seq"] if self.lines else 0
        page = await self.read(services().logs.before(self.run_id, first, TAIL)) if first > 1 else []
        if page:
            self.lines = [*page, *self.lines][:WINDOW]
            self.following = False

    @not_an_event
    def open(self, query: dict[str, str]) -> None:
        """Take card and tab from the URL. A reload of the same place leaves the chosen tab alone."""
        place = f"{query.get('card', '')} {query.get('tab', '')}"[:PLACE_LIMIT]
        if place != self.place or self.tab not in TABS:
            kept = self.tab if self.card_id else ""
            self.place = place
            self.tab = next((tab for tab in (query.get("tab"), kept) if tab in TABS), TABS[0])
            self.lines, self.run_id = [], ""
        self.show_detail(query.get("card", ""))

    @not_an_event
    def show_detail(self, card_id: str) -> None:
        """The card's facts; without a card of that id nothing is open."""
        detail = services().reader.detail(card_id)
        self.card_id = card_id if detail else ""
        self.detail = detail or NO_DETAIL
        self.live = services().reader.live(card_id) if detail else NO_LIVE
        if self.run_id != self.detail["card"]["run_id"]:
            self.run_id, self.lines, self.following = self.detail["card"]["run_id"], [], True

    @not_an_event
    async def show(self, frame: Frame, card_id: str) -> None:
        if card_id in frame.tasks or card_id in frame.live:
            async with self:
                self.show_detail(card_id)
                run_id = self.run_id
        else:
            run_id = self.run_id
        if run_id in frame.logs or card_id in frame.tasks:
            await self.catch_up()

    @not_an_event
    async def catch_up(self) -> None:
        """Take over new lines if the log is in view at its end. Reads without holding the tab's lock."""
        async with self:
            run_id = self.run_id if self.tab == "log" and self.following else ""
            last = self.lines[-1]["seq"] if self.lines else 0
        if not run_id:
            return
        logs = services().logs
        fresh = await (logs.after(run_id, last, TAIL) if last else logs.tail(run_id, TAIL))
        if len(fresh) == TAIL:
            fresh = await logs.tail(run_id, TAIL)
        async with self:
            if fresh and self.run_id == run_id and self.following:
                self.lines = joined(self.lines, fresh)

    @not_an_event
    async def load_newest(self) -> None:
        shown = self.tab == "log" and self.run_id
        self.lines = await self.read(services().logs.tail(self.run_id, TAIL)) if shown else []
        self.following = True

    @not_an_event
    async def read(self, page: Awaitable[list[LogLine]]) -> list[LogLine]:
        """A page of the log; none, and a message, when it cannot be read."""
        lines: list[LogLine] = []

        async def work() -> ErrorView | None:
            lines.extend(await page)
            return None

        if await guarded(work):
            (await self.get_state(ToastState)).show_error(describe("E-TIME-6"))
        return lines


def joined(lines: list[LogLine], fresh: list[LogLine]) -> list[LogLine]:
    """The newest lines without a gap: what does not connect to `fresh` is dropped."""
    start = fresh[0]["seq"]
    kept = [line for line in lines if line["seq"] < start]
    connected = kept if kept and kept[-1]["seq"] == start - 1 else []
    return [*connected, *fresh][-TAIL:]
