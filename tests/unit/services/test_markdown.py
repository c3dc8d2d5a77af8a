"""Markdown becomes what it means, and nothing that acts."""

import asyncio
from html.parser import HTMLParser
from typing import Any, Final

import pytest

from kanban_app.services import markdown
from kanban_app.services.markdown import HTML_LIMIT, Markdown, to_html

LINK: Final = 'target="_blank" rel="noopener noreferrer nofollow"'
TAGS: Final = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "div", "span"),
}
ATTRIBUTES: Final = {"href", "title", "target", "rel", "start", "class", "tabindex", "role", "aria-label"}


class Elements(HTMLParser):
    """What a browser would make of a text: the tags and attributes in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, set[str | None]] = {}
        self.deepest = self._depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._depth += tag not in {"br", "hr"}
        self.deepest = max(self.deepest, self._depth)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value)

    def handle_endtag(self, tag: str) -> None:
        self._depth -= 1


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("**a** *b* ~~c~~ `d<e`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d&lt;e</code></p>\n"),
        ("# a\n### b\n###### c", "<h3>a</h3>\n<h5>b</h5>\n<h6>c</h6>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>\n"),
        ("```py\na < b\n```", '<pre tabindex="0"><code>a &lt; b\n</code></pre>\n'),
        ("    a", '<pre tabindex="0"><code>a\n</code></pre>\n'),
        ('[a](https://b.c "d")', f'<p><a href="https://b.c" title="d" {LINK}>a</a></p>\n'),
        ("<mailto:a@b.c>", f'<p><a href="mailto:a@b.c" {LINK}>mailto:a@b.c</a></p>\n'),
        ("See http://a.b/c_d_e?f=1.", f'<p>See <a href="http://a.b/c_d_e?f=1" {LINK}>http://a.b/c_d_e?f=1</a>.</p>\n'),
        ("(http://a.b/c_(d))", f'<p>(<a href="http://a.b/c_(d)" {LINK}>http://a.b/c_(d)</a>)</p>\n'),
        ("`http://a.b`", "<p><code>http://a.b</code></p>\n"),
        ("![a](http://b.c/d.png)", f'<p><a href="http://b.c/d.png" {LINK}>a</a></p>\n'),
        ("![](http://b.c/d.png)", f'<p><a href="http://b.c/d.png" {LINK}>http://b.c/d.png</a></p>\n'),
        ("[![a](http://b.c/d.png)](http://e.f)", f'<p><a href="http://e.f" {LINK}>a</a></p>\n'),
        ("", ""),
    ],
)
def test_what_is_meant(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_table_scrolls_by_itself_and_keeps_its_sides() -> None:
    html = to_html("|a|b|\n|-|-:|\n|1|2|")
    assert html.startswith('<div class="wide" tabindex="0"><table>')
    assert '<th class="right">b</th>' in html
    assert '<td class="right">2</td>' in html


@pytest.mark.parametrize(
    ("text", "done", "open_"),
    [
        ("- [ ] a\n- [x] b\n- [X] c", 2, 1),
        ("1. [x] a", 1, 0),
        ("- a [x] b\n- [y] c\n- [x]c\n- [ ]", 0, 0),
        ("- [x] **a**", 1, 0),
        ("[x] a", 0, 0),
    ],
)
def test_a_list_of_tasks_has_boxes(text: str, done: int, open_: int) -> None:
    html = to_html(text)
    assert html.count('aria-label="Done">✓</span>') == done
    assert html.count('aria-label="Not done"></span>') == open_
    assert html.count('<li class="task">') == done + open_


HOSTILE: Final = [
    "<script>alert(1)</script>",
    "<SCRIPT\n>alert(1)</SCRIPT\n>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:a)",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/api/v1/tasks)",
    "[x](#top)",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/png;base64,AAAA)",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    '[x](https://a.b "y" onmouseover=alert(1))',
    'https://a.b/"onmouseover="alert(1)',
    "https://a.b/'><script>alert(1)</script>",
    '```"onload=alert(1)\nx\n```',
    '```py" onclick="alert(1)\nx\n```',
    "|<script>|\n|-|\n|![x](javascript:a)|",
    "- [x] <script>alert(1)</script>",
    "# <img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<script>\ufeff",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_nothing_acts(text: str) -> None:
    html = to_html(text)
    elements = Elements(html)
    assert elements.tags <= TAGS
    assert set(elements.attributes) <= ATTRIBUTES
    assert all(str(url).startswith("https://a.b") for url in elements.attributes.get("href", ()))
    assert elements.attributes.get("class", set()) <= {"wide", "task", "tick", "left", "center", "right"}


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.startswith("[x](") and "a.b" not in text], ids=ascii)
def test_an_address_of_another_kind_is_no_link(text: str) -> None:
    assert "<a" not in to_html(text)


@pytest.mark.parametrize("html", [text for text in HOSTILE if text.startswith("<")], ids=ascii)
def test_the_sanitiser_does_not_rely_on_the_parser(html: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless:
        def render(self, text: str) -> str:
            return f'{text}<a href="/x" class="panel" style="color:red" id="y">z</a>'

    monkeypatch.setattr(markdown, "_PARSER", Careless())
    elements = Elements(to_html(html))
    assert elements.tags <= TAGS
    assert not set(elements.attributes) & {"onerror", "onload", "srcdoc", "src", "href", "style", "id", "class"}


@pytest.mark.parametrize(
    "text", [">" * 20_000 + "a", "- " * 20_000 + "a", "\n".join("  " * depth + "- a" for depth in range(400))]
)
def test_nesting_is_bounded(text: str) -> None:
    assert Elements(to_html(text)).deepest < 60


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x" * 100_000, "<p>xxx"),
        ("`" * 100_000, "<pre"),
        ("http://" + "x" * 100_000, '<p><a href="http://xxx'),
        ("> " * 50_000, "<blockquote>"),
    ],
    ids=lambda value: value[:8],
)
def test_a_text_of_100_kb_without_a_break_is_rendered(text: str, start: str) -> None:
    html = to_html(text)
    assert html.startswith(start)


def test_what_would_become_too_long_is_left_to_plain_text() -> None:
    table = "|".join("a" * 400) + "\n" + "|".join("-" * 400) + "\n" + "a\n" * 40
    assert to_html(table) == ""
    assert to_html("&" * (HTML_LIMIT // 5)) == ""
    assert to_html("word " * 10_000) != ""


async def test_a_result_is_kept() -> None:
    shown = Markdown()
    assert shown.ready("*a*") == ""
    assert await shown.html("*a*") == "<p><em>a</em></p>\n"
    assert shown.ready("*a*") == "<p><em>a</em></p>\n"


async def test_the_oldest_results_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "KEPT", 30)
    shown = Markdown()
    for text in ("aaa", "bbb", "ccc"):
        await shown.html(text)
    assert [bool(shown.ready(text)) for text in ("aaa", "bbb", "ccc")] == [False, True, True]
    assert await shown.html("aaa") == "<p>aaa</p>\n"


async def test_the_loop_goes_on_and_two_texts_are_rendered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, at_work, most = asyncio.get_running_loop(), 0, 0
    both, go_on = asyncio.Event(), asyncio.Event()

    def count(by: int) -> None:
        nonlocal at_work, most
        at_work += by
        most = max(most, at_work)
        if at_work == markdown.AT_ONCE:
            both.set()

    def wait_for_the_loop(text: str) -> str:
        loop.call_soon_threadsafe(count, 1)
        # Only a loop that goes on can end this.
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(timeout=30)
        loop.call_soon_threadsafe(count, -1)
        return f"<p>{text}</p>"

    monkeypatch.setattr(markdown, "to_html", wait_for_the_loop)
    shown = Markdown()
    tasks = [asyncio.create_task(shown.html(str(number))) for number in range(5)]
    await both.wait()
    go_on.set()
    results: list[Any] = await asyncio.gather(*tasks)
    assert results == [f"<p>{number}</p>" for number in range(5)]
    assert most == markdown.AT_ONCE
