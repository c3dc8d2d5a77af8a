"""The board of the project: header, columns, the open card and what lies above them."""

import reflex as rx

from kanban_app.web.components.board import board
from kanban_app.web.components.editor import editor
from kanban_app.web.components.header import header, notices
from kanban_app.web.components.panel import panel
from kanban_app.web.components.toasts import toasts
from kanban_app.web.states.board import BoardState


def board_page() -> rx.Component:
    return rx.el.div(
        header(),
        rx.el.main(
            notices(),
            board(),
            class_name="main",
            custom_attrs={"data-stale": rx.cond(BoardState.connection["stale"], "true", "false")},
        ),
        panel(),
        editor(),
        toasts(),
        class_name="page",
    )
