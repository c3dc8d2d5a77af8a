"""The gate: every request and every socket passes it before anything else of the app, Reflex included, sees them."""

import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Final

from kanban_app.api.answers import SECURITY_HEADERS, Header, send_error, send_sentence
from kanban_app.api.body_limit import MIB, BodyRules, Patience, with_body_limit
from kanban_app.api.callers import Caller, Callers
from kanban_app.api.credentials import AccessToken, Credentials
from kanban_app.api.door_book import DoorBook
from kanban_app.api.origins import HostRules, is_loopback, is_own_site
from kanban_app.api.paths import IMPORT, LOGIN, OPEN, is_api, is_report, is_upload
from kanban_app.api.policy import OF_DATA, PagePolicy
from kanban_app.api.rates import Buckets, Limits, OpenSockets, client_of
from kanban_app.api.request import Request, read_headers
from kanban_app.api.sign_in import SignIn
from kanban_app.api.watched import watch_socket, while_welcome
from kanban_app.api.who import with_who
from kanban_app.asgi import Application, Message, Receive, Scope, Send, prefix_of
from kanban_app.domain.audit_trail import Trail
from kanban_app.errors import ErrorView, describe
from kanban_app.services.api_tokens import ApiTokens

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ALLOWED_AT_LOGIN: Final = frozenset({"GET", "HEAD", "POST"})
_BODY_LIMIT: Final = 2 * MIB
_LARGE_BODY_LIMIT: Final = 8 * MIB
_FILE_LIMIT: Final = 512 * MIB
_CLOSE: Final[Header] = (b"connection", b"close")
_CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
_ALLOW: Final[Header] = (b"allow", b"GET, HEAD, POST")
_POLICY_VIOLATION: Final = 1008
_NOT_MODIFIED: Final = 304
_TOO_SLOW: Final = 408
# Of an answer, and of one that a handshake is refused with.
_BEGINNINGS: Final = frozenset({"http.response.start", "websocket.http.response.start"})


