"""Finds out who a request comes from, by what it shows: a token, a session, or nothing."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from kanban_app.api.credentials import Credentials, Keys, bearer_in
from kanban_app.api.door_book import DoorBook
from kanban_app.api.origins import HostRules
from kanban_app.api.paths import is_report
from kanban_app.api.rates import WrongTries, client_of
from kanban_app.api.request import Request
from kanban_app.api.scopes import needed
from kanban_app.api.who import BOARD, Who, address_of, is_board
from kanban_app.domain.access import ApiToken, Scope, granted
from kanban_app.domain.audit_trail import Trail


@dataclass(frozen=True, slots=True)
class Caller:
    """`token` is the API token that it comes with. With `wait_s` a token was not looked at, after too many wrong ones.

    `keys` are those in whose name it was let in, None where that is no matter.
    """

    who: Who
    token: ApiToken | None = None
    keys: Keys | None = None
    wait_s: float = 0.0

    @property
    def is_stranger(self) -> bool:
        return self.who.kind == "stranger"

    @property
    def is_board(self) -> bool:
        return is_board(self.who)

    def lacks(self, method: str, path: str) -> Scope | None:
        """What its token would have to be good for, if it is not; `method` is `WS` for a socket."""
        if self.token is None:
            return None
        scope = needed(method, path)
        return None if scope in granted(self.token.scopes) else scope


class Callers:
    """`clock` is monotonic."""

    def __init__(
        self,
        credentials: Credentials,
        hosts: HostRules,
        clock: Callable[[], float] = time.monotonic,
        door: DoorBook | None = None,
    ) -> None:
        self._door = door or DoorBook(Trail())
        self._credentials = credentials
        self._hosts = hosts
        self._clock = clock
        self._tries = WrongTries()

    def of(self, request: Request) -> Caller:
        address = address_of(request.scope)
        shown = self._token_in(request)
        if request.scope["type"] == "http" and is_report(request.path):
            return Caller(Who("a run", "run", address))
        if shown is not None and self._credentials.is_internal(shown, request.path):
            return Caller(Who(BOARD, "local", address))
        if not self._credentials.required:
            return Caller(Who("this machine", "local", address))
        found = self._by_token(shown, address) if shown is not None else None
        if found is not None and not found.is_stranger:
            return found
        if self._credentials.is_session(request.headers.get("cookie")):
            return Caller(Who("a person", "person", address), keys=self._credentials.keys)
        return found or Caller(Who("a stranger", "stranger", address))

    def is_welcome(self, caller: Caller) -> bool:
        """Whether one that was let in before would be let in again: its token may have been revoked meanwhile."""
        if caller.token is not None:
            tokens = self._credentials.tokens
            return tokens is not None and tokens.holds(caller.token)
        return caller.keys is None or caller.keys is self._credentials.keys

    def _token_in(self, request: Request) -> str | None:
        """In the header; in the address only for sockets of allowed foreign pages, which can send no header."""
        if (token := bearer_in(request.headers.get("authorization"))) is not None:
            return token
        if request.scope["type"] != "websocket" or not self._hosts.is_foreign_and_allowed(request.origin):
            return None
        return request.query("token")

    def _by_token(self, shown: str, address: str) -> Caller:
        client, digest, now = client_of(address), sha256(shown.encode()).digest(), self._clock()
        if wait := self._tries.wait(client, now, digest):
            return Caller(Who("a stranger", "stranger", address), wait_s=wait)
        # Both are always compared: the time that it takes tells nothing about which token is close.
        is_access, token = self._credentials.is_access_token(shown), self._credentials.api_token(shown)
        if not is_access and token is None:
            self._tries.wrong(client, now)
            self._door.wrong(address)
            return Caller(Who("a stranger", "stranger", address))
        self._tries.right(client, digest)
        if token is None:
            return Caller(Who("access token", "token", address), keys=self._credentials.keys)
        self._note_use(token)
        return Caller(Who(token.name, "token", address), token)

    def _note_use(self, token: ApiToken) -> None:
        tokens = self._credentials.tokens
        if tokens is not None and tokens.is_news(token, datetime.now(UTC)):
            asyncio.get_running_loop().run_in_executor(None, tokens.note_use)
