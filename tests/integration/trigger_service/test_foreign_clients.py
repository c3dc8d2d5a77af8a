"""Clients of others beside our board on one service: everybody hears everything, and nobody waits for anybody."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kanban_app.tac7.session_events import Ready, Received
from kanban_app.trigger_service.service import TriggerService
from tests.support import client_bench
from tests.support.service_app import Board, Running, new_config, post_line, running
from tests.support.service_memory import MemoryJournal, MemoryLedger
from tests.support.waiting import eventually

LINES = 100
LARGE = "x" * 100_000


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[Running]:
    """A service that lets 50 broadcasts wait for a client."""
    ledger = MemoryLedger()
    journal = MemoryJournal(ledger)
    service = TriggerService(new_config(tmp_path, subscriber_queue=50), ledger, journal)
    async with running(service, ledger, journal) as found:
        yield found


@asynccontextmanager
async def our_board(app: Running) -> AsyncIterator[client_bench.Board]:
    """The client that our board has."""
    async with client_bench.running(client_bench.settings_for(f"ws://127.0.0.1:{app.port}/ws/trigger")) as board:
        await board.wait(Ready)
        yield board


async def register(board: Board, session_id: str) -> None:
    before = len(board.of("session_registered"))
    await board.send("register_session", session_id=session_id)
    await eventually(lambda: len(board.of("session_registered")) > before)


async def post_lines(app: Running, count: int) -> None:
    async with app.http() as http:
        for number in range(count):
            await post_line(http, f"line {number}")


def everything(app: Running) -> list[int]:
    return list(range(1, len(app.journal.entries) + 1))


async def test_every_client_gets_every_broadcast_once(app: Running) -> None:
    async with our_board(app) as ours, app.board() as mute, app.board() as one, app.board() as two:
        await register(one, "a session")
        await register(one, "a session")
        await register(two, "a session")
        await two.trigger(adw_id="abcd1234", issue_json={"title": "x"})
        await post_lines(app, LINES)
        for board in (mute, one, two):
            await board.final("abcd1234")
        await eventually(lambda: app.service.active_runs == 0)
        for board in (mute, one, two):
            await eventually(lambda board=board: len(board.numbers) == len(everything(app)))
            assert board.numbers == everything(app)
        await eventually(lambda: numbers_of(ours)[-1:] == everything(app)[-1:])
        assert numbers_of(ours) == everything(app)


def numbers_of(ours: client_bench.Board) -> list[int]:
    return [event.seq for event in ours.all(Received) if event.seq is not None]


async def test_one_that_reads_nothing_is_let_go_while_the_others_go_on(app: Running) -> None:
    async with our_board(app) as ours, app.board() as mute, app.board() as slow:
        await register(slow, "a session")
        slow.link.transport.pause_reading()
        async with app.http() as http:
            while await post_line(http, LARGE) > len((ours, mute)):
                pass
        slow.link.transport.resume_reading()
        await eventually(lambda: slow.closed_with is not None)
        for numbers in (lambda: mute.numbers, lambda: numbers_of(ours)):
            await eventually(lambda numbers=numbers: len(numbers()) == len(everything(app)))
            assert numbers() == everything(app)
    assert slow.closed_with == 1013
    assert slow.numbers == everything(app)[: len(slow.numbers)]


async def test_a_client_that_never_says_a_word_is_not_sent_away(app: Running) -> None:
    async with app.board() as mute, our_board(app):
        await post_lines(app, LINES)
        await eventually(lambda: len(mute.numbers) == LINES)
        assert mute.closed_with is None
        assert {message["type"] for message in mute.received} == {"workflow_log"}
