"""Reading a large JSON document piece by piece, in memory for its largest piece."""

from collections.abc import Iterator
from typing import Final, TextIO

from kanban_app.services.transfer.source import UnreadableFile
from kanban_app.tac7.codec import load_at

CHUNK: Final = 1024 * 1024
LARGEST: Final = 16 * CHUNK
_SPACE: Final = " \t\r\n"
_BROKEN: Final = "it is damaged: it is no whole JSON document"


class JsonReader:
    """Goes through a document from its beginning to its end; whoever meets a name takes its value.

    A piece is what `value` returns, at most `LARGEST` characters. Raises UnreadableFile.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0

    def names(self) -> Iterator[str]:
        """The names of an object, each of them right before its value."""
        self._take("{")
        is_first = True
        while self._goes_on("}", is_first=is_first):
            is_first = False
            name = self.value()
            if not isinstance(name, str):
                raise UnreadableFile(_BROKEN)
            self._take(":")
            yield name

    def items(self) -> Iterator[object]:
        """The values of an array."""
        self._take("[")
        is_first = True
        while self._goes_on("]", is_first=is_first):
            is_first = False
            yield self.value()

    def value(self) -> object:
        """The value that comes next."""
        self._peek()
        while True:
            try:
                value, end = load_at(self._text, self._at)
            except (ValueError, RecursionError):
                # Perhaps it only breaks off where the text that was read does.
                if len(self._text) - self._at > LARGEST or not self._fill():
                    raise UnreadableFile(_BROKEN) from None
                continue
            # A number may go on.
            if end < len(self._text) or not self._fill():
                self._at = end
                return value

    def end(self) -> None:
        """Nothing comes any more."""
        if self._peek():
            raise UnreadableFile(_BROKEN)

    def _goes_on(self, closing: str, *, is_first: bool) -> bool:
        if self._peek() == closing:
            self._at += 1
            return False
        if not is_first:
            self._take(",")
        return True

    def _take(self, sign: str) -> None:
        found = self._peek()
        if found != sign:
            missing = {"{": "an object", "[": "a list"}.get(sign)
            raise UnreadableFile(f"it is damaged: {missing} is missing" if missing and found else _BROKEN)
        self._at += 1

    def _peek(self) -> str:
        """The next sign that is no space; empty at the end."""
        while True:
            while self._at < len(self._text):
                sign = self._text[self._at]
                if sign not in _SPACE:
                    return sign
                self._at += 1
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        """Read on, twice as much each time while one piece is not whole."""
        rest = self._text[self._at :]
        try:
            more = self._file.read(max(CHUNK, len(rest)))
        except ValueError:
            raise UnreadableFile("it is damaged: it is not written in UTF-8") from None
        self._text, self._at = rest + more, 0
        return bool(more)
