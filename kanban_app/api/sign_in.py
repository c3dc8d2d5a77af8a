"""How a browser comes in: by `?token=` on any page, or by the form; both end with a cookie and a clean address."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from kanban_app.api.answers import Header, send_page, send_redirect
from kanban_app.api.credentials import Credentials
from kanban_app.api.login_page import MISTAKEN, login_page
from kanban_app.api.paths import LOGIN, own_path, without_token
from kanban_app.api.request import Request, form_field
from kanban_app.asgi import Receive, Send

_FORM_LIMIT: Final = 8 * 1024


class SignIn:
    """Answers for `/login` and for pages that are asked for with a token."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def exchange(self, request: Request, token: str, send: Send, *, is_known: bool) -> None:
        """Turn the token of the address into a cookie; the address loses it in any case."""
        target = without_token(request.scope)
        if self._credentials.is_access_token(token.strip()):
            await send_redirect(send, target, self._session(request))
        elif is_known:
            await send_redirect(send, target)
        else:
            await send_redirect(send, f"{LOGIN}?wrong=1&next={quote(target, safe='')}")

    async def ask(self, request: Request, send: Send) -> None:
        """Lead a stranger to the form, and from there back to the page."""
        await send_redirect(send, f"{LOGIN}?next={quote(without_token(request.scope), safe='')}")

    async def form(self, request: Request, receive: Receive, send: Send, *, is_known: bool) -> None:
        target = own_path(request.query("next") or "/")
        if request.method == "POST":
            await self._check(request, receive, send)
        elif is_known:
            await send_redirect(send, target)
        else:
            await send_page(send, 200, login_page(target, MISTAKEN if request.query("wrong") else ""))

    async def _check(self, request: Request, receive: Receive, send: Send) -> None:
        form = await _read_form(receive)
        target = own_path(form_field(form, "next") or "/")
        if self._credentials.is_access_token((form_field(form, "token") or "").strip()):
            await send_redirect(send, target, self._session(request))
        else:
            await send_page(send, 401, login_page(target, MISTAKEN))

    def _session(self, request: Request) -> Sequence[Header]:
        return [(b"set-cookie", self._credentials.session_cookie(secure=request.is_secure).encode())]


async def _read_form(receive: Receive) -> bytes:
    """The body, or nothing when it is larger than any form of ours."""
    form = b""
    while True:
        message = await receive()
        form += message.get("body", b"")
        if len(form) > _FORM_LIMIT:
            return b""
        if not message.get("more_body"):
            return form
