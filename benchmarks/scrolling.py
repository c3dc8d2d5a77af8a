"""A thousand cards under a wheel and under a finger: frames that are dropped, with and without runs that report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Browser

from benchmarks.failure import NotMeasured
from benchmarks.frames import Frames, frames_of
from benchmarks.measuring import Figures
from benchmarks.repaints import show_all
from benchmarks.rig import Card, Rig, running_rig
from benchmarks.screen import VIEWPORT, Screen, open_board
from tests.support.browser import blocking_chromium

CARDS: Final = 1000
RUNS: Final = 15
_RATE: Final = 20
_PHONE: Final[Mapping[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
_SPEED: Final = 2400
_SWIPE: Final = 500
_STEPS: Final = 25
DOWN: Final = 2500
ASIDE: Final = 900
_BOARD: Final = "const board = document.querySelector('[data-testid=board]')"
_PLACE: Final = f"() => {{ {_BOARD}; return [board.scrollLeft, board.scrollTop]; }}"
_IS_WIDE: Final = f"() => {{ {_BOARD}; return board.scrollWidth > board.clientWidth + 1; }}"
# As much to draw as a board has, and nothing that could be in the way: what the machine itself cannot keep up with.
_PLAIN: Final = """() => {
  const box = "margin:8px;padding:12px;border:1px solid #ccc;border-radius:6px";
  const card = `<div style="${box}">A card<br>of four<br>lines<br>here</div>`;
  const column = `<div style="width:280px;flex:none">${card.repeat(100)}</div>`;
  const board = '<div data-testid="board" style="display:flex;height:100vh;overflow:auto">';
  document.body.innerHTML = `${board}${column.repeat(10)}</div>`;
}"""


@dataclass(frozen=True, slots=True)
class Hand:
    """What scrolls, on which device. `scroll` moves what is shown by so many pixels; not all go sideways."""

    name: str
    sideways: bool
    device: Mapping[str, Any]
    scroll: Callable[[Screen, int, int], None]


def _by_wheel(screen: Screen, x: int, y: int) -> None:
    size = screen.page.viewport_size or VIEWPORT
    middle = {"x": size["width"] // 2, "y": size["height"] // 2}
    way = {"xDistance": x, "yDistance": y, "speed": _SPEED, "gestureSourceType": "mouse", "preventFling": True}
    screen.cdp.send("Input.synthesizeScrollGesture", {**middle, **way})


def _by_finger(screen: Screen, _: int, y: int) -> None:
    """Swipes up or down over most of the screen: Chromium's own gesture scrolls nothing by touch when headless."""
    begin, step = (700, -_SWIPE / _STEPS) if y < 0 else (200, _SWIPE / _STEPS)
    for _swipe in range(abs(y) // _SWIPE):
        for number in range(_STEPS + 1):
            point = {"x": 195, "y": begin + number * step}
            kind = "touchMove" if number else "touchStart"
            screen.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        screen.cdp.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


WHEEL: Final = Hand("wheel", True, {}, _by_wheel)
FINGER: Final = Hand("touch", False, _PHONE, _by_finger)


@dataclass(frozen=True, slots=True)
class Scrolling:
    """`CARDS` cards, all of them on the page: scrolled `times` times there and back while nothing happens, and as often
    as it goes while `RUNS` runs report for `seconds`.
    """

    seconds: float
    times: int

    def measure(self) -> Figures:
        with running_rig() as rig:
            rig.create(CARDS - RUNS, "Idle")
            cards = rig.started(RUNS)
            with blocking_chromium() as browser:
                return {
                    **self._by(browser, rig, cards, WHEEL),
                    **self._by(browser, rig, cards, FINGER),
                }

    def _by(self, browser: Browser, rig: Rig, cards: Sequence[Card], hand: Hand) -> Figures:
        def some(screen: Screen) -> Frames:
            return sum((_there_and_back(screen, hand) for _ in range(self.times)), Frames())

        def while_told(screen: Screen) -> Frames:
            rig.load.stream([card.adw_id for card in cards], _RATE, self.seconds)
            frames = Frames()
            while rig.load.sent() is None:
                frames += _there_and_back(screen, hand)
            return frames

        with open_board(browser, rig.app, **hand.device) as screen:
            show_all(screen, CARDS)
            screen.pause(1)
            _there_and_back(screen, hand)
            idle, idle_tasks = _watched(screen, some)
            busy, busy_tasks = _watched(screen, while_told)
            screen.page.goto("about:blank")
            screen.page.evaluate(_PLAIN)
            plain, _ = _watched(screen, some)
        return {
            f"{hand.name}_plain": (plain.percent, "% of frames"),
            f"{hand.name}_idle": (idle.percent, "% of frames"),
            f"{hand.name}_busy": (busy.percent, "% of frames"),
            f"{hand.name}_frames": (busy.due, "frames"),
            f"{hand.name}_idle_tasks": (idle_tasks, "over 50 ms"),
            f"{hand.name}_busy_tasks": (busy_tasks, "over 50 ms"),
        }


def _there_and_back(screen: Screen, hand: Hand) -> Frames:
    """Down the board and up again, then to its right end and back where it is wider and the hand can."""
    ways = [(0, -DOWN), (0, DOWN)]
    if hand.sideways and screen.page.evaluate(_IS_WIDE):
        ways += [(-ASIDE, 0), (ASIDE, 0)]
    return sum((_gesture(screen, hand, x, y) for x, y in ways), Frames())


def _gesture(screen: Screen, hand: Hand, x: int, y: int) -> Frames:
    before = screen.page.evaluate(_PLACE)
    screen.page.evaluate("() => bench.watchFrames()")
    hand.scroll(screen, x, y)
    begun = screen.page.evaluate("() => bench.takeFrames()")
    if screen.page.evaluate(_PLACE) == before:
        raise NotMeasured("the board did not scroll")
    return frames_of(begun)


def _watched(screen: Screen, scroll: Callable[[Screen], Frames]) -> tuple[Frames, int]:
    """The frames, and how many tasks kept the page for longer than 50 ms meanwhile."""
    screen.page.evaluate("() => bench.reset()")
    frames = scroll(screen)
    return frames, screen.page.evaluate("() => bench.longTasks.length")
