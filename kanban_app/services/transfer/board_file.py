"""A board as one JSON document: `format`, `version`, `exported_at`, `project`, `limits`, `looks`, `cards`, `runs`,
`attempts`, `templates`, `removed`, `logs`, `images`.

`cards`, `runs`, `attempts` and `templates` are records as the model has them (times in ISO 8601, UTC), the cards column
by column from top to bottom, then those in the archive and the bin. `limits` and `looks` (`title`, `colour`) are those
of columns by their ids. `logs` has the lines of each run by its id, without their numbers: these are their places after
the lines that retention has `removed` of the run. `images` are the contents of files by the ids of images, in base64.
What was deleted for good is in none of it. A document is written and read piece by piece: it may be far larger than
what should be held in memory.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, Protocol

from kanban_app.domain.image import Image
from kanban_app.domain.json_form import plain
from kanban_app.domain.model import Board, Run, Task
from kanban_app.domain.records import LogEntry
from kanban_app.domain.stages import Column
from kanban_app.services.column_looks import ColumnLook

FORMAT: Final = "agentic-kanban-board"
VERSION: Final = 1
PAGE: Final = 500
NOT_WRITTEN: Final = frozenset({"adw_id", "seq"})

Files = Callable[[Sequence[Image]], AsyncIterator[tuple[Image, bytes]]]


class LogPages(Protocol):
    """`Store.log_page`."""

    async def __call__(self, adw_id: str, *, since: int = 0, limit: int = 200) -> tuple[list[LogEntry], int]: ...


async def board_file(
    board: Board, looks: Mapping[Column, ColumnLook], pages: LogPages | None, files: Files, now: datetime
) -> AsyncIterator[str]:
    """The document of a board; without `pages` it has no logs. `files` gives the images that can be read."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now.isoformat(),
        "project": board.project_id,
    }
    head["limits"] = {column.value: limit for column, limit in board.limits.items()}
    head["looks"] = {column.value: {"title": look.title, "colour": look.colour} for column, look in looks.items()}
    yield json.dumps(head)[:-1]
    parts = (
        ("cards", _in_order(board)),
        ("runs", _runs(board)),
        ("attempts", (attempt for attempt in board.attempts.values() if _is_told(board, attempt.task_id))),
        ("templates", board.kept_templates()),
    )
    for name, records in parts:
        yield f', "{name}": ['
        for number, record in enumerate(records):
            yield ("," if number else "") + "\n" + _written(plain(record))
        yield "]"
    yield f', "removed": {json.dumps(await _removed(board, pages))}, "logs": {{'
    if pages is not None:
        for number, run in enumerate(_runs(board)):
            yield ("," if number else "") + f"\n{json.dumps(run.adw_id)}: ["
            async for text in _lines(run.adw_id, pages):
                yield text
            yield "]"
    yield '}, "images": {'
    number = 0
    async for image, data in files([image for task in _in_order(board) for image in task.images]):
        text = await asyncio.to_thread(base64.b64encode, data)
        yield ("," if number else "") + f'\n"{image.id}": "{text.decode()}"'
        number += 1
    yield "}}\n"


def _in_order(board: Board) -> Iterator[Task]:
    for column in Column:
        yield from board.column(column)
    yield from (task for task in board.tasks.values() if not task.is_on_board and task.purged_at is None)


def _runs(board: Board) -> Iterator[Run]:
    return (run for run in board.runs.values() if _is_told(board, run.task_id))


def _is_told(board: Board, task_id: str | None) -> bool:
    task = board.tasks.get(task_id or "")
    return task is not None and task.purged_at is None


async def _removed(board: Board, pages: LogPages | None) -> dict[str, int]:
    """How many lines come before the first one that is left of a run's log, where any do."""
    removed: dict[str, int] = {}
    if pages is None:
        return removed
    for run in _runs(board):
        entries, _last = await pages(run.adw_id, since=0, limit=1)
        if entries and entries[0].seq > 1:
            removed[run.adw_id] = entries[0].seq - 1
    return removed


async def _lines(adw_id: str, pages: LogPages) -> AsyncIterator[str]:
    since = 0
    while True:
        entries, _last = await pages(adw_id, since=since, limit=PAGE)
        if not entries:
            return
        texts = [
            _written({name: value for name, value in _line(entry).items() if value is not None}) for entry in entries
        ]
        yield ("," if since else "") + "\n" + ",\n".join(texts)
        since = entries[-1].seq


def _line(entry: LogEntry) -> dict[str, object]:
    return {field.name: plain(getattr(entry, field.name)) for field in fields(entry) if field.name not in NOT_WRITTEN}


def _written(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
