"""A run's log as a whole: where a text stands in it, and all of it as a file."""

import json
import re
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import StreamingResponse

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Running
from kanban_app.api.runs import HIGHEST_SEQ, Kinds, Levels
from kanban_app.api.shapes import Json
from kanban_app.domain.plain_text import plain
from kanban_app.domain.records import LogEntry
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import LogFilter

router = APIRouter(prefix="/api/v1/runs", tags=["runs"], responses=ERRORS)

PAGE: Final = 500
_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")


def _file_of(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {}}, "description": "The log, as a file"}}


@router.get("/{adw_id}/log/matches")
async def matches(
    services: Running,
    adw_id: str,
    *,
    q: Annotated[str, Query(min_length=1, max_length=200)],
    before: Annotated[int | None, Query(ge=1, le=HIGHEST_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 2000,
    kind: Kinds = (),
    level: Levels = (),
) -> Json:
    """Where in all lines of a run a text stands: `seqs` are the numbers of the last `limit` such lines, ascending.

    `count` is how many there are, and `last` the number of the run's newest line. With `before`, all that is about the
    lines before that number. `kind` and `level` may be given more than once.
    """
    _check(services, adw_id)
    last = (await services.events.lines(adw_id, HIGHEST_SEQ, 1, LogFilter())).last
    found = await services.events.matches(adw_id, q, before or last + 1, limit, LogFilter(kind, level))
    return {"seqs": found.seqs, "count": found.count, "last": last}


@router.get("/{adw_id}/log.txt", response_class=StreamingResponse, responses=_file_of("text/plain"))
async def as_text(services: Running, adw_id: str) -> StreamingResponse:
    """The log up to now as text, a line for each: time, level, what it is, and what it says."""
    return await _download(services, adw_id, "txt", "text/plain; charset=utf-8", _text_of)


@router.get("/{adw_id}/log.jsonl", response_class=StreamingResponse, responses=_file_of("application/x-ndjson"))
async def as_json_lines(services: Running, adw_id: str) -> StreamingResponse:
    """The log up to now as JSON, an object a line: those of `GET …/log`."""
    return await _download(services, adw_id, "jsonl", "application/x-ndjson", _json_of)


async def _download(
    services: ApiServices, adw_id: str, ending: str, media_type: str, write: Callable[[LogEntry], str]
) -> StreamingResponse:
    """What is written later is left out, so that the file of a run under way has an end."""
    _check(services, adw_id)
    last = (await services.events.lines(adw_id, HIGHEST_SEQ, 1, LogFilter())).last
    name = f"run-{_UNSAFE.sub('_', adw_id)[:64]}.{ending}"
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pages(services, adw_id, last, write), media_type=media_type, headers=headers)


async def _pages(
    services: ApiServices, adw_id: str, last: int, write: Callable[[LogEntry], str]
) -> AsyncGenerator[bytes]:
    """One page is in memory at a time. A stop of the app cuts the file off, so that nobody takes it for whole."""
    since = 0
    while since < last:
        if services.stopping.is_set():
            raise ConnectionAbortedError("the app stops")
        page = await services.events.lines(adw_id, since, min(PAGE, last - since), LogFilter())
        since = page.entries[-1].seq if page.entries else last
        yield "".join(write(entry) for entry in page.entries).encode("utf-8", "replace")


def _text_of(entry: LogEntry) -> str:
    return f"{shapes.iso(entry.at)} {entry.level.value:7} {entry.kind.value:11} {plain(entry.message)}\n"


def _json_of(entry: LogEntry) -> str:
    return json.dumps(shapes.log_entry(entry), separators=(",", ":")) + "\n"


def _check(services: ApiServices, adw_id: str) -> None:
    if adw_id not in services.snapshot().runs:
        raise shapes.unknown_run(adw_id)
