"""API tokens in the settings: made, used, seen, revoked; by mouse and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from kanban_app.services.api_tokens import ApiTokens
from tests.e2e.test_inside import violations
from tests.support.app import AppProcess, end, launch
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


def ask_for(page: Page, name: str) -> None:
    page.get_by_test_id("token-name").fill(name)
    page.get_by_test_id("token-scope-read").check()
    page.get_by_test_id("token-create").click()


def test_a_new_token_stays_to_be_copied_over_a_cut_until_somebody_has_it(
    app: AppProcess, open_board: OpenBoard
) -> None:
    page = open_board(app).page
    sockets: list[WebSocketRoute] = []

    def route(page_side: WebSocketRoute) -> None:
        sockets.append(page_side)
        page_side.connect_to_server()

    page.route_web_socket(re.compile("/_event"), route)
    page.goto(f"{app.base_url}/settings")
    ask_for(page, "Over a cut")
    secret = page.get_by_test_id("token-secret").inner_text()
    ApiTokens(app.data_dir).create("Made meanwhile", ["read"])
    sockets[-1].close(code=1001)
    expect(page.get_by_test_id("tokens")).to_contain_text("Made meanwhile")
    expect(page.get_by_test_id("token-secret")).to_have_text(secret)
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_test_id("token-secret")).to_have_count(0)


def test_a_token_that_is_asked_for_while_the_app_starts_anew_is_made_once_and_shown(
    built_client: Path, open_board: OpenBoard, tmp_path: Path
) -> None:
    first = launch(tmp_path / "own")
    first.wait_until_open()
    page = open_board(first).page
    page.goto(f"{first.base_url}/settings")
    expect(page.get_by_test_id("token-create")).to_be_visible()
    end(first)
    ask_for(page, "Once")
    again = launch(tmp_path / "own", port=first.port)
    try:
        again.wait_until_open()
        secret = page.get_by_test_id("token-secret").inner_text()
        expect(page.get_by_test_id("token-name")).to_have_value("")
        expect(page.get_by_test_id("token-error")).to_have_count(0)
        expect(page.get_by_test_id("tokens").get_by_role("listitem")).to_have_count(1)
        headers = {"authorization": f"Bearer {secret}"}
        assert httpx.get(f"{again.base_url}/api/v1/board", headers=headers).status_code == 200
    finally:
        end(again)
