"""What the page about health looks like, with staged figures, and that it is open to everybody in each state."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.test_looks import screen, violations
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage
from tests.support.pictures import compare, wait_for_fonts
from tests.support.staged_health import NOW, STATES

pytestmark = pytest.mark.e2e
NewProfile = Callable[..., BrowserContext]
LOOKS = [(state, width) for state in ("well", "unwell") for width in (1440, 820, 390)] + [("fresh", 390)]


def stage(page: Page, answer: dict[str, Any]) -> None:
    """The page gets this answer from now on, at a moment that never passes."""
    body = json.dumps(answer)
    page.route("**/api/v1/health?*", lambda route: route.fulfill(body=body, content_type="application/json"))
    page.clock.set_fixed_time(NOW)


def look_at_status(board: BoardPage, _roles: dict[str, str]) -> None:
    """A service that was slow and is gone."""
    stage(board.page, STATES["unwell"]())
    board.page.goto(f"{board.base_url}/status/")
    expect(board.page.get_by_test_id("status-grade")).to_be_visible()


def shown(app: AppProcess, new_profile: NewProfile, answer: dict[str, Any], width: int) -> Page:
    """The whole page with this answer, so that nothing is below the edge."""
    page = new_profile(**screen(width), timezone_id="UTC").new_page()
    stage(page, answer)
    page.goto(f"{app.base_url}/status/?token={app.token}")
    expect(page.get_by_test_id("status-grade")).to_be_visible()
    wait_for_fonts(page)
    high = page.locator(".subpage-main").evaluate("main => main.scrollHeight + main.getBoundingClientRect().top")
    page.set_viewport_size({"width": width, "height": int(high)})
    page.mouse.move(2, 2)
    return page


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_it_looks_as_it_was_judged(
    app: AppProcess, browser: Browser, new_profile: NewProfile, tmp_path: Path, look: tuple[str, int]
) -> None:
    state, width = look
    page = shown(app, new_profile, STATES[state](), width)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_class(theme)
        compare(browser, page, f"status-{state}-{width}-{theme}", tmp_path)
        if width != 820:
            assert violations(page) == [], theme
