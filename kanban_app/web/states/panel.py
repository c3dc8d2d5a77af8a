"""The open card: its details. The log of its run comes over the live lane."""

from typing import Any, Final

import reflex as rx

from kanban_app.domain.cards import TEXT_LIMIT
from kanban_app.errors import advice_of
from kanban_app.services.history import PastAttempt
from kanban_app.services.view_shapes import DetailView, LiveView
from kanban_app.web.backlog import has_room
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_DETAIL, NO_LIVE
from kanban_app.web.wiring import services

FRAME_S: Final = 0.1
TABS: Final = ("overview", "attempts", "log", "agent", "plan", "changes", "history")
PLACE_LIMIT: Final = 100
SHORT_TEXT: Final = 5_000
SHORT_WAIT_MS: Final = 1000


class PanelState(rx.State):
    """Where the person is (`place`: card, tab and attempt of the URL; `tab` and `attempt`: what they chose there) is
    kept by the browser tab, so that a restart of the app leaves it alone.

    The log is that of the run `log_run`, read from `log_from` on where another attempt wrote before; it is about
    `log_attempt`, which is the one that was chosen, or the newest. `news` counts what has happened to the card.
    """

    card_id: str = ""
    missing: str = ""
    tab: str = rx.SessionStorage(TABS[0], name="kanban.panel-tab")
    attempt: str = rx.SessionStorage("", name="kanban.panel-attempt")
    place: str = rx.SessionStorage("", name="kanban.panel-place")
    detail: DetailView = NO_DETAIL
    description_html: str = ""
    live: LiveView = NO_LIVE
    advice: rx.Field[list[str]] = rx.field(default_factory=list)
    attempts: rx.Field[list[PastAttempt]] = rx.field(default_factory=list)
    has_waited: bool = False
    log_run: str = ""
    log_attempt: str = ""
    log_from: int | None = None
    news: int = 0
    _arrived_on: str | None = None
    _chosen_on: str | None = None

    @rx.event
    def arrive(self):
        """What is chosen from now on is newer than the URL. Only for `on_load`, before `follow`.

        So is what was chosen on the same load of the page (each has a socket of its own) and has overtaken this.
        """
        here = self.router.session.session_id
        if self._arrived_on == here or self._chosen_on != here:
            self._chosen_on = None
        self._arrived_on = here

    @rx.event(background=True, supersedes=True)
    async def follow(self):
        """Show the card that the URL names, and follow it. Only for `on_load`."""
        async with services().hub.subscribe() as subscription:
            async with self:
                query, token = dict(self.router.url.query_parameters), self.router.session.client_token
            # So that what opens is whole; a long text is shown as it was typed until it is rendered.
            await _render(query.get("card", ""), at_most=SHORT_TEXT)
            async with self:
                self.open(query)
                card_id = query.get("card", "")
            if card_id:
                await _render(card_id)
                async with self:
                    self.show_detail(card_id)
                async for frame in subscription.frames(FRAME_S, lambda: has_room(token)):
                    if card_id in frame.tasks or card_id in frame.live:
                        await _render(card_id)
                        async with self:
                            self.show_detail(card_id)
                            self.news += card_id in frame.tasks

    @rx.event
    def show_tab(self, tab: str):
        """The place goes with the tab, as the URL does in the browser."""
        if tab in TABS:
            self.tab, self._chosen_on = tab, self.router.session.session_id
            self.place = place_of(self.card_id, tab, self.attempt)

    @rx.event
    def choose(self, attempt_id: str):
        """Have log and agent view be about this attempt."""
        if isinstance(attempt_id, str) and any(past["id"] == attempt_id for past in self.attempts):
            self.attempt = "" if attempt_id == self.attempts[0]["id"] else attempt_id
            self._chosen_on = self.router.session.session_id
            self.place = place_of(self.card_id, self.tab, self.attempt)
            self.show_log()

    @rx.event
    def look_at(self, attempt_id: str, tab: str):
        """Show log or agent view of an attempt."""
        self.choose(attempt_id)
        self.show_tab(tab)

    @not_an_event
    def open(self, query: dict[str, str]) -> None:
        """Take card and tab from the URL. A reload of the same place leaves the chosen tab alone, and so does whatever
        was chosen on this card while it was loading.
        """
        card, tab, attempt = (query.get(name, "") for name in ("card", "tab", "attempt"))
        place = place_of(card, tab, attempt)
        is_newer = self._chosen_on is not None and card == self.card_id
        if (place != self.place and not is_newer) or self.tab not in TABS:
            # The router does not know of what was chosen since: where its URL names no tab, that holds.
            is_same_card = self.place.partition(" ")[0] == card != ""
            kept = self.tab if self.card_id or is_same_card else ""
            self.attempt = (attempt or (self.attempt if is_same_card and not tab else ""))[:PLACE_LIMIT]
            self.tab = next((name for name in (tab, kept) if name in TABS), TABS[0])
            self.place = place_of(card, self.tab, self.attempt)
        self.show_detail(query.get("card", ""))

    @not_an_event
    def show_detail(self, card_id: str) -> None:
        """The card's facts; a card that is not there is `missing`."""
        detail = services().reader.detail(card_id)
        self.put("card_id", card_id if detail else "")
        self.put("missing", "" if detail else card_id)
        self.put("detail", detail or NO_DETAIL)
        self.put("description_html", services().markdown.ready(detail["description"]) if detail else "")
        self.put("live", services().reader.live(card_id) if detail else NO_LIVE)
        failure = detail["card"]["failure"] if detail else None
        self.put("advice", advice_of(failure) if failure else [])
        asked, sent = (detail["asked_at"], detail["sent_at"]) if detail else (None, None)
        self.put("has_waited", asked is not None and (sent is None or sent - asked >= SHORT_WAIT_MS))
        self.put("attempts", services().reader.history(card_id) if detail else [])
        self.show_log()

    @not_an_event
    def show_log(self) -> None:
        """Bring what the log is about in line with what was chosen; an attempt that this card has not is no choice."""
        chosen = next((past for past in self.attempts if past["id"] == self.attempt), None)
        newest = next(iter(self.attempts), None)
        shown = chosen or newest
        self.put("log_run", shown["run_id"] if shown else self.detail["card"]["run_id"])
        self.put("log_attempt", shown["id"] if shown else "")
        self.put("log_from", chosen["begins_at"] if chosen and self.shares_run(chosen) else None)

    @not_an_event
    def shares_run(self, past: PastAttempt) -> bool:
        """Whether other attempts have written into the log of this one's run."""
        return any(other["run_id"] == past["run_id"] and other["id"] != past["id"] for other in self.attempts)

    @not_an_event
    def put(self, name: str, value: Any) -> None:
        """Set a var if it differs: Reflex sends every var that was assigned, also with an equal value."""
        if getattr(self, name) != value:
            setattr(self, name, value)


def place_of(card_id: str, tab: str, attempt: str) -> str:
    """A card, its tab and the attempt that it is about, as the URL names them: the first tab without a name."""
    return " ".join((card_id, "" if tab == TABS[0] else tab, *filter(None, [attempt])))[:PLACE_LIMIT]


async def _render(card_id: str, at_most: int = TEXT_LIMIT) -> None:
    """See to it that the description of a card can be shown rendered, unless it is longer."""
    detail = services().reader.detail(card_id)
    if detail and len(detail["description"]) <= at_most:
        await services().markdown.html(detail["description"])
