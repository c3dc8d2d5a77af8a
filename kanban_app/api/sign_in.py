"""How a browser comes in: by `?token=` on any page, or by the form; both end with a cookie and a clean address."""

import asyncio
import time
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final
from urllib.parse import quote

from kanban_app.api.answers import Header, send_page, send_redirect
from kanban_app.api.body_limit import Patience
from kanban_app.api.credentials import Credentials
from kanban_app.api.door_book import DoorBook
from kanban_app.api.login_page import MISTAKEN, login_page
from kanban_app.api.paths import LOGIN, own_path, without_token
from kanban_app.api.rates import WrongTries, client_of
from kanban_app.api.request import Request, form_field
from kanban_app.api.who import address_of
from kanban_app.asgi import Message, Receive, Send
from kanban_app.domain.audit import Way
from kanban_app.domain.audit_trail import Trail
from kanban_app.errors import describe

_FORM_LIMIT: Final = 8 * 1024


class SignIn:
    """Answers for `/login` and for pages that are asked for with a token."""

    def __init__(
        self,
        credentials: Credentials,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        door: DoorBook | None = None,
    ) -> None:
        self._door = door or DoorBook(Trail())
        self._credentials = credentials
        self._patience = patience or Patience()
        self._clock = clock
        # Any foreign page can make a browser ask for links with tokens, but none can send the form.
        self._links, self._tries = WrongTries(), WrongTries()

    async def exchange(self, request: Request, token: str, send: Send, *, is_known: bool) -> None:
        """Turn the token of the address into a cookie; the address loses it in any case."""
        target = without_token(request.scope)
        if self._is_right(request, token, self._links):
            self._door.signed_in(address_of(request.scope), "a link")
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
        elif request.query("wrong"):
            await self._say_wrong(request, target, 200, send, self._links)
        else:
            await send_page(send, 200, login_page(target))

    async def _check(self, request: Request, receive: Receive, send: Send) -> None:
        form = await _read_form(receive, self._patience)
        target = own_path(form_field(form, "next") or "/")
        if self._is_right(request, form_field(form, "token") or "", self._tries):
            self._door.signed_in(address_of(request.scope), "the form")
            await send_redirect(send, target, self._session(request))
        else:
            await self._say_wrong(request, target, 401, send, self._tries)

    def _is_right(self, request: Request, token: str, tries: WrongTries) -> bool:
        """Whether a token opens the board. After too many wrong ones it is not even looked at."""
        client, now = client_of(address_of(request.scope)), self._clock()
        if tries.wait(client, now):
            return False
        is_right = self._credentials.is_access_token(token.strip())
        if not is_right:
            tries.wrong(client, now)
            self._door.wrong(address_of(request.scope), Way.BOARD)
        return is_right

    async def _say_wrong(self, request: Request, target: str, status: int, send: Send, tries: WrongTries) -> None:
        wait = tries.wait(client_of(address_of(request.scope)), self._clock())
        if not wait:
            await send_page(send, status, login_page(target, MISTAKEN))
            return
        seconds = str(ceil(wait))
        problem = describe("E-AUTH-5", {"n": seconds})["message"]
        await send_page(send, 429, login_page(target, problem), [(b"retry-after", seconds.encode())])

    def _session(self, request: Request) -> Sequence[Header]:
        return [(b"set-cookie", self._credentials.session_cookie(secure=request.is_secure).encode())]


async def _read_form(receive: Receive, patience: Patience) -> bytes:
    """The body, or nothing when it is larger or slower than any form of ours."""
    form = b""
    try:
        async with asyncio.timeout(patience.grace_s):
            while True:
                message: Message = await receive()
                form += message.get("body", b"")
                if len(form) > _FORM_LIMIT:
                    return b""
                if not message.get("more_body"):
                    return form
    except TimeoutError:
        return b""
