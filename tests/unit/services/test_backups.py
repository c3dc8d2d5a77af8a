"""When backups are made, and what is said of them."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.audit import ITSELF, Action, Actor, Way
from kanban_app.errors import BoardError
from kanban_app.services.acting import acting
from kanban_app.services.backups import FIRST_S, RETRY_S, Backups, BackupWork, Found
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Made:
    path: Path
    size: int
    made_at: datetime


class NotMade(Exception):
    pass


@dataclass
class Shelf:
    """A folder of backups in memory, and a sleep that ends the schedule after so many."""

    made: list[Found] = field(default_factory=list[Found])
    fails: str = ""
    removed: list[int] = field(default_factory=list[int])
    slept: list[float] = field(default_factory=list[float])

    def make(self) -> Found:
        if self.fails:
            raise NotMade(self.fails)
        backup = Made(Path(f"kanban-{len(self.made)}.tar.gz"), 5, datetime.now(UTC))
        self.made.insert(0, backup)
        return backup

    def backups(self, every_h: float = 24.0) -> Backups:
        work = BackupWork(Path("backups"), self.make, lambda: list(self.made), self._remove, NotMade)
        return Backups(work, every_h, keep=3)

    def _remove(self, kept: int) -> int:
        self.removed.append(kept)
        return 0

    async def run(self, backups: Backups, sleeps: int) -> None:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            if len(self.slept) == sleeps:
                raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await backups.run(sleep)


async def test_the_first_comes_some_time_after_the_start_and_the_next_when_it_is_due() -> None:
    shelf = Shelf()
    await shelf.run(shelf.backups(), 2)
    assert len(shelf.made) == 1
    assert shelf.slept == [FIRST_S, pytest.approx(24 * 3600, abs=5)]
    assert shelf.removed == [3]


async def test_none_is_made_while_the_last_one_is_young_enough() -> None:
    shelf = Shelf([Made(Path("kanban-0.tar.gz"), 5, datetime.now(UTC) - timedelta(hours=23))])
    await shelf.run(shelf.backups(), 2)
    assert len(shelf.made) == 1
    assert shelf.slept[1] == pytest.approx(3600, abs=5)


async def test_a_clock_that_was_set_back_puts_none_off_for_long() -> None:
    shelf = Shelf([Made(Path("kanban-0.tar.gz"), 5, datetime.now(UTC) + timedelta(days=400))])
    await shelf.run(shelf.backups(), 2)
    assert shelf.slept[1] == 24 * 3600


async def test_none_by_itself_where_none_is_wanted() -> None:
    shelf = Shelf()
    await shelf.backups(every_h=0).run()
    assert shelf.made == []


async def test_a_failure_is_told_and_tried_again() -> None:
    shelf = Shelf(fails="There is no room.")
    backups = shelf.backups()
    await shelf.run(backups, 2)
    assert shelf.slept[1] == RETRY_S
    assert (await backups.view())["failed"] == "There is no room."
    with pytest.raises(BoardError, match="There is no room") as raised:
        await backups.make()
    assert raised.value.code == "E-SYS-19"
    shelf.fails = ""
    await backups.make()
    assert (await backups.view())["failed"] == ""


async def test_one_at_a_time_and_the_loop_goes_on() -> None:
    going = asyncio.Event()
    loop = asyncio.get_running_loop()
    shelf = Shelf()
    make = shelf.make

    def slow() -> Found:
        asyncio.run_coroutine_threadsafe(going.wait(), loop).result(10)
        return make()

    backups = shelf.backups()
    backups.work = BackupWork(Path("backups"), slow, lambda: list(shelf.made), lambda _: 0, NotMade)
    first = asyncio.create_task(backups.make())
    await eventually(lambda: backups.is_busy)
    assert (await backups.view())["busy"]
    with pytest.raises(BoardError, match="made already"):
        await backups.make()
    going.set()
    assert (await first)["name"] == "kanban-0.tar.gz"
    assert not (await backups.view())["busy"]


async def test_only_backups_are_given_out() -> None:
    shelf = Shelf()
    backups = shelf.backups()
    made = await backups.make()
    assert await backups.file(made["name"]) == Path(made["name"])
    for name in ("../token", "token", ""):
        with pytest.raises(BoardError, match="does not exist"):
            await backups.file(name)


async def test_who_has_made_one_is_told_and_what_came_to_nothing() -> None:
    shelf = Shelf()
    backups = shelf.backups()
    anna = Actor("Anna", "person", "10.0.0.7", Way.BOARD)
    with acting(anna):
        await backups.make()
    shelf.fails = "no room"
    with pytest.raises(BoardError):
        await backups.make()
    made, failed = backups.trail.take(9)
    assert (made.act.action, made.actor, made.act.details) == (
        Action.DATA_BACKED_UP, anna, {"file": "kanban-0.tar.gz"},
    )  # fmt: skip
    assert (failed.act.code, failed.actor) == ("E-SYS-19", ITSELF)


async def test_one_that_nobody_waits_for() -> None:
    shelf = Shelf()
    backups = shelf.backups()
    for _ in range(2):
        backups.begin()
    await eventually(lambda: backups.ended)
    assert backups.newest
    assert (backups.newest["name"], backups.is_busy, len(shelf.made)) == ("kanban-0.tar.gz", False, 1)
    shelf.fails = "There is no room."
    backups.begin()
    await eventually(lambda: backups.ended == 2)
    assert (backups.newest, backups.failed) == (None, "There is no room.")
    await backups.aclose()


async def test_a_backup_counts_also_where_older_ones_cannot_go() -> None:
    def stuck(_keep: int) -> int:
        raise OSError(13, "Permission denied")

    shelf = Shelf()
    backups = shelf.backups()
    backups.work = replace(backups.work, remove_old=stuck)
    made = await backups.make()
    assert (backups.newest, backups.failed, backups.is_busy) == (made, "", False)
    (entry,) = backups.trail.take(9)
    assert (entry.act.code, entry.act.details) == ("", {"file": made["name"]})


async def test_a_folder_that_cannot_be_used_is_told_as_a_refusal() -> None:
    def broken() -> Found:
        raise OSError(28, "No space left on device")

    backups = Shelf().backups()
    backups.work = replace(backups.work, make=broken)
    with pytest.raises(OSError, match="No space"):
        await backups.make()
    (entry,) = backups.trail.take(9)
    assert (entry.act.action, entry.act.code) == (Action.DATA_BACKED_UP, "E-SYS-19")
