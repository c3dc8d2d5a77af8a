"""The images of cards. What is uploaded comes as the request's body, as it is."""

from typing import Annotated, Any, Final
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from starlette.requests import ClientDisconnect

from kanban_app.api import shapes
from kanban_app.api.access import ERRORS, Author, Running, carried_out, carry_out
from kanban_app.api.bodies import Name, OpId, Rename
from kanban_app.api.shapes import Json
from kanban_app.domain.audit import Action, Target
from kanban_app.domain.commands import AddImages, RemoveImage, RenameImage
from kanban_app.errors import BoardError
from kanban_app.services.acting import done
from kanban_app.services.attachments import LARGEST, refused
from kanban_app.services.container import ApiServices

of_cards = APIRouter(prefix="/api/v1/tasks/{task_id}/attachments", tags=["attachments"], responses=ERRORS)
uploads = APIRouter(prefix="/api/v1/uploads", tags=["attachments"], responses=ERRORS)

# An image never changes, and its id is never used again. Nothing in it may run, however it is opened.
_OF_A_FILE: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/*": {}}, "description": "The file"}}
ImageName = Annotated[Name, Query(description="What it is called: also its alternative text")]


async def _content(request: Request, name: ImageName = "") -> bytes:
    """The body, as far as an image may be large."""
    parts, size = list[bytes](), 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST:
                raise _too_large(name)
            parts.append(part)
    except ClientDisconnect:
        raise BoardError("E-SYS-5", {"field": "body", "reason": "it has broken off."}) from None
    return b"".join(parts)


Content = Annotated[bytes, Depends(_content)]


@of_cards.get("")
async def listed(services: Running, task_id: str) -> list[Json]:
    """The images of a card, in the order in which they came."""
    return shapes.task(services, task_id)["attachments"]


@of_cards.post("", status_code=201, openapi_extra=_BODY)
async def add(
    services: Running,
    author: Author,
    task_id: str,
    content: Content,
    *,
    name: ImageName = "",
    op_id: OpId | None = None,
) -> Json:
    """Put an image on a card: png, jpg, gif or webp by its content, at most 5 MB.

    The same `op_id` twice adds it once.
    """
    shapes.task(services, task_id)
    known = await services.board.operation(op_id) if op_id else None
    # Never an id that somebody chose: that of another image would replace its file.
    image_id = uuid5(UUID(op_id), "image").hex if op_id else uuid4().hex
    if known:
        carried_out(known)
    else:
        image = await services.attachments.take(name, content, image_id)
        try:
            await carry_out(services, AddImages(task_id, (image,)), author, op_id)
        finally:
            # One that did not get onto the card.
            await services.attachments.let_go(image_id)
    services.attachments.on_card(task_id, image_id)
    return _view(services, task_id, image_id)


@of_cards.get("/{attachment_id}", response_class=FileResponse, responses=_FILE)
async def read(services: Running, task_id: str, attachment_id: str, *, download: bool = False) -> FileResponse:
    """The image itself."""
    image, path = await services.attachments.file(task_id, attachment_id)
    ending = f".{image.kind.value}"
    name = image.name if image.name.lower().endswith((ending, ".jpeg")) else image.name + ending
    return FileResponse(
        path,
        media_type=image.kind.media_type,
        filename=name,
        content_disposition_type="attachment" if download else "inline",
        headers=_OF_A_FILE,
    )


@of_cards.get("/{attachment_id}/thumbnail", response_class=FileResponse, responses=_FILE)
async def thumbnail(services: Running, task_id: str, attachment_id: str) -> FileResponse:
    """The image as WebP, at most 360 pixels wide and high; of an animation the first frame."""
    path = await services.attachments.thumbnail(task_id, attachment_id)
    return FileResponse(path, media_type="image/webp", headers=_OF_A_FILE)


@of_cards.patch("/{attachment_id}")
async def rename(services: Running, author: Author, task_id: str, attachment_id: str, body: Rename) -> Json:
    """Change what an image is called."""
    await carry_out(services, RenameImage(task_id, attachment_id, body.name), author, body.op_id)
    return _view(services, task_id, attachment_id)


@of_cards.delete("/{attachment_id}", status_code=204)
async def remove(
    services: Running, author: Author, task_id: str, attachment_id: str, op_id: OpId | None = None
) -> None:
    """Take an image off its card; with an `op_id` that can be undone for 30 days."""
    await carry_out(services, RemoveImage(task_id, attachment_id), author, op_id)


@uploads.post("", status_code=201, openapi_extra=_BODY)
async def upload(services: Running, content: Content, name: ImageName = "") -> Json:
    """Store an image that a form will put on a card; unless one does so it is removed after a day."""
    image = await services.attachments.take(name, content)
    services.audit.put(services.audit.own(done(Action.IMAGE_UPLOADED, Target("image", image.id), image=image.name)))
    return {"id": image.id, "name": image.name, "type": image.kind.media_type, "size": image.size}


@uploads.delete("/{upload_id}", status_code=204)
async def discard(services: Running, upload_id: str) -> None:
    """Remove an upload that is not wanted any more; what is on a card by now stays."""
    await services.attachments.let_go(upload_id)
    services.audit.put(services.audit.own(done(Action.IMAGE_DISCARDED, Target("image", upload_id))))


def _view(services: ApiServices, task_id: str, image_id: str) -> Json:
    return next(view for view in shapes.task(services, task_id)["attachments"] if view["id"] == image_id)


def _too_large(name: str) -> BoardError:
    return refused(name, f"it is larger than {LARGEST // (1024 * 1024)} MB")
