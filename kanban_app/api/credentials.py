"""Who may come in: bearer tokens, and the signed cookie that a browser gets for one."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from typing import Final

SESSION_S: Final = 90 * 24 * 3600
# The program's own client uses nothing else, so its token opens nothing else.
_INTERNAL_PATHS: Final = frozenset({"/ws/trigger", "/health"})


class Credentials:
    """Without an access token everyone is welcome."""

    def __init__(self, access_token: str | None, internal_token: str | None = None) -> None:
        self.required = access_token is not None
        self._access = (access_token or "").encode()
        self._internal = (internal_token or "").encode()
        # Derived from the token: another token ends all sessions.
        self._key = hmac.digest(self._access, b"kanban session", hashlib.sha256)
        # Cookies know no ports: two boards on one machine would overwrite each other's under a fixed name.
        self.cookie_name = f"kanban_{hmac.new(self._key, b'name', hashlib.sha256).hexdigest()[:10]}"

    def is_access_token(self, token: str) -> bool:
        return self.required and hmac.compare_digest(token.encode(), self._access)

    def is_bearer_for(self, authorization: str | None, path: str) -> bool:
        """Whether an Authorization header opens `path`."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return False
        given = token.strip().encode()
        # Both comparisons always run: their time tells nothing about which token is close.
        is_access = hmac.compare_digest(given, self._access) and self.required
        is_internal = hmac.compare_digest(given, self._internal) and bool(self._internal)
        return is_access or (is_internal and (path in _INTERNAL_PATHS or path.startswith("/api/")))

    def is_session(self, cookie_header: str | None, now: float | None = None) -> bool:
        """Whether a Cookie header holds a session of this board that has not expired."""
        return any(self._is_valid(value, now or time.time()) for value in self._cookies(cookie_header or ""))

    def session_cookie(self, *, secure: bool, now: float | None = None) -> str:
        """A Set-Cookie header that starts a session."""
        value = self._signed(int((now or time.time()) + SESSION_S))
        flags = "; Secure" if secure else ""
        return f"{self.cookie_name}={value}; Path=/; Max-Age={SESSION_S}; HttpOnly; SameSite=Lax{flags}"

    def _signed(self, expires: int) -> str:
        return f"{expires}.{hmac.new(self._key, str(expires).encode(), hashlib.sha256).hexdigest()}"

    def _is_valid(self, value: str, now: float) -> bool:
        expires = value.partition(".")[0]
        if not (expires.isascii() and expires.isdigit()) or len(expires) > len(str(SESSION_S)) * 2:
            return False
        return hmac.compare_digest(value.encode(), self._signed(int(expires)).encode()) and int(expires) > now

    def _cookies(self, header: str) -> Iterator[str]:
        """All of our name: a browser may send several, set for different paths."""
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.cookie_name:
                yield value
