"""The templates that the form of a card shows, and what is done with them there."""

from typing import Any, cast

import reflex as rx

from kanban_app.domain.commands import Command, DeleteTemplate, RenameTemplate, SaveTemplate
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.view_shapes import TemplateView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out
from kanban_app.web.states.forms import changes_of
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import services


class TemplateState(rx.State):
    """Read anew whenever the form opens, and after each change from here."""

    templates: rx.Field[list[TemplateView]] = rx.field(default_factory=list)
    error: ErrorView = NO_ERROR

    @rx.event
    async def keep(self, op_id: str, name: str, fields: dict[str, Any]):
        """Keep what a form has; its title is the card's own."""
        self.show(await carry_out(lambda: save_command(op_id, name, fields), op_id))

    @rx.event
    async def rename(self, op_id: str, template_id: str, name: str):
        def wish() -> Command:
            arguments.operation(op_id)
            return RenameTemplate(arguments.ident(template_id, "template_id"), arguments.text(name, "name"))

        self.show(await carry_out(wish, op_id))

    @rx.event
    async def delete(self, op_id: str, template_id: str):
        def wish() -> Command:
            arguments.operation(op_id)
            return DeleteTemplate(arguments.ident(template_id, "template_id"))

        self.show(await carry_out(wish, op_id))

    @not_an_event
    def show(self, error: ErrorView | None = None) -> None:
        self.templates = services().reader.templates()
        self.error = error or NO_ERROR


def save_command(op_id: object, name: object, fields: object) -> SaveTemplate:
    arguments.operation(op_id)
    if not isinstance(fields, dict):
        raise BoardError("E-VAL-8", {"field": "form", "reason": "not an acceptable value"})
    given = changes_of(cast("dict[str, Any]", fields))
    kept = ("type", "stages", "labels", "description", "model_set", "stage_models")
    return SaveTemplate(arguments.text(name, "name"), **{key: given[key] for key in kept if key in given})
