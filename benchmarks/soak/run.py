"""One soak: load, disturbances and samples, and what came of it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from playwright.sync_api import Browser

from benchmarks.failure import NotMeasured
from benchmarks.kept import faults_in_store
from benchmarks.load import Load, Sent, running_load
from benchmarks.percentiles import percentile
from benchmarks.processes import renderer_mib
from benchmarks.rig import Card, Rig
from benchmarks.screen import Screen, open_board
from benchmarks.soak.hand import Hand
from benchmarks.soak.report import Outcome
from benchmarks.soak.sample import Meter
from benchmarks.soak.trend import RETURNS
from benchmarks.stamps import STAMP
from benchmarks.tabs import first_packet
from tests.support.app import ROOT, AppProcess, end
from tests.support.browser import blocking_chromium
from tests.support.fault_proxy.process import Proxy

RUNS: Final = 15
RATE: Final = 20.0
IDLE_CARDS: Final = 20
VISITORS: Final = {"tabs": 5, "logs": 4, "events": 3}
CUTS: Final = (("cut", {}), ("refuse", {"seconds": 5}), ("half_close", {"direction": "down"}), ("stall", {}))
STALL_S: Final = 8.0
LATE_S: Final = 120.0
SETTLE_S: Final = 60.0
QUIET_S: Final = 15.0
"""The framework's heartbeat of a tab that has gone sleeps for up to 10 s more before it ends."""


@dataclass
class Turn:
    """Something that is done every `every_s`."""

    every_s: float
    do: Callable[[], None]
    due: float = 0.0

    def take(self, now: float) -> None:
        """Do it when it is due. What was missed meanwhile is not made up for."""
        if now >= self.due:
            self.do()
            self.due = now + self.every_s


@dataclass
class Soak:
    """A board under load, with all who disturb it."""

    rig: Rig
    proxy: Proxy
    screen: Screen
    cards: Sequence[Card]
    hand: Hand
    guests: subprocess.Popen[str]
    meter: Meter
    outcome: Outcome
    began: float = field(default_factory=time.monotonic)
    _cuts: Iterator[Any] = field(default_factory=lambda: cycle(CUTS))
    _is_disturbed: bool = False
    _warm_until: float = 0.0

    def go_on_for(self, seconds: float) -> Sent:
        """Send, disturb and sample for so long."""
        rare = max(15.0, seconds / 10)
        start = time.monotonic()
        self._warm_until = start + seconds / 10
        turns = [
            Turn(2.0, self.hand.act),
            Turn(rare, self._reload, start + rare / 2),
            Turn(rare, self._disturb, start + rare),
            Turn(min(10.0, seconds / 30), self._sample),
        ]
        self.rig.load.stream([card.adw_id for card in self.cards], RATE, seconds)
        while (sent := self.rig.load.sent()) is None:
            self.screen.pause(0.1)
            if time.monotonic() > start + seconds + LATE_S:
                raise NotMeasured("the load service did not get its messages out")
            for turn in turns:
                turn.take(time.monotonic())
        return sent

    def look(self) -> None:
        """Follow the newest lines of the cards on the page."""
        for card in self.cards:
            self.screen.page.get_by_test_id(card.hook).wait_for(state="attached")
        self.screen.page.evaluate("() => bench.watchCards()")
        self.screen.reset()

    def behind(self) -> int:
        """Cards that do not show the newest line that was sent."""
        return sum(1 for card in self.cards if self._shown(card) != self.outcome.newest[card.adw_id])

    def _shown(self, card: Card) -> int:
        found = STAMP.search(self.screen.page.get_by_test_id(card.hook).text_content() or "")
        return int(found[1]) if found else 0

    def _reload(self) -> None:
        self._is_disturbed = True
        self.outcome.reloads += 1
        self.screen.page.reload()
        self.look()

    def _disturb(self) -> None:
        self._is_disturbed = True
        self.outcome.cuts += 1
        kind, arguments = next(self._cuts)
        if kind != "stall":
            self.proxy.do(kind, **arguments)
            return
        self.proxy.set(stall="both")
        self.screen.pause(STALL_S)
        self.proxy.set(stall="")

    def _sample(self) -> None:
        taken = self.meter.sample()
        shown = self.screen.shown()
        self.screen.reset()
        told = tell(self.guests, "look")
        self.outcome.visits += told["visits"]
        self.outcome.failed_visits += told["failures"]
        self.outcome.backwards += shown.backwards
        is_calm, self._is_disturbed = not self._is_disturbed, False
        # What comes again after a cut is old by the length of the cut, whatever the board does.
        if is_calm and shown.delays:
            taken |= {f"latency_p{percent}": percentile(shown.delays, percent) for percent in (50, 95)}
        taken["renderer"] = renderer_mib()
        now = time.monotonic()
        if now >= self._warm_until:
            self.outcome.samples.append({"at_s": now - self.began, **taken})


