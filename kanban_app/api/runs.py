"""Runs, their logs, and decisions about attempts."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carry_out
from kanban_app.api.bodies import Place
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import (
    CancelRun,
    Command,
    FreePlace,
    NotRunning,
    Requeue,
    StageDone,
    StartAgain,
    StartAnyway,
    Withdraw,
)
from kanban_app.domain.records import LogKind, LogLevel
from kanban_app.errors import BoardError
from kanban_app.services.board import Outcome
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import LogFilter
from kanban_app.services.run_work import PATH_LIMIT

HIGHEST_SEQ: Final = 2**53
Kinds = Annotated[tuple[LogKind, ...], Query(max_length=len(LogKind))]
Levels = Annotated[tuple[LogLevel, ...], Query(max_length=len(LogLevel))]

runs = APIRouter(prefix="/api/v1/runs", tags=["runs"], responses=ERRORS)
attempts = APIRouter(prefix="/api/v1/attempts", tags=["attempts"], responses=ERRORS)


Decide = Callable[[ApiServices, str, str], Awaitable[Json]]

_DECISIONS: Final[dict[str, Callable[[str], Command]]] = {
    "withdraw": Withdraw,
    "start-again": StartAgain,
    "not-running": NotRunning,
    "stage-done": StageDone,
    "release": FreePlace,
    "start-anyway": StartAnyway,
}


@runs.get("/{adw_id}")
async def read(services: Running, adw_id: str) -> Json:
    return dict(shapes.run(services, adw_id))


@runs.post("/{adw_id}/cancel", status_code=202)
async def cancel(services: Running, author: Author, adw_id: str) -> Json:
    """Withdraw what waits; ask the service to stop what runs (409, E-WF-15, where it cannot)."""
    done = await carry_out(services, CancelRun(adw_id), author)
    return {**shapes.outcome(services, done), "run": shapes.run(services, adw_id)}


@runs.get("/{adw_id}/merge")
async def merge_preview(
    services: Running,
    adw_id: str,
    *,
    method: Literal["squash", "merge", "rebase"] | None = None,
    target: Annotated[str | None, Query(max_length=200)] = None,
) -> Json:
    """What merging the run would do. Nothing is changed; to merge, move its card to `completed` with `merge`."""
    return dict(await services.merge_preview(adw_id, method, target))


@runs.get("/{adw_id}/plan")
async def plan(services: Running, adw_id: str) -> Json:
    """The plan that the run has written, as text and as HTML. `found` is false as long as there is none."""
    return dict(await services.work.plan(adw_id))


@runs.get("/{adw_id}/changes")
async def changes(services: Running, adw_id: str) -> Json:
    """The files that the run has changed; `supported` is false where its service cannot say."""
    return dict(await services.work.changes(adw_id))


@runs.get("/{adw_id}/changes/file")
async def diff(
    services: Running,
    adw_id: str,
    *,
    path: Annotated[str, Query(min_length=1, max_length=PATH_LIMIT)],
    old_path: Annotated[str | None, Query(alias="from", max_length=PATH_LIMIT)] = None,
) -> Json:
    """What the run has changed in one of these files, line by line. A file that was moved needs its `from`, too."""
    return dict(await services.work.diff(adw_id, path, old_path))


@runs.get("/{adw_id}/log")
async def log(
    services: Running,
    adw_id: str,
    *,
    since: Annotated[int, Query(ge=0, le=HIGHEST_SEQ)] = 0,
    before: Annotated[int | None, Query(ge=1, le=HIGHEST_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    kind: Kinds = (),
    level: Levels = (),
    q: Annotated[str | None, Query(max_length=200)] = None,
    written_from: Annotated[AwareDatetime | None, Query()] = None,
) -> Json:
    """The first `limit` lines after number `since`. Ask again with `next` until it equals `last`.

    With `before`, which wins over `since`: the last `limit` lines before that number, in ascending order. To page back,
    ask again with the number of the first line, until no lines come.

    `kind` and `level` may be given more than once; `written_from` is the least time of a line.
    """
    if adw_id not in services.snapshot().runs:
        raise shapes.unknown_run(adw_id)
    wanted = LogFilter(kind, level, q or None, written_from)
    if before is not None:
        return shapes.log_page(await services.events.lines_before(adw_id, before, limit, wanted))
    return shapes.log_page(await services.events.lines(adw_id, since, limit, wanted))


@attempts.post("/{attempt_id}/check")
async def check(services: Running, attempt_id: str) -> Json:
    """Ask the service what became of an uncertain or silent attempt; `check` tells what it says."""
    if attempt_id not in services.snapshot().attempts:
        raise BoardError("E-SYS-3", {"what": "This start"})
    answer = await services.check(attempt_id)
    task_id = services.snapshot().attempts[attempt_id].task_id
    return {**shapes.outcome(services, Outcome(ok=True, task_id=task_id, attempt_id=attempt_id)), "check": answer}


@attempts.post("/{attempt_id}/requeue")
async def requeue(services: Running, author: Author, attempt_id: str, body: Place) -> Json:
    """Put a waiting attempt at another place in line."""
    return shapes.outcome(services, await carry_out(services, Requeue(attempt_id, body.place), author))


def _decision(command: Callable[[str], Command]) -> Decide:
    async def decide(services: Running, author: Author, attempt_id: str) -> Json:
        """A person's decision on an attempt that waits, is uncertain, or whose service says nothing."""
        return shapes.outcome(services, await carry_out(services, command(attempt_id), author))

    return decide


for _name, _command in _DECISIONS.items():
    attempts.add_api_route(f"/{{attempt_id}}/{_name}", _decision(_command), methods=["POST"], name=_name)
