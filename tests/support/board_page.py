"""The board as a person has it before them, by the hooks of the contract (`data-testid` and attributes)."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

ALL_STAGES: Final = ("plan", "build", "test", "review", "document")
COLUMNS: Final = ("backlog", *ALL_STAGES, "ready-to-merge", "completed", "errored")
# Other tests may have the machine's cores at the same time.
SOON_MS: Final = 20_000
RUN_MS: Final = 75_000

# Keeps what a card has shown since the call, one entry a change: column, status and progress.
_WATCH: Final = """(id) => {
  const seen = (window.seenOfCards ??= {})[id] = [];
  const note = () => {
    const card = document.querySelector(`[data-testid="card-${id}"]`);
    if (!card) return;
    const bar = card.querySelector('[role="progressbar"]');
    const now = [card.dataset.column, card.dataset.runStatus, bar ? Number(bar.getAttribute("aria-valuenow")) : null];
    if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
  };
  note();
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""

# From the first line to the last, less than a screen at a time; holes are waited for.
_READ_LOG: Final = """async (view) => {
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const lines = new Map();
  view.scrollTop = 0;
  for (;;) {
    do await frames(); while (view.querySelector(".log-hole"));
    for (const row of view.querySelectorAll("[data-testid=log-line]")) {
      lines.set(Number(row.dataset.seq), row.querySelector(".log-text").textContent);
    }
    if (view.scrollHeight - view.scrollTop - view.clientHeight < 2) return [...lines];
    view.scrollTop += view.clientHeight * 0.7;
  }
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a card has shown at some moment."""

    column: str
    status: str
    progress: int | None


@dataclass(frozen=True)
class CardOnScreen:
    """One card on one page."""

    page: Page
    id: str

    @property
    def root(self) -> Locator:
        return self.part("")

    @property
    def progress(self) -> Locator:
        return self.part("-progress")

    @property
    def handle(self) -> Locator:
        return self.part("-handle")

    @property
    def last_log(self) -> Locator:
        return self.part("-last-log")

    @property
    def title(self) -> Locator:
        return self.root.locator("a[data-open]").first

    def part(self, name: str) -> Locator:
        return self.page.get_by_test_id(f"card-{self.id}{name}")

    def choose(self, entry: str) -> None:
        """An entry of the card's menu, by its hook."""
        self.part("-menu").click()
        self.page.get_by_test_id(entry).click()

    def wait_for(self, status: str, column: str | None = None, timeout: float = SOON_MS) -> None:
        expect(self.root).to_have_attribute("data-run-status", status, timeout=timeout)
        if column:
            self.wait_in(column)

    def wait_in(self, column: str, timeout: float = SOON_MS) -> None:
        """In this column by its own words, and by the place where it stands."""
        expect(self.root).to_have_attribute("data-column", column, timeout=timeout)
        expect(self.page.get_by_test_id(f"column-{column}").get_by_test_id(f"card-{self.id}")).to_be_visible()

    def wait_settled(self) -> None:
        """Until no operation of this page is unacknowledged for the card."""
        expect(self.root).not_to_have_attribute("data-saving", "true")

    def wait_progress(self, least: int, timeout: float = RUN_MS) -> None:
        """Until the card shows at least so many percent."""
        self.page.wait_for_function(
            "([id, least]) => Number(document.querySelector(`[data-testid='card-${id}-progress']`)"
            "?.getAttribute('aria-valuenow') ?? -1) >= least",
            arg=[self.id, least],
            timeout=timeout,
        )

    def shown_progress(self) -> int:
        return int(self.progress.get_attribute("aria-valuenow") or -1)

    def watch(self) -> None:
        """Note from now on what the card shows."""
        self.page.evaluate(_WATCH, self.id)

    def seen(self) -> list[Seen]:
        return [Seen(*entry) for entry in self.page.evaluate("(id) => window.seenOfCards[id]", self.id)]


class BoardPage:
    """A tab with the board in it."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self.faults: list[str] = []
        page.set_default_timeout(SOON_MS)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def go(self, path: str = "/", *, connected: bool = True) -> None:
        self.page.goto(self.base_url + path)
        self.wait_ready(connected=connected)

    def wait_ready(self, *, connected: bool = True) -> None:
        expect(self.page.get_by_test_id("board")).to_be_visible()
        if connected:
            self.wait_connected()

    def wait_connected(self) -> None:
        expect(self.connection).to_have_attribute("data-state", "connected")

    def retry_now(self) -> None:
        """Presses "Retry now" if the connection has not come back by itself by then; the button leaves when it has."""
        self.connection.click()
        self.page.evaluate("() => document.querySelector('[data-testid=retry-now]')?.click()")
        self.page.keyboard.press("Escape")

    @property
    def connection(self) -> Locator:
        return self.page.get_by_test_id("connection-status")

    @property
    def detail(self) -> Locator:
        return self.page.get_by_test_id("task-detail")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")

    @property
    def alert(self) -> Locator:
        return self.page.locator("[data-testid=toast][role=alert]")

    @property
    def log_lines(self) -> Locator:
        return self.page.get_by_test_id("log-line")

    def column(self, column: str) -> Locator:
        return self.page.get_by_test_id(f"column-{column}")

    def card(self, task_id: str) -> CardOnScreen:
        return CardOnScreen(self.page, task_id)

    def card_titled(self, title: str) -> CardOnScreen:
        """The card with exactly this title, once it is there."""
        card = self.page.locator("[data-card]", has=self.page.get_by_role("link", name=title, exact=True))
        expect(card).to_have_count(1)
        return self.card(str(card.get_attribute("data-card")))

    def column_card(self, column: str, place: int) -> CardOnScreen:
        """The card at a place of a column, counted from 0."""
        return self.card(str(self.column(column).locator("[data-card]").nth(place).get_attribute("data-card")))

    def order(self, column: str) -> list[str]:
        """The titles of a column from top to bottom."""
        return self.column(column).locator("a[data-open].card-title, .card-title a").all_inner_texts()

    def fill(self, title: str | None = None, description: str | None = None) -> None:
        """Into the open dialog."""
        if title is not None:
            self.page.get_by_test_id("task-title").fill(title)
        if description is not None:
            self.page.get_by_test_id("task-description").fill(description)

    def save(self) -> None:
        """Save the open dialog, which then closes."""
        self.page.get_by_test_id("task-save").click()
        expect(self.dialog).to_have_count(0)

    def create(
        self, title: str, description: str = "", stages: tuple[str, ...] = ALL_STAGES, kind: str = "feature"
    ) -> CardOnScreen:
        """A new card, made in the dialog. A patch has no choice of stages there."""
        self.page.get_by_test_id("new-task").click()
        self.fill(title, description)
        if kind != "feature":
            self.page.get_by_test_id("task-type").select_option(kind)
        for stage in set(ALL_STAGES) - set(stages):
            self.page.get_by_test_id(f"task-stage-{stage}").uncheck()
        self.save()
        return self.card_titled(title)

    def lift(self, card: CardOnScreen, column: str) -> None:
        """Drag a card by its handle over the top of a column, and do not let go."""
        self._take(card)
        zone = self.column(column).locator("[data-rfd-droppable-id]")
        self.page.mouse.move(*self._over(zone), steps=12)
        # Each move counts only when the library has taken the one before, one a frame.
        for nudge in range(200):
            if zone.get_attribute("data-over") == "true":
                return
            x, y = self._over(zone)
            self.page.mouse.move(x, y + nudge % 3)
        expect(zone).to_have_attribute("data-over", "true")

    def _over(self, zone: Locator) -> tuple[float, float]:
        """A place on the column, or at the edge of the window towards it: there the board scrolls by itself."""
        box, width = _box(zone), (self.page.viewport_size or {"width": 1440})["width"]
        return min(max(box["x"] + box["width"] / 2, 8), width - 8), box["y"] + 12

    def _take(self, card: CardOnScreen) -> None:
        """Begin a drag; a card whose run moves it on at this very moment slips away, and is taken again."""
        lifted = self.page.locator("[data-testid=board][data-dragging=true]")
        for _ in range(5):
            card.handle.hover()
            self.page.mouse.down()
            if box := card.handle.bounding_box():
                self.page.mouse.move(box["x"] + box["width"] / 2 + 8, box["y"] + box["height"] / 2 + 8, steps=4)
            with suppress(TooLate):
                lifted.wait_for(timeout=2000)
                return
            self.page.mouse.up()
        expect(lifted).to_be_visible()

    def drop(self) -> None:
        self.page.mouse.up()
        expect(self.page.get_by_test_id("board")).to_have_attribute("data-dragging", "false")

    def drag(self, card: CardOnScreen, column: str) -> None:
        """Drag a card with the mouse to the top of a column."""
        self.lift(card, column)
        self.drop()

    def open_log(self, card: CardOnScreen) -> None:
        """The card's panel with its log in view."""
        card.title.click()
        expect(self.detail).to_be_visible()
        self.page.get_by_test_id("tab-log").click()
        expect(self.page.get_by_test_id("log-view")).to_be_visible()

    def shown_log(self) -> list[tuple[int, str]]:
        """Number and text of every line that somebody finds who scrolls through the log, by number."""
        lines = self.page.get_by_test_id("log-view").evaluate(_READ_LOG)
        return sorted((int(seq), str(text)) for seq, text in lines)

    def wait_for_line(self, text: str | re.Pattern[str], timeout: float = SOON_MS) -> None:
        """Until the log in view has such a line."""
        expect(self.log_lines.filter(has_text=text).first).to_be_visible(timeout=timeout)


def _box(locator: Locator) -> Any:
    box = locator.bounding_box()
    assert box, "not on the page"
    return box
