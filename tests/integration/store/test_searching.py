"""Cards and log lines are found by what they say."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kanban_app.domain.model import Board
from kanban_app.store import searching
from kanban_app.store.database import Store
from tests.integration.store.conftest import NOW, Samples

pytestmark = pytest.mark.asyncio

LATER = NOW + timedelta(minutes=5)
EMPTY = Board("default")


async def save(store: Store, after: Board, before: Board = EMPTY) -> None:
    async with store.write() as tx:
        await tx.save_board(before, after)


async def index_all(store: Store, now: datetime = LATER) -> None:
    while await store.index_log(now):
        pass


async def lines_found(store: Store, *words: str) -> dict[str, tuple[int, str]]:
    found = await store.find_lines(words)
    return {adw_id: (hit.seq, hit.message) for adw_id, hit in found.hits.items()}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["voice"], True),
        (["EXPORT", "csv"], True),
        (["äpfel"], True),
        (["naïve label"], True),
        (["#77"], True),
        (["#1"], True),
        (["a"], True),
        (['"x" OR *'], True),
        (["100%"], True),
        (["1_0"], False),
        (["invoices", "absent"], False),
        (["zz"], False),
    ],
)
async def test_cards_are_found_by_parts_of_their_texts(
    store: Store, samples: Samples, words: list[str], found: bool
) -> None:
    card = replace(
        samples.task(title="Export invoices"),
        description='As CSV with 100% of the ÄPFEL, "x" OR *',
        labels=("naïve label",),
        issue_number="77",
    )
    await save(store, Board("default", {card.id: card}))
    assert await store.find_cards(words) == ([card.id] if found else [])


async def test_a_change_of_a_card_changes_what_it_is_found_by(store: Store, samples: Samples) -> None:
    card = samples.task(title="Old title")
    before = Board("default", {card.id: card})
    await save(store, before)
    await save(store, Board("default", {card.id: replace(card, title="New title")}), before)
    assert await store.find_cards(["old"]) == []
    assert await store.find_cards(["new"]) == [card.id]


async def test_what_is_rolled_back_is_not_found(store: Store, samples: Samples) -> None:
    card = samples.task(title="Never stored")
    with suppress(ZeroDivisionError):
        async with store.write() as tx:
            await tx.save_board(EMPTY, Board("default", {card.id: card}))
            raise ZeroDivisionError
    assert await store.find_cards(["never"]) == []


@pytest.mark.parametrize("indexed", [False, True])
async def test_the_newest_line_with_all_words_is_found_in_the_index_and_beyond(
    store: Store, samples: Samples, indexed: bool
) -> None:
    await save(store, Board("default", {}, {"aaaaaaaa": samples.run(), "bbbbbbbb": samples.run("bbbbbbbb")}))
    async with store.write() as tx:
        await tx.append_log(samples.lines(300))
        await tx.append_log([samples.line("the alpha and the omega"), samples.line("\x1b[32m38\x1b[0m passed")])
        await tx.append_log([samples.line("alpha alone"), samples.line("Größe 7"), *samples.lines(130)])
        await tx.append_log([samples.line("omega of another run", "bbbbbbbb")])
    if indexed:
        await index_all(store)
    assert await lines_found(store, "alpha") == {"aaaaaaaa": (303, "alpha alone")}
    assert await lines_found(store, "alpha", "omega") == {"aaaaaaaa": (301, "the alpha and the omega")}
    assert await lines_found(store, "OMEGA") == {
        "aaaaaaaa": (301, "the alpha and the omega"),
        "bbbbbbbb": (1, "omega of another run"),
    }
    assert (await lines_found(store, "38", "passed"))["aaaaaaaa"][0] == 302
    assert (await lines_found(store, "größe"))["aaaaaaaa"] == (304, "Größe 7")
    assert await lines_found(store, "absent") == {}
    assert await lines_found(store, '"*') == {}


async def test_words_that_often_stand_in_the_same_block_do_not_hide_the_line_that_has_both(
    store: Store, samples: Samples
) -> None:
    await save(store, Board("default", {}, {"aaaaaaaa": samples.run()}))
    async with store.write() as tx:
        await tx.append_log([samples.line("alpha omega")])
        for _ in range(5):
            await tx.append_log([samples.line("alpha"), samples.line("omega"), *samples.lines(62)])
    await index_all(store)
    assert await lines_found(store, "alpha", "omega") == {"aaaaaaaa": (1, "alpha omega")}


async def test_the_end_of_a_run_is_indexed_when_it_has_settled(store: Store, samples: Samples) -> None:
    await save(store, Board("default", {}, {"aaaaaaaa": samples.run()}))
    async with store.write() as tx:
        await tx.append_log(samples.lines(searching.BLOCK + 3))
    await index_all(store, NOW)
    (rows,) = await store.fetch(searching.INDEXED)
    assert [tuple(row.values()) for row in rows] == [("aaaaaaaa", searching.BLOCK)]
    await index_all(store)
    (rows,) = await store.fetch(searching.INDEXED)
    assert [tuple(row.values()) for row in rows] == [("aaaaaaaa", searching.BLOCK + 3)]


async def test_what_is_neither_indexed_nor_looked_through_is_told_of(store: Store, samples: Samples) -> None:
    await save(store, Board("default", {}, {"aaaaaaaa": samples.run()}))
    async with store.write() as tx:
        await tx.append_log([samples.line("needle"), *samples.lines(searching.TAIL)])
    found = await store.find_lines(["needle"])
    assert (found.hits, found.complete) == ({}, False)
    await store.index_log(NOW)
    found = await store.find_lines(["needle"])
    assert (found.hits["aaaaaaaa"].seq, found.complete) == (1, True)
