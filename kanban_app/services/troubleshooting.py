"""The entries of docs/troubleshooting, read from the files that an installation has: what to do about a code.

Overflow policy: there are as many entries as the files of one folder have, each file is read once, up to `MOST_BYTES`;
what is longer counts as absent, and so does a file that cannot be read.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "troubleshooting"
INDEX: Final = "index"
MOST_BYTES: Final = 1_000_000
_HEADING: Final = re.compile(r"^## (E-[A-Z]+-\d+)[ \t]*$", re.MULTILINE)
_TITLE: Final = re.compile(r"\s*\*\*(?P<title>.+)\*\*[ \t]*$", re.MULTILINE)
_PREPARATION: Final = re.compile(r"^```sh\n(?P<text>board\(\).*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class HelpEntry:
    """`text` is Markdown, without heading and title; `page` names the file that it is in."""

    code: str
    title: str
    text: str
    page: str


@dataclass(frozen=True, slots=True)
class Troubleshooting:
    """The entries by their code, in the order of the files; `preparation` is what the commands in them need."""

    entries: dict[str, HelpEntry]
    preparation: str


@cache
def troubleshooting() -> Troubleshooting:
    """Read once; empty where an installation has no documents."""
    return read_folder(FOLDER)


def read_folder(folder: Path) -> Troubleshooting:
    """The entries of all Markdown files in a folder. A code that is there twice has its first entry."""
    entries: dict[str, HelpEntry] = {}
    for file in sorted(folder.glob("*.md")):
        for entry in entries_in(_text_of(file), file.stem):
            entries.setdefault(entry.code, entry)
    found = _PREPARATION.search(_text_of(folder / f"{INDEX}.md"))
    return Troubleshooting(entries, found["text"] if found else "")


def entries_in(text: str, page: str) -> Iterator[HelpEntry]:
    parts = _HEADING.split(text)
    for code, body in zip(parts[1::2], parts[2::2], strict=True):
        title = _TITLE.match(body)
        yield HelpEntry(code, title["title"] if title else "", (body[title.end() :] if title else body).strip(), page)


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            log.warning("%s is longer than %d bytes and left out", file, MOST_BYTES)
            return ""
        return content.decode()
    except (OSError, UnicodeDecodeError) as problem:
        log.warning("%s cannot be read: %s", file, problem)
        return ""
