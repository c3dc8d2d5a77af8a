"""All or nothing, gapless numbers, and readers that are not disturbed."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kanban_app.domain.model import Board, Flag
from kanban_app.domain.records import Operation
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreError, StoreUnavailable
from tests.integration.store.conftest import Samples

pytestmark = pytest.mark.asyncio


class Boom(Exception):
    pass


async def test_board_comes_back_as_it_was_saved(store: Store, samples: Samples) -> None:
    board = (
        Board("default")
        .with_task(samples.task(1))
        .with_task(replace(samples.task(2), deleted_at=samples.now))
        .with_run(replace(samples.run(), flags=frozenset({Flag.SILENT, Flag.DEMO})))
        .with_attempt(samples.attempt())
    )
    async with store.write() as tx:
        assert await tx.save_board(Board("default"), board) == 4
    assert await store.load_board() == board
    assert await store.load_board("another") == Board("another")


async def test_save_board_writes_only_what_differs(store: Store, samples: Samples, database: Path) -> None:
    before = Board("default").with_task(samples.task(1)).with_task(samples.task(2)).with_attempt(samples.attempt())
    async with store.write() as tx:
        await tx.save_board(Board("default"), before)
    with sqlite3.connect(database) as outside:
        outside.executescript(
            "CREATE TABLE written (name TEXT);"
            "CREATE TRIGGER t1 AFTER UPDATE ON task BEGIN INSERT INTO written VALUES (new.id); END;"
            "CREATE TRIGGER t2 AFTER UPDATE ON attempt BEGIN INSERT INTO written VALUES (new.id); END;"
        )
    outside.close()
    equal_copy = replace(samples.task(1))
    after = before.with_task(equal_copy).with_task(replace(samples.task(2), title="New")).with_run(samples.run())
    async with store.write() as tx:
        assert await tx.save_board(before, before) == 0
        assert await tx.save_board(before, after) == 2
    with sqlite3.connect(database) as outside:
        assert outside.execute("SELECT name FROM written").fetchall() == [("task-2",)]
    outside.close()
    assert await store.load_board() == after


async def test_nothing_may_vanish_from_a_board(store: Store, samples: Samples) -> None:
    board = Board("default").with_task(samples.task())
    with pytest.raises(ValueError, match="task-1 has vanished"):
        async with store.write() as tx:
            await tx.save_board(board, Board("default"))


async def test_events_are_numbered_in_the_order_given(store: Store, samples: Samples) -> None:
    async with store.write() as tx:
        first = await tx.append_events([samples.event(n) for n in range(1, 4)])
        second = await tx.append_events([samples.event(4)])
        assert await tx.append_events([]) == []
    assert [event.seq for event in first + second] == [1, 2, 3, 4]
    assert await store.events_since(0, 10) == first + second
    assert [event.data["number"] for event in await store.events_since(1, 2)] == [2, 3]
    assert await store.last_seq() == 4


async def test_rollback_leaves_nothing_and_no_hole(store: Store, samples: Samples) -> None:
    async with store.write() as tx:
        await tx.append_events([samples.event()])
        await tx.append_log(samples.lines(2))
    with pytest.raises(Boom):  # noqa: PT012
        async with store.write() as tx:
            await tx.save_board(Board("default"), Board("default").with_task(samples.task()))
            await tx.append_events([samples.event(), samples.event()])
            assert [entry.seq for entry in await tx.append_log(samples.lines(2))] == [3, 4]
            await tx.append_log(samples.lines(1, "bbbbbbbb"))
            raise Boom
    assert await store.last_seq() == 1
    assert await store.load_board() == Board("default")
    async with store.write() as tx:
        assert [event.seq for event in await tx.append_events([samples.event()])] == [2]
        stored = await tx.append_log([*samples.lines(1), *samples.lines(1, "bbbbbbbb")])
    assert [entry.seq for entry in stored] == [3, 1]


async def test_log_is_gapless_under_concurrent_writers(store: Store, samples: Samples) -> None:
    async def writer(number: int) -> None:
        for turn in range(10):
            try:
                async with store.write() as tx:
                    await tx.append_log(samples.lines(3, "aaaaaaaa") + samples.lines(2, "bbbbbbbb"))
                    await tx.append_events([samples.event()])
                    if (turn + number) % 4 == 0:
                        raise Boom
            except Boom:
                pass

    await asyncio.gather(*(writer(number) for number in range(8)))
    kept = 8 * 10 * 3 // 4
    for adw_id, each in (("aaaaaaaa", 3), ("bbbbbbbb", 2)):
        entries, last = await store.log_page(adw_id, limit=1000)
        assert [entry.seq for entry in entries] == list(range(1, kept * each + 1))
        assert last == kept * each
    assert [event.seq for event in await store.events_since(0, 1000)] == list(range(1, kept + 1))


async def test_numbers_go_on_after_reopening(url: str, samples: Samples) -> None:
    for start in (1, 4):
        async with await Store.open(url) as store, store.write() as tx:
            assert [entry.seq for entry in await tx.append_log(samples.lines(3))] == [start, start + 1, start + 2]


async def test_readers_see_the_last_commit_during_a_write(store: Store, samples: Samples) -> None:
    before = Board("default").with_task(samples.task())
    async with store.write() as tx:
        await tx.save_board(Board("default"), before)
    async with store.write() as tx:
        await tx.save_board(before, before.with_task(replace(samples.task(), title="Unsaved")))
        boards = await asyncio.gather(*(store.load_board() for _ in range(6)))
        assert boards == [before] * 6
    assert (await store.load_board()).tasks["task-1"].title == "Unsaved"


async def test_a_cancelled_writer_leaves_nothing_behind(store: Store, samples: Samples) -> None:
    inside = asyncio.Event()

    async def writer() -> None:
        async with store.write() as tx:
            await tx.append_log(samples.lines(5))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(writer())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with store.write() as tx:
        assert [entry.seq for entry in await tx.append_log(samples.lines(1))] == [1]


async def test_cancelling_at_any_moment_keeps_numbers_gapless(store: Store, samples: Samples) -> None:
    async def writer() -> None:
        async with store.write() as tx:
            await tx.append_log(samples.lines(2))
            await tx.append_events([samples.event()])

    for turns in range(60):
        task = asyncio.create_task(writer())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await writer()
    entries, last = await store.log_page("aaaaaaaa", limit=1000)
    assert [entry.seq for entry in entries] == list(range(1, last + 1))
    assert last == 2 * await store.last_seq()


async def test_cancelled_readers_do_not_use_up_connections(store: Store) -> None:
    for turns in range(30):
        task = asyncio.create_task(store.load_board())
        for _ in range(turns % 10):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await asyncio.gather(*(store.last_seq() for _ in range(10))) == [0] * 10


async def test_a_transaction_with_a_failed_statement_is_not_saved(store: Store, samples: Samples) -> None:
    clash = Board("default").with_task(samples.task(1)).with_task(replace(samples.task(1), id="twin"))
    with pytest.raises(StoreError):  # noqa: PT012
        async with store.write() as tx:
            await tx.append_events([samples.event()])
            with pytest.raises(Exception, match="UNIQUE constraint failed"):
                await tx.save_board(Board("default"), clash)
    assert await store.last_seq() == 0


async def test_a_commit_that_fails_is_undone(store: Store, samples: Samples) -> None:
    with pytest.raises(IntegrityError):  # noqa: PT012
        async with store.write("no such project") as tx:
            await tx.execute(sa.text("PRAGMA defer_foreign_keys = ON"))
            await tx.append_events([samples.event()])
            await tx.append_log(samples.lines(3))
    async with store.write() as tx:
        assert [event.seq for event in await tx.append_events([samples.event()])] == [1]
        assert [entry.seq for entry in await tx.append_log(samples.lines(1))] == [1]


async def test_settings_and_operations(store: Store, samples: Samples) -> None:
    done = Operation("op-1", "applied", samples.now, {"task": {"id": "task-1"}})
    async with store.write() as tx:
        await tx.set_setting("connection", {"url": "ws://x", "limits": [1, None]})
        await tx.set_setting("gone", 1)
        await tx.set_setting("gone", None)
        await tx.save_operation(replace(done, outcome="refused"))
        await tx.save_operation(done)
    assert await store.setting("connection") == {"url": "ws://x", "limits": [1, None]}
    assert await store.setting("gone") is None
    assert await store.operation("op-1") == done
    assert await store.operation("op-2") is None


async def test_a_full_disk_is_store_unavailable(store: Store, samples: Samples) -> None:
    async with store.write() as tx:
        await tx.append_log(samples.lines(1))
        await tx._connection.exec_driver_sql("PRAGMA max_page_count=1")  # as small as it is now
    with pytest.raises(StoreUnavailable) as caught:
        async with store.write() as tx:
            await tx.append_log([samples.line("x" * 2_000_000)])
    assert caught.value.reason == "disk-full"
    entries, last = await store.log_page("aaaaaaaa")
    assert (len(entries), last) == (1, 1)
    await store.ping()
    async with store.write() as tx:
        await tx._connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        assert [entry.seq for entry in await tx.append_log(samples.lines(1))] == [2]


async def test_a_locked_or_closed_database_is_store_unavailable(url: str, database: Path) -> None:
    store = await Store.open(url)
    await store.write_probe()
    async with store.write() as tx:
        await tx._connection.exec_driver_sql("PRAGMA busy_timeout=0")
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.write_probe()
    other.execute("ROLLBACK")
    other.close()
    await store.write_probe()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.ping()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.write_probe()
    assert not database.with_name("kanban.db-wal").exists()


async def test_closing_waits_for_readers_and_turns_later_ones_away(url: str) -> None:
    store = await Store.open(url)
    reads = [asyncio.create_task(store.load_board()) for _ in range(12)]
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    answers = await asyncio.gather(*reads, return_exceptions=True)
    assert Board("default") in answers
    assert all(answer == Board("default") or isinstance(answer, StoreUnavailable) for answer in answers)


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.fetch(sa.text("DELETE FROM project"))


async def test_only_sqlite_files_are_opened() -> None:
    for url in ("sqlite://", "sqlite:///:memory:", "postgresql://host/db"):
        with pytest.raises(ValueError, match="not the URL of an SQLite file"):
            await Store.open(url)
