"""What the columns of a tab's project are called and how they are coloured."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from kanban_app.domain.stages import Column
from kanban_app.errors import ErrorView
from kanban_app.services.column_looks import Colour, ColumnLook
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import guarded
from kanban_app.web.states.editions import next_edition
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import NO_ERROR
from kanban_app.web.wiring import services


class ColumnsState(rx.State):
    """Titles and colours by the ids of the columns; `edition` changes when the form is filled anew, `answered` is the
    save that `saved` and `trouble` are about.
    """

    titles: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    colours: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    edition: rx.Field[int] = rx.field(0)
    answered: str = ""
    saved: bool = False
    trouble: ErrorView = NO_ERROR

    @rx.event
    def load(self):
        """Fill the form. Only for `on_load`."""
        self.fill()

    @rx.event
    async def save(self, form: dict[str, Any]):
        """Keep the form, for all who look at this project; a refusal leaves it as it is."""

        async def work() -> None:
            fields = arguments.form(form)
            await services().columns.save({column.value: look_in(fields, column) for column in Column})

        error = await guarded(work)
        self.trouble = error or NO_ERROR
        self.answered = arguments.answered(form)
        self.saved = error is None
        if self.saved:
            self.fill()

    @not_an_event
    def fill(self) -> None:
        looks = {column.value: services().columns.look(column) for column in Column}
        self.titles = {name: look.title for name, look in looks.items()}
        self.colours = {name: look.colour.value for name, look in looks.items()}
        self.edition = next_edition()


def look_in(form: Mapping[str, object], column: Column) -> ColumnLook:
    colour = form.get(f"colour-{column.value}")
    known = colour if isinstance(colour, str) and colour in set(Colour) else Colour.NONE
    return ColumnLook(arguments.text(form.get(f"title-{column.value}"), "title"), Colour(known))
