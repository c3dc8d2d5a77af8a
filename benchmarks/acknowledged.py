"""From a move in the browser, by menu and by mouse, until the card shows that the board has stored it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.drop import ENTRY
from benchmarks.measuring import Figures
from benchmarks.percentiles import percentile
from benchmarks.rig import running_rig
from benchmarks.screen import Screen, open_board
from tests.support.board_page import BoardPage
from tests.support.browser import blocking_chromium


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`times` cards, one after the other, moved to Plan by their menu, and as many by the mouse."""

    times: int

    def measure(self) -> Figures:
        with running_rig() as rig:
            # The first one of each way warms up what the others use, too.
            task_ids = rig.create(2 * (self.times + 1))
            with blocking_chromium() as browser, open_board(browser, rig.app) as screen:
                screen.page.evaluate("(hook) => bench.watchClicks(hook)", ENTRY)
                screen.page.evaluate("() => bench.watchReleases()")
                screen.page.evaluate("() => bench.watchSaving()")
                by_menu = [_moved(screen, task_id, _by_menu) for task_id in task_ids[::2]][1:]
                by_mouse = [_moved(screen, task_id, _by_mouse) for task_id in task_ids[1::2]][1:]
        return {
            **_figures("menu", [saved - gesture for gesture, _, saved in by_menu]),
            **_figures("drop", [saved - taken for _, taken, saved in by_mouse]),
            **_figures("release", [saved - gesture for gesture, _, saved in by_mouse]),
            "moves": (len(by_menu) + len(by_mouse), "times"),
        }


def _figures(name: str, delays: list[float]) -> Figures:
    percentiles: Figures = {f"{name}_p{percent}": (percentile(delays, percent), "ms") for percent in (50, 95)}
    return {**percentiles, f"{name}_max": (max(delays), "ms")}


def _moved(screen: Screen, task_id: str, move: Callable[[Screen, str], Any]) -> tuple[float, float, float]:
    """When the hand was done, when the card said that it is being saved, and when it said so no longer."""
    screen.page.evaluate("() => bench.forgetMoves()")
    move(screen, task_id)
    screen.wait_for(f"bench.savedAt[{task_id!r}]", "that a move is saved")
    card = f"[data-testid=card-{task_id}]"
    screen.page.locator(f'{card}[data-run-status="running"]').wait_for(state="attached")
    gesture, taken, saved = screen.page.evaluate(
        "(id) => [bench.clickedAt ?? bench.releasedAt, bench.takenAt[id], bench.savedAt[id]]", task_id
    )
    return gesture, taken, saved


def _by_menu(screen: Screen, task_id: str) -> None:
    screen.page.get_by_test_id(f"card-{task_id}-menu").click()
    screen.page.get_by_test_id(ENTRY).click()


def _by_mouse(screen: Screen, task_id: str) -> None:
    board = BoardPage(screen.page, "")
    board.drag(board.card(task_id), "plan")
