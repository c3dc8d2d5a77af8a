"""Tokens and cookies stay out of what the program writes, also when it writes everything."""

from collections.abc import Callable

import httpx
import pytest
import websockets

from tests.support.app import AppProcess

TOKEN = "a-token-that-nobody-may-read"
COOKIE = "kanban_x=a-cookie-that-nobody-may-read"


async def test_the_log_tells_no_secret_at_any_level(start_board: Callable[..., AppProcess]) -> None:
    app = start_board(env={"KANBAN_TOKEN": TOKEN, "KANBAN_LOG_LEVEL": "debug"})
    printed = app.logs.count(TOKEN)
    headers = {"authorization": f"Bearer {TOKEN}", "cookie": COOKIE}
    async with httpx.AsyncClient(base_url=app.base_url, headers=headers) as client:
        await client.get(f"/?token={TOKEN}")
        await client.get(f"/api/v1/board?token={TOKEN}")
        await client.post("/login", data={"token": TOKEN})
        await client.get("/api/v1/runs/x/log?since=x")
    url = f"{app.base_url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket&token={TOKEN}"
    async with websockets.connect(url, additional_headers=headers) as socket:
        assert str(await socket.recv()).startswith("0")
    app.terminate()
    assert app.logs.count(TOKEN) == printed
    assert "nobody-may-read" not in app.logs.replace(TOKEN, "")


async def test_a_refused_handshake_is_no_error_in_the_log(start_board: Callable[..., AppProcess]) -> None:
    app = start_board()
    with pytest.raises(websockets.InvalidStatus) as refusal:
        await websockets.connect(f"{app.base_url.replace('http', 'ws', 1)}/ws/none", additional_headers=app.headers)
    app.terminate()
    assert refusal.value.response.status_code == 404
    assert refusal.value.response.headers["x-content-type-options"] == "nosniff"
    assert "completing handshake" not in app.logs
