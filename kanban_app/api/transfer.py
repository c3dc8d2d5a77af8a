"""The board as a file, and files as cards of the board."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from kanban_app.api.access import ERRORS, Author, Running
from kanban_app.api.shapes import Json
from kanban_app.domain.audit import Action
from kanban_app.services.acting import done

router = APIRouter(prefix="/api/v1", tags=["board"], responses=ERRORS)


@router.get("/export")
async def export(services: Running, *, logs: Annotated[bool, Query()] = True) -> StreamingResponse:
    """The board with its runs, attempts and (with `logs`) log lines as one JSON document, to be imported elsewhere."""
    name = f"board-{datetime.now(UTC):%Y-%m-%d-%H%M}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    services.audit.put(services.audit.own(done(Action.DATA_EXPORTED, logs="yes" if logs else "no")))
    return StreamingResponse(services.transfer.export(logs=logs), media_type="application/json", headers=headers)


@router.post("/import")
async def take(services: Running, author: Author, request: Request, *, dry_run: bool = False) -> Json:
    """Take over the cards of a file (the body): an export of a board, the original's browser storage as JSON, or its
    `agentickanban.db`. The same file twice is taken over once. With `dry_run` nothing changes.
    """
    with tempfile.TemporaryDirectory(prefix="kanban-import-") as folder:
        path = Path(folder) / "file"
        await _kept(request.stream(), path)
        view = await services.transfer.take(path, author=author, dry_run=dry_run)
    if not dry_run:
        services.audit.put(services.audit.own(done(Action.DATA_IMPORTED, kind=view["kind"], cards=str(view["new"]))))
    return {**view}


async def _kept(chunks: AsyncIterator[bytes], path: Path) -> None:
    with path.open("wb") as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)
