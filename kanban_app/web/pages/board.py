"""The board of the project: header, columns, the open card and what lies above them."""

import reflex as rx

from kanban_app.web.components.board import board
from kanban_app.web.components.editor import editor
from kanban_app.web.components.header import floating_new_card, header, notices
from kanban_app.web.components.panel import panel
from kanban_app.web.components.toasts import toasts


def board_page() -> rx.Component:
    return rx.el.div(
        header(),
        notices(),
        rx.el.main(board(), class_name="main"),
        floating_new_card(),
        panel(),
        editor(),
        toasts(),
        class_name="page",
    )
