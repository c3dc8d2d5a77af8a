"""Runs that report while a page shows the board."""

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser

from benchmarks.kept import faults_in_store
from benchmarks.load import Sent
from benchmarks.measuring import Figures, Order, Watch, latency, send, warm_up
from benchmarks.rig import Card, Rig, running_rig
from benchmarks.screen import Screen, Shown, open_board
from tests.support.browser import blocking_chromium


@dataclass(frozen=True, slots=True)
class Streaming:
    """`runs` cards that get `rate` messages a second each, for `seconds`; `idle` cards more are on the board."""

    runs: int
    rate: float
    seconds: float
    idle: int = 0

    def measure(self) -> Figures:
        with running_rig() as rig:
            rig.create(self.idle, "Idle")
            cards = rig.started(self.runs)
            with blocking_chromium() as browser:
                return self.measure_page(rig, cards, browser)

    def measure_page(self, rig: Rig, cards: Sequence[Card], browser: Browser) -> Figures:
        """With everything else already there: open a page, send, read."""
        with open_board(browser, rig.app) as screen:
            for card in cards:
                screen.page.get_by_test_id(card.hook).wait_for(state="attached")
            screen.page.evaluate("() => bench.watchCards()")
            return self._measure(rig, cards, screen)

    def _measure(self, rig: Rig, cards: Sequence[Card], screen: Screen) -> Figures:
        order = Order([card.adw_id for card in cards], self.rate, self.seconds)
        warm_up(rig.load, screen, order)
        watch = Watch(rig)
        watch.start()
        sent = send(rig.load, screen, order, watch)
        cpu = watch.cpu()
        screen.pause(1)
        shown = screen.shown()
        watch.sample()
        heap = screen.heap_mib()
        faults, took = faults_in_store(rig.data_dir, sent.newest)
        return {
            **latency(shown.delays),
            **_counts(cards, sent, shown),
            "store_faults": (faults.count, "messages"),
            "stored_after": (took, "s"),
            **cpu,
            "renderer": (watch.renderer_mib, "MiB"),
            "heap": (heap, "MiB"),
            "long_tasks": (len(shown.long_tasks), "over 50 ms"),
            "longest_task": (max(shown.long_tasks, default=0), "ms"),
        }


def _counts(cards: Sequence[Card], sent: Sent, shown: Shown) -> Figures:
    behind = sum(1 for card in cards if shown.newest.get(card.hook) != sent.newest[card.adw_id])
    return {
        "sent": (sent.messages, "messages"),
        "sent_rate": (sent.messages / sent.seconds, "per s"),
        "sent_late": (sent.late_ms, "ms at most"),
        "shown": (shown.shown, "messages"),
        "backwards": (shown.backwards, "times"),
        "behind": (behind, "cards"),
    }
