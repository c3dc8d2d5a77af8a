"""From a move in the browser, by menu and by mouse, to the bytes at the service."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.failure import NotMeasured
from benchmarks.measuring import Figures
from benchmarks.percentiles import percentile
from benchmarks.rig import Rig, running_rig
from benchmarks.screen import Screen, open_board
from tests.support.board_page import BoardPage
from tests.support.browser import blocking_chromium

ENTRY = "move-to-plan"


@dataclass(frozen=True, slots=True)
class Drop:
    """`times` cards, one after the other, moved to Plan by their menu, and as many by the mouse."""

    times: int

    def measure(self) -> Figures:
        with running_rig() as rig:
            task_ids = rig.create(2 * self.times)
            with blocking_chromium() as browser, open_board(browser, rig.app) as screen:
                screen.page.evaluate("(hook) => bench.watchClicks(hook)", ENTRY)
                screen.page.evaluate("() => bench.watchReleases()")
                by_menu = [_delay(rig, screen, task_id, _move) for task_id in task_ids[::2]]
                by_mouse = [_delay(rig, screen, task_id, _drop) for task_id in task_ids[1::2]]
        return {**_figures("wire", by_menu), **_figures("drop", by_mouse), "moves": (len(task_ids), "times")}


def _figures(name: str, delays: list[float]) -> Figures:
    percentiles: Figures = {f"{name}_p{percent}": (percentile(delays, percent), "ms") for percent in (50, 95)}
    return {**percentiles, f"{name}_max": (max(delays), "ms")}


def _delay(rig: Rig, screen: Screen, task_id: str, move: Callable[[Screen, str], float]) -> float:
    """From the end of the gesture until the trigger is there, in milliseconds; the run has started then."""
    rig.load.forget_triggers()
    done = move(screen, task_id)
    delay = rig.load.trigger_at_ms() - done
    card = f"[data-testid=card-{task_id}]"
    screen.page.locator(f'{card}[data-run-status="running"]').wait_for(state="attached")
    return delay


def _move(screen: Screen, task_id: str) -> float:
    """When the menu's entry was clicked, by the clock of the load service."""
    screen.page.get_by_test_id(f"card-{task_id}-menu").click()
    screen.page.get_by_test_id(ENTRY).click()
    clicked = screen.page.evaluate("() => bench.clickedAt")
    if clicked is None:
        raise NotMeasured("the click on the menu was not seen")
    return clicked


def _drop(screen: Screen, task_id: str) -> float:
    """When the mouse let go of the card over Plan, by the clock of the load service."""
    board = BoardPage(screen.page, "")
    board.drag(board.card(task_id), "plan")
    released = screen.page.evaluate("() => bench.releasedAt")
    if released is None:
        raise NotMeasured("the mouse was not seen to let go")
    return released
