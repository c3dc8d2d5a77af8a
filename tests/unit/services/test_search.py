"""What a search answers, and when lines are indexed."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.domain.model import Board, Run, Task
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.services.search import EXCERPT, LogIndexing, Search, excerpt, words_of
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.searching import LogHit, LogHits

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def task(number: int) -> Task:
    return Task(
        f"c{number}", number, f"Card {number}", "", TaskType.BUG, (Stage.PLAN,), Column.PLAN, str(number), NOW, NOW
    )


class Source:
    def __init__(self, cards: Sequence[str] = (), lines: Sequence[LogHit] = (), *, complete: bool = True) -> None:
        self.asked: list[Sequence[str]] = []
        self._cards = list(cards)
        self._lines = LogHits({line.adw_id: line for line in lines}, complete)

    async def find_cards(self, words: Sequence[str]) -> list[str]:
        self.asked.append(words)
        return self._cards

    async def find_lines(self, words: Sequence[str]) -> LogHits:
        self.asked.append(words)
        return self._lines


BOARD = Board(
    "default",
    {f"c{number}": task(number) for number in (1, 2, 3)} | {"c4": replace(task(4), deleted_at=NOW)},
    {
        "old": Run("old", "c2", NOW),
        "new": Run("new", "c2", NOW + timedelta(hours=1)),
        "other": Run("other", None, NOW),
        "gone": Run("gone", "c4", NOW),
    },
)


async def test_cards_come_newest_first_with_the_line_of_their_newest_run() -> None:
    lines = [LogHit("new", 7, "a needle here"), LogHit("old", 9, "needle"), LogHit("other", 1, "needle")]
    lines += [LogHit("gone", 1, "needle"), LogHit("unknown", 1, "needle")]
    found = await Search(Source(["c1", "c3", "c4", "absent"], lines), lambda: BOARD).find("Needle", 10)
    assert [(card["id"], card["in_text"], card["log"]) for card in found["cards"]] == [
        ("c3", True, None),
        ("c2", False, {"run": "new", "seq": 7, "text": "a needle here"}),
        ("c1", True, None),
    ]
    assert found["more"] is False
    assert found["complete"] is True


async def test_a_card_is_found_by_the_id_of_any_run() -> None:
    found = await Search(Source(), lambda: BOARD).find("OL", 10)
    assert [card["id"] for card in found["cards"]] == ["c2"]


async def test_a_limit_says_that_there_are_more() -> None:
    found = await Search(Source(["c1", "c2", "c3"], complete=False), lambda: BOARD).find("card", 2)
    assert [card["id"] for card in found["cards"]] == ["c3", "c2"]
    assert (found["more"], found["complete"]) == (True, False)


@pytest.mark.parametrize("text", ["", "  \n\t", "\0"])
async def test_without_a_word_nothing_is_asked(text: str) -> None:
    source = Source(["c1"])
    assert (await Search(source, lambda: BOARD).find(text, 10))["cards"] == []
    assert source.asked == []


def test_words() -> None:
    assert words_of("  The the  QUICK\nfox\0jumps ") == ["the", "quick", "fox", "jumps"]
    assert len(words_of(" ".join(map(str, range(100))))) == 12


def test_an_excerpt_is_one_plain_line_around_the_first_word() -> None:
    assert excerpt("\x1b[31mfailed\x1b[0m:\n  two\ttabs", ["two"]) == "failed: two tabs"
    long = excerpt("x" * 500 + " Needle " + "y" * 500, ["absent", "needle"])
    assert "Needle" in long
    assert long[0] == long[-1] == "…"
    assert len(long) == EXCERPT + 2


class Index:
    """Has so many steps to do; can be out of order."""

    def __init__(self) -> None:
        self.steps = 0
        self.asked = 0
        self.fails = False
        self.idle = asyncio.Event()

    async def index_log(self, now: datetime) -> bool:
        assert now.tzinfo is not None
        self.asked += 1
        if self.fails:
            self.fails = False
            raise StoreUnavailable("full")
        if self.steps == 0:
            self.idle.set()
            return False
        self.steps -= 1
        return True


async def test_what_stands_at_the_start_is_indexed_and_then_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanban_app.services.search._GATHER_S", 0)
    index = Index()
    index.steps = 3
    indexing = LogIndexing(index)
    running = asyncio.create_task(indexing.run())
    await asyncio.wait_for(index.idle.wait(), 5)
    assert index.asked == 4
    index.idle.clear()
    index.steps, index.fails = 2, True
    indexing.notice([])
    while not index.idle.is_set():
        indexing.notice([])
        await asyncio.sleep(0)
    assert index.steps == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
