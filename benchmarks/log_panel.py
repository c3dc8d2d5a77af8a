"""The log panel of a run with a long log."""

from dataclasses import dataclass

from benchmarks.kept import faults_in_store, insert_lines
from benchmarks.measuring import Figures, Order, Watch, latency, send
from benchmarks.rig import Card, running_rig
from benchmarks.screen import Screen, open_board
from tests.support.browser import blocking_chromium

RATE = 20


@dataclass(frozen=True, slots=True)
class LogPanel:
    """A run with `lines` stored lines: opened, then followed for `seconds` at 20 new messages a second."""

    lines: int
    seconds: float

    def measure(self) -> Figures:
        with running_rig() as rig:
            card = rig.started(1)[0]
            port = rig.app.port
            rig.stop()
            insert_lines(rig.data_dir, card.adw_id, self.lines)
            rig.start(port)
            last = rig.last_line(card.adw_id)
            with blocking_chromium() as browser, open_board(browser, rig.app) as screen:
                opened = _open(screen, card, last, self.lines)
                watch = Watch(rig)
                watch.start()
                rig.load.number_from(card.adw_id, self.lines + 1)
                sent = send(rig.load, screen, Order([card.adw_id], RATE, self.seconds), watch)
                cpu = watch.cpu()
                screen.pause(1)
                shown = screen.shown()
                watch.sample()
                faults, _ = faults_in_store(rig.data_dir, sent.newest)
                return {
                    **opened,
                    **latency(shown.delays),
                    "behind": (sent.newest[card.adw_id] != shown.newest.get("log"), "logs"),
                    "store_faults": (faults.count, "messages"),
                    "nodes_after": (screen.nodes(), "elements"),
                    **cpu,
                    "renderer": (watch.renderer_mib, "MiB"),
                    "heap": (screen.heap_mib(), "MiB"),
                    "long_tasks": (len(shown.long_tasks), "over 50 ms"),
                }


def _open(screen: Screen, card: Card, last: int, number: int) -> Figures:
    """Open the log at its line `last`, whose text has this number."""
    screen.page.locator(f"[data-testid=card-{card.task_id}] a[data-open]").first.click()
    screen.page.get_by_test_id("tab-log").wait_for()
    screen.page.evaluate("(last) => bench.watchLog(last)", last)
    before = screen.nodes()
    screen.page.get_by_test_id("tab-log").click()
    screen.wait_for("bench.openedMs !== null", f"line {last} of the log")
    opened = screen.page.evaluate("() => bench.openedMs")
    figures: Figures = {
        "open": (opened, "ms"),
        "open_nodes": (screen.nodes(), "elements"),
        "nodes_before": (before, "elements"),
        "log_nodes": (screen.nodes("[data-testid=log-view]"), "elements"),
    }
    screen.reset()
    # The newest of the old lines may be drawn anew: it is an hour old, and not late.
    screen.page.evaluate("(number) => { bench.newest.log = number }", number)
    return figures
