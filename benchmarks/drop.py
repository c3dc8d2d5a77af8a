"""From a move in the browser to the bytes at the service."""

from dataclasses import dataclass

from benchmarks.failure import NotMeasured
from benchmarks.measuring import Figures
from benchmarks.percentiles import percentile
from benchmarks.rig import running_rig
from benchmarks.screen import Screen, open_board
from tests.support.browser import blocking_chromium

ENTRY = "move-to-plan"


@dataclass(frozen=True, slots=True)
class Drop:
    """`times` cards, one after the other, moved to Plan by their menu."""

    times: int

    def measure(self) -> Figures:
        with running_rig() as rig:
            task_ids = rig.create(self.times)
            with blocking_chromium() as browser, open_board(browser, rig.app) as screen:
                screen.page.evaluate("(hook) => bench.watchClicks(hook)", ENTRY)
                delays: list[float] = []
                for task_id in task_ids:
                    rig.load.forget_triggers()
                    clicked = _move(screen, task_id)
                    delays.append(rig.load.trigger_at_ms() - clicked)
                    card = f"[data-testid=card-{task_id}]"
                    screen.page.locator(f'{card}[data-run-status="running"]').wait_for(state="attached")
        figures: Figures = {f"wire_p{percent}": (percentile(delays, percent), "ms") for percent in (50, 95)}
        return {**figures, "wire_max": (max(delays), "ms"), "moves": (len(delays), "times")}


def _move(screen: Screen, task_id: str) -> float:
    """When the menu's entry was clicked, by the clock of the load service."""
    screen.page.get_by_test_id(f"card-{task_id}-menu").click()
    screen.page.get_by_test_id(ENTRY).click()
    clicked = screen.page.evaluate("() => bench.clickedAt")
    if clicked is None:
        raise NotMeasured("the click on the menu was not seen")
    return clicked