class Gate:
    """ASGI middleware. Without `access_token` nobody has to sign in; Host and Origin are checked all the same.

    `internal_token` is the bearer token of the program's own client, `tokens` are those of other programs. `policy`
    knows the scripts of the pages. `trail` is told who signs in, and who tries.
    """

    def __init__(
        self,
        app: Application,
        hosts: HostRules,
        access_token: AccessToken,
        internal_token: str | None = None,
        *,
        tokens: ApiTokens | None = None,
        policy: PagePolicy | None = None,
        limits: Limits | None = None,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        trail: Trail | None = None,
    ) -> None:
        self._app = app
        self._door = door = DoorBook(trail or Trail())
        self._hosts = hosts
        self._policy = policy or PagePolicy()
        self._limits = limits or Limits()
        self._patience = patience or Patience()
        self._clock = clock
        self._credentials = Credentials(access_token, internal_token, tokens)
        self._callers = Callers(self._credentials, hosts, clock, door)
        self._sign_in = SignIn(self._credentials, self._patience, clock, door)
        self._known = Buckets(self._limits.requests_burst, self._limits.requests_per_s)
        self._strangers = Buckets(self._limits.strangers_burst, self._limits.strangers_per_s)
        self._sockets = OpenSockets(self._limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "websocket":
                await self._websocket(scope, receive, send)
            case _:
                await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.read(scope, self._hosts)
        send = self._with_security_headers(request, send)
        if request is None:
            await _refuse_host(scope, send)
            return
        caller = self._callers.of(request)
        if wait := self._hold_up(caller):
            await _refuse_for_now(send, request.path, "E-RATE-3", wait)
        elif not self._may_write(request, caller):
            error = describe("E-AUTH-3", {"origin": request.origin or "another page"})
            await _refuse(send, request.path, 403, error)
        elif self._credentials.required and request.is_for_page and (token := request.query("token")) is not None:
            await self._sign_in.exchange(request, token, send, is_known=not caller.is_stranger)
        elif request.path == LOGIN:
            await self._login(request, caller, receive, send)
        elif request.path in OPEN:
            await self._pass(request, caller, receive, send)
        elif caller.wait_s:
            await _refuse_for_now(send, request.path, "E-AUTH-5", caller.wait_s)
        elif not caller.is_stranger:
            await self._within_scope(request, caller, receive, send)
        elif request.is_for_page:
            await self._sign_in.ask(request, send)
        else:
            await send_error(send, 401, describe("E-AUTH-1"), [_CHALLENGE])

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.read(scope, self._hosts)
        send = self._with_security_headers(request, send)
        caller = self._callers.of(request) if request is not None else None
        if request is None or caller is None or not self._may_connect(request, caller):
            await _refuse_socket(receive, send)
            return
        client = client_of(caller.who.address)
        if not self._sockets.enter(client):
            await _refuse_socket(receive, send)
            return
        try:
            inside = with_who(request.scope, caller.who)
            await watch_socket(self._app, inside, receive, send, self._limits, self._is_welcome(caller))
        finally:
            self._sockets.leave(client)

    def _with_security_headers(self, request: Request | None, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] in _BEGINNINGS:
                headers = [entry for entry in message.get("headers", []) if not _is_ours_to_say(entry[0].lower())]
                headers += SECURITY_HEADERS.items()
                if not _has(headers, b"content-security-policy"):
                    policy = self._policy_of(request, message["status"], headers)
                    headers.append((b"content-security-policy", policy))
                message = {**message, "headers": headers}
            await send(message)

        return with_headers

    def _policy_of(self, request: Request | None, status: int, headers: list[Header]) -> bytes:
        """A browser puts the headers of "not modified", which has no type, on the page that it has kept."""
        if status == _NOT_MODIFIED:
            is_page = request is not None and request.is_for_page
        else:
            is_page = any(name.lower() == b"content-type" and b"html" in kind for name, kind in headers)
        if request is None or not is_page:
            return OF_DATA
        return self._policy.header(prefix_of(request.scope), request.host, secure=request.is_secure)

    async def _login(self, request: Request, caller: Caller, receive: Receive, send: Send) -> None:
        if request.method in _ALLOWED_AT_LOGIN:
            await self._sign_in.form(request, receive, send, is_known=not caller.is_stranger)
        else:
            error = describe("E-SYS-17", {"method": request.method, "path": LOGIN})
            await _refuse(send, request.path, 405, error, _ALLOW)

    async def _within_scope(self, request: Request, caller: Caller, receive: Receive, send: Send) -> None:
        if (scope := caller.lacks(request.method, request.path)) is not None:
            self._door.beyond_scope(caller.who, request.method, request.path)
            await _refuse(send, request.path, 403, describe("E-AUTH-6", {"scope": scope.value}))
        else:
            await self._pass(request, caller, receive, while_welcome(send, self._is_welcome(caller)))

    async def _pass(self, request: Request, caller: Caller, receive: Receive, send: Send) -> None:
        if "\n" in request.path:
            # No route takes it, and the router of Reflex would answer in its own words.
            await _refuse(send, request.path, 404, describe("E-SYS-3", {"what": "This address"}))
            return
        limit = _limit_of(request.path)

        async def too_large(answer: Send) -> None:
            error = describe("E-SYS-5", {"field": "body", "reason": f"it is larger than {limit // MIB} MiB."})
            # What is still coming is not read, so the connection cannot be used again.
            await _refuse(answer, request.path, 413, error, _CLOSE)

        async def too_slow(answer: Send) -> None:
            error = describe("E-SYS-5", {"field": "body", "reason": "it came too slowly."})
            await _refuse(answer, request.path, _TOO_SLOW, error, _CLOSE)

        rules = BodyRules(limit, too_large, too_slow, self._patience)
        await with_body_limit(self._app, with_who(request.scope, caller.who), receive, send, rules)

    def _hold_up(self, caller: Caller) -> float:
        """Seconds for which a client has to wait that asks for too much; 0.0 for the rest."""
        who = caller.who
        if caller.is_board or (who.kind == "run" and is_loopback(who.address)):
            return 0.0
        # Whether the token of a report is right is found out later.
        buckets = self._strangers if who.kind in {"stranger", "run"} else self._known
        return buckets.take(client_of(who.address), self._clock())

    def _is_welcome(self, caller: Caller) -> Callable[[], bool]:
        return lambda: self._callers.is_welcome(caller)

    def _may_write(self, request: Request, caller: Caller) -> bool:
        """Reads may come from anywhere; foreign pages cannot see the answers."""
        if request.method in _READS:
            return True
        if request.origin is not None:
            return self._hosts.allows_origin(request.origin, request.host)
        fetch_site = request.headers.get("sec-fetch-site")
        if fetch_site is not None:
            return is_own_site(fetch_site)
        # No browser, then; and a cookie alone, which a browser adds by itself, is not enough for anything else.
        return caller.who.kind != "person"

    def _may_connect(self, request: Request, caller: Caller) -> bool:
        origin = request.origin
        if origin is not None and not self._hosts.allows_origin(origin, request.host):
            return False
        path = _socket_path(request.path)
        if caller.is_stranger:
            return False
        if caller.lacks("WS", path) is not None:
            self._door.beyond_scope(caller.who, "WS", path)
            return False
        return caller.who.kind != "person" or origin is not None


def api_tokens(folder: Path) -> ApiTokens:
    """The tokens of a data folder, for whoever builds the gate."""
    return ApiTokens(folder)


async def _refuse_host(scope: Scope, send: Send) -> None:
    host = read_headers(scope).get("host") or "an address without a name"
    await _refuse(send, scope["path"], 421, describe("E-AUTH-3", {"origin": host}))


async def _refuse_socket(receive: Receive, send: Send) -> None:
    """A socket that is closed before it was accepted is answered with HTTP 403."""
    await receive()
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION})


async def _refuse_for_now(send: Send, path: str, code: str, wait_s: float) -> None:
    seconds = str(ceil(wait_s))
    await _refuse(send, path, 429, describe(code, {"n": seconds}), (b"retry-after", seconds.encode()), _CLOSE)


async def _refuse(send: Send, path: str, status: int, error: ErrorView, *headers: Header) -> None:
    answer = send_error if is_api(path) else send_sentence
    await answer(send, status, error, headers)


def _socket_path(path: str) -> str:
    """The pages' socket has a slash at its end."""
    return path.removesuffix("/")


def _has(headers: list[Header], name: bytes) -> bool:
    return any(found.lower() == name for found, _ in headers)


def _is_ours_to_say(name: bytes) -> bool:
    """Nothing behind the gate lets foreign pages read answers: Reflex would, with every cookie."""
    return name in SECURITY_HEADERS or name.startswith(b"access-control-")


def _limit_of(path: str) -> int:
    """Bytes that a body may have."""
    if path == IMPORT:
        return _FILE_LIMIT
    return _LARGE_BODY_LIMIT if is_report(path) or is_upload(path) else _BODY_LIMIT
