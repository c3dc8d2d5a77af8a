"""Ranks: always room, always in order, and short."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban_app.domain.ordering import is_rank, rank_between

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ranks = st.text(DIGITS, min_size=1, max_size=12).filter(lambda rank: not rank.endswith("0"))


@given(ranks, ranks)
def test_between_any_two(a: str, b: str):
    low, high = sorted((a, b))
    if low == high:
        with pytest.raises(ValueError, match="no rank lies between"):
            rank_between(low, high)
        return
    middle = rank_between(low, high)
    assert low < middle < high
    assert not middle.endswith("0")
    assert len(middle) <= max(len(low), len(high)) + 1


@given(ranks)
def test_above_and_below_any(rank: str):
    top, end = rank_between(None, rank), rank_between(rank, None)
    assert top < rank < end
    assert not top.endswith("0")
    assert not end.endswith("0")


@pytest.mark.parametrize(
    ("where", "limit"), [("random", 12), ("end", 5), ("top", 5), ("both", 5), ("second", 500), ("near the end", 500)]
)
def test_thousands_of_insertions(where: str, limit: int):
    chance = random.Random(7)
    placed: list[str] = []
    for turn in range(2000):
        size = len(placed)
        index = {
            "random": chance.randint(0, size),
            "end": size,
            "top": 0,
            "both": size * (turn % 2),
            "second": min(1, size),
            "near the end": max(0, size - 1),
        }[where]
        low = placed[index - 1] if index else None
        high = placed[index] if index < size else None
        placed.insert(index, rank_between(low, high))
    assert all(low < high for low, high in pairwise(placed))
    assert max(map(len, placed)) <= limit


@given(ranks, st.text())
def test_a_text_of_others_is_a_rank_if_there_is_room_around_it(rank: str, text: str):
    assert is_rank(rank)
    assert not is_rank(rank + "0")
    assert is_rank(text) is (text != "" and set(text) <= set(DIGITS) and not text.endswith("0"))
