"""Backups of all projects. The same under every project's address."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from kanban_app.api.access import ERRORS, AllBackups, Running
from kanban_app.api.shapes import Json
from kanban_app.domain.audit import Action
from kanban_app.services.acting import done

router = APIRouter(prefix="/api/v1/backups", tags=["backups"], responses=ERRORS)


@router.get("")
async def backups(known: AllBackups) -> Json:
    """Which there are, the newest first, and how it stands with the next."""
    return {**await known.view()}


@router.post("", status_code=201)
async def make(known: AllBackups) -> Json:
    """Make one now. The answer comes when it is complete; one at a time."""
    return {**await known.make()}


@router.get("/{name}", response_class=FileResponse)
async def download(known: AllBackups, services: Running, name: str) -> FileResponse:
    """The file of a backup. It holds the access token: keep it as you keep that."""
    headers = {"Cache-Control": "no-store"}
    path = await known.file(name)
    services.audit.put(done(Action.DATA_DOWNLOADED, file=name))
    return FileResponse(path, media_type="application/gzip", filename=name, headers=headers)
