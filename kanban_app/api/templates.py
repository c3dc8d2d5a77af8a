"""Templates: what new cards can start from."""

from fastapi import APIRouter

from kanban_app.api.access import ERRORS, Author, Running, carry_out
from kanban_app.api.bodies import NewTemplate, OpId, TemplateName
from kanban_app.api.shapes import Json
from kanban_app.domain.commands import DeleteTemplate, RenameTemplate
from kanban_app.errors import BoardError
from kanban_app.services.container import ApiServices

router = APIRouter(prefix="/api/v1/templates", tags=["templates"], responses=ERRORS)


@router.get("")
async def listed(services: Running) -> Json:
    """All templates, by name."""
    return {"templates": services.reader.templates()}


@router.post("", status_code=201)
async def save(services: Running, author: Author, body: NewTemplate) -> Json:
    """Keep what a card has for cards to come, under a name that no other template has."""
    done = await carry_out(services, body.command(), author, body.op_id)
    return _shown(services, done.template_id or "")


@router.patch("/{template_id}")
async def rename(services: Running, author: Author, template_id: str, body: TemplateName) -> Json:
    await carry_out(services, RenameTemplate(template_id, body.name), author, body.op_id)
    return _shown(services, template_id)


@router.delete("/{template_id}", status_code=204)
async def delete(services: Running, author: Author, template_id: str, op_id: OpId | None = None) -> None:
    """Cards that were made from it stay as they are."""
    await carry_out(services, DeleteTemplate(template_id), author, op_id)


def _shown(services: ApiServices, template_id: str) -> Json:
    template = services.reader.template(template_id)
    if template is None:
        raise BoardError("E-SYS-3", {"what": "This template"})
    return dict(template)
