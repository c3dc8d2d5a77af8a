"""The sign-in page: one file without script or other requests, since nothing else is open to a stranger."""

import base64
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Final

MISTAKEN: Final = "That token is not right. Copy it again, without spaces around it."

_FONT: Final = Path(__file__).parents[2] / "assets" / "fonts" / "inter-latin.woff2"

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Sign in · Agentic Kanban</title>
<link rel="icon" href="data:,">
<style>
@font-face {
  font-family: "Inter"; src: url("data:font/woff2;base64,$font") format("woff2"); font-weight: 400 650;
}
:root {
  --ground: #f5f5f3; --panel: #fff; --ink: #191a1d; --soft: #484b52; --line: #85888d;
  --accent: #4750c8; --on-accent: #fff; --bad: #b3213a; --bad-ground: #fbe9ec; --shade: 0 12px 40px rgb(20 22 40 / .10);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d0f11; --panel: #15181b; --ink: #eceef0; --soft: #b6bbc2; --line: #747c86;
    --accent: #949bff; --on-accent: #0d0f1a; --bad: #ff8b9c; --bad-ground: #321920;
    --shade: 0 12px 40px rgb(0 0 0 / .45);
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 "Inter", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  width: min(26rem, 100%); padding: 2rem 1.75rem; background: var(--panel); border-radius: 16px;
  border: 1px solid color-mix(in srgb, var(--line) 55%, transparent); box-shadow: var(--shade);
}
.mark { display: block; margin-bottom: 1.1rem; fill: var(--on-accent); }
h1 { font-weight: 600; font-size: 1.35rem; line-height: 1.25; letter-spacing: -.01em; }
p { color: var(--soft); margin-top: .45rem; }
form { margin-top: 1.4rem; display: grid; gap: .5rem; }
label { font-weight: 600; }
input {
  width: 100%; min-height: 46px; padding: .55rem .8rem; border-radius: 10px; border: 1px solid var(--line);
  background: var(--ground); color: inherit; font: 1rem/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
button {
  min-height: 46px; margin-top: .6rem; border: 0; border-radius: 10px; cursor: pointer;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 650;
}
button:hover { filter: brightness(1.07); }
:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 55%, transparent); outline-offset: 2px; }
.bad { margin-top: 1rem; padding: .6rem .8rem; border-radius: 10px; background: var(--bad-ground); color: var(--bad); }
.hint { font-size: .875rem; margin-top: 1.2rem; }
code { font-size: .95em; }
</style>
</head>
<body>
<main>
<svg class="mark" viewBox="0 0 24 24" width="36" height="36" aria-hidden="true">
<rect width="24" height="24" rx="6" style="fill:var(--accent)"/><rect x="5" y="6" width="4" height="12" rx="1"/>
<rect x="10" y="6" width="4" height="6" rx="1"/><rect x="15" y="6" width="4" height="9" rx="1"/>
</svg>
<h1>Agentic Kanban</h1>
<p>This board is open to those who have its access token.</p>
$problem<form method="post" action="/login">
<input type="hidden" name="next" value="$target">
<label for="token">Access token</label>
<input id="token" name="token" type="text" required autofocus autocomplete="off" autocapitalize="none"
 autocorrect="off" spellcheck="false"$described>
<button type="submit">Sign in</button>
</form>
<p class="hint">It is part of the address that the program prints when it starts (after <code>?token=</code>),
and is kept in the file <code>token</code> of its data folder.</p>
</main>
</body>
</html>
""")


def login_page(target: str, problem: str = "") -> str:
    """The page; `target` is the path to go to afterwards, `problem` what went wrong at the last try."""
    return _PAGE.substitute(
        font=_font(),
        target=escape(target, quote=True),
        problem=f'<p class="bad" id="problem" role="alert">{escape(problem)}</p>\n' if problem else "",
        described=' aria-invalid="true" aria-describedby="problem"' if problem else "",
    )


@cache
def _font() -> str:
    return base64.b64encode(_FONT.read_bytes()).decode()
