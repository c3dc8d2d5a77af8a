"""A real page under measurement."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page
from playwright.sync_api import Error as BrowserError

from benchmarks.failure import NotMeasured
from tests.support.app import AppProcess

SCRIPT: Final = Path(__file__).with_name("watch.js").read_text()
VIEWPORT: Final[Any] = {"width": 1440, "height": 900}
_LIMIT_MS: Final = 30_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page has shown since `reset`. `newest` is by the hook of the element; delays are in milliseconds."""

    delays: list[float]
    newest: dict[str, int]
    shown: int
    backwards: int
    long_tasks: list[float]


class Screen:
    """One tab with the board."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("Performance.enable")

    def reset(self) -> None:
        """Forget what was shown so far."""
        self.page.evaluate("() => bench.reset()")

    def shown(self) -> Shown:
        delays, newest, shown, backwards, long_tasks = self.page.evaluate(
            "() => [bench.delays, bench.newest, bench.shown, bench.backwards, bench.longTasks]"
        )
        return Shown(delays, newest, shown, backwards, long_tasks)

    def heap_mib(self) -> float:
        """What the page's JavaScript keeps, garbage included."""
        metrics = {entry["name"]: entry["value"] for entry in self.cdp.send("Performance.getMetrics")["metrics"]}
        return metrics["JSHeapUsedSize"] / (1024 * 1024)

    def nodes(self, within: str = "html") -> int:
        """How many elements are inside the first one that fits."""
        return self.page.evaluate("(within) => document.querySelector(within).querySelectorAll('*').length", within)

    def pause(self, seconds: float) -> None:
        """Wait while the browser's own news is taken in."""
        self.page.wait_for_timeout(seconds * 1000)

    def wait_for(self, condition: str, what: str, limit_ms: float = _LIMIT_MS) -> None:
        """Until a JavaScript expression is true. `what` completes "the page never showed …"."""
        try:
            self.page.wait_for_function(condition, timeout=limit_ms)
        except BrowserError as error:
            raise NotMeasured(f"the page never showed {what}") from error


def signed_in(browser: Browser, app: AppProcess, scripts: Sequence[str] = (), **device: Any) -> BrowserContext:
    """A fresh profile that has the board's cookie, and nothing of the board in its cache.

    `scripts` run in each page before its own; `device` is what differs from a laptop.
    """
    context = browser.new_context(**{"viewport": VIEWPORT, "bypass_csp": True, **device})
    context.request.get(f"{app.base_url}/?token={app.token}")
    for script in (SCRIPT, *scripts):
        context.add_init_script(script)
    context.set_default_timeout(_LIMIT_MS)
    return context


@contextmanager
def open_board(
    browser: Browser, app: AppProcess, path: str = "/", scripts: Sequence[str] = (), **device: Any
) -> Generator[Screen]:
    """A tab with the whole board in view, connected; gone at the end of the block. For the rest see `signed_in`."""
    context = signed_in(browser, app, scripts, **device)
    try:
        screen = Screen(context.new_page())
        screen.page.goto(app.base_url + path)
        screen.page.locator('[data-testid=connection-status][data-state="connected"]').wait_for(state="attached")
        yield screen
    finally:
        context.close()
