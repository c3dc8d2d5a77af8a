"""Who may come in: the access token, API tokens, and the signed cookie that a browser gets for the access token."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from kanban_app.domain.access import ApiToken
from kanban_app.services.api_tokens import ApiTokens

SESSION_S: Final = 90 * 24 * 3600
# The program's own client uses nothing else, so its token opens nothing else.
_INTERNAL_PATHS: Final = frozenset({"/ws/trigger", "/health"})

AccessToken = str | Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class Keys:
    """An access token, and what is derived from it: another token ends all sessions.

    Cookies know no ports: two boards on one machine would overwrite each other's under a fixed name.
    """

    access: bytes
    session: bytes
    cookie_name: str

    @classmethod
    def of(cls, access_token: str) -> Self:
        access = access_token.encode()
        session = hmac.digest(access, b"kanban session", hashlib.sha256)
        return cls(access, session, f"kanban_{hmac.new(session, b'name', hashlib.sha256).hexdigest()[:10]}")


class Credentials:
    """Without an access token everyone is welcome. One that is a function gives the token as it is now."""

    def __init__(
        self, access_token: AccessToken, internal_token: str | None = None, tokens: ApiTokens | None = None
    ) -> None:
        self.required = access_token is not None
        self.tokens = tokens
        self._access_token = access_token
        self._internal = (internal_token or "").encode()
        self._keys = Keys.of(self._access_now())

    @property
    def keys(self) -> Keys:
        """Those of now: a rotation makes others."""
        if callable(self._access_token) and self._access_token().encode() != self._keys.access:
            self._keys = Keys.of(self._access_now())
        return self._keys

    def is_access_token(self, token: str) -> bool:
        return self.required and hmac.compare_digest(token.encode(), self.keys.access)

    def is_internal(self, token: str, path: str) -> bool:
        """Whether a bearer token is that of the program's own client, and opens `path`."""
        is_same = hmac.compare_digest(token.encode(), self._internal) and bool(self._internal)
        return is_same and (path in _INTERNAL_PATHS or path.startswith("/api/"))

    def api_token(self, token: str) -> ApiToken | None:
        return self.tokens.find(token) if self.tokens is not None and self.required else None

    def is_session(self, cookie_header: str | None, now: float | None = None) -> bool:
        """Whether a Cookie header holds a session of this board that has not expired."""
        keys = self.keys
        values = _cookies(cookie_header or "", keys.cookie_name)
        return any(_is_valid(value, keys, now or time.time()) for value in values)

    def session_cookie(self, *, secure: bool, now: float | None = None) -> str:
        """A Set-Cookie header that starts a session."""
        keys = self.keys
        value = _signed(int((now or time.time()) + SESSION_S), keys)
        flags = "; Secure" if secure else ""
        return f"{keys.cookie_name}={value}; Path=/; Max-Age={SESSION_S}; HttpOnly; SameSite=Lax{flags}"

    def _access_now(self) -> str:
        return self._access_token() if callable(self._access_token) else self._access_token or ""


def bearer_in(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _signed(expires: int, keys: Keys) -> str:
    return f"{expires}.{hmac.new(keys.session, str(expires).encode(), hashlib.sha256).hexdigest()}"


def _is_valid(value: str, keys: Keys, now: float) -> bool:
    expires = value.partition(".")[0]
    if not (expires.isascii() and expires.isdigit()) or len(expires) > len(str(SESSION_S)) * 2:
        return False
    return hmac.compare_digest(value.encode(), _signed(int(expires), keys).encode()) and int(expires) > now


def _cookies(header: str, cookie_name: str) -> Iterator[str]:
    """All of a name: a browser may send several, set for different paths."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == cookie_name:
            yield value
