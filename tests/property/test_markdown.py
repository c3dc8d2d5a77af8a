"""Whatever is typed, what reaches the page is of a closed list, and a text that shows something has a title."""

import re
from html.parser import HTMLParser
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from kanban_app.domain.clean_text import clean_text
from kanban_app.domain.made_title import MADE_TITLE_LIMIT, is_visible, made_title
from kanban_app.services.markdown import to_html

ALLOWED: Final = {
    **dict.fromkeys(("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "blockquote", "ul"), ""),
    **dict.fromkeys(("table", "thead", "tbody", "tr"), ""),
    "a": "href title target rel",
    "ol": "start",
    "li": "class",
    "pre": "tabindex",
    "div": "class tabindex",
    "span": "class role aria-label",
    "th": "class",
    "td": "class",
}
PIECES: Final = (
    *("<", ">", "&", '"', "'", "=", "/", "\\", "(", ")", "[", "]", "!", "|", ":", "#", "-", "*", "_", "~", "`", " "),
    *("\n", "\n\n", "\t", "- [ ] ", "- [x] ", "1. ", "> ", "```\n", "|-|-|\n", "[a]: ", "https://", "javascript:"),
    *(
        "data:",
        "mailto:",
        "<script>",
        "</script>",
        "<img src=x onerror=a>",
        "<svg onload=a>",
        "<!--",
        "-->",
        "<a href=",
    ),
    *("![a](", "[b](", "&#106;", "&colon;", "onclick=", "\x00", "\ufeff", "é", "日本", "a", "word"),
)
TEXTS: Final = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60).map("".join).map(clean_text)


class Checked(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= set(ALLOWED[tag].split())
        for name, value in attrs:
            if name == "href":
                assert re.match(r"(https?://|mailto:).", value or "", re.IGNORECASE | re.DOTALL)
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)


@given(TEXTS)
def test_what_is_shown_is_inert_and_whole(text: str) -> None:
    Checked(to_html(text))


@given(TEXTS)
def test_what_shows_something_has_a_title(text: str) -> None:
    title = made_title(text)
    assert is_visible(title) == is_visible(text)
    assert len(title) <= MADE_TITLE_LIMIT
    assert title == " ".join(title.split())
