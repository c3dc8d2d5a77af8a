"""The colours of code: lines of a file in parts, each with one of a few classes."""

from collections.abc import Sequence
from functools import lru_cache
from time import monotonic
from typing import Any, Final

from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_for_filename
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, Token
from pygments.util import ClassNotFound

Part = tuple[str, str]
"""A class of `CLASSES`, or an empty one, and the text that it is for."""

_LONGEST_TEXT: Final = 1_000_000
_LONGEST_LINE: Final = 1_000
# What is inside another kind comes before it.
_KINDS: Final[tuple[tuple[Any, str], ...]] = (
    (Comment.Preproc, "builtin"),
    (Comment, "comment"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Namespace, "name"),
    (Name.Builtin, "builtin"),
    (Name.Decorator, "builtin"),
    (Name.Constant, "builtin"),
    (Name.Tag, "tag"),
    (Name.Attribute, "tag"),
    (Generic.Heading, "name"),
    (Generic.Subheading, "name"),
)
CLASSES: Final = frozenset(kind for _, kind in _KINDS)


def colour(lines: Sequence[str], name: str, until: float) -> list[list[Part]] | None:
    """The parts of each line, as far as that can be done `until` that moment of `monotonic`; the other lines lack.

    None where nothing is known of such files. `name` is the file's. Lines hold no line ends.
    """
    text = "\n".join(lines)
    if len(text) > _LONGEST_TEXT or any(len(line) > _LONGEST_LINE for line in lines):
        return None
    lexer = _lexer_for(name.rpartition("/")[2])
    if lexer is None:
        return None
    found: list[list[Part]] = [[]]
    for token, value in lexer.get_tokens(text):
        if monotonic() > until:
            del found[-1]
            break
        kind = _kind_of(token)
        for place, piece in enumerate(value.split("\n")):
            if place:
                found.append([])
            _append(found[-1], kind, piece)
    # Some read the text in a way of their own: better no colours than those of other lines.
    is_same = ["".join(piece for _, piece in parts) for parts in found] == list(lines[: len(found)])
    return found if is_same else None


def plain(line: str) -> list[Part]:
    """A line without colours."""
    return [("", line)] if line else []


def _append(parts: list[Part], kind: str, text: str) -> None:
    if not text:
        return
    if parts and parts[-1][0] == kind:
        parts[-1] = (kind, parts[-1][1] + text)
    else:
        parts.append((kind, text))


@lru_cache(maxsize=256)
def _lexer_for(name: str) -> Lexer | None:
    try:
        found = find_lexer_class_for_filename(name[:255])
    except ClassNotFound:
        return None
    return found(stripnl=False, ensurenl=False) if found else None


@lru_cache(maxsize=1024)
def _kind_of(token: Any) -> str:
    return next((kind for wider, kind in _KINDS if token in wider), "") if token is not Token else ""
