"""Text of people made harmless for every place where it is shown or handed on."""

import unicodedata
from typing import Final

_LINE_ENDS: Final[dict[int, str]] = dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
_REORDERING: Final = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def clean_text(text: str) -> str:
    """The text without characters that no field, file name or terminal should meet.

    Line ends of all kinds become newlines; joiners stay, since emoji and many scripts need them.
    """
    lines = text.replace("\r\n", "\n").translate(_LINE_ENDS)
    return "".join(c for c in lines if _is_harmless(c)).strip()


def _is_harmless(char: str) -> bool:
    return char in "\n\t" or (unicodedata.category(char) not in {"Cc", "Cs"} and char not in _REORDERING)
