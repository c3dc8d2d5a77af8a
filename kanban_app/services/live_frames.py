"""The live lane's messages as text: each line is encoded once, whoever looks at it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from kanban_app.domain.records import LogEntry
from kanban_app.services.views import log_line

FRAME_LINES: Final = 500
FRAME_BYTES: Final = 512 * 1024
_SEPARATORS: Final = (",", ":")


@dataclass(frozen=True, slots=True)
class Frame:
    """Consecutive lines of a run, numbered `first` to `last`, as one message. All of it is ASCII: length = bytes."""

    run: str
    first: int
    lines: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, run: str, entries: Sequence[LogEntry]) -> Self:
        """Of at least one entry."""
        return cls._of_texts(run, entries[0].seq, tuple(line_text(entry) for entry in entries))

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    def after(self, seq: int) -> Self:
        """The same without the lines up to number `seq`, which must leave at least one."""
        skipped = max(0, seq + 1 - self.first)
        return self._of_texts(self.run, self.first + skipped, self.lines[skipped:]) if skipped else self

    @classmethod
    def _of_texts(cls, run: str, first: int, lines: tuple[str, ...]) -> Self:
        return cls(run, first, lines, lines_message(run, lines))


def line_text(entry: LogEntry) -> str:
    """A line in the shape of `views.LogLine`, without `data` where there is none."""
    line: dict[str, object] = {**log_line(entry)}
    if not line["data"]:
        del line["data"]
    return _json(line)


def lines_message(run: str, lines: Sequence[str]) -> str:
    return f'{{"type":"lines","run":{_json(run)},"lines":[{",".join(lines)}]}}'


def snapshot_message(run: str, entries: Sequence[LogEntry], last: int, removed: int = 0, kept: str = "") -> str:
    """The newest lines of a run whose last line has the number `last`; of many large ones only the newest that fit.

    `removed` is how many of its first lines are known to be removed, `kept` says why.
    """
    lines = newest_that_fit([line_text(entry) for entry in entries])
    head = f'"run":{_json(run)},"first":{last - len(lines) + 1},"last":{last}'
    head += f',"removed":{removed},"kept":{_json(kept)}' if removed else ""
    return f'{{"type":"snapshot",{head},"lines":[{",".join(lines)}]}}'


def newest_that_fit(lines: Sequence[str]) -> Sequence[str]:
    """The longest end of a list of texts within `FRAME_BYTES`, but at least one of them."""
    room = FRAME_BYTES
    for index in range(len(lines) - 1, -1, -1):
        room -= len(lines[index]) + 1
        if room < 0:
            return lines[min(index + 1, len(lines) - 1) :]
    return lines


def _json(value: object) -> str:
    # ASCII also for what UTF-8 cannot express: half a surrogate pair from a service must not end the socket.
    return json.dumps(value, separators=_SEPARATORS)