def soak(minutes: float, say: Callable[[str], None] = print) -> Outcome:
    """Let the board stand `minutes` of load and disturbances; `say` is told how it goes."""
    outcome = Outcome(minutes)
    with ExitStack() as stack:
        rig, proxy = _rig(stack)
        cards, idle = rig.started(RUNS), rig.create(IDLE_CARDS, "Idle")
        browser = stack.enter_context(blocking_chromium())
        hello = first_packet(browser, rig.app)
        _warm_up(rig, cards, browser)
        meter = Meter(rig)
        outcome.before = _settled(meter, {})
        say(f"soak: {minutes:g} min on {rig.app.base_url}, process {rig.app.pid}")
        with open_board(browser, rig.app) as screen, _guests(rig.app, hello, cards) as guests:
            soaked = Soak(rig, proxy, screen, cards, Hand(rig, idle), guests, meter, outcome)
            soaked.look()
            outcome.sent = soaked.go_on_for(minutes * 60)
            outcome.newest = outcome.sent.newest
            outcome.acts = soaked.hand.done
            faults, outcome.stored_after_s = faults_in_store(rig.data_dir, outcome.newest, LATE_S)
            outcome.faults = faults
            screen.pause(2)
            outcome.behind = soaked.behind()
            outcome.failed_visits += tell(guests, "leave")["failures"]
        outcome.after = _settled(meter, outcome.before)
        outcome.counters = meter.counters()
    return outcome


def _rig(stack: ExitStack) -> tuple[Rig, Proxy]:
    folder = stack.enter_context(TemporaryDirectory(prefix="kanban-soak-"))
    load: Load = stack.enter_context(running_load("benchmarks.soak.service"))
    proxy = stack.enter_context(Proxy(int(load.url.split(":")[2].split("/")[0])))
    load.url = proxy.url
    rig = Rig(load, Path(folder))
    rig.start()
    stack.callback(end, rig.app)
    stack.callback(rig.api.close)
    return rig, proxy


def _warm_up(rig: Rig, cards: Sequence[Card], browser: Browser) -> None:
    """Everything once that is made when it is first needed."""
    with open_board(browser, rig.app) as screen:
        rig.load.stream([card.adw_id for card in cards], RATE, 5)
        while rig.load.sent() is None:
            screen.pause(0.2)
        screen.page.goto(f"{rig.app.base_url}/?card={cards[0].task_id}")
        for _ in range(10):
            rig.api.get("/api/v1/search", params={"q": "module"}).raise_for_status()


def _settled(meter: Meter, before: dict[str, float]) -> dict[str, float]:
    """A sample with nobody there: as soon as it is like `before`, at the latest after a while."""
    limit = time.monotonic() + (SETTLE_S if before else QUIET_S)
    while True:
        taken = meter.sample()
        if time.monotonic() > limit or (before and all(taken[n] - before[n] <= RETURNS[n] for n in RETURNS)):
            return taken
        time.sleep(1)


@contextmanager
def _guests(app: AppProcess, hello: str, cards: Sequence[Card]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak.guests"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        order = {
            "url": app.base_url.replace("http", "ws", 1),
            "base": app.base_url,
            "origin": app.base_url,
            "headers": app.headers,
            "protocols": [version("reflex")],
            "hello": hello,
            "runs": [card.adw_id for card in cards],
            **VISITORS,
        }
        assert process.stdin
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def tell(guests: subprocess.Popen[str], word: str) -> Any:
    """What the guests have seen since the last time."""
    assert guests.stdin
    assert guests.stdout
    guests.stdin.write(word + "\n")
    guests.stdin.flush()
    text = guests.stdout.readline()
    if not text:
        raise NotMeasured("the guests have failed")
    return json.loads(text)
