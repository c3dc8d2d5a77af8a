"""Whole lines of a file that somebody is writing. Everything here blocks."""

import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kanban_app.tac7.codec import load

LINES: Final = 100
"""Lines of one piece at most: to number and keep them holds the event loop for some two milliseconds."""

LONGEST_LINE: Final = 1024 * 1024
_PIECE: Final = 128 * 1024
_SHOWN: Final = 2000
_HEAD: Final = 1024
_TAIL: Final = 256


@dataclass(frozen=True, slots=True)
class Line:
    """`is_cut`: it has `size` bytes, and `text` is only its beginning."""

    text: str
    size: int
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines, and the position after the last of them."""

    lines: tuple[Line, ...]
    position: int


@contextmanager
def opened(path: Path) -> Generator[int | None]:
    """A descriptor of a regular file; None for anything else, a link included, and for what is gone."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield fd if stat.S_ISREG(os.fstat(fd).st_mode) else None
    finally:
        os.close(fd)


def fingerprint(fd: int, position: int) -> str:
    """What the file up to `position` is known by: its beginning, and what stands before the position."""
    head = os.pread(fd, min(_HEAD, position), 0)
    tail = os.pread(fd, min(_TAIL, position), max(0, position - _TAIL))
    return hashlib.blake2b(head + tail, digest_size=12).hexdigest()


def read_piece(fd: int, position: int, end: int, *, searched: int = 0, final: bool = False) -> Piece | int:
    """The next lines between `position` and `end`, or else up to where no end of a line was found.

    That number is to be given as `searched` next time. With `final` the rest is a line although nothing ends it.
    """
    data = os.pread(fd, min(_PIECE, end - position), position)
    lines: list[Line] = []
    begin = 0
    while len(lines) < LINES and (stop := data.find(b"\n", begin)) >= 0:
        lines.append(_line(data[begin:stop]))
        begin = stop + 1
    if lines:
        return Piece(tuple(lines), position + begin)
    if not data:
        return position
    return _long_line(fd, position, end, max(searched, position + len(data)), final=final)


def whole_object(fd: int, position: int, end: int) -> Piece | None:
    """A rest that is a JSON object already: nothing that may follow can change what it says."""
    if not 0 < end - position <= LONGEST_LINE or os.pread(fd, 1, end - 1) != b"}":
        return None
    line = _line(os.pread(fd, end - position, position))
    try:
        is_whole = isinstance(load(line.text), dict)
    except (ValueError, RecursionError):
        return None
    return Piece((line,), end) if is_whole else None


def after_next_line_end(fd: int, position: int, end: int) -> int:
    """Where the next line begins; `end` when none does."""
    found = _find_line_end(fd, position, end)
    return end if found is None else found + 1


def last_lines(fd: int, position: int) -> list[str]:
    """Some whole lines before a position."""
    begin = max(0, position - _PIECE)
    lines = os.pread(fd, position - begin, begin).split(b"\n")
    return [_text(line) for line in (lines[1:] if begin else lines)]


def _long_line(fd: int, position: int, end: int, searched: int, *, final: bool) -> Piece | int:
    stop = _find_line_end(fd, searched, end)
    if stop is None and not final:
        return end
    size = (end if stop is None else stop) - position
    after = position + size + (stop is not None)
    if size > LONGEST_LINE:
        return Piece((Line(_text(os.pread(fd, _SHOWN, position)), size, is_cut=True),), after)
    return Piece((_line(os.pread(fd, size, position)),), after)


def _find_line_end(fd: int, position: int, end: int) -> int | None:
    while position < end:
        data = os.pread(fd, min(_PIECE, end - position), position)
        if not data:
            return None
        found = data.find(b"\n")
        if found >= 0:
            return position + found
        position += len(data)
    return None


def _line(data: bytes) -> Line:
    return Line(_text(data), len(data))


def _text(data: bytes) -> str:
    """Without the zeros that stand where a file was cut under the hands of its writer."""
    return data.decode("utf-8", "replace").strip("\0").rstrip("\r")
