"""Server-sent events over a real server: nothing missing, nothing twice, and an end when there has to be one."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kanban_app.api import events as module
from kanban_app.domain import reported as r
from kanban_app.services.hub import Feed
from tests.api.desk import Desk
from tests.api.live_server import serving
from tests.support.waiting import eventually


@dataclass
class Message:
    id: int | None = None
    event: str = "message"
    data: Any = None
    comments: list[str] = field(default_factory=list[str])


async def messages(answer: httpx.Response) -> AsyncIterator[Message]:
    message = Message()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        match name:
            case "":
                if not line:
                    yield message
                    message = Message()
                else:
                    message.comments.append(value)
            case "id":
                message.id = int(value)
            case "event":
                message.event = value
            case "data":
                message.data = json.loads(value)
            case _:
                pass


@dataclass
class Web:
    desk: Desk
    url: str
    client: httpx.AsyncClient

    @asynccontextmanager
    async def listen(self, query: str = "", **headers: str) -> AsyncGenerator[AsyncIterator[Message]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.stream("GET", f"{self.url}/api/v1/events{query}", headers=named) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            yield messages(answer)

    def followers(self) -> int:
        return len(self.desk.services.hub._feeds)


@pytest_asyncio.fixture
async def web(desk: Desk) -> AsyncGenerator[Web]:
    async with serving(desk.app) as address, httpx.AsyncClient(timeout=10) as client:
        yield Web(desk, f"http://{address}", client)
        desk.services.stopping.set()


async def until(stream: AsyncIterator[Message], last: int) -> list[Message]:
    """The numbered events of a stream up to this number."""
    found: list[Message] = []
    async for message in stream:
        if message.event == "message" and message.id is not None:
            found.append(message)
            if message.id >= last:
                return found
    raise AssertionError("the stream has ended")


async def next_live(stream: AsyncIterator[Message]) -> Message:
    async for message in stream:
        if message.event == "live":
            return message
    raise AssertionError("the stream has ended")


async def test_all_events_from_the_beginning(web: Web) -> None:
    task = await web.desk.bench.running()
    newest = web.desk.services.last_seq()
    async with web.listen("?since=0") as stream:
        found = await until(stream, newest)
    assert [message.id for message in found] == list(range(1, newest + 1))
    first = found[0].data
    assert (first["seq"], first["kind"], first["author"], first["task_id"]) == (1, "task.created", "test", task.id)
    assert first["at"].endswith("Z")
    assert {"attempt.opened", "attempt.sent", "attempt.started", "stage.entered"} <= {m.data["kind"] for m in found}


async def test_without_a_number_it_begins_now(web: Web) -> None:
    await web.desk.bench.create("Old")
    async with web.listen() as stream:
        opening = await anext(stream)
        assert opening.comments == ["attached"]
        hello = await anext(stream)
        assert (hello.event, hello.id, hello.data) == ("hello", 1, {"seq": 1})
        await web.desk.bench.create("New")
        found = await until(stream, 2)
    assert [message.data["data"]["task"]["title"] for message in found] == ["New"]


async def test_a_number_from_the_future_is_the_newest(web: Web) -> None:
    await web.desk.bench.create("Old")
    async with web.listen("?since=1000000") as stream:
        await anext(stream)
        await web.desk.bench.create("New")
        found = await until(stream, 2)
    assert [message.id for message in found] == [2]


async def test_the_last_event_id_wins(web: Web) -> None:
    for number in range(5):
        await web.desk.bench.create(f"Card {number}")
    async with web.listen("?since=1", Last_Event_ID="3") as stream:
        found = await until(stream, 5)
    assert [message.id for message in found] == [4, 5]


async def test_no_event_is_lost_or_doubled_while_clients_come_and_go(web: Web) -> None:
    total = 300

    async def make() -> None:
        for number in range(total):
            await web.desk.bench.create(f"Card {number}")

    async def follow(stay: int) -> list[int]:
        """Leaves after some events and comes back with the last number it has seen."""
        seen: list[int] = []
        while not seen or seen[-1] < total:
            last = seen[-1] if seen else 0
            headers = {"Last_Event_ID": str(last)} if last else {}
            async with web.listen("?since=0", **headers) as stream:
                found = await until(stream, min(total, last + stay))
            seen.extend(message.id or 0 for message in found)
        return seen

    making = asyncio.create_task(make())
    results = await asyncio.gather(follow(7), follow(50), follow(total))
    await making
    for seen in results:
        assert seen == list(range(1, total + 1))


async def test_the_board_and_the_events_fit_together(web: Web) -> None:
    async def make() -> None:
        for number in range(100):
            await web.desk.bench.create(f"Card {number}")

    making = asyncio.create_task(make())
    for _ in range(5):
        board = (await web.client.get(f"{web.url}/api/v1/board")).json()
        titles = {task["title"] for task in board["columns"][0]["tasks"]}
        assert len(titles) == board["seq"]
        if board["seq"] < 100:
            async with web.listen(f"?since={board['seq']}") as stream:
                following = await until(stream, board["seq"] + 1)
            assert following[0].data["data"]["task"]["title"] not in titles
    await making


async def test_a_reader_that_fell_behind_goes_on_from_the_store(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "LIMIT", 3)
    async with web.listen("?since=0") as stream:
        await anext(stream)
        await eventually(web.followers)
        feed = next(iter(web.desk.services.hub._feeds))
        for number in range(20):
            await web.desk.bench.create(f"Card {number}")
        records = await web.desk.services.events.since(0, 100)
        feed.add(records)
        await web.desk.bench.create("Last")
        found = await until(stream, 21)
    assert [message.id for message in found] == list(range(1, 22))


async def test_more_than_a_page_is_caught_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 4)
    for number in range(12):
        await web.desk.bench.create(f"Card {number}")
    async with web.listen("?since=0") as stream:
        found = await until(stream, 12)
    assert [message.id for message in found] == list(range(1, 13))


async def test_ticks_come_live_and_without_a_number(web: Web) -> None:
    task = await web.desk.bench.running()
    newest = web.desk.services.last_seq()
    async with web.listen(f"?since={newest}") as stream:
        await anext(stream)
        await eventually(web.followers)
        tick = r.StatusReported(task.run_id or "", "adw_plan_iso", "in_progress", "Half way", 50, "Writing")
        await web.desk.bench.keeper.report([tick])
        message = await next_live(stream)
    assert message.id is None
    assert set(message.data) == {"task_id", "progress", "step", "last_log"}
    assert (message.data["task_id"], message.data["progress"], message.data["step"]) == (task.id, 10, "Writing")
    assert web.desk.services.last_seq() == newest


async def test_a_silent_stream_shows_that_it_lives(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.05)
    async with web.listen() as stream:
        comments = [(await anext(stream)).comments for _ in range(5)]
    assert comments == [["attached"], [], ["still here"], ["still here"], ["still here"]]


async def test_a_client_that_goes_leaves_nothing_behind(web: Web) -> None:
    async with web.listen() as stream:
        await anext(stream)
        await eventually(web.followers)
        assert web.desk.services.hub.viewers == 1
    await eventually(lambda: not web.followers())
    assert web.desk.services.hub.viewers == 0


async def test_the_stream_ends_when_the_app_stops(web: Web) -> None:
    async with web.listen() as stream:
        await anext(stream)
        await eventually(web.followers)
        web.desk.services.stopping.set()
        async with asyncio.timeout(1):
            rest = [message async for message in stream]
    assert [message.event for message in rest] == ["hello"]
    assert not web.followers()


async def test_a_store_that_breaks_ends_the_stream(
    web: Web, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(type(web.desk.services.events), "since", broken)
    async with web.listen("?since=0") as stream:
        rest = [message async for message in stream]
    assert [message.comments for message in rest] == [["attached"]]
    assert "the disk is gone" in caplog.text
