"""A title that is made from a description."""

import pytest

from kanban_app.domain.made_title import MADE_TITLE_LIMIT, made_title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Fix the login #\nmore", "Fix the login"),
        ("## **Fix** the *login* ~~now~~", "Fix the login now"),
        ("- [ ] First `step_one`", "First step_one"),
        ("- [x] Done", "Done"),
        ("> 1. quoted", "quoted"),
        ("1) one", "one"),
        ("* star", "star"),
        ('[Search](https://a.b/c "d") and ![a picture](http://a.b)', "Search and a picture"),
        ("[![badge](http://a.b/c.png)](http://d.e)", "badge"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("https://a.b/c_d_e", "https://a.b/c_d_e"),
        ("__bold__ and _slanted_ snake_case_name", "bold and slanted snake_case_name"),
        ("`__init__` of `*args`", "__init__ of *args"),
        ("2 * 3 * 4 and a*b", "2 * 3 * 4 and a*b"),
        (r"\*not slanted\* \# here", "*not slanted* # here"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("---\n\nAfter a rule", "After a rule"),
        ("Title\n=====", "Title"),
        ("| Words | Typos |\n|---|---|", "Words | Typos"),
        ("#hashtag stays", "#hashtag stays"),
        ("-5 degrees", "-5 degrees"),
        ("#\n\nafter an empty heading", "after an empty heading"),
        ("**\u200b**\nseen", "seen"),
        ("---", "---"),
        ("[ ]", "[ ]"),
        ("", ""),
        ("\u200b", ""),
        ("\u200b" * 2_000 + "end", "end"),
        ("  a   b\tc ", "a b c"),
        ("a < b & <b>c</b>", "a < b & <b>c</b>"),
    ],
    ids=ascii,
)
def test_marks_go_and_words_stay(text: str, title: str) -> None:
    assert made_title(text) == title


def test_it_is_short() -> None:
    assert MADE_TITLE_LIMIT == 100
    assert made_title("w" * MADE_TITLE_LIMIT) == "w" * 100
    assert made_title("**" + "w" * 300 + "**") == "w" * 99 + "…"


@pytest.mark.parametrize("mark", ["*", "_", "~~", "`", "[", "![", "](", "\\", "> ", "# ", "- ", "*a", "[](", " #"])
def test_any_number_of_marks_gives_a_title(mark: str) -> None:
    assert len(made_title(mark * 50_000)) <= MADE_TITLE_LIMIT
