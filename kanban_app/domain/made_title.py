"""A title for a card that has none, made from its description."""

import re
import unicodedata
from typing import Final

MADE_TITLE_LIMIT: Final = 100

# No title needs more of a line, and what follows takes longer the longer a line is.
_READ: Final = 1_000
# Lines that show nothing by themselves: fences, rules, underlines of headings and of table heads.
_BARE: Final = re.compile(r"\s*(?:(?:`{3,}|~{3,})[^`]*|[-*_=|:\s]+)")
_BEFORE: Final = re.compile(
    r"\s*(?:(?:>|#{1,6}(?=\s|$)|[-+*](?=\s|$)|\d{1,9}[.)](?=\s|$))\s*)*(?:\[[ xX]\](?=\s|$)\s*)?\|?\s*"
)
_AFTER: Final = re.compile(r"(?:\s+#+|\s*\|)?\s*$")
_CODE: Final = re.compile(r"`+([^`]+)`+")
_MARKS: Final = (
    (re.compile(r"!\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"\[([^\[\]]*)\]\([^()\s]*(?:\s+\"[^\"]*\")?\)"), r"\1"),
    (re.compile(r"<((?:https?://|mailto:)[^\s<>]+)>"), r"\1"),
    (re.compile(r"(\*\*|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w*_\\])([*_])(?=[^\s*_])(.+?)(?<=[^\s*_\\])\1(?![\w*_])"), r"\2"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


def made_title(text: str) -> str:
    """The first line that shows anything, without its Markdown marks and shortened; empty when none does."""
    lines = text.splitlines()
    plain = (_one_line(_without_marks(line)) for line in (line[:_READ] for line in lines) if not _BARE.fullmatch(line))
    as_they_are = (_one_line(line) for line in lines)
    first = next((line for found in (plain, as_they_are) for line in found if is_visible(line)), "")
    return first if len(first) <= MADE_TITLE_LIMIT else first[: MADE_TITLE_LIMIT - 1].rstrip() + "…"


def is_visible(text: str) -> bool:
    """Whether a reader would see anything of it."""
    return any(not c.isspace() and unicodedata.category(c) != "Cf" for c in text)


def _without_marks(line: str) -> str:
    """Marks of blocks and of words go; what stands in code stays as it is."""
    line = _AFTER.sub("", _BEFORE.sub("", line, count=1))
    parts = _CODE.split(line)
    return "".join(part if place % 2 else _without_inline_marks(part) for place, part in enumerate(parts))


def _without_inline_marks(text: str) -> str:
    for mark, kept in _MARKS:
        text = mark.sub(kept, text)
    return text


def _one_line(text: str) -> str:
    """The words, from the first character on that a reader would see."""
    start = next((place for place, char in enumerate(text) if is_visible(char)), len(text))
    return " ".join(text[start:].split())
