"""The outermost layer: takes the prefix of a project off the path, so that all below sees the paths that it knows."""

import re
from typing import Final
from urllib.parse import urlsplit

from kanban_app.api.answers import send_redirect
from kanban_app.asgi import FIRST_PROJECT, Application, Message, Receive, Scope, Send, of_project

# Ids are made by `services.projects`; what looks otherwise is no project's address.
_PREFIXED: Final = re.compile(r"/p/(?P<project>[a-z0-9][a-z0-9-]{0,39})(?P<rest>/.*)?", re.DOTALL)
_BEGINNINGS: Final = frozenset({"http.response.start", "websocket.http.response.start"})
_REDIRECTS: Final = range(300, 400)
_COMMON: Final = ("/p/", "/login", "/projects")


class ProjectPaths:
    """ASGI middleware. It decides nothing: who may come in, and whether there is such a project, is found out below."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        match = _PREFIXED.fullmatch(scope["path"])
        if match is None:
            await self._app(of_project(scope, FIRST_PROJECT, scope["path"]), receive, send)
            return
        prefix = f"/p/{match['project']}"
        if match["rest"] is None and scope["type"] == "http":
            # Links of pages are relative to where the project begins.
            query = scope.get("query_string", b"").decode("latin-1")
            await send_redirect(send, f"{prefix}/?{query}" if query else f"{prefix}/")
            return
        inside = of_project(scope, match["project"], match["rest"] or "/", prefix)
        await self._app(inside, receive, _with_prefix(send, prefix))


def _with_prefix(send: Send, prefix: str) -> Send:
    """Redirects to paths of ours lead to the same project; what all projects have in common has no prefix."""

    async def with_prefix(message: Message) -> None:
        if message["type"] in _BEGINNINGS and message["status"] in _REDIRECTS:
            headers = [(name, _led(name, value, prefix)) for name, value in message.get("headers", [])]
            message = {**message, "headers": headers}
        await send(message)

    return with_prefix


def _led(name: bytes, value: bytes, prefix: str) -> bytes:
    if name.lower() != b"location":
        return value
    parts = urlsplit(value.decode("latin-1"))
    if not parts.path.startswith("/") or parts.path.startswith(_COMMON):
        return value
    return parts._replace(path=prefix + parts.path).geturl().encode("latin-1")
