"""Names made of whatever people write."""

import keyword
from pathlib import Path

import pytest

from kanban_app.trigger_service.workflows import demo_texts
from kanban_app.trigger_service.workflows.card import Card, identifier, read_card

ODD = [
    "",
    "  ",
    "日本語",
    "class",
    "match",
    "9 lives",
    "../../etc/passwd",
    "-rf --help",
    "x" * 500,
    "a'b\"c\\",
    "[fail:plan]",
]


@pytest.mark.parametrize("title", ODD)
def test_slugs_and_identifiers_are_safe(title: str) -> None:
    slug = Card("1", title, "").slug
    assert slug
    assert len(slug) <= 40
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    name = identifier(slug)
    assert name.isidentifier()
    assert not keyword.iskeyword(name)


@pytest.mark.parametrize("title", [*ODD, '"""', "{x}", "\\", "line\x00", "'; import os  #"])
def test_generated_code_holds_the_text_as_a_literal(title: str) -> None:
    card = Card("1", title, f"- {title}\n- \u2028 second")
    code = "".join(text for _, text in demo_texts.module(card))
    space: dict[str, object] = {}
    exec(code, space)
    assert space["TITLE"] == title[:200]
    compile("".join(text for _, text in demo_texts.unit_test(card, "module")), "test", "exec")
    with pytest.raises(SyntaxError):
        compile("".join(text for _, text in demo_texts.module(card, broken=True)), "broken", "exec")


@pytest.mark.parametrize(
    ("text", "stage", "fails"),
    [
        ("[fail:test] x", "test", True),
        ("x [FAIL: Test ]", "test", True),
        ("[fail:implement]", "build", True),
        ("[fail:test]", "build", False),
        ("fail:test", "test", False),
    ],
)
def test_marks_of_failure(text: str, stage: str, fails: bool) -> None:
    assert Card("1", text, "").fails_in(stage) is fails
    assert Card("1", "", f"more\n{text}").fails_in(stage) is fails


@pytest.mark.parametrize("content", ["", "[]", "{oops", '{"title": null, "body": 7}', '{"title": "\\ud800\\u0000"}'])
def test_a_poor_issue_file_gives_a_card_all_the_same(tmp_path: Path, content: str) -> None:
    path = tmp_path / "issue.json"
    path.write_text(content)
    card = read_card(path, "12")
    assert card.number == "12"
    assert (card.title + card.body).encode()
    assert "\0" not in card.title
    assert card.title
