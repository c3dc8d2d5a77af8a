"""A tally counts as a Counter does."""

import random
from collections import Counter

from kanban_app.tac7.tally import Tally


def test_counts_of_many_texts() -> None:
    chance = random.Random(4)
    tally, counter = Tally(), Counter[str]()
    for _ in range(60_000):
        text = f"line {int(chance.paretovariate(0.5)) % 30_000}"
        tally.add(text)
        counter[text] += 1
    assert [tally[f"line {number}"] for number in range(30_000)] == [counter[f"line {n}"] for n in range(30_000)]
    assert len(tally) == len(counter)


def test_a_cleared_tally_knows_nothing() -> None:
    tally = Tally()
    for number in range(20_000):
        tally.add(f"{number}")
        tally.add(f"{number}")
    tally.clear()
    assert (tally["7"], len(tally)) == (0, 0)


def test_what_was_counted_elsewhere_is_made_up_for() -> None:
    tally = Tally()
    tally.add("a")
    tally.at_least("a", 3)
    assert tally["a"] == 3
    tally.at_least("a", 2)
    tally.add("a")
    assert tally["a"] == 4
