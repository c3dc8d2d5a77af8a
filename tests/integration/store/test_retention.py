"""Old lines and events go in steps, and the index of logs goes with them."""

import asyncio
import random
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alembic import command
from kanban_app.domain.model import Board
from kanban_app.services.event_log import EventLog
from kanban_app.services.retention import Janitor, Keep
from kanban_app.store import migrate
from kanban_app.store import retention as retention_module
from kanban_app.store.database import Store
from kanban_app.store.retention import ALIGN, STEP_LINES, STEP_ROWS, Extent, Retention
from tests.integration.store.conftest import NOW, Samples
from tests.integration.store.test_searching import index_all, lines_found, save

pytestmark = pytest.mark.asyncio
RUN = "aaaaaaaa"


async def fill(store: Store, samples: Samples, count: int, *, pieces: int = 1, indexed: bool = True) -> None:
    """Lines with a word of their own each, stored (and indexed) in so many pieces: documents of odd sizes."""
    await save(store, Board("default", {"task-1": samples.task()}, {RUN: samples.run()}))
    size = -(-count // pieces)
    for start in range(0, count, size):
        lines = [
            samples.line(f"word{n}x common \x1b[31mcolour{n}x") for n in range(start + 1, min(count, start + size) + 1)
        ]
        async with store.write() as tx:
            await tx.append_log(lines)
        if indexed:
            await index_all(store)


async def remove_all(retention: Retention, upto: int) -> int:
    total = 0
    while count := await retention.remove_lines(RUN, upto):
        total += count
    return total


def indexed_words(file: Path) -> list[set[int]]:
    """The documents that the index has for the word of each line: read beside the program."""
    with sqlite3.connect(file) as connection:
        connection.execute("INSERT INTO search_log_text (search_log_text) VALUES ('integrity-check')")
        connection.rollback()
        ask = "SELECT rowid & 4294967295 FROM search_log_text WHERE search_log_text MATCH ?"
        found = [{row[0] for row in connection.execute(ask, (f"word{n}x",))} for n in range(1, 1001)]
    connection.close()
    return found


@pytest.mark.parametrize("pieces", [1, 7, 40])
async def test_the_index_follows(store: Store, database: Path, samples: Samples, pieces: int) -> None:
    await fill(store, samples, 1000, pieces=pieces)
    retention = Retention(store)
    rng = random.Random(pieces)
    removed = 0
    while removed < 950:
        upto = min(950, removed + ALIGN * rng.randint(1, 8))
        assert await remove_all(retention, upto) == upto - removed
        removed = upto
        found = indexed_words(database)
        assert not any(found[:removed])
        assert all(found[removed:])
    assert (await lines_found(store, "word951x"))[RUN][0] == 951
    assert await lines_found(store, "word950x") == {}
    assert (await lines_found(store, "common"))[RUN][0] == 1000


async def test_what_is_not_indexed_yet_can_go_too(store: Store, samples: Samples) -> None:
    await fill(store, samples, 400, indexed=False)
    retention = Retention(store)
    assert await remove_all(retention, 350) == 350
    await index_all(store)
    assert await lines_found(store, "word350x") == {}
    assert (await lines_found(store, "word351x"))[RUN][0] == 351


async def test_numbers_go_on(store: Store, samples: Samples) -> None:
    await fill(store, samples, 320)
    retention = Retention(store)
    extent = (await retention.extents([RUN]))[RUN]
    assert extent == Extent(1, 320)
    assert extent.removable == 300
    assert await remove_all(retention, extent.removable) == 300
    async with store.write() as tx:
        assert (await tx.append_log([samples.line("later")]))[0].seq == 321
    assert await retention.extents() == {RUN: Extent(301, 321)}
    lines, last = await store.log_page(RUN, since=0, limit=5)
    assert ([line.seq for line in lines], last) == ([301, 302, 303, 304, 305], 321)


async def test_a_step_is_small(store: Store, samples: Samples) -> None:
    await fill(store, samples, 1000)
    assert await Retention(store).remove_lines(RUN, 900) == STEP_LINES


@pytest.mark.parametrize(("last", "removable"), [(1, 0), (50, 0), (51, 50), (100, 50), (101, 100)])
async def test_the_end_of_a_log_stays(last: int, removable: int) -> None:
    assert Extent(1, last).removable == removable


async def test_events_go_by_card_and_are_counted(store: Store, samples: Samples) -> None:
    old, new = NOW - timedelta(days=400), NOW
    card = samples.task()
    await save(store, Board("default", {card.id: card}))
    async with store.write() as tx:
        await tx.append_events([replace(samples.event(n), at=old) for n in range(STEP_ROWS + 10)])
        await tx.append_events([replace(samples.event(), at=old, task_id=None), replace(samples.event(), at=new)])
    retention = Retention(store)
    upto = await retention.old_events(NOW - timedelta(days=365))
    assert upto == STEP_ROWS + 11
    assert set(await retention.owners_of_events(upto)) == {"task-1", None}
    assert await retention.remove_events("task-1", upto) == STEP_ROWS
    assert await retention.remove_events("task-1", upto) == 10
    assert await retention.remove_events("task-1", upto) == 0
    assert await retention.removed_events("task-1") == STEP_ROWS + 10
    assert await retention.removed_events("task-2") == 0
    assert [event.seq for event in await store.events_since(0, 10)] == [upto, upto + 1]
    assert await retention.remove_events(None, upto) == 1
    async with store.write() as tx:
        assert (await tx.append_events([samples.event()]))[0].seq == upto + 2


async def test_no_events_at_all(store: Store) -> None:
    assert await Retention(store).old_events(NOW) == 0


async def test_the_history_of_a_card_says_what_was_removed(store: Store, samples: Samples) -> None:
    retention = Retention(store)
    log = EventLog(store, retention=retention, kept="after 365 days")
    async with store.write() as tx:
        await tx.append_events([samples.event(n) for n in range(3)])
    assert await log.removed_of_card("task-1") == ""
    await retention.remove_events("task-1", 1)
    assert await log.removed_of_card("task-1") == "1 older entry was removed after 365 days."
    await retention.remove_events("task-1", 2)
    assert await log.removed_of_card("task-1") == "2 older entries were removed after 365 days."


async def test_writers_wait_for_one_step_at_most(store: Store, samples: Samples) -> None:
    """Whoever writes while the janitor is at work gets its turn between two steps."""
    await fill(store, samples, 1000)
    ended = replace(samples.run(), task_id=None, created_at=NOW - timedelta(days=100))
    board = Board("default", {}, {RUN: ended})
    order: list[str] = []
    begun = asyncio.Event()
    source = Retention(store)

    class Told(Retention):
        async def remove_lines(self, adw_id: str, upto: int) -> int:
            count = await super().remove_lines(adw_id, upto)
            order.append("step")
            begun.set()
            return count

    async def write() -> None:
        async with store.write() as tx:
            await tx.append_events([samples.event()])
        order.append("write")

    janitor = Janitor(Told(store), lambda: board, Keep(90, 0, 0), "default")
    sweeping = asyncio.create_task(janitor.sweep(NOW))
    await begun.wait()
    await write()
    assert (await sweeping).lines == 950
    assert order.index("write") <= 2
    assert (await source.extents())[RUN] == Extent(951, 1000)


async def test_logs_of_before_are_indexed_anew(url: str, database: Path, samples: Samples) -> None:
    """Down to the form before and up again: what was indexed is found again, and can be removed."""
    async with await Store.open(url) as store:
        await fill(store, samples, 300)
    config, engine = migrate._config(), migrate.migration_engine(url)
    for move, target in ((command.downgrade, "0011"), (command.upgrade, "head")):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            move(config, target)
    engine.dispose()
    async with await Store.open(url) as store:
        await index_all(store)
        assert (await lines_found(store, "word7x"))[RUN][0] == 7
        assert await remove_all(Retention(store), 250) == 250
        assert await lines_found(store, "word7x") == {}
    assert not any(indexed_words(database)[:250])


async def test_which_events_are_too_many(store: Store, samples: Samples) -> None:
    retention = Retention(store)
    assert await retention.excess_events(1) == 0
    async with store.write() as tx:
        stored = await tx.append_events([samples.event(n) for n in range(10)])
    assert await retention.excess_events(10) == 0
    assert await retention.excess_events(4) == stored[5].seq


async def test_removed_lines_are_known_on_up_to_a_bound(
    store: Store, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(store, Board("default", {"task-1": samples.task()}, {RUN: samples.run()}))
    async with store.write() as tx:
        await tx.append_log([replace(samples.line(f"{n}"), source_key=f"key {n}") for n in range(1, 401)])
        await tx.append_log([samples.line("without a key")])
    assert await remove_all(Retention(store), 300) == 300
    assert await store.log_keys(RUN) == [f"key {n}" for n in range(1, 401)]
    monkeypatch.setattr(retention_module, "KEYS_KEPT", 100)
    assert await remove_all(Retention(store), 350) == 50
    assert await store.log_keys(RUN) == [f"key {n}" for n in range(251, 401)]
