"""New cards are told to the service: in order, at most twice, and never at the cost of anything else."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kanban_app.domain.commands import DeleteTask
from kanban_app.domain.connection import Connection
from kanban_app.domain.records import EventRecord
from kanban_app.services import announcer as module
from kanban_app.services.announcer import Announcer
from kanban_app.tac7.client_messages import TicketData
from kanban_app.tac7.client_session import NotReady
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.session_events import TicketAnswered
from tests.support.board_bench import Bench, bench, connected
from tests.support.waiting import eventually


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


@dataclass
class ScriptedHerald:
    """Answers each announcement with what `reply` makes of it; None for no answer yet."""

    reply: Callable[[TicketData], TicketAnswered | None]
    connection: Connection = field(default_factory=connected)
    tickets: list[TicketData] = field(default_factory=list)
    is_gone: bool = False
    largest: int = 1_000_000
    tell: Callable[[TicketAnswered], None] = lambda _: None

    async def announce(self, ticket: TicketData) -> None:
        if self.is_gone:
            raise NotReady
        self.tickets.append(ticket)
        if len(ticket.description or "") > self.largest:
            raise FrameTooLarge(self.largest + 1, self.largest)
        answer = self.reply(ticket)
        if answer:
            self.tell(answer)


def received(ticket: TicketData) -> TicketAnswered:
    return TicketAnswered(ticket.id, "received")


def refused(error: str) -> Callable[[TicketData], TicketAnswered]:
    return lambda ticket: TicketAnswered(ticket.id, "error", error)


@asynccontextmanager
async def announcing(database: Path, herald: ScriptedHerald) -> AsyncGenerator[tuple[Bench, Announcer]]:
    async with bench(database) as b:
        announcer = Announcer(b.keeper, b.hub, herald, lambda: not herald.is_gone)
        herald.tell = announcer.answered
        running = asyncio.create_task(announcer.run())
        await eventually(lambda: b.hub._feeds)
        yield b, announcer
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_new_card_is_told_once_with_what_it_is(database: Path) -> None:
    herald = ScriptedHerald(received)
    async with announcing(database, herald) as (b, _):
        task = await b.create("Export invoices")
        await eventually(lambda: herald.tickets)
        ticket = herald.tickets[0]
        assert (ticket.id, ticket.title, ticket.workItemType) == (str(task.number), "Export invoices", "feature")
        assert (ticket.stage, ticket.queuedStages) == ("backlog", ["plan", "build", "test", "review", "document"])
        await b.create("next")
        await eventually(lambda: len(herald.tickets) == 2)


async def test_cards_wait_for_the_connection_and_then_come_in_order(database: Path) -> None:
    herald = ScriptedHerald(received, is_gone=True)
    async with announcing(database, herald) as (b, announcer):
        tasks = [await b.create(f"card {n}") for n in range(3)]
        await b.board.execute(DeleteTask(tasks[1].id), author="test")
        await eventually(lambda: len(announcer._waiting) == 3)
        assert herald.tickets == []
        herald.is_gone = False
        announcer.reconnected()
        await eventually(lambda: len(herald.tickets) == 2)
        assert [t.title for t in herald.tickets] == ["card 0", "card 2"]


async def test_what_is_not_confirmed_is_said_once_more(database: Path) -> None:
    """E-TIME-3."""
    herald = ScriptedHerald(lambda t: TicketAnswered(t.id, "unknown" if len(herald.tickets) == 1 else "received"))
    async with announcing(database, herald) as (b, _), b.hub.subscribe() as viewer:
        await b.create()
        await eventually(lambda: len(herald.tickets) == 2)
        assert viewer.take().notices == ()


@pytest.mark.parametrize(
    ("error", "title", "times"),
    [
        ("Value error, Ticket ID cannot be null", "Card not announced", 2),
        ("Value error, Ticket title must be a non-empty string", "Card not announced", 2),
        ("stage: Input should be a valid string", "Card not announced", 2),
        ("Unknown message type: ticket_notification", "Service does not take announcements", 1),
    ],
)
async def test_a_refusal_is_told_and_stops_nothing(database: Path, error: str, title: str, times: int) -> None:
    herald = ScriptedHerald(refused(error))
    async with announcing(database, herald) as (b, announcer), b.hub.subscribe() as viewer:
        await b.create("refused")
        notices: list[tuple[str, bool]] = []

        def told() -> bool:
            notices.extend((notice.title, notice.alert) for notice in viewer.take().notices)
            return bool(notices)

        await eventually(told)
        assert notices == [(title, False)]
        assert len(herald.tickets) == times
        await eventually(lambda: not announcer._waiting)


async def test_a_form_that_is_refused_is_left_out(database: Path) -> None:
    """E-TICK-3: the second time without whatever may not fit."""
    herald = ScriptedHerald(
        lambda t: TicketAnswered(t.id, "error", "progress: bad") if t.queuedStages else TicketAnswered(t.id, "received")
    )
    async with announcing(database, herald) as (b, _), b.hub.subscribe() as viewer:
        await b.create("strange")
        await eventually(lambda: len(herald.tickets) == 2)
        assert (herald.tickets[1].title, herald.tickets[1].queuedStages) == ("strange", None)
        assert viewer.take().notices == ()


async def test_a_text_that_is_too_large_is_left_out(database: Path) -> None:
    herald = ScriptedHerald(received, largest=-1)
    async with announcing(database, herald) as (b, _), b.hub.subscribe() as viewer:
        await b.create()
        await eventually(lambda: viewer.take().notices)
        assert len(herald.tickets) == 2


async def test_a_service_that_knows_no_announcements_is_left_alone_until_the_next_connection(database: Path) -> None:
    """E-TICK-5."""
    herald = ScriptedHerald(refused("Unknown message type: ticket_notification"))
    async with announcing(database, herald) as (b, announcer):
        await b.create("first")
        await eventually(lambda: not announcer._waiting and herald.tickets)
        await b.create("second")
        await eventually(lambda: not announcer._waiting)
        assert [t.title for t in herald.tickets] == ["first"]
        herald.reply = received
        announcer.reconnected()
        await b.create("third")
        await eventually(lambda: [t.title for t in herald.tickets] == ["first", "third"])


async def test_a_connection_that_goes_in_between_loses_no_card(database: Path) -> None:
    def go(ticket: TicketData) -> TicketAnswered:
        herald.is_gone = True
        return TicketAnswered(ticket.id, "unknown")

    herald = ScriptedHerald(go)
    async with announcing(database, herald) as (b, announcer):
        await b.create("kept")
        await eventually(lambda: herald.is_gone)
        herald.is_gone, herald.reply = False, received
        announcer.reconnected()
        await eventually(lambda: len(herald.tickets) == 2)
        await eventually(lambda: not announcer._waiting)


async def test_the_oldest_of_too_many_is_dropped_and_written_down(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    herald = ScriptedHerald(received, is_gone=True)
    with caplog.at_level(logging.WARNING):
        async with announcing(database, herald) as (b, announcer):
            tasks = [await b.create(f"card {n}") for n in range(3)]
            await eventually(lambda: list(announcer._waiting) == [task.id for task in tasks[1:]])
    assert f"card {tasks[0].id} is not announced: more than 2 wait" in caplog.text


async def test_answers_that_nobody_waits_for_do_no_harm(database: Path) -> None:
    herald = ScriptedHerald(received)
    async with announcing(database, herald) as (b, announcer):
        for n in range(10):
            announcer.answered(TicketAnswered(f"old {n}", "received"))
        announcer._add([EventRecord("task.moved", datetime.now(UTC), "test", {})])
        await b.create()
        await eventually(lambda: len(herald.tickets) == 1 and not announcer._waiting)
