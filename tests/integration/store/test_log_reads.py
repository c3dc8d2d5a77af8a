"""Pages of a run's log."""

import pytest

from kanban_app.domain.records import LogKind, LogLevel
from kanban_app.store import log_matches
from kanban_app.store.database import Store
from kanban_app.store.log_matches import LogMatches
from tests.integration.store.conftest import Samples

pytestmark = pytest.mark.asyncio


async def seqs(store: Store, **choice: object) -> list[int]:
    entries, last = await store.log_page("aaaaaaaa", **choice)  # type: ignore[arg-type]
    assert last == 10
    return [entry.seq for entry in entries]


@pytest.fixture
async def log(store: Store, samples: Samples) -> Store:
    async with store.write() as tx:
        await tx.append_log([*samples.lines(10), *samples.lines(3, "bbbbbbbb")])
    return store


async def test_pages(log: Store) -> None:
    assert await seqs(log) == list(range(1, 11))
    assert await seqs(log, limit=3) == [1, 2, 3]
    assert await seqs(log, since=3, limit=3) == [4, 5, 6]
    assert await seqs(log, since=10) == []
    assert await seqs(log, newest=True, limit=3) == [8, 9, 10]
    assert await seqs(log, newest=True, since=8) == [9, 10]
    assert await seqs(log, before=8, limit=3) == [5, 6, 7]
    assert await seqs(log, before=1) == []


async def test_an_unknown_run_has_an_empty_log(store: Store) -> None:
    assert await store.log_page("ffffffff") == ([], 0)


async def test_entries_come_back_as_they_were_stored(store: Store, samples: Samples) -> None:
    async with store.write() as tx:
        stored = await tx.append_log([samples.line("half \ud83d pair"), *samples.lines(250)])
    assert stored[0].message == "half ? pair"
    assert (await store.log_page("aaaaaaaa", limit=500))[0] == stored


async def test_filters(store: Store, samples: Samples) -> None:
    async with store.write() as tx:
        await tx.append_log(
            [
                samples.line("Reading 100% of it"),
                samples.line("Ran tests", kind=LogKind.TOOL_USE),
                samples.line("TESTS failed", level=LogLevel.ERROR),
                samples.line("Reading 1000 lines", kind=LogKind.TOOL_USE, level=LogLevel.ERROR),
            ]
        )

    async def found(**choice: object) -> list[int]:
        return [entry.seq for entry in (await store.log_page("aaaaaaaa", **choice))[0]]  # type: ignore[arg-type]

    assert await found(kinds=[LogKind.TOOL_USE]) == [2, 4]
    assert await found(levels=[LogLevel.ERROR]) == [3, 4]
    assert await found(kinds=[LogKind.TOOL_USE], levels=[LogLevel.ERROR]) == [4]
    assert await found(q="tests") == [2, 3]
    assert await found(q="100%") == [1]
    assert await found(q="_") == []
    assert await found(q="reading", newest=True, limit=1) == [4]


async def test_newest_line_of_each_run(log: Store) -> None:
    newest = await log.log_last(["aaaaaaaa", "bbbbbbbb", "cccccccc"])
    assert {adw_id: entry.seq for adw_id, entry in newest.items()} == {"aaaaaaaa": 10, "bbbbbbbb": 3}
    assert newest["bbbbbbbb"].message == "line 3"
    assert await log.log_last([]) == {}


async def matches(store: Store, text: str, before: int, limit: int, **choice: object) -> tuple[list[int], int]:
    found = await store.log_matches("aaaaaaaa", text, before=before, limit=limit, **choice)  # type: ignore[arg-type]
    return found.seqs, found.count


@pytest.mark.parametrize("span", [1, 3, 7, 12, 100])
async def test_a_text_is_found_whatever_spans_the_lines_are_read_in(
    store: Store, samples: Samples, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr(log_matches, "SPAN", span)
    async with store.write() as tx:
        await tx.append_log([*samples.lines(25), *samples.lines(25, "bbbbbbbb")])
        await tx.append_log(
            [samples.line("\x1b[1mLI\x1b[0mNE 26", kind=LogKind.TEXT), samples.line("Straße", level=LogLevel.ERROR)]
        )
    every = list(range(1, 27))
    for limit in (1, 2, 5, 26, 100):
        assert await matches(store, "line", 28, limit) == (every[-limit:], 26)
        for before in (1, 2, 9, 27):
            assert await matches(store, "LINE", before, limit) == (every[: before - 1][-limit:], before - 1)
    assert await matches(store, "line 2", 28, 3) == ([24, 25, 26], 8)
    assert await matches(store, "line 2", 28, 100, kinds=[LogKind.TEXT]) == ([26], 1)
    assert await matches(store, "STRASSE", 28, 100) == ([], 0)
    assert await matches(store, "strAße", 28, 100, levels=[LogLevel.ERROR]) == ([27], 1)
    assert await matches(store, "[1m", 28, 100) == ([], 0)
    assert await matches(store, "nowhere", 28, 100) == ([], 0)
    assert await store.log_matches("ffffffff", "line", before=28, limit=5) == LogMatches([], 0)
