"""Backups of all projects. The same under every project's address."""

from fastapi import APIRouter
from fastapi.responses import FileResponse

from kanban_app.api.access import ERRORS, AllBackups
from kanban_app.api.shapes import Json

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
async def download(known: AllBackups, name: str) -> FileResponse:
    """The file of a backup. It holds the access token: keep it as you keep that."""
    headers = {"Cache-Control": "no-store"}
    return FileResponse(await known.file(name), media_type="application/gzip", filename=name, headers=headers)
