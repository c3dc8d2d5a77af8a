"""API tokens in the settings: made, used, seen, revoked; by mouse and on a phone."""

from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.test_inside import violations
from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
OpenBoard = Callable[..., BoardPage]
SCREENS: Final[dict[str, dict[str, Any]]] = {
    "desk": {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "has_touch": True,
        "is_mobile": True,
        "reduced_motion": "reduce",
        "color_scheme": "dark",
    },
}
SMALL: Final = "all => all.filter(b => b.offsetParent && b.getBoundingClientRect().height < 44).map(b => b.textContent)"


@pytest.mark.parametrize("name", SCREENS)
def test_a_token_is_made_used_and_revoked(app: AppProcess, open_board: OpenBoard, name: str) -> None:
    page = open_board(app, **SCREENS[name]).page
    page.goto(f"{app.base_url}/settings")
    page.get_by_test_id("token-create").click()
    expect(page.get_by_test_id("token-error")).to_contain_text("1 to 60 characters")

    page.get_by_test_id("token-name").fill(f"<b>{name}</b>")
    page.get_by_test_id("token-scope-read").check()
    page.get_by_test_id("token-create").click()
    secret = page.get_by_test_id("token-secret").inner_text()
    headers = {"authorization": f"Bearer {secret}"}
    assert httpx.get(f"{app.base_url}/api/v1/board", headers=headers).status_code == 200
    assert httpx.post(f"{app.base_url}/api/v1/tasks", json={"title": "x"}, headers=headers).status_code == 403

    row = page.get_by_test_id("tokens").get_by_role("listitem").filter(has_text=f"<b>{name}</b>")
    expect(row).to_contain_text("read")
    assert violations(page) == []
    if name == "phone":
        assert page.get_by_test_id("tokens").locator("button").evaluate_all(SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.reload()
    expect(row).to_contain_text("used")
    expect(page.get_by_test_id("token-secret")).to_have_count(0)
    assert secret not in page.content()

    row.get_by_test_id("token-revoke").click()
    row.get_by_test_id("token-revoke-now").click()
    expect(row).to_have_count(0)
    assert httpx.get(f"{app.base_url}/api/v1/board", headers=headers).status_code == 401
