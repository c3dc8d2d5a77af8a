"""The built client as a browser gets it: files and their headers, and the same build under other addresses."""

import asyncio
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.async_api import WebSocket, expect

from tests.support.app import AppProcess
from tests.support.browser import chromium
from tests.support.proxy import reverse_proxy

StartBoard = Callable[..., AppProcess]


def test_pages_and_files(board: AppProcess) -> None:
    with board.client() as client:
        page = client.get("/", headers={"accept-encoding": "gzip"})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-encoding"] == "gzip"
        assert page.headers["cache-control"] == "private, no-cache"
        assert "content-encoding" not in client.get("/", headers={"accept-encoding": "identity"}).headers

        script = re.search(r'/assets/[^"]+\.js', page.text)
        assert script
        asset = client.get(script.group(), headers={"accept-encoding": "gzip"})
        assert asset.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert asset.headers["content-encoding"] == "gzip"
        assert asset.headers["content-type"].startswith("text/javascript")
        again = client.get(script.group(), headers={"if-none-match": asset.headers["etag"]})
        assert again.status_code == 304

        missing = client.get("/no-such-page", headers={"accept": "text/html"})
        assert missing.status_code == 404
        assert "<html" in missing.text
        assert client.get("/assets/no-such-file-12345678.js").headers["cache-control"] == "private, no-cache"


def test_nothing_of_it_is_shown_to_strangers(board: AppProcess) -> None:
    with httpx.Client(base_url=board.base_url) as stranger:
        assert stranger.get("/").headers["location"] == "/login?next=%2F"
        assert stranger.get("/assets/x.js").status_code == 401
        assert stranger.get("/ping").status_code == 303
        assert stranger.get("/_event/?EIO=4&transport=polling").status_code == 401
        assert stranger.get("/login").status_code == 200
        assert stranger.get("/healthz").status_code == 200


def test_reflex_answers_no_foreign_page(board: AppProcess) -> None:
    """Reflex has CORS layers of its own, outside of the routes that it is given."""
    with board.client() as client:
        origin = {"origin": "https://evil.example"}
        for path in ("/", "/api/v1/board", "/ping"):
            answer = client.get(path, headers=origin)
            assert not [name for name in answer.headers if name.startswith("access-control-")]
        preflight = client.options("/", headers={**origin, "access-control-request-method": "POST"})
        assert "access-control-allow-origin" not in preflight.headers
        assert client.post("/_event/?EIO=4&transport=polling", headers=origin).status_code == 403


async def works(url: str, token: str | None) -> None:
    """Open the page at `url` in a fresh browser: it signs in, hydrates and holds a socket with that very address."""
    async with chromium() as browser:
        page = await browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        answered: asyncio.Queue[str] = asyncio.Queue()

        def on_socket(socket: WebSocket) -> None:
            socket.on("framereceived", lambda _: answered.put_nowait(socket.url))

        page.on("websocket", on_socket)
        await page.goto(f"{url}/?token={token}")
        await expect(page).to_have_url(f"{url}/")
        assert (await asyncio.wait_for(answered.get(), 20)).startswith(url.replace("http", "ws", 1))
        cookies = await page.context.cookies()
        assert [cookie.get("httpOnly") for cookie in cookies if cookie.get("name", "").startswith("kanban_")] == [True]
        assert errors == []


@pytest.mark.e2e
async def test_it_works_under_another_name(board: AppProcess) -> None:
    await works(f"http://localhost:{board.port}", board.token)


@pytest.mark.e2e
async def test_it_works_behind_a_proxy_that_tells_its_name(board: AppProcess) -> None:
    async with reverse_proxy(board.port) as port:
        await works(f"http://board.localhost:{port}", board.token)


@pytest.mark.e2e
async def test_it_works_behind_a_proxy_whose_address_is_allowed(start_board: StartBoard) -> None:
    app = await asyncio.to_thread(start_board)
    async with reverse_proxy(app.port, tells_host=False) as port:
        url = f"http://board.localhost:{port}"
        await asyncio.to_thread(app.terminate)
        again = await asyncio.to_thread(start_board, port=app.port, env={"KANBAN_ALLOWED_ORIGINS": url})
        await works(url, again.token)


@pytest.mark.e2e
async def test_signing_in_by_the_form(board: AppProcess) -> None:
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 390, "height": 800}, java_script_enabled=False)
        await page.goto(f"{board.base_url}/?card=1")
        await page.get_by_label("Access token").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
        await page.get_by_label("Access token").fill(board.token or "")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page).to_have_url(f"{board.base_url}/?card=1")


@pytest.mark.e2e
async def test_an_address_that_leads_nowhere_leads_to_the_board(board: AppProcess) -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(f"{board.base_url}/no-such-page?token={board.token}")
        await expect(page.get_by_role("heading", name="This page does not exist")).to_be_visible()
        await page.get_by_role("link", name="Go to the board").click()
        await expect(page.get_by_test_id("board")).to_be_visible()
        await page.get_by_test_id("connection-status").click()
        popup = page.locator("#connection-detail")
        await expect(popup).to_contain_text("/ws/trigger")
        facts = await popup.inner_text()
        assert facts.count("/ws/trigger") == 1
