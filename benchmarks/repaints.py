"""What of a full board is repainted when something happens to some of its cards."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.failure import NotMeasured
from benchmarks.measuring import Figures, Order, send, warm_up
from benchmarks.rig import Rig, running_rig
from benchmarks.screen import Screen, open_board
from tests.support.browser import blocking_chromium

SCRIPT: Final = Path(__file__).with_name("renders.js").read_text()
RUNS: Final = 15
CARDS: Final = 300
_RATE: Final = 20
_ALL: Final = "() => document.querySelectorAll('[data-card]').length"
_MORE: Final = "button.more"


@dataclass(frozen=True, slots=True)
class Counted:
    """How often components of each card have run, and how often something in it has changed on the page."""

    rendered: Mapping[str, int]
    touched: Mapping[str, int]

    def beside(self, concerned: Collection[str]) -> tuple[int, int]:
        """The runs of components of all cards but these, and how many of those others have changed."""
        return (
            sum(count for card, count in self.rendered.items() if card not in concerned),
            sum(1 for card in self.touched if card not in concerned),
        )


@dataclass(frozen=True, slots=True)
class Repaints:
    """`CARDS` cards on the page: `RUNS` of them report for `seconds`, then one of these alone, then one is edited."""

    seconds: float

    def measure(self) -> Figures:
        with running_rig() as rig:
            idle = rig.create(CARDS - RUNS, "Idle")
            cards = rig.started(RUNS)
            with blocking_chromium() as browser, open_board(browser, rig.app, scripts=(SCRIPT,)) as screen:
                show_all(screen, CARDS)
                screen.page.evaluate("() => renders.watch()")
                order = Order([card.adw_id for card in cards], _RATE, self.seconds)
                warm_up(rig.load, screen, order)
                all_report = _counted(rig, screen, order)
                one_reports = _counted(rig, screen, Order([cards[0].adw_id], _RATE, self.seconds))
                one_edited = _edited(rig, screen, idle[0])
        running = {card.task_id for card in cards}
        if not running <= all_report.rendered.keys() or cards[0].task_id not in one_reports.rendered:
            raise NotMeasured("the cards that reported were not seen to be rendered")
        return {
            **_figures("idle", all_report, running),
            **_figures("others", one_reports, {cards[0].task_id}),
            **_figures("edit", one_edited, {idle[0]}),
            "own_renders": (one_reports.rendered[cards[0].task_id], "renders"),
        }


def show_all(screen: Screen, count: int) -> None:
    """Open the ends of all columns, until so many cards are on the page."""
    screen.page.locator("[data-card]").first.wait_for()
    while (before := screen.page.evaluate(_ALL)) < count:
        # The button comes when the first sight of the board has been completed.
        screen.page.locator(_MORE).first.click()
        screen.wait_for(f"({_ALL})() > {before}", "more cards")


def _figures(name: str, counted: Counted, concerned: Collection[str]) -> Figures:
    renders, touched = counted.beside(concerned)
    return {f"{name}_renders": (renders, "renders"), f"{name}_touched": (touched, "cards")}


def _counted(rig: Rig, screen: Screen, order: Order) -> Counted:
    screen.page.evaluate("() => renders.reset()")
    send(rig.load, screen, order)
    screen.pause(0.5)
    return _read(screen)


def _edited(rig: Rig, screen: Screen, task_id: str) -> Counted:
    """A card that gets another title from elsewhere."""
    version = rig.api.get(f"/api/v1/tasks/{task_id}").raise_for_status().json()["version"]
    screen.page.evaluate("() => renders.reset()")
    rig.api.patch(f"/api/v1/tasks/{task_id}", json={"title": "Edited", "version": version}).raise_for_status()
    screen.page.get_by_role("link", name="Edited", exact=True).wait_for(state="attached")
    screen.pause(0.5)
    return _read(screen)


def _read(screen: Screen) -> Counted:
    return Counted(*screen.page.evaluate("() => [renders.rendered, renders.touched]"))
