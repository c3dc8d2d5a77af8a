"""The corpus of hostile texts at the sanitiser: what leaves it is inert, also for who repairs what he reads."""

import re
from html.parser import HTMLParser
from typing import Final

import nh3
import pytest

from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.made_title import made_title
from kanban_app.services.markdown import to_html
from tests.support.hostile import CORPUS

TAGS: Final = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "span"),
}
ATTRIBUTES: Final = {"href", "title", "target", "rel", "start", "class", "tabindex", "role", "aria-label"}
EVERYTHING: Final = "\n\n".join(CORPUS)


class Found(HTMLParser):
    """Every tag and attribute that a text of HTML has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


@pytest.mark.parametrize("text", [*CORPUS, EVERYTHING], ids=range(len(CORPUS) + 1))
def test_nothing_but_the_allowed_leaves_the_sanitiser(text: str) -> None:
    found = Found(to_html(clean_text(text)))
    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert all(re.match(r"(https?://|mailto:).", address, re.IGNORECASE) for address in found.addresses)


@pytest.mark.parametrize("text", [*CORPUS, EVERYTHING], ids=range(len(CORPUS) + 1))
def test_a_browser_that_repairs_it_finds_nothing_new(text: str) -> None:
    """What mutation XSS lives on: markup that is read otherwise the second time."""
    once = to_html(clean_text(text))
    again = nh3.clean(once, tags=TAGS, attributes={"*": ATTRIBUTES - {"rel"}}, link_rel=None)
    assert Found(again).tags == Found(once).tags
    assert Found(again).addresses == Found(once).addresses


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_a_title_made_of_it_is_one_line_without_control_signs(text: str) -> None:
    title = made_title(clean_text(text))
    assert title.isprintable() or all(sign.isprintable() or ord(sign) in {0x200B, 0xFEFF} for sign in title)
    assert not set(title) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\x00\x1b\x9b")
