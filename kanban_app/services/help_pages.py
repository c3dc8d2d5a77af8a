"""The entries of troubleshooting as HTML, rendered as descriptions are, with links to each other and nowhere else."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, cast

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from kanban_app.services.troubleshooting import HelpEntry

KEPT: Final = 256
"""Rendered entries that are kept: more than there are. Beyond it the one that was used longest ago goes."""

# Another document, seen from the folder of the entries.
_DOCUMENT: Final = re.compile(r"\.\./(?P<name>[a-z0-9-]+\.md)(#.*)?")
# The anchor of an entry, in its own file or in another one.
_ENTRY: Final = re.compile(r"(?:[a-z-]+\.md)?#(e-[a-z]+-\d+)")
_TAGS: Final = {
    *("p", "strong", "em", "a", "code", "pre", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td", "div"),
}
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}, "pre": {"tabindex"}, "div": {"class", "tabindex"}}


@lru_cache(KEPT)
def entry_html(entry: HelpEntry) -> str:
    """The HTML of an entry's text, safe to put into a page of ours. Links are relative to where entries are served."""
    return nh3.clean(
        _PARSER.render(entry.text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(),
        link_rel=None,
    )


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.core.ruler.push("links", _keep_own_links)
    shown: dict[str, Any] = {"fence": _code, "table_open": _table, "table_close": _table_end}
    cast("RendererHTML", parser.renderer).rules.update(shown)
    return parser


def _keep_own_links(state: StateCore) -> None:
    """Links to other entries lead to them. Other pages are not served here: their files are named, foreign ones not."""
    for token in state.tokens:
        if token.children:
            token.children = list(_own_links(token.children))


def _own_links(children: list[Token]) -> Iterator[Token]:
    target = ""
    for token in children:
        if token.type == "link_open":
            target = str(token.attrs.get("href", ""))
            if found := _ENTRY.fullmatch(target):
                token.attrs = {"href": found[1].upper()}
                yield token
        elif token.type == "link_close":
            if _ENTRY.fullmatch(target):
                yield token
            elif found := _DOCUMENT.fullmatch(target):
                yield Token("text", "", 0, content=f" (docs/{found['name']})")
        else:
            yield token


def _code(tokens: list[Token], place: int, *_rest: object) -> str:
    # It scrolls by itself, so it has to be within reach of the keyboard.
    return f'<pre tabindex="0"><code>{escapeHtml(tokens[place].content)}</code></pre>\n'


def _table(*_rest: object) -> str:
    return '<div class="wide" tabindex="0"><table>'


def _table_end(*_rest: object) -> str:
    return "</table></div>\n"


_PARSER: Final = _parser()
