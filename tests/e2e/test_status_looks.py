"""What the page about health looks like, with staged figures, and that it is open to everybody in each state."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.test_looks import screen, violations
from tests.support.app import AppProcess
from tests.support.pictures import compare
from tests.support.staged_health import NOW, STATES

pytestmark = pytest.mark.e2e
NewProfile = Callable[..., BrowserContext]
LOOKS = [(state, width) for state in ("well", "unwell") for width in (1440, 820, 390)] + [("fresh", 390)]


def shown(app: AppProcess, new_profile: NewProfile, answer: dict[str, Any], width: int) -> Page:
    """The page with an answer that a test has made, at a moment that never passes."""
    context = new_profile(**screen(width), timezone_id="UTC")
    body = json.dumps(answer)
    context.route("**/api/v1/health?*", lambda route: route.fulfill(body=body, content_type="application/json"))
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    page.goto(f"{app.base_url}/status/?token={app.token}")
    expect(page.get_by_test_id("status-grade")).to_be_visible()
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
