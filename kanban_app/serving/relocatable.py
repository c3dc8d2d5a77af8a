"""Makes the built client find its server by the address of the page instead of a host and port fixed at build time."""

import re
from pathlib import Path
from typing import Final

# Reflex collects the addresses of its endpoints in one chunk of this name.
_CHUNK: Final = "reflex-env-*.js"
_ADDRESS: Final = re.compile(r"""(?P<quote>[`"'])(?P<scheme>wss?|https?)://[^/`"']+(?P<path>/[^`"']*)(?P=quote)""")
# The same module is evaluated once without a window, when pages are rendered at build time.
_ORIGIN: Final = '(globalThis.location?.origin??"http://localhost")'
_SOCKET_ORIGIN: Final = f'{_ORIGIN}.replace(/^http/,"ws")'
# The socket's name space is made of its address, the path of its handshake is free.
_SOCKET_PATH: Final = re.compile(r"\bpath: .*\bendpoint\.pathname,")
_PROJECT: Final = '(/^\\/p\\/[^/]+(?=\\/|$)/.exec(window.location.pathname)?.[0] ?? "")'


class NotRelocatableError(Exception):
    """The built client does not look as expected, most likely because Reflex has changed."""


def make_relocatable(static_dir: Path) -> None:
    """Rewrite the built client in `static_dir`. Run it before the files are compressed."""
    chunks = sorted(static_dir.rglob(_CHUNK))
    if not chunks:
        raise NotRelocatableError(f"no {_CHUNK} under {static_dir}: where does Reflex keep its endpoints now?")
    for chunk in chunks:
        text, count = _ADDRESS.subn(_by_location, chunk.read_text())
        if not count:
            raise NotRelocatableError(f"{chunk.name} holds no endpoint address: what does Reflex write there now?")
        chunk.write_text(text)


def _by_location(match: re.Match[str]) -> str:
    origin = _SOCKET_ORIGIN if match["scheme"].startswith("ws") else _ORIGIN
    return f"({origin}+{match['quote']}{match['path']}{match['quote']})"


def below_project(state_js: str) -> str:
    """Reflex's `utils/state.js` with an event socket that is opened below the address of the page's project.

    The file may be one that an earlier build has changed.
    """
    changed, count = _SOCKET_PATH.subn(lambda _: f"path: {_PROJECT} + endpoint.pathname,", state_js)
    if count != 1:
        raise NotRelocatableError("state.js names no path of the event socket: how does Reflex open it now?")
    return changed
