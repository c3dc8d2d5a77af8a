"""Reading the document of a board, piece by piece and without trusting it; `board_file` writes it."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, TextIO, TypeVar, cast

from pydantic import Field, TypeAdapter, ValidationError

from kanban_app.domain.model import Attempt, Run, Task, Template
from kanban_app.domain.records import LogEntry
from kanban_app.domain.stages import Column
from kanban_app.services.column_looks import Colour, ColumnLook
from kanban_app.services.transfer.board_file import FORMAT, NOT_WRITTEN, VERSION
from kanban_app.services.transfer.json_reader import JsonReader
from kanban_app.services.transfer.original import is_run_id
from kanban_app.services.transfer.source import FoundCard, Source, UnreadableFile

MOST: Final = 100_000
"""How many records of a kind a document may have: they are held in memory. Longer lists are refused."""
_TASK: Final = TypeAdapter(Task)
_RUN: Final = TypeAdapter(Run)
_ATTEMPT: Final = TypeAdapter(Attempt)
_TEMPLATE: Final = TypeAdapter(Template)
_LINE: Final = TypeAdapter(LogEntry)
_LIMITS: Final = TypeAdapter(dict[Column, int])
_REMOVED: Final = TypeAdapter(dict[str, Annotated[int, Field(ge=0, le=2**53)]])
# What is outside of them cannot be told in every zone.
_YEARS: Final = (1970, 9000)
_HEAD: Final = frozenset({"format", "version", "exported_at", "project"})

Record = TypeVar("Record")


@dataclass
class _Found:
    """What a document has, but for logs and images, which are only looked at."""

    limits: dict[Column, int] = field(default_factory=dict[Column, int])
    looks: dict[Column, ColumnLook] = field(default_factory=dict[Column, ColumnLook])
    cards: list[Task] = field(default_factory=list[Task])
    runs: list[Run] = field(default_factory=list[Run])
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    templates: list[Template] = field(default_factory=list[Template])
    removed: dict[str, int] = field(default_factory=dict[str, int])
    logs: set[str] = field(default_factory=set[str])
    images: set[str] = field(default_factory=set[str])


def read_board_file(path: Path) -> Source | None:
    """The cards of a document; None for a file that is none. For a thread.

    Raises UnreadableFile for one that is damaged or of a newer program.
    """
    found = _Found()
    with _opened(path) as file:
        reader = JsonReader(file)
        if not _is_ours(reader):
            return None
    with _opened(path) as file:
        reader = JsonReader(file)
        for name in reader.names():
            _read_part(reader, name, found)
        reader.end()
    runs = {run.adw_id: run for run in found.runs}
    cards = [_found(task, runs, own) for task, own in _by_card(found.cards, found.attempts)]
    return Source(
        "board",
        cards,
        _notes(found),
        templates=found.templates,
        limits=found.limits,
        looks=found.looks,
        logs=lambda: _each(path, "logs", lambda reader, adw_id: _log(reader, adw_id, found.removed.get(adw_id, 0))),
        pictures=lambda: _each(path, "images", _image),
    )


def _opened(path: Path) -> TextIO:
    return path.open(encoding="utf-8-sig", newline="")


def _is_ours(reader: JsonReader) -> bool:
    """By its first members. Raises UnreadableFile for one of a newer program."""
    is_ours = False
    try:
        for name in reader.names():
            value = reader.value() if name in _HEAD else None
            is_ours = is_ours or (name == "format" and value == FORMAT)
            if is_ours and name == "version":
                return _known_version(value)
            if name not in _HEAD:
                return is_ours and _known_version(None)
    except UnreadableFile:
        if is_ours:
            raise
        return False
    return is_ours and _known_version(None)


def _known_version(version: object) -> bool:
    if version != VERSION:
        raise UnreadableFile(f"it was written by a newer version of this program (version {version})")
    return True


def _read_part(reader: JsonReader, name: str, found: _Found) -> None:
    read = _PARTS.get(name)
    if read:
        read(reader, found)
    else:
        reader.value()


def _read_cards(reader: JsonReader, found: _Found) -> None:
    found.cards = _records(reader, _TASK, "card", "title")


def _read_runs(reader: JsonReader, found: _Found) -> None:
    found.runs = _records(reader, _RUN, "run", "adw_id")


def _read_attempts(reader: JsonReader, found: _Found) -> None:
    found.attempts = _records(reader, _ATTEMPT, "attempt", "id")


def _read_templates(reader: JsonReader, found: _Found) -> None:
    found.templates = _records(reader, _TEMPLATE, "template", "name")


def _read_limits(reader: JsonReader, found: _Found) -> None:
    found.limits = _valid(_LIMITS, reader.value(), "limits")


def _read_looks(reader: JsonReader, found: _Found) -> None:
    found.looks = _looks(reader.value())


def _read_removed(reader: JsonReader, found: _Found) -> None:
    found.removed = _valid(_REMOVED, reader.value(), "removed")


def _read_logs(reader: JsonReader, found: _Found) -> None:
    for adw_id in reader.names():
        found.logs.add(adw_id)
        for _ in _log(reader, adw_id):
            pass


def _read_images(reader: JsonReader, found: _Found) -> None:
    for image_id in reader.names():
        found.images.add(image_id)
        reader.value()


_PARTS: Final[dict[str, Callable[[JsonReader, _Found], None]]] = {
    "cards": _read_cards,
    "runs": _read_runs,
    "attempts": _read_attempts,
    "templates": _read_templates,
    "limits": _read_limits,
    "looks": _read_looks,
    "removed": _read_removed,
    "logs": _read_logs,
    "images": _read_images,
}


def _records(reader: JsonReader, kind: TypeAdapter[Record], noun: str, name: str) -> list[Record]:
    records: list[Record] = []
    for number, value in enumerate(reader.items(), 1):
        called = cast("dict[str, object]", value).get(name) if isinstance(value, dict) else None
        about = f"{noun} {number}" + (f" “{called[:80]}”" if isinstance(called, str) else "")
        records.append(_valid(kind, cast("object", value), about))
        if number > MOST:
            raise UnreadableFile(f"it has more than {MOST} {noun}s")
    return records


def _valid(kind: TypeAdapter[Record], value: object, about: str) -> Record:
    try:
        record = kind.validate_python(value)
    except (ValidationError, TypeError, AttributeError) as error:
        raise UnreadableFile(f"it is damaged: {about}: {_first_fault(error)}") from None
    if not all(map(_is_usable, _times(record))):
        raise UnreadableFile(f"it is damaged: {about}: a time is out of range, or does not say in which zone it is")
    return record


def _looks(value: object) -> dict[Column, ColumnLook]:
    """What is not acceptable is left out: a name and a colour are no reason to refuse cards."""
    looks: dict[Column, ColumnLook] = {}
    for name, told in (cast("dict[str, object]", value) if isinstance(value, dict) else {}).items():
        look = cast("dict[str, object]", told) if isinstance(told, dict) else {}
        if name in set(Column) and look.get("colour") in set(Colour):
            looks[Column(name)] = ColumnLook(str(look.get("title", "")), Colour(str(look["colour"])))
    return looks


Read = Callable[[JsonReader, str], Iterator[Record]]


def _each(path: Path, part: str, read: Read[Record]) -> Iterator[Record]:
    """What is in a part of a document that has been read before."""
    with _opened(path) as file:
        reader = JsonReader(file)
        for name in reader.names():
            if name != part:
                _skip(reader, name)
                continue
            for key in reader.names():
                yield from read(reader, key)


def _skip(reader: JsonReader, name: str) -> None:
    if name in {"cards", "runs", "attempts", "templates"}:
        for _ in reader.items():
            pass
    elif name in {"logs", "images"}:
        for _ in reader.names():
            for _ in reader.items() if name == "logs" else (reader.value(),):
                pass
    else:
        reader.value()


def _log(reader: JsonReader, adw_id: str, removed: int = 0) -> Iterator[LogEntry]:
    """The lines of a run with their numbers there, of which `removed` are missing at the beginning."""
    for number, line in enumerate(reader.items(), removed + 1):
        about = f"line {number} of run {adw_id[:80]}"
        if not isinstance(line, dict):
            raise UnreadableFile(f"it is damaged: {about}: an object is missing")
        given = _without_none(cast("dict[str, Any]", line))
        yield _valid(_LINE, {"source_key": f"import:{number}", **given, "adw_id": adw_id, "seq": number}, about)


def _image(reader: JsonReader, image_id: str) -> Iterator[tuple[str, bytes]]:
    """Nothing for what is no base64: it is missing then."""
    text = reader.value()
    try:
        yield image_id, base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (ValueError, binascii.Error):
        return


def _notes(found: _Found) -> list[str]:
    """What of a document belongs to nothing in it."""
    cards = {task.id for task in found.cards}
    known = {run.adw_id for run in found.runs}
    strays = {run.adw_id for run in found.runs if run.task_id not in cards} | (found.logs - known)
    files = {image.id for task in found.cards for image in task.images} - found.images
    notes = [f"Runs left out, because their cards are not in the file: {len(strays)}."] if strays else []
    return [*notes, f"Images whose files are not in it: {len(files)}."] if files else notes


def _by_card(tasks: list[Task], attempts: list[Attempt]) -> Iterator[tuple[Task, tuple[Attempt, ...]]]:
    own: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        own[attempt.task_id].append(attempt)
    return ((task, tuple(own[task.id])) for task in tasks)


def _found(task: Task, runs: Mapping[str, Run], attempts: tuple[Attempt, ...]) -> FoundCard:
    own = tuple(run for run in runs.values() if run.task_id == task.id and is_run_id(run.adw_id))
    return FoundCard(task, own, attempts)


def _times(value: object) -> Iterator[datetime]:
    """All times in records, however deep they are."""
    match value:
        case datetime():
            yield value
        case Mapping():
            for item in cast("Mapping[object, object]", value).values():
                yield from _times(item)
        case list() | tuple():
            for item in cast("Sequence[object]", value):
                yield from _times(item)
        case _ if is_dataclass(value):
            for field in fields(value):
                yield from _times(getattr(value, field.name))
        case _:
            pass


def _is_usable(time: datetime) -> bool:
    return time.tzinfo is not None and _YEARS[0] <= time.year <= _YEARS[1]


def _without_none(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if value is not None and name not in NOT_WRITTEN}


def _first_fault(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "a list or an object is missing"
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
