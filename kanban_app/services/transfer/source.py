"""What the readers of files make of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Never

from kanban_app.domain.model import Attempt, Run, Task, Template
from kanban_app.domain.records import LogEntry
from kanban_app.domain.stages import Column
from kanban_app.services.column_looks import ColumnLook

Kind = Literal["board", "browser-storage", "database"]


class UnreadableFile(Exception):
    """The file is none that can be imported; the message says why, as the rest of a sentence."""


def _nothing() -> Iterator[Never]:
    return iter(())


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card in a file with what belongs to it. All lines have a `source_key`."""

    task: Task
    runs: tuple[Run, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    lines: Sequence[LogEntry] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The cards of a file from the top of each column to its end; `notes` say what of it could not be taken over.

    `limits` and `looks` are by the ids of columns. What may be too much for memory is read when it is asked for, by
    iterators that block: `logs` has the lines of runs by their ids, beside those that cards bring themselves, and
    `pictures` the contents of images by theirs. Both raise UnreadableFile.
    """

    kind: Kind
    cards: Sequence[FoundCard]
    notes: list[str] = field(default_factory=list[str])
    templates: Sequence[Template] = ()
    limits: Mapping[Column, int] = field(default_factory=dict[Column, int])
    looks: Mapping[Column, ColumnLook] = field(default_factory=dict[Column, ColumnLook])
    logs: Callable[[], Iterator[LogEntry]] = _nothing
    pictures: Callable[[], Iterator[tuple[str, bytes]]] = _nothing
