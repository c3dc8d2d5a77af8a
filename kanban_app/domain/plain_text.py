"""Text of a program made for one plain line."""

import re
from typing import Final

_TERMINAL: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # control sequences: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f]"
)


def plain(text: str) -> str:
    """The text without what only a terminal understands; tabs and line ends stay."""
    return _TERMINAL.sub("", text)
