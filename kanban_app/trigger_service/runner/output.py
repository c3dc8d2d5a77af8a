"""What the workflow process prints: kept in a bounded file, the last lines also at hand."""

import os
import subprocess
import threading
from collections import deque
from pathlib import Path
from typing import Final

TAIL_LINES: Final = 20
_LINE_CHARS: Final = 2000
_CHUNK: Final = 64 * 1024


class BoundedLog:
    """A file that keeps its first `head` bytes and its last `tail` bytes, and says between them what is missing.

    It grows to head + 2 x tail before its middle is cut out, so that cutting is rare. What a full disk does not take
    is missing, too: `write` never fails, for whoever prints must not be held up.
    """

    def __init__(self, path: Path, head: int, tail: int) -> None:
        self._path = path
        self._head = head
        self._tail = tail
        self._file = path.open("wb", buffering=0)
        self._size = 0
        self._missing = 0
        self._notice = 0
        self._refused = 0

    def write(self, data: bytes) -> None:
        if self._refused:
            notice = f"\n[… {self._refused} bytes of output could not be written here …]\n".encode()
            if self._put(notice) < len(notice):
                self._refused += len(data)
                return
            self._refused = 0
        self._refused += len(data) - self._put(data)
        if self._size > self._head + 2 * self._tail:
            self._cut()

    def _put(self, data: bytes) -> int:
        """How many of these bytes the file has taken."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError:
            pass
        taken = len(data) - len(rest)
        self._size += taken
        return taken

    def _cut(self) -> None:
        """In the file itself, so that it needs no room."""
        with self._path.open("r+b", buffering=0) as file:
            file.seek(-self._tail, os.SEEK_END)
            tail = file.read()
            head = min(self._head, self._size - len(tail))
            self._missing += self._size - head - self._notice - len(tail)
            file.truncate(head)
        self._file.seek(head)
        self._size = head
        notice = f"\n[… {self._missing} bytes of output left out here …]\n".encode()
        self._notice = self._put(notice)
        self._refused += len(tail) - self._put(tail)

    def close(self) -> None:
        self._file.close()


class OutputReader(threading.Thread):
    """Copies a process's output into a log until everyone who could write to it has closed it."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: BoundedLog) -> None:
        super().__init__(name="output", daemon=True)
        self._stream = process.stdout
        self._log = log
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._partial = b""

    def run(self) -> None:
        while data := self._read():
            self._log.write(data)
            *lines, self._partial = (self._partial + data).split(b"\n")
            self._partial = self._partial[-4 * _LINE_CHARS :]
            told = [line for line in lines if line.strip()]
            self._lines.extend(_text(line) for line in told[-TAIL_LINES:])

    def _read(self) -> bytes:
        if self._stream is None:
            return b""
        try:
            return os.read(self._stream.fileno(), _CHUNK)
        except (OSError, ValueError):
            return b""

    def last_lines(self) -> list[str]:
        rest = [_text(self._partial)] if self._partial.strip() else []
        return [*list(self._lines), *rest][-TAIL_LINES:]


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip()[:_LINE_CHARS]
