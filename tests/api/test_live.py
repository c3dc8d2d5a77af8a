"""`/ws/live` over a real server and a real database."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
import websockets
from websockets.asyncio.client import ClientConnection, connect

from kanban_app.api import live as module
from kanban_app.api.gate import Gate
from kanban_app.api.origins import HostRules
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.keeper import Beside
from kanban_app.services.live_frames import FRAME_BYTES
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from tests.api.desk import Desk
from tests.api.live_server import serving
from tests.support.waiting import eventually

RUN = "0a1b2c3d"
LIMIT_S = 30


class Web:
    def __init__(self, desk: Desk, address: str) -> None:
        self.desk = desk
        self.address = address
        self.url = f"ws://{address}/ws/live"

    async def write(self, count: int, run: str = RUN, text: str = "line") -> None:
        lines = [LogEntry(run, datetime.now(UTC), LogKind.LOG, LogLevel.INFO, text) for _ in range(count)]
        await self.desk.bench.keeper.report([], Beside(lines))

    def connect(self, **options: Any) -> connect:
        return connect(self.url, **options)

    @asynccontextmanager
    async def lazy(self) -> AsyncGenerator[ClientConnection]:
        """A client that has room for little in front of it, so that what it does not take piles up at the server."""
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        own.setblocking(False)
        host, port = self.address.split(":")
        await asyncio.get_running_loop().sock_connect(own, (host, int(port)))
        async with connect(self.url, sock=own, compression=None, max_queue=1, ping_interval=None) as opened:
            yield opened


@pytest_asyncio.fixture
async def web(desk: Desk) -> AsyncGenerator[Web]:
    async with serving(desk.app) as address:
        yield Web(desk, address)
        desk.services.stopping.set()


async def say(tab: ClientConnection, **message: Any) -> None:
    await tab.send(json.dumps(message))


async def heard(tab: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(LIMIT_S):
        return json.loads(await tab.recv())


def seqs(message: dict[str, Any]) -> list[int]:
    return [line["seq"] for line in message["lines"]]


async def all_heard(tab: ClientConnection) -> None:
    while True:
        await heard(tab)


async def seqs_until(tab: ClientConnection, last: int) -> list[int]:
    """The numbers of all lines that come, up to this one."""
    found: list[int] = []
    while not found or found[-1] < last:
        found += seqs(await heard(tab))
    return found


async def closed(tab: ClientConnection) -> tuple[int | None, str]:
    with pytest.raises(websockets.ConnectionClosed):
        await all_heard(tab)
    return tab.close_code, tab.close_reason or ""


async def test_attaching_in_mid_traffic_has_no_gap_and_no_duplicate(web: Web) -> None:
    total = 300

    async def traffic() -> None:
        for _ in range(total // 3):
            await web.write(3)

    writing = asyncio.create_task(traffic())
    for _ in range(6):
        async with web.connect() as tab:
            await say(tab, type="open", run=RUN, after=0)
            got = await seqs_until(tab, 5)
            assert got == list(range(1, len(got) + 1))
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN)
        first = await heard(tab)
        assert first["type"] == "snapshot"
        got = [line["seq"] for line in first["lines"]] + (await seqs_until(tab, total) if first["last"] < total else [])
    await writing
    assert got == list(range(got[0], total + 1))


async def test_coming_back_brings_what_was_missed(web: Web) -> None:
    await web.write(5)
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN, after=None)
        assert (await heard(tab))["last"] == 5
    await web.write(4)
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN, after=5)
        message = await heard(tab)
    assert (message["type"], [line["seq"] for line in message["lines"]]) == ("lines", [6, 7, 8, 9])


async def test_another_run_on_the_same_socket_and_none(web: Web) -> None:
    await web.write(2, "ffffffff")
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN)
        assert (await heard(tab))["lines"] == []
        await say(tab, type="open", run="ffffffff")
        message = await heard(tab)
        assert (message["run"], message["last"]) == ("ffffffff", 2)
        await say(tab, type="close")
        await say(tab, type="ping")
        assert await heard(tab) == {"type": "pong"}
        assert web.desk.services.live.runs == frozenset()
        await say(tab, type="open", run=RUN)
        await heard(tab)
    await eventually(lambda: not web.desk.services.live.runs)


async def test_a_stalled_viewer_slows_nobody_and_gets_a_snapshot(web: Web) -> None:
    """It takes nothing while megabytes come; another viewer has every line meanwhile."""
    async with web.lazy() as stalled, web.connect() as quick:
        await say(stalled, type="open", run=RUN)
        await heard(stalled)
        (slow_viewer,) = web.desk.services.live._channels[RUN].viewers
        await say(quick, type="open", run=RUN)
        await heard(quick)
        last = 0
        while last < 5000 and not slow_viewer.is_behind:
            await web.write(5, text="x" * 10_000)
            last += 5
            message = await heard(quick)
            assert message["type"] == "lines"
            assert seqs(message) == list(range(last - 4, last + 1))
            assert slow_viewer._bytes <= FRAME_BYTES
        assert slow_viewer.is_behind
        types, known = list[str](), 0
        while known < last:
            message = await heard(stalled)
            numbers = seqs(message)
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert numbers[0] == known + 1 or (message["type"] == "snapshot" and numbers[0] > known)
            types.append(message["type"])
            known = numbers[-1]
        assert types[-1] == "snapshot"


async def test_a_viewer_that_never_takes_anything_is_closed(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STALL_S", 0.2)
    async with web.lazy() as tab:
        await say(tab, type="open", run=RUN)
        await heard(tab)
        for _ in range(1000):
            await web.write(10, text="x" * 20_000)
            if not web.desk.services.live.runs:
                break
        await eventually(lambda: not web.desk.services.live.runs, LIMIT_S)
        assert await closed(tab) == (1013, "Nothing was taken for too long")


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "null", "{}", '{"type": 1}', '{"type": "shout"}', '{"type": "open"}', '{"type": "open", "run": 5}',
        '{"type": "open", "run": ""}', '{"type": "open", "run": "a", "after": -1}',
        '{"type": "open", "run": "a", "after": "1"}', '{"type": "open", "run": "a", "after": 1.5}',
        '{"type": "open", "run": "a", "after": true}', '{"type": "open", "run": "a", "more": 1}',
        '{"type": "open", "run": "\\ud800"}', '{"type": "open", "run": "' + "a" * 65 + '"}',
        '{"type": "close", "run": "a"}',
    ],
)  # fmt: skip
async def test_what_is_not_understood_is_said_and_changes_nothing(web: Web, text: str) -> None:
    await web.write(1)
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN)
        await heard(tab)
        await tab.send(text)
        message = await heard(tab)
        assert (message["type"], set(message["error"])) == (
            "error",
            {"code", "title", "message", "actions", "details"},
        )
        await web.write(1)
        assert [line["seq"] for line in (await heard(tab))["lines"]] == [2]


async def test_messages_that_end_the_connection(web: Web) -> None:
    async with web.connect() as tab:
        await tab.send(b"\x00")
        assert (await closed(tab))[0] == 1003
    async with web.connect() as tab:
        await tab.send("x" * 1001)
        assert (await closed(tab))[0] == 1009


async def test_too_many_messages(web: Web) -> None:
    async with web.connect() as tab:
        for _ in range(module.BURST * 2):
            await say(tab, type="open", run=RUN)
        assert (await closed(tab))[0] == 1008


async def test_a_store_that_cannot_be_read(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("io-error")

    monkeypatch.setattr(Store, "log_page", broken)
    async with web.connect() as tab:
        await say(tab, type="open", run=RUN)
        assert await closed(tab) == (1013, "The log cannot be read")


async def test_stopping_ends_every_viewer_at_once(web: Web) -> None:
    async with web.connect() as one, web.lazy() as stalled:
        for tab in (one, stalled):
            await say(tab, type="open", run=RUN)
            await heard(tab)
        for _ in range(40):
            await web.write(10, text="x" * 20_000)
        async with asyncio.timeout(5):
            web.desk.services.stopping.set()
            await eventually(lambda: not web.desk.services.live.runs)
        assert await closed(one) == (1012, "The board is stopping")
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with web.connect():
                pass
        assert refused.value.response.status_code == 503


async def test_the_gate_lets_in_who_may_come(desk: Desk) -> None:
    gated = Gate(desk.app, HostRules.of("127.0.0.1", ()), "secret-token")
    async with serving(gated) as address:
        web = Web(desk, address)

        async def comes_in(**options: Any) -> bool:
            try:
                async with web.connect(**options) as tab:
                    await say(tab, type="ping")
                    return await heard(tab) == {"type": "pong"}
            except websockets.InvalidStatus as refused:
                return refused.response.status_code != 403

        bearer = {"Authorization": "Bearer secret-token"}
        assert await comes_in(additional_headers=bearer)
        assert await comes_in(additional_headers=bearer, origin=f"http://{address}")
        assert not await comes_in()
        assert not await comes_in(additional_headers={"Authorization": "Bearer wrong"})
        assert not await comes_in(additional_headers=bearer, origin="http://elsewhere.example")
        desk.services.stopping.set()
