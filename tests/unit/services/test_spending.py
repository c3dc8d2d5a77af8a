"""Ends of agents among the lines of a log, and what they cost in words."""

import pytest

from kanban_app.domain.spending import Spending
from kanban_app.services.spending import cost_words, token_words


@pytest.mark.parametrize(
    ("cost", "words"),
    [(None, ""), (0.0, "$0.00"), (0.004, "< $0.01"), (0.125, "$0.12"), (1234.5, "$1,234.50")],
)
def test_money(cost: float | None, words: str) -> None:
    assert cost_words(Spending(cost)) == words


@pytest.mark.parametrize(
    ("read", "written", "words"),
    [
        (0, 0, ""),
        (999, 0, "999 tokens read, 0 written"),
        (1234, 34_567, "1.2 k tokens read, 35 k written"),
        (999_600, 12_345_678, "1.0 M tokens read, 12 M written"),
    ],
)
def test_tokens(read: int, written: int, words: str) -> None:
    assert token_words(Spending(None, read, written)) == words
