"""A finger on the screen, as Chromium gets it from a touch screen."""

from typing import Any, Final

from playwright.sync_api import Locator, Page

STEPS: Final = 12


class Finger:
    """One finger. A long press lifts the card under it; what comes after is the drag."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session = page.context.new_cdp_session(page)
        self.x = self.y = 0.0

    def down(self, at: Locator, y: float = 0.5) -> None:
        """Touch an element in its middle, or at another share of its height."""
        box = at.bounding_box()
        assert box, "not on the page"
        self.x, self.y = box["x"] + box["width"] / 2, box["y"] + box["height"] * y
        self._send("touchStart")

    def press(self, at: Locator, y: float = 0.5) -> None:
        """Touch an element until the card around it is lifted."""
        self.down(at, y)
        self._page.locator("[data-testid=board][data-dragging=true]").wait_for()

    def move_to(self, at: Locator) -> None:
        box = at.bounding_box()
        assert box, "not on the page"
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def move(self, x: float, y: float, steps: int = STEPS) -> None:
        from_x, from_y = self.x, self.y
        for step in range(1, steps + 1):
            self.x, self.y = from_x + (x - from_x) * step / steps, from_y + (y - from_y) * step / steps
            self._send("touchMove")

    def up(self) -> None:
        self._send("touchEnd")

    def _send(self, kind: str) -> None:
        points: list[dict[str, Any]] = [] if kind == "touchEnd" else [{"x": self.x, "y": self.y}]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
