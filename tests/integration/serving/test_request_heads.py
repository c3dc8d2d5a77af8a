"""The cap on request heads, over real connections."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress

import pytest
import pytest_asyncio
import uvicorn

from kanban_app.asgi import Message, Receive, Scope, Send
from kanban_app.serving import request_heads
from kanban_app.serving.request_heads import HEAD_LIMIT, CappedHttp
from tests.support.waiting import eventually

REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


async def answers_with_its_headers(scope: Scope, receive: Receive, send: Send) -> None:
    message: Message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
    names = b" ".join(sorted(name for name, _ in scope["headers"]))
    headers = [(b"content-length", str(len(names)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": names})


@pytest_asyncio.fixture
async def port() -> AsyncGenerator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(answers_with_its_headers, http=CappedHttp, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    await eventually(lambda: server.started)
    yield listener.getsockname()[1]
    server.should_exit = True
    await running
    listener.close()


async def exchange(port: int, pieces: Iterable[bytes]) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        return await reader.readuntil(b"\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        return b"cut"
    finally:
        writer.close()


async def test_usual_heads_pass_again_and_again_on_one_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"x" * HEAD_LIMIT * 2
    for _ in range(3):
        writer.write(REQUEST + b"X: %b\r\nContent-Length: %d\r\n\r\n" % (b"a" * 30_000, len(body)) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(len(b"content-length host x")) == b"content-length host x"
    writer.close()


@pytest.mark.parametrize("line", [b"X-%d: " + b"a" * 8000 + b"\r\n", b"%d" + b"a" * 8000, b"X%d:a\r\n"])
async def test_heads_without_end_are_cut(port: int, line: bytes) -> None:
    """Many long headers, one header without an end, and many short ones."""
    pieces = (line % number for number in range(HEAD_LIMIT * 2 // len(line)))
    answer = await exchange(port, [REQUEST, *pieces])
    assert answer == b"cut" or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))


async def test_a_request_line_without_end_is_cut(port: int) -> None:
    answer = await exchange(port, [b"GET /", *[b"a" * 8000] * 40])
    assert answer == b"cut" or answer.startswith(b"HTTP/1.1 431")


async def test_trailers_add_no_headers(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Admin: yes\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n")
    assert await reader.readexactly(len(b"host transfer-encoding")) == b"host transfer-encoding"
    writer.close()


@pytest.mark.parametrize("beginning", [b"", b"GET / HT", REQUEST, REQUEST + b"Content-Length: 0\r\n\r\n" + REQUEST])
async def test_who_does_not_finish_a_head_is_cut(port: int, beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_heads, "HEAD_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    with suppress(ConnectionError):
        await asyncio.wait_for(reader.read(), 20)
    writer.close()


async def test_a_body_may_take_longer_than_a_head(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_heads, "HEAD_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST + b"Content-Length: 2\r\n\r\nx")
    idle, idler = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        await asyncio.wait_for(idle.read(), 20)
    writer.write(b"x")
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()
    idler.close()
