"""Who did what, when, from where: by the page, and as a file."""

import csv
import io
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from kanban_app.api.access import ERRORS, Running
from kanban_app.api.shapes import Json
from kanban_app.asgi import FIRST_PROJECT
from kanban_app.domain.audit import Action, Group, Result
from kanban_app.errors import BoardError
from kanban_app.services.acting import done
from kanban_app.services.auditing import MOST, PAGE, EntryView, Wanted
from kanban_app.services.container import ApiServices

router = APIRouter(prefix="/api/v1/audit", tags=["audit"], responses=ERRORS)

_TEXT_LIMIT: Final = 200
_EXAMPLE: Final = {
    "entries": [
        {
            "log": "own",
            "number": 412,
            "at": "2026-05-01T12:30:15.123Z",
            "project": "default",
            "name": "a person",
            "kind": "person",
            "address": "10.0.0.7",
            "way": "board",
            "action": "task.moved",
            "group": "cards",
            "target": {"kind": "task", "id": "0a1b2c3d4e5f", "title": "Fix login"},
            "details": {"from": "backlog", "to": "plan", "run": "a1b2c3d4"},
            "outcome": "done",
            "code": "",
            "who": "Somebody",
            "what": "moved “Fix login” from Backlog to Plan, which started run a1b2c3d4",
            "how": "on the board",
            "card": "0a1b2c3d4e5f",
        }
    ],
    "next": "412",
}
_PAGE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/json": {"example": _EXAMPLE}}}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "application/x-ndjson": {}}, "description": "The entries, as a file"}
}
_COLUMNS: Final = (
    "at", "who", "kind", "address", "way", "project", "action", "target_kind", "target_id", "title", "details",
    "outcome", "code", "sentence",
)  # fmt: skip
# What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
Format = Annotated[Literal["csv", "jsonl"], Query(alias="format")]
Words = Annotated[str | None, Query(max_length=_TEXT_LIMIT)]


def _wanted(  # noqa: PLR0917 - one for each filter
    from_: Annotated[
        datetime | None, Query(alias="from", description="the least time", examples=["2026-05-01T00:00:00Z"])
    ] = None,
    to: Annotated[datetime | None, Query(description="the first time that is too late")] = None,
    who: Words = None,
    kind: Annotated[Literal["person", "token", "run", "local", "board", "stranger"] | None, Query()] = None,
    action: Action | None = None,
    group: Group | None = None,
    target: Annotated[
        str | None, Query(max_length=_TEXT_LIMIT, description="the id of a card or of what it is")
    ] = None,
    outcome: Result | None = None,
    q: Annotated[
        str | None, Query(max_length=_TEXT_LIMIT, description="part of a name, title, detail, id or address")
    ] = None,
) -> Wanted:
    return Wanted(
        since=_utc(from_), until=_utc(to), who=who, kind=kind, action=action, group=group, target=target,
        result=outcome, text=q,
    )  # fmt: skip


Filters = Annotated[Wanted, Depends(_wanted)]


@router.get("", responses=_PAGE)
async def audit(
    services: Running,
    wanted: Filters,
    before: Annotated[str, Query(pattern=r"^(\d{1,19}(\.\d{1,19})?)?$", description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Json:
    """Who did what, the newest first: what is about this project, and about all of them. `next` is "" at the end."""
    return asdict(await services.audit.page(wanted, before, limit))


@router.get("/export", response_class=StreamingResponse, responses=_FILE)
async def export(services: Running, wanted: Filters, *, file_format: Format = "csv") -> StreamingResponse:
    """All that the filters let through and there is now, as CSV or as JSON, an object a line. This is recorded, too."""
    project = "" if services.project_id == FIRST_PROJECT else f"-{services.project_id}"
    name = f"audit{project}-{datetime.now(UTC):%Y-%m-%d}.{file_format}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    services.audit.put(services.audit.own(done(Action.AUDIT_EXPORTED, format=file_format)))
    is_csv = file_format == "csv"
    media_type = "text/csv; charset=utf-8" if is_csv else "application/x-ndjson"
    head, write = (_row(_COLUMNS), _as_row) if is_csv else ("", _as_json)
    return StreamingResponse(_written(services, wanted, head, write), media_type=media_type, headers=headers)


async def _written(
    services: ApiServices, wanted: Wanted, head: str, write: Callable[[EntryView], str]
) -> AsyncGenerator[bytes]:
    """One page is in memory at a time. A stop of the app cuts the file off, so that nobody takes it for whole."""
    yield head.encode()
    async for entries in services.audit.everything(wanted):
        if services.stopping.is_set():
            raise ConnectionAbortedError("the app stops")
        yield "".join(map(write, entries)).encode("utf-8", "replace")


def _as_json(entry: EntryView) -> str:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n"


def _as_row(entry: EntryView) -> str:
    target = entry["target"]
    details = "; ".join(f"{name}: {value}" for name, value in entry["details"].items())
    return _row((
        entry["at"], entry["name"], entry["kind"], entry["address"], entry["way"], entry["project"], entry["action"],
        target["kind"], target["id"], target["title"], details, entry["outcome"], entry["code"],
        f"{entry['who']} {entry['what']}",
    ))  # fmt: skip


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(["'" + cell if cell.startswith(_FORMULA) else cell for cell in cells])
    return line.getvalue()


def _utc(at: datetime | None) -> datetime | None:
    """A time without a zone is one of UTC."""
    if at is None or at.tzinfo is None:
        return at and at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise BoardError("E-SYS-5", {"field": "from", "reason": "use a time of our days."}) from None
