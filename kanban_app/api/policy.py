"""What a browser may do with our answers: the content security policy, and the headers around it.

No script runs that is not a file of ours or one of the inline scripts that the build has put into its pages: those are
known by their hashes. Nothing is evaluated, nothing is loaded from elsewhere, no page may frame ours.

Styles may stand in the page ('unsafe-inline'): the drag and drop library puts a style element into the head, and the
pages that are rendered at build time have some, too. A style cannot run anything, and pictures and fonts, by which one
could tell something to others, come from here only.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from kanban_app.api.project_pages import below_project

# As many projects as there can be, and a few more; addresses of projects that do not exist are made up by anybody.
_PROJECTS_KEPT: Final = 64
_INLINE: Final = re.compile(rb"<script\b(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_NEVER: Final = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
# Answers that are no pages, such as JSON, images and scripts, if somebody opens one as if it were a page.
OF_DATA: Final = f"default-src 'none'; form-action 'none'; {_NEVER}".encode()


class PagePolicy:
    """The policy of pages that have these inline scripts, and no others."""

    def __init__(self, scripts: Iterable[bytes] = ()) -> None:
        self._scripts = tuple(sorted(set(scripts)))
        self._hashes = lru_cache(_PROJECTS_KEPT)(self._hashes_below)

    def header(self, prefix: str, host: str, *, secure: bool) -> bytes:
        """For a page below the `prefix` of a project ("" for the first), asked for as `host`, which is one of ours.

        The sockets are named beside 'self', which older browsers take for http only.
        """
        socket = f"{'wss' if secure else 'ws'}://{host}"
        return (
            f"default-src 'self'; script-src 'self'{self._hashes(prefix)}; style-src 'self' 'unsafe-inline'; "
            f"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {socket}; "
            f"frame-src 'none'; form-action 'self'; {_NEVER}"
        ).encode("latin-1", "replace")

    def _hashes_below(self, prefix: str) -> str:
        scripts = {below_project(script, prefix) if prefix else script for script in self._scripts}
        return "".join(f" 'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in sorted(scripts))


def inline_scripts(static_dir: Path) -> set[bytes]:
    """The inline scripts of all pages of a build."""
    return {script for page in static_dir.rglob("*.html") for script in _INLINE.findall(page.read_bytes())}
