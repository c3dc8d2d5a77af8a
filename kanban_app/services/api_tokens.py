"""The API tokens of a data folder: a small file beside the access token, so that the command line, the settings page
and the gate of a running board all work on the same, and none of it gets into exports and backups of the database.

A change by any of them holds from the next request on: each look compares the file's mark with the one that was read.
"""

import fcntl
import hmac
import json
import logging
import os
import secrets
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from kanban_app.domain.access import MOST_TOKENS, NAME_LIMIT, ApiToken, Scope
from kanban_app.domain.clean_text import clean_text
from kanban_app.errors import BoardError

FILE: Final = "api-tokens.json"
USED_FILE: Final = "api-tokens-used.json"
PREFIX: Final = "kanban_"
# How much older than the truth the time of the last use may be.
_USE_STEP: Final = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class ApiTokens:
    """At most `MOST_TOKENS`; a further one is refused. The methods read and write small files: `find` in microseconds
    unless something has changed, the others belong into a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark: tuple[int, int, int] | None = None
        self._tokens: tuple[ApiToken, ...] = ()
        self._used: dict[str, datetime] = {}

    def all(self) -> list[ApiToken]:
        """In the order in which they were made, with the time of their last use, up to a minute old."""
        used = _times(_read(self._folder / USED_FILE) or {})
        return [replace(token, last_used_at=used.get(token.id)) for token in self._current()]

    def create(self, name: str, scopes: Iterable[str], now: datetime | None = None) -> tuple[ApiToken, str]:
        """A new token, and the token itself, which is nowhere else. Raises BoardError (E-VAL-21, E-SYS-12)."""
        name, wanted = " ".join(clean_text(name).split()), frozenset(scopes)
        faults = [*_faults_of_name(name, self._current()), *_faults_of_scopes(wanted)]
        if faults:
            raise BoardError("E-VAL-21", {"faults": " ".join(faults)})
        secret = PREFIX + secrets.token_urlsafe(32)
        token = ApiToken(
            secrets.token_hex(4), name, frozenset(map(Scope, wanted)), _digest(secret), now or datetime.now(UTC)
        )
        with self._changing() as tokens:
            tokens.append(token)
        return token, secret

    def revoke(self, token_id: str) -> ApiToken | None:
        """Take a token away; None when there is none of this id. Raises BoardError (E-SYS-12)."""
        with self._changing() as tokens:
            found = next((token for token in tokens if token.id == token_id), None)
            if found is not None:
                tokens.remove(found)
        return found

    def find(self, secret: str) -> ApiToken | None:
        """The token that somebody shows, if it is one. How long that takes tells nothing about how close it was."""
        digest = _digest(secret)
        found = [token for token in self._current() if hmac.compare_digest(token.digest, digest)]
        return found[0] if found else None

    def holds(self, token: ApiToken) -> bool:
        """Whether a token that was found before is still good for the same."""
        return any(known.id == token.id and known.scopes == token.scopes for known in self._current())

    def is_news(self, token: ApiToken, now: datetime) -> bool:
        """Whether a use now is worth writing down (`note_use`); once a minute."""
        last = self._used.get(token.id)
        if last is not None and now - last < _USE_STEP:
            return False
        self._used[token.id] = now
        return True

    def note_use(self) -> None:
        """Write down what `is_news` has seen. A time that is lost is no harm, so nothing is raised."""
        known = {token.id for token in self._current()}
        times = {**_times(_read(self._folder / USED_FILE) or {}), **self._used}
        try:
            _write(self._folder / USED_FILE, {key: at.isoformat() for key, at in times.items() if key in known})
        except OSError as error:
            _log.warning("the last use of an API token is not stored: %s", error.strerror)

    def _current(self) -> tuple[ApiToken, ...]:
        mark = _mark_of(self._folder / FILE)
        if mark != self._mark:
            self._tokens, self._mark = tuple(_tokens(_read(self._folder / FILE) or [])), mark
        return self._tokens

    @contextmanager
    def _changing(self) -> Generator[list[ApiToken]]:
        """The tokens as they are now, kept at the end of the block; nobody else changes them meanwhile."""
        try:
            lock = os.open(self._folder / f"{FILE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                _give_to_owner(lock, self._folder)
                _check_readable(self._folder / FILE)
                tokens = list(self._current())
                yield tokens
                _write(self._folder / FILE, [_entry(token) for token in tokens])
            finally:
                os.close(lock)
        except OSError as error:
            reason = f"The tokens cannot be written ({error.strerror})."
            raise BoardError("E-SYS-12", {"reason": reason}) from error


def _faults_of_name(name: str, known: Iterable[ApiToken]) -> list[str]:
    names = [token.name for token in known]
    if not name or len(name) > NAME_LIMIT:
        return [f"The name must have 1 to {NAME_LIMIT} characters."]
    if name in names:
        return ["There is a token of this name already."]
    return [f"There can be {MOST_TOKENS} tokens."] if len(names) >= MOST_TOKENS else []


def _faults_of_scopes(scopes: frozenset[str]) -> list[str]:
    if scopes and scopes <= set(Scope):
        return []
    return [f"Choose what it is good for: {', '.join(Scope)}."]


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "sha256": token.digest,
        "created_at": token.created_at.isoformat(),
    }


def _tokens(entries: Any) -> list[ApiToken]:
    """Nothing of a file that is not as we write it: then no token opens anything."""
    try:
        return [
            ApiToken(
                str(entry["id"]),
                str(entry["name"]),
                frozenset(map(Scope, entry["scopes"])),
                str(entry["sha256"]),
                datetime.fromisoformat(entry["created_at"]),
            )
            for entry in entries
        ]
    except (KeyError, TypeError, ValueError):
        _log.error("%s is damaged: no API token is accepted", FILE)
        return []


def _times(entries: Any) -> dict[str, datetime]:
    try:
        return {str(key): datetime.fromisoformat(at) for key, at in entries.items()}
    except (AttributeError, TypeError, ValueError):
        return {}


def _mark_of(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return "damaged"


def _check_readable(file: Path) -> None:
    """Raise OSError for a file that is somebody else's: it must not be replaced by one without what is in it."""
    if file.exists():
        file.open().close()


def _give_to_owner(descriptor: int, folder: Path) -> None:
    """With sudo: the board's own user has to read it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _write(file: Path, content: object) -> None:
    """Whole or not at all, and only for its owner."""
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            _give_to_owner(descriptor, file.parent)
            stream.write(json.dumps(content, indent=1) + "\n")
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)
