"""Texts that act where they are taken for something else than text, and a witness of whether one did.

Each script sets `window.__pwned`; each element bears `x-mark`; each address leads to the host `evil.invalid`; each
template would show `EVALUATED`. None of that may ever come about.
"""

from collections.abc import Iterator
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Dialog, Page
from pydantic import BaseModel

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.messages import SERVER_MODELS

ACT: Final = "__pwned=1"
EVALUATED: Final = "62710561"
_SUM: Final = "7919*7919"
_CALL: Final = f"javascript:{ACT}"
CORPUS: Final = (
    # Scripts
    f"<script x-mark>{ACT}</script>",
    f"</title></style></textarea></script><script x-mark>{ACT}</script>",
    f"<ScRiPt x-mark\n>{ACT}</sCrIpT\t>",
    "<script x-mark src=//evil.invalid/a.js></script>",
    f"\"'><script x-mark>{ACT}</script>",
    f"<scr<script x-mark>ipt>{ACT}</scr</script>ipt>",
    # Handlers
    f"<img x-mark src=x onerror={ACT}>",
    f'<img x-mark src="x`"onerror="{ACT}"`>',
    f'" autofocus onfocus="{ACT}" x-mark="',
    f"' onmouseover='{ACT}' x-mark='",
    f"<body x-mark onload={ACT}>",
    f"<details x-mark open ontoggle={ACT}>d</details>",
    f"<input x-mark autofocus onfocus={ACT}>",
    f"<video x-mark><source onerror={ACT}></video>",
    f"<marquee x-mark onstart={ACT}>m</marquee>",
    # SVG, MathML, and what parsers repair into something else
    f"<svg x-mark onload={ACT}>",
    f"<svg x-mark><script>{ACT}</script></svg>",
    f'<svg x-mark><a xlink:href="{_CALL}"><text y=9>s</text></a></svg>',
    f"<math x-mark><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={ACT}&gt;'>",
    f"<noscript x-mark><p title='</noscript><img x-mark src=x onerror={ACT}>'>",
    f"<form x-mark><math><mtext></form><form><mglyph><style></math><img src onerror={ACT}>",
    f"<template x-mark><img src=x onerror={ACT}></template>",
    # Addresses
    f"<a x-mark href={_CALL}>a</a>",
    f"<iframe x-mark src={_CALL}></iframe>",
    f"<iframe x-mark srcdoc='<img src=x onerror=parent.{ACT}>'></iframe>",
    f"<object x-mark data='data:text/html,<script>{ACT}</script>'></object>",
    "<base x-mark href=//evil.invalid/><link x-mark rel=stylesheet href=//evil.invalid/a.css>",
    f"<meta x-mark http-equiv=refresh content='0;url={_CALL}'>",
    _CALL,
    f"data:text/html,<script x-mark>{ACT}</script>",
    # Markdown
    f"[m]({_CALL}) <{_CALL}>",
    f"[m](JaVaScRiPt&colon;{ACT}) [n](java&#10;script:{ACT})",
    f"![m](https://evil.invalid/a.png) ![n]({_CALL})",
    f'[m](https://evil.invalid "t" onmouseover={ACT} x-mark) https://evil.invalid/"onmouseover="{ACT}',
    f"[r]\n\n[r]: {_CALL} 'x'",
    f"```html\n</code></pre><img x-mark src=x onerror={ACT}>\n```",
    f"| a |\n|---|\n| <img x-mark src=x onerror={ACT}> |",
    # Entities, templates, styles
    f"&lt;img x-mark src=x onerror={ACT}&gt; &#60;script&#62;{ACT}&#60;/script&#62;",
    f"%3Cimg%20x-mark%20src%3Dx%20onerror%3D{ACT}%3E \\u003cscript\\u003e{ACT}\\u003c/script\\u003e",
    f"{{{{{_SUM}}}}} ${{{_SUM}}} #{{{_SUM}}} <%= {_SUM} %> {{%{_SUM}%}} {{{{constructor.constructor('{ACT}')()}}}}",
    f"<div x-mark style='background:url({_CALL});width:expression({ACT})'>c</div><style x-mark>*{{x:y}}</style>",
    f"<!--><img x-mark src=x onerror={ACT}> <!-- <![CDATA[ <? never closed",
    # Characters
    "\u202egpj.exe\u202d \u2066isolated\u2069 \u200bwidth\ufeffless",
    f"nul\x00<scr\x00ipt x-mark>{ACT}</script>\x08\x7f\x85",
    f"\x1b[31mred\x1b[2J\x1b]8;;{_CALL}\x07link\x1b]8;;\x07\x1b[?1049h\x9b31m",
    "Z\u0300" * 3 + "a" + "\u0489\u0316\u0334" * 60,
    "__proto__ constructor toString \"'`; DROP TABLE tasks;-- ../../../etc/passwd\r\nset-cookie: a=b",
)
LISTEN: Final = """(() => {
  addEventListener("securitypolicyviolation", (event) => {
    window.__refused = [...(window.__refused ?? []), `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`];
  });
})();"""
_LOOK: Final = """() => {
  const all = [...document.querySelectorAll("*")];
  const names = (one) => `<${one.localName} ${one.getAttributeNames().join(" ")}>`;
  const bad = (one) => one.hasAttribute("x-mark") || one.getAttributeNames().some((name) => /^on/i.test(name))
    || /^(iframe|object|embed|base|math|marquee|template|video|audio)$/.test(one.localName)
    || /^\\s*(javascript|vbscript|data:text)/i.test(one.getAttribute("href") ?? one.getAttribute("src") ?? "")
    || (one.localName === "a" && one.hasAttribute("href") && !/^(https?|mailto|blob):$/.test(one.protocol));
  return {
    pwned: window.__pwned ?? 0,
    refused: window.__refused ?? [],
    elements: all.filter(bad).map(names),
    text: document.body.innerText + document.title,
  };
}"""


