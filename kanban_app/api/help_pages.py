"""What to do about an error: a page for each code of the catalogue, and one that lists them. No script, no network.

The routes are plain functions, so that they run in threads: the first one reads the documents.
"""

from collections.abc import Iterable
from functools import cache
from html import escape
from itertools import groupby
from string import Template
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from kanban_app.catalogue import CATALOGUE
from kanban_app.services.help_pages import entry_html
from kanban_app.services.troubleshooting import HelpEntry, troubleshooting

router = APIRouter(prefix="/help", include_in_schema=False)

# Everything that the page shows is in it, but for the app's own font and icon.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; font-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'"
)
_HEADERS: Final = {"content-security-policy": _POLICY}
_CODE_LIMIT: Final = 40
_FAMILIES: Final = {
    "connection": "Connection",
    "protocol": "Messages",
    "access": "Access",
    "health": "Health",
    "requests": "Requests",
    "cards": "Cards",
    "runs": "Runs",
    "system": "Program",
}

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title · Agentic Kanban</title>
<link rel="icon" href="/favicon.svg">
<style>
@font-face {
  font-family: "Inter"; src: url("/fonts/inter-latin.woff2") format("woff2"); font-weight: 400 650; font-display: swap;
}
@font-face {
  font-family: "JetBrains Mono"; src: url("/fonts/jetbrains-mono-latin.woff2") format("woff2"); font-display: swap;
}
:root {
  --ground: #f5f5f3; --surface: #fff; --sunken: #f0f0ed; --ink: #191a1d; --soft: #484b52; --line: #cdcdc6;
  --accent: #4750c8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d0f11; --surface: #15181b; --sunken: #101315; --ink: #eceef0; --soft: #b6bbc2; --line: #3b4148;
    --accent: #949bff;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
  font: .9375rem/1.6 "Inter", ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header { border-bottom: 1px solid var(--line); background: var(--surface); }
nav { max-width: 46rem; margin: 0 auto; padding: 0 1rem; display: flex; gap: .25rem 1.25rem; flex-wrap: wrap; }
nav a { display: inline-flex; align-items: center; min-height: 44px; font-weight: 500; }
main { max-width: 46rem; margin: 0 auto; padding: 1.75rem 1rem 4rem; }
h1 { font-weight: 600; font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; }
h2 { font-weight: 600; font-size: 1.05rem; line-height: 1.3; margin-top: 2rem; }
p, ol, ul, pre, .wide { margin-top: .85rem; }
ol, ul { padding-left: 1.4rem; }
li { margin-top: .4rem; }
a { color: var(--accent); text-underline-offset: 2px; }
nav a, .codes a { text-decoration: none; }
a:hover { text-decoration: underline; }
.code { color: var(--soft); font: 500 .8125rem/1.5 "JetBrains Mono", ui-monospace, Menlo, Consolas, monospace; }
code { font: .84em/1.5 "JetBrains Mono", ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
:not(pre) > code { padding: .1em .3em; border-radius: 4px; background: var(--sunken); }
pre {
  padding: .8rem .9rem; overflow: auto; border: 1px solid var(--line); border-radius: 7px; background: var(--sunken);
  overflow-wrap: normal;
}
.wide { overflow: auto; }
table { border-collapse: collapse; }
th, td { padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.codes { list-style: none; padding: 0; }
.codes li { margin: 0; border-top: 1px solid var(--line); }
.codes a { display: flex; flex-wrap: wrap; align-items: center; gap: 0 .9rem; min-height: 44px; color: var(--ink); }
.codes .code { min-width: 6.5rem; }
details { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); }
summary { padding: .6rem 0; cursor: pointer; font-weight: 500; }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
</style>
</head>
<body>
<header><nav aria-label="Agentic Kanban"><a href="/">Board</a>$way</nav></header>
<main>
$body
</main>
</body>
</html>
""")


@router.get("", response_class=HTMLResponse)
def without_slash() -> RedirectResponse:
    return RedirectResponse("/help/", 308)


@router.get("/", response_class=HTMLResponse)
def all_codes() -> HTMLResponse:
    """Every code with its title, in the order of the documents."""
    return HTMLResponse(_list_page(), headers=_HEADERS)


@router.get("/{code}", response_class=HTMLResponse)
def one_code(code: str) -> HTMLResponse:
    """The entry of one code; a page that leads to the others where there is none."""
    entry = troubleshooting().entries.get(code.upper())
    if entry is None:
        return HTMLResponse(_missing_page(code[:_CODE_LIMIT]), 404, _HEADERS)
    return HTMLResponse(_entry_page(entry), headers=_HEADERS)


@cache
def _list_page() -> str:
    entries = sorted(troubleshooting().entries.values(), key=_place)
    sections = "".join(_section(page, of_page) for page, of_page in groupby(entries, key=lambda entry: entry.page))
    intro = "<p>Every error that the board shows has a code: what it comes from, and what to do about it.</p>"
    nothing = "<p>The documents of this installation are not there (docs/troubleshooting).</p>"
    return _page("What to do", f"<h1>What to do</h1>\n{intro}\n{sections or nothing}")


def _place(entry: HelpEntry) -> int:
    pages = list(_FAMILIES)
    return pages.index(entry.page) if entry.page in pages else len(pages)


def _section(page: str, entries: Iterable[HelpEntry]) -> str:
    rows = "\n".join(
        f'<li><a href="{entry.code}"><span class="code">{entry.code}</span>{escape(entry.title)}</a></li>'
        for entry in entries
    )
    return f'<h2>{escape(_FAMILIES.get(page, page))}</h2>\n<ul class="codes">\n{rows}\n</ul>\n'


def _entry_page(entry: HelpEntry) -> str:
    preparation = escape(troubleshooting().preparation)
    body = (
        f'<p class="code">{entry.code}</p>\n<h1>{escape(entry.title)}</h1>\n{entry_html(entry)}\n'
        "<details><summary>What <code>board</code> and <code>pick</code> in the commands are</summary>\n"
        "<p>Two small functions for bash and zsh. Run them in the folder that has <code>.kanban</code>, or change the "
        f'path and the port.</p>\n<pre tabindex="0"><code>{preparation}</code></pre>\n</details>'
    )
    return _page(f"{entry.title} ({entry.code})", body, with_list=True)


def _missing_page(code: str) -> str:
    known = code.upper() in CATALOGUE
    why = "This installation has no document about it." if known else "There is no such code."
    return _page("Not found", f'<p class="code">{escape(code)}</p>\n<h1>Not found</h1>\n<p>{why}</p>', with_list=True)


def _page(title: str, body: str, *, with_list: bool = False) -> str:
    way = '<a href="./">All errors</a>' if with_list else ""
    return _PAGE.substitute(title=escape(title), body=body, way=way)
