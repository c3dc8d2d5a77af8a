"""Answers over HTTP that no service of ours gives."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from kanban_app.client import service_http
from kanban_app.client.service_http import ServiceHttp, ServiceHttpError
from kanban_app.client.urls import parse_url
from kanban_app.client.ways import find_way
from kanban_app.tac7.limits import Limits
from tests.support.client_bench import settings_for
from tests.support.listening import Serve, listening
from tests.support.waiting import STEP_S

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def calls_to(serve: Serve, limits: Limits | None = None) -> AsyncGenerator[ServiceHttp]:
    async with listening(serve) as port:
        settings = replace(settings_for(f"ws://127.0.0.1:{port}/ws/trigger"), limits=limits or Limits())
        url = parse_url(settings.url)
        calls = ServiceHttp(settings, url, await find_way(url, None))
        try:
            yield calls
        finally:
            await calls.aclose()


@pytest.mark.parametrize("charset", ["hex", "base64", "idna", "undefined", "utf-8", "nobody-knows-it"])
async def test_an_answer_in_a_strange_charset_is_an_answer(charset: str) -> None:
    body = b'{"status": "in_progress", "note": "\xc3\xa9"}'
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset={charset}\r\nContent-Length: {len(body)}\r\n\r\n"
    )

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + body)
        await writer.drain()

    async with calls_to(answer) as calls:
        run = await calls.fetch_run("0a1b2c3d")
        assert run is not None
        assert (run.status, run.raw["note"]) == ("in_progress", "é")


async def test_an_answer_that_drips_without_end_is_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_http, "PARTS", 0.05)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(STEP_S)

    async with calls_to(drip, Limits(http_s=20.0)) as calls, asyncio.timeout(60):
        with pytest.raises(ServiceHttpError) as slow:
            await calls.fetch_run("0a1b2c3d")
        assert slow.value.code == "E-CONN-3"
