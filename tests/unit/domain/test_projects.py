"""Titles and ids of projects."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanban_app.domain.projects import TITLE_LIMIT, id_for, title_of


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("The Shop", "the-shop"),
        ("Café 2", "cafe-2"),
        ("店", "project"),
        ("--", "project"),
        ("a" * 80, "a" * 32),
        ("Taken", "taken-3"),
    ],
)
def test_the_id_is_made_of_the_title(title: str, made: str) -> None:
    assert id_for(title, {"default", "taken", "taken-2"}) == made


@given(st.text())
def test_every_id_can_stand_in_an_address(title: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", id_for(title, {"project"}))


def test_a_title_is_one_line() -> None:
    assert title_of(" A\n\x1b[31m shop\t") == "A [31m shop"


@pytest.mark.parametrize("text", ["", " \n", "x" * (TITLE_LIMIT + 1)])
def test_what_is_no_title(text: str) -> None:
    with pytest.raises(ValueError, match="must have"):
        title_of(text)
