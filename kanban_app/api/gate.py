"""The gate: every request and every socket passes it before anything else of the app, Reflex included, sees them."""

from typing import Final

from kanban_app.api.answers import SECURITY_HEADERS, Header, send_error, send_sentence
from kanban_app.api.body_limit import MIB, with_body_limit
from kanban_app.api.credentials import Credentials
from kanban_app.api.origins import HostRules, is_own_site
from kanban_app.api.paths import LOGIN, OPEN, is_api, is_report
from kanban_app.api.request import Request, read_headers
from kanban_app.api.sign_in import SignIn
from kanban_app.asgi import Application, Message, Receive, Scope, Send
from kanban_app.errors import ErrorView, describe

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ALLOWED_AT_LOGIN: Final = frozenset({"GET", "HEAD", "POST"})
_BODY_LIMIT: Final = 2 * MIB
_REPORT_LIMIT: Final = 8 * MIB
_CLOSE: Final[Header] = (b"connection", b"close")
_CHALLENGE: Final[Header] = (b"www-authenticate", b"Bearer")
_ALLOW: Final[Header] = (b"allow", b"GET, HEAD, POST")
_POLICY_VIOLATION: Final = 1008
# Of an answer, and of one that a handshake is refused with.
_BEGINNINGS: Final = frozenset({"http.response.start", "websocket.http.response.start"})


class Gate:
    """ASGI middleware. Without `access_token` nobody has to sign in; Host and Origin are checked all the same.

    `internal_token` is the bearer token of the program's own client.
    """

    def __init__(
        self, app: Application, hosts: HostRules, access_token: str | None, internal_token: str | None = None
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._credentials = Credentials(access_token, internal_token)
        self._sign_in = SignIn(self._credentials)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, _with_security_headers(send))
            case "websocket":
                await self._websocket(scope, receive, _with_security_headers(send))
            case _:
                await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.read(scope, self._hosts)
        if request is None:
            await _refuse_host(scope, send)
        elif not self._may_write(request):
            error = describe("E-AUTH-3", {"origin": request.origin or "another page"})
            await _refuse(send, request.path, 403, error)
        elif self._credentials.required and request.is_for_page and (token := request.query("token")) is not None:
            await self._sign_in.exchange(request, token, send, is_known=self._is_known(request))
        elif request.path == LOGIN:
            await self._login(request, receive, send)
        elif request.path in OPEN or is_report(request.path) or self._is_known(request):
            await self._pass(request, receive, send)
        elif request.is_for_page:
            await self._sign_in.ask(request, send)
        else:
            await send_error(send, 401, describe("E-AUTH-1"), [_CHALLENGE])

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.read(scope, self._hosts)
        if request is not None and self._may_connect(request):
            await self._app(request.scope, receive, send)
            return
        await receive()
        # A socket that is closed before it was accepted is answered with HTTP 403.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})

    async def _login(self, request: Request, receive: Receive, send: Send) -> None:
        if request.method in _ALLOWED_AT_LOGIN:
            await self._sign_in.form(request, receive, send, is_known=self._is_known(request))
        else:
            error = describe("E-SYS-17", {"method": request.method, "path": LOGIN})
            await _refuse(send, request.path, 405, error, _ALLOW)

    async def _pass(self, request: Request, receive: Receive, send: Send) -> None:
        if "\n" in request.path:
            # No route takes it, and the router of Reflex would answer in its own words.
            await _refuse(send, request.path, 404, describe("E-SYS-3", {"what": "This address"}))
            return
        limit = _REPORT_LIMIT if is_report(request.path) else _BODY_LIMIT

        async def refuse(answer: Send) -> None:
            error = describe("E-SYS-5", {"field": "body", "reason": f"it is larger than {limit // MIB} MiB."})
            # What is still coming is not read, so the connection cannot be used again.
            await _refuse(answer, request.path, 413, error, _CLOSE)

        await with_body_limit(self._app, request.scope, receive, send, limit, refuse)

    def _is_known(self, request: Request) -> bool:
        return not self._credentials.required or self._has_bearer(request) or self._has_session(request)

    def _has_bearer(self, request: Request) -> bool:
        return self._credentials.is_bearer_for(request.headers.get("authorization"), request.path)

    def _has_session(self, request: Request) -> bool:
        return self._credentials.is_session(request.headers.get("cookie"))

    def _may_write(self, request: Request) -> bool:
        """Reads may come from anywhere; foreign pages cannot see the answers."""
        if request.method in _READS:
            return True
        if request.origin is not None:
            return self._hosts.allows_origin(request.origin, request.host)
        fetch_site = request.headers.get("sec-fetch-site")
        if fetch_site is not None:
            return is_own_site(fetch_site)
        # No browser, then; and a cookie alone, which a browser adds by itself, is not enough for anything else.
        return self._has_bearer(request) or not self._has_session(request)

    def _may_connect(self, request: Request) -> bool:
        origin = request.origin
        if origin is not None and not self._hosts.allows_origin(origin, request.host):
            return False
        if not self._credentials.required or self._has_bearer(request):
            return True
        if self._hosts.is_foreign_and_allowed(origin):
            return self._credentials.is_access_token(request.query("token") or "") or self._has_session(request)
        return origin is not None and self._has_session(request)


async def _refuse_host(scope: Scope, send: Send) -> None:
    host = read_headers(scope).get("host") or "an address without a name"
    await _refuse(send, scope["path"], 421, describe("E-AUTH-3", {"origin": host}))


async def _refuse(send: Send, path: str, status: int, error: ErrorView, *headers: Header) -> None:
    answer = send_error if is_api(path) else send_sentence
    await answer(send, status, error, headers)


def _with_security_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] in _BEGINNINGS:
            kept = [entry for entry in message.get("headers", []) if not _is_ours_to_say(entry[0].lower())]
            message = {**message, "headers": [*kept, *SECURITY_HEADERS.items()]}
        await send(message)

    return with_headers


def _is_ours_to_say(name: bytes) -> bool:
    """Nothing behind the gate lets foreign pages read answers: Reflex would, with every cookie."""
    return name in SECURITY_HEADERS or name.startswith(b"access-control-")
