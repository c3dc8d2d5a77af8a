"""What the demonstration writes, in named parts. Text of a card enters code only as a literal, pages only indented."""

import re
import textwrap
from collections.abc import Sequence
from typing import Final

from kanban_app.trigger_service.workflows.card import Card

Parts = list[tuple[str, str]]
"""Names and texts of the parts of a file, in order."""

TEST_CASES: Final = 9
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CRITERIA: Final = 8
_LINE: Final = 90
_PATCH_LINES: Final = 500


def criteria(card: Card) -> list[str]:
    """The lines of the card's text, or its title, as acceptance criteria."""
    lines = [line.strip(" \t-*#>0123456789.[]")[:200] for line in card.body.splitlines()]
    return [line for line in lines if line][:_CRITERIA] or [card.title[:200]]


def spec(card: Card, adw_id: str, module: str) -> Parts:
    points = "\n".join(f"    - {text}" for text in criteria(card))
    return [
        ("heading", f"# Specification of run {adw_id}\n\nCard {card.number or 'without number'}:\n\n"),
        ("title", f"{_quoted(card.title)}\n\n"),
        ("text of the card", f"## Text of the card\n\n{_quoted(card.body or 'The card has no text.')}\n\n"),
        ("goal", "## Goal\n\nThe card's criteria can be used and checked from Python.\n\n"),
        ("approach", "## Approach\n\nOne module holds the criteria, one test module checks it.\n\n"),
        ("files", f"## Files\n\n- `demo_work/{module}.py`\n- `tests/test_{module}.py`\n\n"),
        ("acceptance criteria", f"## Acceptance criteria\n\n{points}\n\n"),
        ("tests", f"## Tests\n\n`python -m unittest tests.test_{module}`, {TEST_CASES} cases.\n\n"),
        ("out of scope", "## Out of scope\n\nDoing what the card asks for: this is a demonstration.\n"),
    ]


def module(card: Card, *, broken: bool = False) -> Parts:
    items = "".join(f"    {text!a},\n" for text in criteria(card))
    condition = "if not 0 <= done <= len(_CRITERIA)" + ("" if broken else ":")
    refusal = '        raise ValueError("so many criteria do not exist")\n'
    return [
        ("docstring", '"""Built by a demonstration run from the text of a card."""\n\n'),
        ("title", f"TITLE = {card.title[:200]!a}\n"),
        ("criteria", f"_CRITERIA = (\n{items})\n\n\n"),
        ("summary()", 'def summary() -> str:\n    return f"{TITLE}: {len(_CRITERIA)} criteria"\n\n\n'),
        ("criteria()", "def criteria() -> list[str]:\n    return list(_CRITERIA)\n\n\n"),
        ("find()", "def find(word: str) -> list[str]:\n    return [text for text in _CRITERIA if word in text]\n\n\n"),
        ("share_done()", "def share_done(done: int) -> float:\n"),
        ("bounds of share_done()", f"    {condition}\n{refusal}"),
        ("result of share_done()", "    return done / len(_CRITERIA)\n"),
    ]


def unit_test(card: Card, module: str, *, wrong: bool = False) -> Parts:
    opening = f"import unittest\n\nfrom demo_work import {module} as built\n\n\nclass BuiltTest(unittest.TestCase):\n"
    all_done = "0.5" if wrong else "1.0"
    count = "len(built.criteria())"
    cases = [
        ("summary names the card", f"self.assertIn({card.title[:200]!a}, built.summary())"),
        ("criteria are text", "self.assertTrue(all(isinstance(text, str) for text in built.criteria()))"),
        ("criteria are not empty", "self.assertTrue(all(built.criteria()))"),
        ("criteria can be found", "self.assertTrue(all(text in built.find(text) for text in built.criteria()))"),
        ("share of nothing", "self.assertEqual(built.share_done(0), 0.0)"),
        ("share of everything", f"self.assertEqual(built.share_done({count}), {all_done})"),
        ("share of one", f"self.assertAlmostEqual(built.share_done(1) * {count}, 1.0)"),
        ("too many is refused", f"self.assertRaises(ValueError, built.share_done, {count} + 1)"),
        ("too few is refused", "self.assertRaises(ValueError, built.share_done, -1)"),
    ]
    return [("opening", opening), *((name, _test_case(name, check)) for name, check in cases)]


def _test_case(name: str, check: str) -> str:
    return f"\n    def test_{name.replace(' ', '_')}(self) -> None:\n        {check}\n"


def review(card: Card, branch: str, stat: Sequence[str], commits: Sequence[str], checked: Sequence[str]) -> str:
    results = "\n".join(f"- {line}" for line in checked)
    return (
        f"# Review of `{branch}`\n\n{_quoted(card.title)}\n\n## Changes\n\n{_quoted(chr(10).join(stat))}\n\n"
        f"## Commits\n\n{_quoted(chr(10).join(commits))}\n\n## Checked\n\n{results}\n"
    )


def page(card: Card, module: str, made: Sequence[str], *, dead_link: bool = False) -> Parts:
    links = "\n".join(f"- [{path}](../{path})" for path in made)
    more = "- [the guide](guide-to-everything.md)\n" if dead_link else ""
    return [
        ("heading", "# What was built\n\n"),
        ("title of the card", f"{_quoted(card.title)}\n\n"),
        ("how to use it", f"## How to use it\n\n    from demo_work import {module}\n    print({module}.summary())\n\n"),
        ("summary()", "## summary()\n\nThe title, and how many criteria there are.\n\n"),
        ("criteria()", "## criteria()\n\nThe criteria as a list of one's own.\n\n"),
        ("find()", "## find(word)\n\nThe criteria that contain a word.\n\n"),
        ("share_done()", "## share_done(done)\n\nWhich share of the criteria that is, 0 to 1; ValueError beyond.\n\n"),
        ("how to test it", f"## How to test it\n\n    python -m unittest tests.test_{module}\n\n"),
        ("files", f"## Files\n\n{links}\n{more}"),
    ]


def patch(card: Card, adw_id: str) -> str:
    lines = [part for line in card.patch.splitlines() for part in (textwrap.wrap(line, _LINE) or [""])]
    asked = _quoted("\n".join(lines[:_PATCH_LINES]))
    return f"# Patch of run {adw_id}\n\n{_quoted(card.title)}\n\n## Asked for\n\n{asked}\n"


def link_targets(page_text: str) -> list[str]:
    """The files that a page links to, text of the card left aside."""
    return [target for line in page_text.splitlines() if line.startswith("- [") for target in _LINK.findall(line)]


def _quoted(text: str) -> str:
    """As a block of plain text: whatever a card says, it is no markup."""
    return "\n".join(f"    {line}"[: _LINE + 4].rstrip() for line in text.splitlines()) or "    -"
