"""Descriptions as the screen shows them: CommonMark with tables, strikethrough, task lists and bare addresses.

The text comes from anybody. What leaves here holds no script, no style, no image and no address but of the web or of a
mailbox: the parser makes none of them, and the sanitiser lets none of them through whatever the parser does.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, cast

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

HTML_LIMIT: Final = 500_000
BLOCK_LIMIT: Final = 40_000
KEPT: Final = 8_000_000
AT_ONCE: Final = 2

# Block quotes and lists in each other: deeper ones would only be a narrow strip, and cost time.
_NESTING: Final = 20
_LEVELS: Final = {"h1": "h3", "h2": "h4", "h3": "h5", "h4": "h6", "h5": "h6", "h6": "h6"}
_SAFE: Final = re.compile(r"(https?://|mailto:).", re.IGNORECASE | re.DOTALL)
_BARE: Final = re.compile(r"\bhttps?://[^\s<>\"']*[^\s<>\"'.,:;!?*_~]", re.IGNORECASE)
_TASK: Final = re.compile(r"\[([ xX])\][ \t]+")
_TICKS: Final = {
    False: '<span class="tick" role="img" aria-label="Not done"></span>',
    True: '<span class="tick" role="img" aria-label="Done">✓</span>',
}
_TAGS: Final = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "span"),
}
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "div": {"class", "tabindex"},
    "li": {"class"},
    "span": {"class", "role", "aria-label"},
    "th": {"class"},
    "td": {"class"},
}
_CLASSES: Final = {"wide", "task", "tick", "left", "center", "right"}


class Markdown:
    """Renders texts in two threads of its own, and keeps the results that were used last (`KEPT` characters of them).

    A long text that is meant to be slow can take seconds (docs/internals.md has figures): whoever shows a text that is
    not `ready` shows it as it was typed.
    """

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._size = 0
        self._threads = ThreadPoolExecutor(AT_ONCE, "markdown")

    def ready(self, text: str) -> str:
        """The HTML of a text; empty when it has not been rendered, or is to be shown as it was typed."""
        return self._kept.get(text, "")

    async def html(self, text: str) -> str:
        """The HTML of a text; empty when it would become too long, so that the text is shown as it was typed."""
        html = self._kept.get(text)
        if html is None:
            html = await asyncio.get_running_loop().run_in_executor(self._threads, self._made, text)
        self._keep(text, html)
        return html

    def _made(self, text: str) -> str:
        # Whoever had the thread before may have made it, too: many tabs open the same card at once.
        html = self._kept.get(text)
        return to_html(text) if html is None else html

    def _keep(self, text: str, html: str) -> None:
        self._forget(text)
        self._kept[text] = html
        self._size += len(text) + len(html)
        while self._size > KEPT:
            self._forget(next(iter(self._kept)))

    def _forget(self, text: str) -> None:
        html = self._kept.pop(text, None)
        if html is not None:
            self._size -= len(text) + len(html)


def to_html(text: str) -> str:
    """The HTML of a Markdown text, safe to put into the page; empty when it would become too long."""
    try:
        made = _PARSER.render(text)
    except _TooMuch:
        return ""
    return _sanitised(made) if len(made) <= HTML_LIMIT else ""


class _TooMuch(Exception):
    """A text that makes more blocks than anybody would read: a small table can have a row of cells for each line."""


def _sanitised(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_kept_value,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _kept_value(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if _SAFE.match(value) else None
    if name == "class":
        return value if value in _CLASSES else None
    return value


def _is_safe(url: str) -> bool:
    return _SAFE.match(url) is not None


def _parser() -> MarkdownIt:
    # Line ends stay: descriptions are typed as they are to be read.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": _NESTING})
    parser.enable(["table", "strikethrough"])
    parser.validateLink = _is_safe
    parser.core.ruler.after("block", "bound", _bound)
    parser.core.ruler.push("adapt", _adapt)
    shown: dict[str, Any] = {
        "fence": _code,
        "code_block": _code,
        "tick": _tick,
        "table_open": _table,
        "table_close": _table_end,
    }
    cast("RendererHTML", parser.renderer).rules.update(shown)
    # It puts its rules together at the first use, and two threads at once would disturb each other in that.
    parser.render("a")
    return parser


def _bound(state: StateCore) -> None:
    if len(state.tokens) > BLOCK_LIMIT:
        raise _TooMuch


def _adapt(state: StateCore) -> None:
    """Make of the tokens what the screen is to show."""
    for place, token in enumerate(state.tokens):
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _LEVELS[token.tag]
        elif token.type in {"th_open", "td_open"}:
            _align(token)
        elif token.type == "inline" and token.children is not None:
            _mark_task(state.tokens, place)
            token.children = list(_linked(token.children))


def _align(cell: Token) -> None:
    side = str(cell.attrs.pop("style", "")).removeprefix("text-align:")
    if side:
        cell.attrs["class"] = side


def _mark_task(tokens: Sequence[Token], place: int) -> None:
    """A list item whose text begins with `[ ]` or `[x]` begins with a box instead."""
    children = tokens[place].children or []
    if place < 2 or tokens[place - 2].type != "list_item_open" or not children or children[0].type != "text":  # noqa: PLR2004
        return
    found = _TASK.match(children[0].content)
    if found and (found.end() < len(children[0].content) or len(children) > 1):
        children[0].content = children[0].content[found.end() :]
        children.insert(0, Token("tick", "", 0, meta={"done": found[1] != " "}))
        tokens[place - 2].attrSet("class", "task")


def _linked(children: Sequence[Token]) -> Iterator[Token]:
    """Bare addresses become links, and so do images: nothing is fetched from elsewhere by looking at a card."""
    depth = 0
    for token in children:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "image":
            url = str(token.attrs.get("src", ""))
            yield from _link_to(url, token.content or url, inside=depth > 0)
        elif token.type == "text" and not depth:
            yield from _bare(token.content)
        else:
            yield token


def _bare(text: str) -> Iterator[Token]:
    end = 0
    for found in _BARE.finditer(text):
        url = _balanced(found[0])
        yield Token("text", "", 0, content=text[end : found.start()])
        yield from _link_to(url, url, inside=False)
        end = found.start() + len(url)
    yield Token("text", "", 0, content=text[end:])


def _balanced(url: str) -> str:
    """Without the brackets that were opened before it."""
    closing = len(url) - len(url.rstrip(")"))
    surplus = min(closing, url.count(")") - url.count("("))
    return url[: len(url) - surplus] if surplus > 0 else url


def _link_to(url: str, text: str, *, inside: bool) -> Iterator[Token]:
    label = Token("text", "", 0, content=text)
    if inside:
        yield label
        return
    yield Token("link_open", "a", 1, attrs={"href": url})
    yield label
    yield Token("link_close", "a", -1)


def _code(tokens: Sequence[Token], place: int, *_rest: object) -> str:
    # It scrolls by itself, so it has to be within reach of the keyboard.
    return f'<pre tabindex="0"><code>{escapeHtml(tokens[place].content)}</code></pre>\n'


def _tick(tokens: Sequence[Token], place: int, *_rest: object) -> str:
    return _TICKS[bool(tokens[place].meta["done"])]


def _table(*_rest: object) -> str:
    return '<div class="wide" tabindex="0"><table>'


def _table_end(*_rest: object) -> str:
    return "</table></div>\n"


_PARSER: Final = _parser()
