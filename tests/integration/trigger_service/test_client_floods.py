"""Clients that send or hold too much: what is bounded, and that the others notice nothing."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import websockets

from kanban_app.tac7.service_session import ServiceAction, ServiceSession
from kanban_app.trigger_service.broadcaster import Broadcaster, Subscriber
from kanban_app.trigger_service.service import TriggerService
from kanban_app.trigger_service.sockets import understood
from tests.support.service_app import Board, Running, new_config, post_line, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

Serve = Callable[..., AbstractAsyncContextManager[Running]]
LOG = {"adw_id": "abcd1234", "workflow_name": "w", "message": "m", "level": "INFO", "timestamp": "t"}
FLOOD = 20_000


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    def start(**changes: Any) -> AbstractAsyncContextManager[Running]:
        ledger = MemoryLedger()
        journal = MemoryJournal(ledger)
        return running(TriggerService(new_config(tmp_path, **changes), ledger, journal), ledger, journal)

    return start


async def test_a_flood_of_frames_holds_up_nobody(serve: Serve) -> None:
    async with serve() as app, app.board() as noisy, app.board() as calm:
        flood = asyncio.create_task(send_pings(noisy, FLOOD))
        await eventually(lambda: noisy.of("pong"))
        await calm.link.send('{"type": "ping"}')
        await calm.wait(lambda m: m["type"] == "pong")
        assert len(noisy.received) < FLOOD / 20
        flood.cancel()


async def test_who_asks_and_never_reads_the_answers_is_closed(serve: Serve) -> None:
    async with serve(subscriber_queue=50) as app, app.board() as deaf, app.board() as calm:
        deaf.link.transport.pause_reading()
        flood = asyncio.create_task(send_pings(deaf, FLOOD, "x" * 20_000))
        async with app.http() as http:
            await connections(http, 1)
        deaf.link.transport.resume_reading()
        await eventually(lambda: deaf.closed_with is not None)
        await calm.link.send('{"type": "ping"}')
        await calm.wait(lambda m: m["type"] == "pong")
        flood.cancel()
    assert deaf.closed_with == 1013


async def test_what_waits_for_one_client_is_bounded_in_bytes_too(serve: Serve, tmp_path: Path) -> None:
    async with serve(subscriber_bytes=5_000_000) as app, app.board() as slow, app.board() as quick:
        slow.link.transport.pause_reading()
        async with app.http() as http:
            while await post_line(http, "x" * 100_000) > 1:
                pass
        slow.link.transport.resume_reading()
        await eventually(lambda: slow.closed_with is not None)
        await eventually(lambda: len(quick.numbers) == len(app.journal.entries))
    assert slow.closed_with == 1013
    assert len(quick.numbers) < new_config(tmp_path).subscriber_queue


async def test_one_connection_too_many_is_told_to_come_later(serve: Serve) -> None:
    async with serve(max_connections=2) as app, app.board() as one:
        async with app.board() as two:
            async with app.board() as three:
                await eventually(lambda: three.closed_with is not None)
            assert three.closed_with == 1013
            assert (one.closed_with, two.closed_with) == (None, None)
        async with app.http() as http:
            await connections(http, 1)
        async with app.board() as four:
            await four.link.send('{"type": "ping"}')
            await four.wait(lambda m: m["type"] == "pong")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ping", "timestamp": "x" * 9_000_000},
        {"type": "register_session", "data": {"session_id": "x" * 9_000_000}},
    ],
    ids=["ping", "register_session"],
)
async def test_an_answer_that_would_be_too_large_is_an_error(serve: Serve, message: dict[str, Any]) -> None:
    async with serve() as app, app.board() as board:
        await board.link.send(json.dumps(message))
        answer = await board.wait(lambda m: m["type"] == "error")
        await board.link.send('{"type": "ping"}')
        await board.wait(lambda m: m["type"] == "pong")
    assert answer["data"]["error_type"] == "validation_error"


async def test_large_messages_are_read_in_a_thread_and_small_ones_at_once() -> None:
    class Noting(ServiceSession):
        def receive(self, text: str, now: float, at: datetime) -> list[ServiceAction]:
            threads.append(threading.get_ident())
            return super().receive(text, now, at)

    threads: list[int] = []
    session = Noting("conn_1")
    small, large = '{"type": "ping"}', json.dumps({"type": "ping", "timestamp": [1] * 100_000})
    answers = [await understood(session, text, datetime.now(UTC)) for text in (small, large)]
    assert [len(actions) for actions in answers] == [1, 1]
    assert threads[0] == threading.get_ident() != threads[1]


async def test_a_broadcast_is_one_text_for_all_who_listen() -> None:
    journal = MemoryJournal(MemoryLedger())
    hub = Broadcaster(journal)
    await hub.open()
    listeners = [Subscriber(10, 1000) for _ in range(3)]
    for listener in listeners:
        hub.add(listener)
    writing = asyncio.create_task(hub.run())
    await hub.publish([{"type": "workflow_log", "data": LOG}])
    texts = [(await listener.next(hub)).text for listener in listeners]
    writing.cancel()
    assert all(text is texts[0] for text in texts)


async def send_pings(board: Board, count: int, stamp: str = "") -> None:
    text = json.dumps({"type": "ping", "timestamp": stamp})
    with suppress(websockets.ConnectionClosed):
        for _ in range(count):
            await board.link.send(text)


async def connections(http: Any, count: int) -> None:
    async with asyncio.timeout(30):
        while (await http.get("/health")).json()["active_connections"] != count:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.005)
