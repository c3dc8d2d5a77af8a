"""The audit log of a project: two logs as one, and the way in which entries come there."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.domain.audit import ITSELF, VALUE_LIMIT, Act, Action, Actor, Entry, Target, Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.errors import BoardError
from kanban_app.observing.masking import masked
from kanban_app.services import auditing
from kanban_app.services.acting import acting, actor_now, ask_also, done, entry_of
from kanban_app.services.api_tokens import PREFIX
from kanban_app.services.auditing import Audit, Wanted, Writing
from kanban_app.store.failures import StoreUnavailable

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANNA = Actor("Anna", "person", "10.0.0.7", Way.BOARD)


class Log:
    """A log in memory, which can be full."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.full = False
        self.written = asyncio.Event()

    async def append(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise StoreUnavailable("disk-full")
        for entry in entries:
            self.entries.append(replace(entry, seq=len(self.entries) + 1))
        self.written.set()

    async def page(self, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
        found = [e for e in self.entries if wanted.about is None or e.project in wanted.about]
        return [entry for entry in reversed(found) if before is None or entry.seq < before][:limit]


def entry(title: str, minute: float, project: str = "shop") -> Entry:
    return Entry(NOW + timedelta(minutes=minute), ANNA, Act(Action.TASK_CREATED, Target("task", title, title)), project)


async def all_of(audit: Audit, limit: int, meanwhile: Log | None = None) -> list[str]:
    titles: list[str] = []
    before = ""
    while True:
        page = await audit.page(Wanted(), before, limit)
        titles += [one["target"]["title"] for one in page.entries]
        if meanwhile is not None:
            await meanwhile.append([entry("new", 99, "")])
        before = page.next
        if not before:
            return titles


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_two_logs_are_one_by_time(limit: int) -> None:
    own, shared = Log(), Log()
    await own.append([entry("a", 1), entry("c", 3), entry("e", 5)])
    await shared.append([entry("b", 2, ""), entry("other's", 2, "default"), entry("d", 4, "shop")])
    assert await all_of(Audit(own, shared, project="shop"), limit) == ["e", "d", "c", "b", "a"]


async def test_what_comes_meanwhile_is_in_no_later_page() -> None:
    own, shared = Log(), Log()
    await own.append([entry(str(n), n) for n in range(6)])
    assert await all_of(Audit(own, shared, project="shop"), 2, shared) == ["5", "4", "3", "2", "1", "0"]


async def test_a_clock_that_was_set_back_makes_no_gap() -> None:
    own, shared = Log(), Log()
    await own.append([entry("a", 10), entry("b", 1), entry("c", 2)])
    await shared.append([entry("x", 5, "")])
    assert sorted(await all_of(Audit(own, shared, project="shop"), 1)) == ["a", "b", "c", "x"]


@pytest.mark.parametrize("place", ["1", "1.2.3", "x.y", "None.None", "１.２"])
async def test_a_place_that_no_page_has_named_is_refused(place: str) -> None:
    with pytest.raises(BoardError):
        await Audit(Log(), Log()).page(Wanted(), place)


def test_who_acts_is_known_in_the_block_and_in_tasks_that_it_makes() -> None:
    async def ask() -> Actor:
        return actor_now()

    async def whole() -> tuple[Actor, Actor]:
        with acting(ANNA):
            task = asyncio.create_task(ask())
        return await task, actor_now()

    assert asyncio.run(whole()) == (ANNA, ITSELF)


def test_pages_are_asked_where_no_block_says_it() -> None:
    ask_also(lambda: ANNA)
    try:
        assert actor_now() is ANNA
        with acting(ITSELF):
            assert actor_now() is ITSELF
    finally:
        ask_also(None)
    assert actor_now() is ITSELF


def test_secrets_do_not_get_in() -> None:
    act = Act(Action.TASK_LABELLED, Target("task", "t", "use token=abcdef123456"), {"label": "password: hunter22"})
    made = entry_of(act)
    assert "abcdef123456" not in repr(made)
    assert "hunter22" not in repr(made)
    ours = PREFIX + "x" * 43
    assert ours not in repr(done(Action.TASK_CREATED, Target("task", "t", f"Use {ours} here")))


async def test_a_full_disk_keeps_entries_waiting_in_their_order() -> None:
    trail, log = Trail(), Log()
    writing, log.full = Writing(trail, log), True
    for name in ("first", "second"):
        trail.put(done(Action.TOKEN_CREATED, Target("token", name, name)))
    assert not await writing.write()
    trail.put(done(Action.TOKEN_CREATED, Target("token", "third", "third")))
    log.full = False
    assert await writing.write()
    assert [one.act.target.id for one in log.entries] == ["first", "second", "third"]


async def test_a_stop_in_the_middle_of_writing_loses_nothing() -> None:
    trail, begun, may_end = Trail(), asyncio.Event(), asyncio.Event()

    class Slow(Log):
        async def append(self, entries: Sequence[Entry]) -> None:
            begun.set()
            await may_end.wait()
            await super().append(entries)

    log = Slow()
    trail.put(done(Action.TOKEN_ROTATED))
    task = asyncio.create_task(Writing(trail, log).write())
    await begun.wait()
    task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.act.action for one in log.entries] == [Action.TOKEN_ROTATED]


async def test_entries_are_written_soon_and_again_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "GATHER_S", 0.0)
    monkeypatch.setattr(auditing, "AGAIN_S", 0.01)
    trail, log = Trail(), Log()
    log.full = True
    task = asyncio.create_task(Writing(trail, log).run())
    trail.put(done(Action.TOKEN_ROTATED))
    for _ in range(5):
        await asyncio.sleep(0)
    assert log.entries == []
    log.full = False
    async with asyncio.timeout(5):
        await log.written.wait()
    task.cancel()


