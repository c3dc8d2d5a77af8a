"""Secrets do not get out in texts: not those that are known, and nothing that looks like one.

What is known is masked wherever it stands, in every form in which a text may hold it (as it is, in a URL, in JSON, in a
`repr`). What is not known is found by what stands before it: the name of a key, `Bearer`, `?token=`, a cookie, the path
of a run's reports.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, cast
from urllib.parse import quote, quote_plus

MASK: Final = "•••"
KNOWN_LIMIT: Final = 256
"""Secrets that are known at a time. When more are made known, the oldest is forgotten: it has long been replaced."""
_SHORTEST: Final = 4
_DEPTH: Final = 8

_NAMES: Final = r"token|secret|passw(?:or)?d|api[_-]?key|authorization|private[_-]?key|credentials?"
_KEY: Final = re.compile(rf"(?:^|[_\W])(?:{_NAMES}|cookies?|session)$", re.IGNORECASE)
# Between a name and its value, on one line: `=` or `:`, or a comma between two quoted texts; quotes, in `repr` and
# JSON.
_BETWEEN: Final = r"""["'\\]*[ \t]*(?:[:=]|,[ \t]*(?=b?["'\\]))[ \t]*(?:b(?=["'\\]))?["'\\]*"""
# A cookie's header has several values, so it goes to the end of its text.
_COOKIE: Final = re.compile(rf"""(cookie{_BETWEEN})(?=[^\s"'\\])[^"'\\\r\n]+""", re.IGNORECASE)
_SECRET_KEY: Final = re.compile(
    rf"""((?:{_NAMES}){_BETWEEN})((?:bearer\s+|basic\s+)?[^\s"'\\,;&}})\]]{{4,}})""", re.IGNORECASE
)
_SECRET_VALUE: Final = re.compile(
    r"\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|sk-[\w-]{16,}|xox[abp]-[\w-]{10,}|kanban_[\w-]{43}|eyJ[\w-]{10,}\.[\w-]+\.[\w-]+)"
    r"|(?<=earer )[\w.~+/=-]{8,}|(?<=/r/)[\w-]{16,}(?=/)"
)


class KnownSecrets:
    """For any thread."""

    def __init__(self) -> None:
        self._forms: dict[str, tuple[str, ...]] = {}

    def add(self, *secrets: str | None) -> None:
        """Mask these from now on. Those shorter than four signs are left out: they stand in half of all words."""
        forms = dict(self._forms)
        for secret in secrets:
            if secret is not None and len(secret) >= _SHORTEST:
                forms.pop(secret, None)
                forms[secret] = tuple(_forms_of(secret))
        self._forms = dict(list(forms.items())[-KNOWN_LIMIT:])

    def mask(self, text: str) -> str:
        for forms in self._forms.values():
            for form in forms:
                text = text.replace(form, MASK)
        return text


KNOWN: Final = KnownSecrets()
"""Those of this process: settings, tokens that it has made, tokens that people have entered."""


def masked(text: str, secrets: Collection[str] = ()) -> str:
    """The text without what looks like a secret, is a known one, or one of these."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    text = _COOKIE.sub(rf"\1{MASK}", KNOWN.mask(text))
    return _SECRET_VALUE.sub(MASK, _SECRET_KEY.sub(rf"\1{MASK}", text))


def masked_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """The same fields; the values of keys that name a secret are masked, whatever they are and however deep."""
    return {key: _masked_value(key, value, 0) for key, value in fields.items()}


def _masked_value(key: object, value: object, depth: int) -> object:
    if isinstance(key, str) and value is not None and _KEY.search(key):
        return MASK
    if depth >= _DEPTH:
        return MASK
    if isinstance(value, Mapping):
        inner = cast("Mapping[object, object]", value)
        return {str(name): _masked_value(name, item, depth + 1) for name, item in inner.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_value(None, item, depth + 1) for item in cast("Collection[object]", value)]
    return value


def _forms_of(secret: str) -> Iterator[str]:
    """Each once, the longest first: a short form may be part of a long one."""
    writers: tuple[Callable[[str], str], ...] = (
        str,
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: json.dumps(text)[1:-1],
        lambda text: repr(text)[1:-1],
        lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    )
    found: dict[str, Any] = dict.fromkeys(write(secret) for write in writers)
    yield from sorted(found, key=len, reverse=True)
