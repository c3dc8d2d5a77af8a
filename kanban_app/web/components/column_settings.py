"""The part of the settings that names and colours the columns."""

import reflex as rx

from kanban_app.domain.stages import COLUMN_TITLES, Column
from kanban_app.services.column_looks import TITLE_LIMIT, Colour
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local_forms import SettingsForm, Settled
from kanban_app.web.states.columns import ColumnsState


def column_settings() -> rx.Component:
    return SettingsForm.create(
        rx.el.section(
            rx.el.h2("Columns"),
            rx.el.p(
                "What they are called on this board, and a colour. What they do stays the same.", class_name="about"
            ),
            rx.el.div(*(_row(column) for column in Column), class_name="column-looks"),
            Settled.create(
                rx.cond(
                    ColumnsState.trouble["code"] != "",
                    rx.el.div(
                        rx.el.strong(ColumnsState.trouble["title"]),
                        rx.el.p(ColumnsState.trouble["message"]),
                        help_link(ColumnsState.trouble),
                        role="alert",
                        class_name="form-error",
                    ),
                ),
            ),
            rx.el.div(
                rx.el.button(
                    "Save the columns",
                    type="submit",
                    class_name="button primary",
                    custom_attrs={"data-testid": "columns-save"},
                ),
                rx.el.span(
                    Settled.create(rx.cond(ColumnsState.saved, "Saved.", "")),
                    role="status",
                    class_name="settings-saved",
                    custom_attrs={"data-testid": "columns-saved"},
                ),
                class_name="subpage-actions",
            ),
            class_name="subpage-section apart column-section",
        ),
        edition=ColumnsState.edition,
        answered=ColumnsState.answered,
        saved=ColumnsState.saved,
        on_save=ColumnsState.save,
    )


def _row(column: Column) -> rx.Component:
    name, title = column.value, COLUMN_TITLES[column]
    return rx.fragment(
        rx.el.label(title, html_for=f"title-{name}"),
        rx.el.input(
            id=f"title-{name}",
            name=f"title-{name}",
            default_value=ColumnsState.titles[name],
            max_length=TITLE_LIMIT,
            placeholder=title,
            auto_complete="off",
            custom_attrs={"data-testid": f"column-title-{name}"},
        ),
        rx.el.select(
            *(
                rx.el.option(colour.value.capitalize(), value=colour.value)
                for colour in Colour
                if colour.value != "none"
            ),
            rx.el.option("No colour", value=Colour.NONE.value),
            name=f"colour-{name}",
            default_value=ColumnsState.colours[name],
            aria_label=f"Colour of {title}",
            custom_attrs={"data-testid": f"column-colour-{name}"},
        ),
    )