class Choosy(Log):
    """A log that cannot take one entry, for a reason that nobody has thought of."""

    async def append(self, entries: Sequence[Entry]) -> None:
        if any(one.act.target.id == "bad" for one in entries):
            raise ValueError("never")
        await super().append(entries)


async def test_an_entry_that_cannot_be_written_takes_no_other_along_and_ends_nothing() -> None:
    trail, log = Trail(), Choosy()
    writing = Writing(trail, log)
    for name in ("first", "bad", "last"):
        trail.put(done(Action.TOKEN_CREATED, Target("token", name, name)))
    assert await writing.write()
    assert [one.act.target.id for one in log.entries] == ["first", "last"]
    trail.put(done(Action.TOKEN_ROTATED))
    assert await writing.write()
    assert (log.entries[-1].act.action, log.entries[-1].act.details) == (Action.AUDIT_LOST, {"count": "1"})


async def test_a_disk_that_fills_meanwhile_keeps_the_rest_waiting() -> None:
    class Filling(Choosy):
        async def append(self, entries: Sequence[Entry]) -> None:
            await super().append(entries)
            self.full = True

    trail, log = Trail(), Filling()
    for name in ("first", "bad", "last"):
        trail.put(done(Action.TOKEN_CREATED, Target("token", name, name)))
    assert not await Writing(trail, log).write()
    assert [one.act.target.id for one in log.entries] == ["first"]
    assert trail.waiting == 1


def test_of_a_long_text_only_the_beginning_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(text: str) -> str:
        seen.append(len(text))
        return masked(text)

    monkeypatch.setattr("kanban_app.services.acting.masked", counted)
    made = done(Action.TASK_CREATED, Target("task", "t", "word " * 200_000))
    assert made.act.target.title.startswith("word word")
    assert max(seen) <= 8 * VALUE_LIMIT


@pytest.mark.parametrize("length", range(40, 60))
def test_a_secret_through_which_the_cut_goes_is_not_told(length: int) -> None:
    """So many secrets, each of which becomes shorter, that the cut comes into what is kept."""
    secret = PREFIX + "x" * 43
    made = done(Action.TASK_CREATED, Target("task", "t", f"{'y' * length} " + f"{secret} " * 100))
    assert "xxx" not in made.act.target.title
