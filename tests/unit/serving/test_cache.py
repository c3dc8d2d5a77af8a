"""What browsers may keep."""

import pytest

from kanban_app.asgi import Receive, Scope, Send
from kanban_app.serving.cache import CacheHeaders
from tests.support.asgi import request


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/assets/entry.client-BxY_12-3.js", 200, "private, max-age=31536000, immutable"),
        ("/assets/entry.client-BxY_12-3.js", 304, "private, max-age=31536000, immutable"),
        ("/assets/entry.client-BxY_12-3.js", 404, "private, no-cache"),
        ("/assets/logo.svg", 200, "private, no-cache"),
        ("/", 200, "private, no-cache"),
        ("/api/v1/board", 200, "private, no-cache"),
    ],
)
async def test_hashed_files_for_ever_and_the_rest_after_asking(path: str, status: int, expected: str) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})

    assert (await request(CacheHeaders(app), "GET", path)).headers["cache-control"] == expected


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/event-stream; charset=utf-8"])
async def test_data_of_the_board_are_not_kept(kind: str) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    assert (await request(CacheHeaders(app), "GET", "/api/v1/board")).headers["cache-control"] == "no-store"


async def test_an_answers_own_word_stays() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"Cache-Control", b"no-store")]})

    assert "cache-control" not in (await request(CacheHeaders(app), "GET", "/")).headers
