"""What a first visit costs on a slow line and a slow phone."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser

from benchmarks.measuring import Figures
from benchmarks.percentiles import median
from benchmarks.rig import Rig, running_rig
from benchmarks.screen import Screen, signed_in
from tests.support.browser import blocking_chromium

SLOW_4G: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
CPU_RATE: Final = 4
_RUNS: Final = 5
_KINDS: Final = {"Script": "js", "Stylesheet": "css", "Font": "font", "Document": "html"}

# Presses "New card" as an impatient person does, until the dialog opens; notes when that was and when cards were there.
_PRESS: Final = """(() => {
  const marks = (window.marks = { board: null, interactive: null });
  const look = () => {
    const button = document.querySelector('[data-testid="new-task"]');
    if (marks.board === null && document.querySelector('[data-testid^="card-"]')) marks.board = performance.now();
    if (document.querySelector("dialog[open]")) marks.interactive = performance.now();
    else if (marks.board !== null) button?.click();
    if (marks.interactive === null) setTimeout(look, 50);
  };
  document.addEventListener("DOMContentLoaded", look);
})();"""

_SCRIPTS: Final = """() => performance.getEntriesByType("resource").map((entry) => entry.name)
  .filter((name) => new URL(name).pathname.endsWith(".js"))"""


@dataclass(frozen=True, slots=True)
class Visit:
    """`bytes` by kind as transferred; the addresses of all scripts; milliseconds since the navigation."""

    bytes: dict[str, int]
    scripts: list[str]
    fcp: float
    board: float
    interactive: float


@dataclass(frozen=True, slots=True)
class Weight:
    """`times` visits with a cold cache, medians of them. The board has so many `cards`, 5 of them with runs."""

    times: int
    cards: int = 15

    def measure(self) -> Figures:
        with running_rig() as rig:
            rig.create(self.cards - _RUNS)
            rig.started(_RUNS)
            with blocking_chromium() as browser:
                visits = [_visit(browser, rig) for _ in range(self.times)]
            gzipped = sum(_gzipped(rig, url) for url in visits[0].scripts)
        sizes: Figures = {
            kind: (median([visit.bytes[kind] for visit in visits]) / 1000, "kB") for kind in _KINDS.values()
        }
        return {
            **sizes,
            "js_gzip": (gzipped / 1000, "kB gzip"),
            "other": (median([visit.bytes["other"] for visit in visits]) / 1000, "kB"),
            "fcp": (median([visit.fcp for visit in visits]), "ms"),
            "board": (median([visit.board for visit in visits]), "ms"),
            "interactive": (median([visit.interactive for visit in visits]), "ms"),
        }


def _visit(browser: Browser, rig: Rig) -> Visit:
    context = signed_in(browser, rig.app)
    try:
        context.add_init_script(_PRESS)
        screen = Screen(context.new_page())
        sizes = _count_bytes(screen)
        screen.cdp.send("Network.emulateNetworkConditions", SLOW_4G)
        screen.cdp.send("Emulation.setCPUThrottlingRate", {"rate": CPU_RATE})
        screen.page.goto(rig.app.base_url, wait_until="commit")
        screen.wait_for("marks.interactive !== null", "the dialog", limit_ms=60_000)
        screen.page.wait_for_load_state("networkidle")
        fcp = screen.page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime")
        board, interactive = screen.page.evaluate("() => [marks.board, marks.interactive]")
        scripts = screen.page.evaluate(_SCRIPTS)
        return Visit(sizes, scripts, fcp, board, interactive)
    finally:
        context.close()


def _gzipped(rig: Rig, url: str) -> int:
    """Bytes of a script's body for browsers that know gzip only."""
    with rig.api.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        answer.raise_for_status()
        return sum(len(chunk) for chunk in answer.iter_raw())


def _count_bytes(screen: Screen) -> dict[str, int]:
    """Bytes as transferred, headers included, by kind of resource; they grow while the page loads."""
    sizes: dict[str, int] = defaultdict(int)
    kinds: dict[str, str] = {}

    def responded(event: Any) -> None:
        kinds[event["requestId"]] = _KINDS.get(event["type"], "other")

    def finished(event: Any) -> None:
        sizes[kinds.get(event["requestId"], "other")] += int(event["encodedDataLength"])

    screen.cdp.on("Network.responseReceived", responded)
    screen.cdp.on("Network.loadingFinished", finished)
    screen.cdp.send("Network.enable")
    screen.cdp.send("Network.setCacheDisabled", {"cacheDisabled": False})
    return sizes
