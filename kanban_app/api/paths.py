"""What kind of thing a path leads to, and where a person may be sent after signing in."""

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from kanban_app.asgi import Scope

# Open to everyone, and exactly these: a prefix would open what is added below it later.
OPEN: Final = frozenset({"/healthz", "/readyz"})
LOGIN: Final = "/login"
IMPORT: Final = "/api/v1/import"
# Reports of workflow processes carry a token of their own in the path; the trigger service checks it.
_REPORT: Final = re.compile(r"/r/[A-Za-z0-9_-]+/(health|api/[A-Za-z0-9/_-]+)")
# What is sent here is the image itself.
_UPLOAD: Final = re.compile(r"/api/v1/(tasks/[^/]+/attachments|uploads)")
_API: Final = re.compile(r"/(api|health|metrics|ws|r|_\w+)(/.*)?", re.DOTALL)
_ODD: Final = re.compile(r"[\x00-\x20\x7f\\]")


def is_report(path: str) -> bool:
    return bool(_REPORT.fullmatch(path))


def is_upload(path: str) -> bool:
    return bool(_UPLOAD.fullmatch(path))


def is_api(path: str) -> bool:
    """Whether programs rather than people look at the answer."""
    return bool(_API.fullmatch(path))


def is_page_request(method: str, path: str, accept: str) -> bool:
    """Whether a person is waiting for a page: the answer may send them elsewhere."""
    if method not in {"GET", "HEAD"} or path in OPEN or is_api(path):
        return False
    return "text/html" in accept or "." not in path.rpartition("/")[2]


def own_path(target: str) -> str:
    """`target` if it is a path on this very site, else `/`: never a way to lead people to another one."""
    if not target.startswith("/") or target.startswith("//") or _ODD.search(target):
        return "/"
    return "/" if target.partition("?")[0] == LOGIN else target


def without_token(scope: Scope) -> str:
    """Path and query of a request, the query without its `token`."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    path = raw.partition(b"?")[0].decode("ascii", "replace")
    query: bytes = scope.get("query_string", b"")
    kept = [part for part in query.split(b"&") if part and _key(part) != b"token"]
    return own_path(path + ("?" + b"&".join(kept).decode("latin-1") if kept else ""))


def _key(part: bytes) -> bytes:
    return unquote_to_bytes(part.partition(b"=")[0])
