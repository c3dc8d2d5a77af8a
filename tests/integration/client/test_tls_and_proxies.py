"""Real certificates and real proxies between client and service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kanban_app.client import urls
from kanban_app.client.service_http import ServiceHttpError
from kanban_app.tac7.session_events import Ready
from tests.support.certificates import Authority, make_authority
from tests.support.client_bench import Board, running, settings_for
from tests.support.listening import calling, listening, pipe
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "socks_proxy", "ws_proxy", "wss_proxy")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls") / "ca")


async def reason(board: Board) -> str:
    await eventually(lambda: board.cause == "E-CONN-6")
    connection = board.client.connection
    return (connection.cause_params if connection.cause_code else connection.error_params)["reason"]


async def test_a_custom_authority_is_trusted_by_the_socket_and_by_http(authority: Authority) -> None:
    async with FakeService(tls=authority.server("IP:127.0.0.1")) as service:
        service.runs["0a1b2c3d"] = {"status": "in_progress"}
        async with running(replace(settings_for(service.url), ca_file=authority.ca_file)) as board:
            await board.wait(Ready)
            run = await board.client.fetch_run("0a1b2c3d")
            assert run is not None
            assert run.status == "in_progress"


async def test_an_unknown_authority_is_refused_by_both(authority: Authority) -> None:
    async with (
        FakeService(tls=authority.server("IP:127.0.0.1")) as service,
        running(settings_for(service.url)) as board,
    ):
        assert await reason(board) == "its certificate comes from an authority that this computer does not know."
        with pytest.raises(ServiceHttpError) as error:
            await board.client.fetch_run("0a1b2c3d")
        assert error.value.code == "E-CONN-6"
        assert "does not know" in error.value.params["reason"]


@pytest.mark.parametrize(
    ("name", "days", "expected"),
    [
        ("IP:127.0.0.1", -1, "its certificate has expired."),
        ("IP:10.0.0.1", 2, "its certificate is for another address."),
    ],
)
async def test_why_a_certificate_is_refused(authority: Authority, name: str, days: int, expected: str) -> None:
    async with (
        FakeService(tls=authority.server(name, days=days)) as service,
        running(replace(settings_for(service.url), ca_file=authority.ca_file)) as board,
    ):
        assert await reason(board) == expected


async def test_another_name(authority: Authority) -> None:
    async with FakeService(tls=authority.server("DNS:other.example")) as service:
        url = service.url.replace("127.0.0.1", "localhost")
        async with running(replace(settings_for(url), ca_file=authority.ca_file)) as board:
            assert await reason(board) == "its certificate is for another name."


async def test_no_encryption_at_a_plain_port() -> None:
    async with FakeService() as service, running(settings_for(service.url.replace("ws://", "wss://"))) as board:
        assert await reason(board) == "no encryption is spoken at this port."


async def test_a_file_that_is_gone_is_told_and_looked_at_again(authority: Authority, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    async with (
        FakeService(tls=authority.server("IP:127.0.0.1")) as service,
        running(replace(settings_for(service.url), ca_file=file)) as board,
    ):
        assert "KANBAN_TAC7_CA_FILE" in await reason(board)
        file.write_bytes(authority.ca_file.read_bytes())
        await board.wait(Ready)


@pytest.fixture
def through_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Services of the test, which are on loopback, are treated as services elsewhere."""
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urls, "_is_loopback", lambda _host: False)
    return monkeypatch


@asynccontextmanager
async def proxy(answer: str = "200 Connection established") -> AsyncIterator[tuple[int, list[str]]]:
    """An HTTP proxy for CONNECT and GET that answers like this; its port, and the first lines that it got."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head)
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        if method != "CONNECT" or not answer.startswith("200"):
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
            return
        host, port = target.rsplit(":", 1)
        async with calling(host, int(port)) as (there_reader, there_writer):
            writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
            await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))

    async with listening(serve) as port:
        yield port, asked


async def proxy_reason(board: Board) -> str:
    await eventually(lambda: board.cause == "E-CONN-25")
    connection = board.client.connection
    return (connection.cause_params if connection.cause_code else connection.error_params)["reason"]


async def test_the_environments_proxy_is_used(through_proxies: pytest.MonkeyPatch) -> None:
    async with FakeService() as service, proxy() as (port, asked):
        through_proxies.setenv("http_proxy", f"http://user:secret@127.0.0.1:{port}")
        async with running(settings_for(service.url)) as board:
            await board.wait(Ready)
    assert asked[0].startswith(f"CONNECT 127.0.0.1:{service.port} ")
    assert "Proxy-Authorization: Basic" in asked[0]


async def test_no_proxy_for_whom_it_names(through_proxies: pytest.MonkeyPatch) -> None:
    through_proxies.setenv("http_proxy", "http://127.0.0.1:9")
    through_proxies.setenv("no_proxy", "127.0.0.1")
    async with FakeService() as service, running(settings_for(service.url)) as board:
        await board.wait(Ready)


async def test_no_proxy_for_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with FakeService() as service, running(settings_for(service.url)) as board:
        await board.wait(Ready)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("403 Forbidden", "The proxy 127.0.0.1:{port} does not let the connection through (HTTP 403)."),
        ("407 Proxy Authentication Required", "The proxy 127.0.0.1:{port} asks for a user and a password."),
        ("502 Bad Gateway", "The proxy 127.0.0.1:{port} does not reach the service (HTTP 502)."),
    ],
)
async def test_a_proxy_that_refuses(through_proxies: pytest.MonkeyPatch, answer: str, expected: str) -> None:
    async with proxy(answer) as (port, _asked):
        through_proxies.setenv("https_proxy", f"http://user:secret@127.0.0.1:{port}")
        async with running(settings_for("wss://service.example/ws/trigger")) as board:
            assert await proxy_reason(board) == expected.format(port=port)
            with pytest.raises(ServiceHttpError) as error:
                await board.client.fetch_run("0a1b2c3d")
            assert (error.value.code, error.value.params["reason"]) == ("E-CONN-25", expected.format(port=port))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://user:secret@127.0.0.1:9", "The proxy 127.0.0.1:9 cannot be reached."),
        ("socks5://user:secret@proxy.example:1080", "speaks SOCKS, for which the Python packages"),
        ("ftp://user:secret@proxy.example", "cannot be used: scheme ftp isn't supported."),
        ("http://user:secret@proxy.example:port", "cannot be read."),
    ],
)
async def test_a_proxy_that_is_of_no_use(through_proxies: pytest.MonkeyPatch, address: str, expected: str) -> None:
    through_proxies.setenv("https_proxy", address)
    async with running(settings_for("wss://service.example/ws/trigger")) as board:
        found = await proxy_reason(board)
        assert expected in found
        assert "secret" not in found


async def test_somebody_else_at_the_proxys_port(through_proxies: pytest.MonkeyPatch) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()

    async with listening(answer) as port:
        through_proxies.setenv("https_proxy", f"http://127.0.0.1:{port}")
        async with running(settings_for("wss://service.example/ws/trigger")) as board:
            assert await proxy_reason(board) == f"127.0.0.1:{port} is set as a proxy and does not answer as one."
