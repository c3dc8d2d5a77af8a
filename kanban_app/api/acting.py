"""Says for each request who does what it leads to, and records what other programs ask of the built-in service."""

import re
from typing import Final

from starlette.requests import HTTPConnection

from kanban_app.api.access import services_now
from kanban_app.api.who import is_board, who_of
from kanban_app.asgi import Application, Message, Receive, Scope, Send
from kanban_app.domain.audit import NOTHING, Act, Action, Actor, Details, Target, Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.errors import BoardError
from kanban_app.services.acting import acting, entry_of

# What changes something at the built-in service. Reports of runs are in the logs of runs.
OF_THE_SERVICE: Final = frozenset(
    {
        "POST /api/adws",
        "PATCH /api/adws/{}",
        "DELETE /api/adws/{}",
        "POST /api/clarify",
        "POST /api/slash-command",
        "POST /api/worktree/open/{}",
        "POST /api/codebase/open/{}",
    }
)
_PATTERNS: Final = {
    route: re.compile(re.escape(route).replace(re.escape("{}"), "([^/]+)")) for route in sorted(OF_THE_SERVICE)
}
_REFUSED: Final = 400


class Acting:
    """ASGI middleware, around the routes and behind the gate. Sockets are left alone: they live longer than a deed."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with acting(actor_of(scope)):
            await self._watched(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = _asked(scope)
        if asked is None:
            await self._app(scope, receive, send)
            return
        status = 0

        async def noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noticing)
        finally:
            _record(scope, asked, f"HTTP {status}" if status >= _REFUSED or not status else "")


def actor_of(scope: Scope) -> Actor:
    """Whose deed a request is. A page sends some itself, by fetch: those were done on the board."""
    who = who_of(scope)
    headers = {name for name, _ in scope.get("headers", [])}
    is_page = who.kind == "person" or bool(headers & {b"origin", b"sec-fetch-site"})
    return Actor(who.name, who.kind, who.address, Way.BOARD if is_page else Way.API)


def _asked(scope: Scope) -> tuple[str, str] | None:
    """The route and the run that it names, if this is something to record."""
    said = f"{scope['method']} {scope['path']}"
    for route, pattern in _PATTERNS.items():
        if match := pattern.fullmatch(said):
            return route, (match[1] if pattern.groups else "")
    return None


def _record(scope: Scope, asked: tuple[str, str], code: str) -> None:
    route, adw_id = asked
    try:
        services = services_now(HTTPConnection(scope))
    except BoardError:
        return
    if services is None:
        return
    details: Details = {"request": route.replace("/{}", ""), "run": adw_id}
    target = Target("run", adw_id) if adw_id else NOTHING
    services.audit.put(services.audit.own(entry_of(Act(Action.SERVICE_ASKED, target, details, code))))


def service_asked(  # noqa: PLR0917 - the first two are bound by whoever opens the project
    trail: Trail, project: str, socket: Scope, what: str, adw_id: str, code: str
) -> None:
    """Record what has come to the built-in service by a socket. Of the board's own wishes the log has more than that.

    `code` says why nothing came of it, "" when it is done.
    """
    actor = actor_of(socket)
    if is_board(who_of(socket)):
        return
    target = Target("run", adw_id) if adw_id else NOTHING
    with acting(actor):
        details: Details = {"request": what, "run": adw_id}
        trail.put(entry_of(Act(Action.SERVICE_ASKED, target, details, code), project))
