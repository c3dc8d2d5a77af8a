"""The open card: its details. The log of its run comes over the live lane."""

from typing import Final

import reflex as rx

from kanban_app.errors import advice_of
from kanban_app.services.views import DetailView, LiveView
from kanban_app.web.backlog import has_room
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_DETAIL, NO_LIVE
from kanban_app.web.wiring import services

FRAME_S: Final = 0.1
TABS: Final = ("overview", "log")
PLACE_LIMIT: Final = 100


class PanelState(rx.State):
    """Where the person is (`place`: card and tab of the URL; `tab`: what they chose there) is kept by the browser tab,
    so that a restart of the app leaves it alone.
    """

    card_id: str = ""
    tab: str = rx.SessionStorage(TABS[0], name="kanban.panel-tab")
    place: str = rx.SessionStorage("", name="kanban.panel-place")
    detail: DetailView = NO_DETAIL
    live: LiveView = NO_LIVE
    advice: rx.Field[list[str]] = rx.field(default_factory=list)

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show the card that the URL names, and follow it. Only for `on_load`."""
        async with services().hub.subscribe() as subscription:
            async with self:
                self.open(dict(self.router.url.query_parameters))
                card_id, token = self.card_id, self.router.session.client_token
            if card_id:
                async for frame in subscription.frames(FRAME_S, lambda: has_room(token)):
                    if card_id in frame.tasks or card_id in frame.live:
                        async with self:
                            self.show_detail(card_id)

    @rx.event
    def show_tab(self, tab: str):
        if tab in TABS:
            self.tab = tab

    @not_an_event
    def open(self, query: dict[str, str]) -> None:
        """Take card and tab from the URL. A reload of the same place leaves the chosen tab alone."""
        place = f"{query.get('card', '')} {query.get('tab', '')}"[:PLACE_LIMIT]
        if place != self.place or self.tab not in TABS:
            kept = self.tab if self.card_id else ""
            self.place = place
            self.tab = next((tab for tab in (query.get("tab"), kept) if tab in TABS), TABS[0])
        self.show_detail(query.get("card", ""))

    @not_an_event
    def show_detail(self, card_id: str) -> None:
        """The card's facts; without a card of that id nothing is open."""
        detail = services().reader.detail(card_id)
        self.card_id = card_id if detail else ""
        self.put("detail", detail or NO_DETAIL)
        self.put("live", services().reader.live(card_id) if detail else NO_LIVE)
        failure = detail["card"]["failure"] if detail else None
        self.put("advice", advice_of(failure) if failure else [])

    @not_an_event
    def put(self, name: str, value: DetailView | LiveView | list[str]) -> None:
        """Set a var if it differs: Reflex sends every var that was assigned, also with an equal value."""
        if getattr(self, name) != value:
            setattr(self, name, value)