class Witness:
    """Follows every page of a browser profile. `faults` is what must not have been."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.faults: list[str] = []
        self.where = "before the first page"
        self._host = urlsplit(base_url).netloc
        context.add_init_script(LISTEN)
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", self._follow)

    def look(self, page: Page, where: str) -> None:
        """Judge what stands on the page now; `where` names it, also for what happens until the next look."""
        seen = page.evaluate(_LOOK)
        self.where = where
        for what in ("refused", "elements"):
            self.faults += [f"{what} at {where}: {one}" for one in seen[what]]
        if seen["pwned"]:
            self.faults.append(f"a script ran at {where}")
        if EVALUATED in seen["text"]:
            self.faults.append(f"a template was evaluated at {where}")

    def _follow(self, page: Page) -> None:
        page.on("dialog", self._asked_for)
        page.on("console", lambda message: self._said(message.text))
        page.on("popup", lambda popup: self.faults.append(f"a window was opened after {self.where}: {popup.url}"))

    def _asked_for(self, dialog: Dialog) -> None:
        self.faults.append(f"a dialog after {self.where}: {dialog.message}")
        dialog.dismiss()

    def _said(self, text: str) -> None:
        if "Content Security Policy" in text:
            self.faults.append(f"after {self.where}: {text}")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"blob", "data"} and parts.netloc != self._host:
            self.faults.append(f"a request after {self.where}: {url}")


def hostile_messages(vintage: Vintage, adw_id: str) -> Iterator[dict[str, Any]]:
    """Every message of a service with every text of the corpus in all of its fields but the run's id.

    Our own vintage numbers what it broadcasts, and the answers that it never numbers are left out for it.
    """
    for kind, model in SERVER_MODELS.items():
        if kind in {"pong", "session_registered"} and vintage is Vintage.OURS:
            continue
        part = model.model_fields["data"].annotation if "data" in model.model_fields else None
        for text in CORPUS:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield {"type": kind, "data": {**_filled(part, text), "adw_id": adw_id}}
            else:
                yield {"type": kind, **_filled(model, text), "data": {"adw_id": adw_id, text: text}}


def _filled(model: type[BaseModel], text: str) -> dict[str, Any]:
    skipped = {"type", "data", "seq", "request_id", "timestamp"}
    return {name: _value(field.annotation, text) for name, field in model.model_fields.items() if name not in skipped}


def _value(kind: Any, text: str) -> Any:
    """A value of the kind of a field that carries the text wherever one can be."""
    if get_origin(kind) in {Union, UnionType}:
        return _value(next(one for one in get_args(kind) if one is not type(None)), text)
    origin = get_origin(kind) or kind
    if origin is bool:
        return True
    if origin is int:
        return 7
    if origin is list:
        inner = next(iter(get_args(kind)), str)
        return [_filled(inner, text)] if isinstance(inner, type) and issubclass(inner, BaseModel) else [text]
    if origin is dict:
        return {text: text, "status": text, "file_path": text, "command": text, "nested": {"deep": [text]}}
    return text
