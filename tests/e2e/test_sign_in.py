"""Who gets in: by the printed address, by the form, by nothing else."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import BrowserContext, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.app import AppProcess
from tests.support.board_page import BoardPage

pytestmark = pytest.mark.e2e
NewProfile = Callable[..., BrowserContext]


def test_a_stranger_is_led_to_the_form_and_back(app: AppProcess, new_profile: NewProfile) -> None:
    page = new_profile().new_page()
    page.goto(f"{app.base_url}/?card=abc")
    expect(page).to_have_url(f"{app.base_url}/login?next=%2F%3Fcard%3Dabc")
    expect(page.get_by_test_id("board")).to_have_count(0)

    page.get_by_label("Access token").fill("not the token")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("That token is not right.")

    page.get_by_label("Access token").fill(str(app.token))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{app.base_url}/?card=abc")
    BoardPage(page, app.base_url).wait_ready()


def test_the_token_leaves_the_address(app: AppProcess, new_profile: NewProfile) -> None:
    context = new_profile()
    page = context.new_page()
    page.goto(f"{app.base_url}/?token={app.token}")
    expect(page).to_have_url(f"{app.base_url}/")
    BoardPage(page, app.base_url).wait_ready()
    page.goto(f"{app.base_url}/")
    BoardPage(page, app.base_url).wait_ready()

    (cookie,) = context.cookies()
    assert cookie.get("httpOnly") is True
    assert cookie.get("sameSite") in {"Lax", "Strict"}
    assert str(app.token) not in str(cookie.get("value"))
    assert page.evaluate("document.cookie") == ""
    assert str(app.token) not in page.content()


def test_a_wrong_token_in_the_address(app: AppProcess, new_profile: NewProfile) -> None:
    page = new_profile().new_page()
    page.goto(f"{app.base_url}/?token=wrong")
    expect(page.get_by_role("alert")).to_contain_text("That token is not right.")
    assert "token=wrong" not in page.url


def test_the_api_asks_for_the_token(app: AppProcess) -> None:
    with httpx.Client(base_url=app.base_url) as stranger:
        answer = stranger.get("/api/v1/board")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "E-AUTH-1")
        assert stranger.post("/api/v1/tasks", json={"title": "x"}).status_code == 401
        assert stranger.get("/api/v1/board", headers={"authorization": "Bearer wrong"}).status_code == 401
        assert stranger.get("/api/v1/board", params={"token": str(app.token)}).status_code == 401
        assert stranger.get("/api/v1/board", headers=app.headers).status_code == 200


def status_of_socket(url: str, headers: dict[str, str], origin: str | None) -> int:
    """101, or what the handshake was answered with instead."""
    try:
        with connect(url, additional_headers=headers, origin=origin, proxy=None):  # pyright: ignore[reportArgumentType]
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize("path", ["/_event/?EIO=4&transport=websocket", "/ws/trigger"])
def test_sockets_need_cookie_and_origin(app: AppProcess, path: str) -> None:
    url = app.base_url.replace("http", "ws", 1) + path
    with httpx.Client(base_url=app.base_url) as browser:
        browser.get("/", params={"token": str(app.token)})
        cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    assert cookie["cookie"]
    assert status_of_socket(url, {}, app.base_url) == 403
    assert status_of_socket(url, {}, None) == 403
    assert status_of_socket(url, cookie, "https://evil.example") == 403
    assert status_of_socket(url, cookie, None) == 403
    assert status_of_socket(url, cookie, app.base_url) == 101
    assert status_of_socket(url, app.headers, None) == 101


def test_a_foreign_page_can_change_nothing(app: AppProcess, new_profile: NewProfile) -> None:
    """A page of another origin in the same browser, which would send the cookie along."""
    context = new_profile()
    page = context.new_page()
    page.goto(f"{app.base_url}/?token={app.token}")
    BoardPage(page, app.base_url).wait_ready()
    foreign = app.base_url.replace("127.0.0.1", "localhost")
    page.goto(f"{foreign}/login")
    tried = page.evaluate(
        """async (url) => {
          const send = (body, type) => fetch(url + "/api/v1/tasks", {
            method: "POST", mode: "no-cors", credentials: "include", body, headers: { "content-type": type } });
          await send('{"title": "planted"}', "text/plain").catch(() => 0);
          const board = fetch(url + "/api/v1/board", { credentials: "include" });
          const read = await board.then((answer) => answer.status, () => "refused");
          const socket = await new Promise((done) => {
            const socket = new WebSocket(url.replace("http", "ws") + "/_event/?EIO=4&transport=websocket");
            socket.onopen = () => done("open");
            socket.onerror = () => done("refused");
          });
          return [read, socket];
        }""",
        app.base_url,
    )
    assert tried == ["refused", "refused"]
    with app.client() as client:
        assert "planted" not in client.get("/api/v1/board").text
        answer = client.post("/api/v1/tasks", json={"title": "planted"}, headers={"origin": "https://evil.example"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "E-AUTH-3")
