"""The pages of projects: the same files for all, told below which address they are; the way to the last one used."""

import gzip
import re
from collections.abc import Callable
from typing import Final, Protocol

from kanban_app.api.answers import send_redirect
from kanban_app.api.paths import is_page_request
from kanban_app.api.request import read_headers
from kanban_app.asgi import FIRST_PROJECT, Application, Message, Receive, Scope, Send, prefix_of, project_of

COOKIE: Final = "kanban_project"
PROJECTS: Final = "/projects/"
_COOKIE_S: Final = 365 * 24 * 3600
_EVENTS: Final = "/_event"
# What decides in which form the file comes: these pages are changed, so they are asked for as they are.
_FORM: Final = frozenset({b"accept-encoding", b"range", b"if-range", b"if-none-match", b"if-modified-since"})
_OLD: Final = frozenset({b"content-length", b"content-encoding", b"etag", b"last-modified", b"accept-ranges", b"vary"})
_BASENAME: Final = b'"basename":"/"'
# Links that are in the file already: the router leaves them as they are, so that a new tab would leave the project.
_LINK: Final = re.compile(rb'(<a\b[^>]* href=")(/(?:(?:settings|connection|status|archive|audit)/)?")')
_COOKIES: Final = re.compile(rf"(?:^|;)\s*{COOKIE}=([a-z0-9-]{{1,40}})\s*(?:;|$)")
# A smaller answer fits into one packet anyway.
_COMPRESSED_FROM: Final = 1400


class KnownProjects(Protocol):
    """The projects as far as the way to their pages needs them."""

    @property
    def several(self) -> bool: ...
    def is_open(self, project: str) -> bool: ...
    def use(self, project: str) -> None: ...


class ProjectPages:
    """ASGI middleware behind the gate. `projects` gives None while the app is not running."""

    def __init__(self, app: Application, projects: Callable[[], KnownProjects | None]) -> None:
        self._app = app
        self._projects = projects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        projects = self._projects()
        if projects is None or scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(projects, scope, receive, send)
        elif is_page_request(scope["method"], scope["path"], read_headers(scope).get("accept", "")):
            await self._page(projects, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, projects: KnownProjects, scope: Scope, receive: Receive, send: Send) -> None:
        """A tab of a project that is not open any more learns it by being refused, and asks for the page again."""
        if scope["path"].startswith(_EVENTS) and not projects.is_open(project_of(scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    async def _page(self, projects: KnownProjects, scope: Scope, receive: Receive, send: Send) -> None:
        project = project_of(scope)
        if not projects.is_open(project):
            await send_redirect(send, PROJECTS)
        elif prefix_of(scope):
            projects.use(project)
            await self._app(_in_plain(scope), receive, _Page(send, project, scope).send)
        elif scope["path"] == "/" and not scope.get("query_string") and projects.several:
            last = _last_used(scope)
            await send_redirect(send, f"/p/{last if projects.is_open(last) else FIRST_PROJECT}/")
        else:
            await self._app(scope, receive, send)


class _Page:
    """An answer of which, where it is a page, the whole text is changed before it goes out."""

    def __init__(self, send: Send, project: str, scope: Scope) -> None:
        self._send = send
        self._project = project
        self._gzip = "gzip" in read_headers(scope).get("accept-encoding", "")
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish(self._start)
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        prefix = f"/p/{self._project}"
        body = _LINK.sub(rb"\g<1>%b\g<2>" % prefix.encode(), below_project(self._body, prefix))
        headers = [entry for entry in start["headers"] if entry[0].lower() not in _OLD]
        if self._gzip and len(body) > _COMPRESSED_FROM:
            body = gzip.compress(body, mtime=0)
            headers += [(b"content-encoding", b"gzip")]
        cookie = f"{COOKIE}={self._project}; Path=/; Max-Age={_COOKIE_S}; HttpOnly; SameSite=Lax"
        headers += [
            (b"content-length", str(len(body)).encode()),
            (b"vary", b"accept-encoding"),
            (b"set-cookie", cookie.encode()),
        ]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def below_project(text: bytes, prefix: str) -> bytes:
    """A page, or a script of one, that tells the router that it is below the prefix of a project."""
    return text.replace(_BASENAME, b'"basename":"%b/"' % prefix.encode())


def _in_plain(scope: Scope) -> Scope:
    return {**scope, "headers": [entry for entry in scope["headers"] if entry[0].lower() not in _FORM]}


def _is_html(start: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])


def _last_used(scope: Scope) -> str:
    match = _COOKIES.search(read_headers(scope).get("cookie", ""))
    return match[1] if match else FIRST_PROJECT
