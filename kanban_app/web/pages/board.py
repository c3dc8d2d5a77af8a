"""The board of the project: header, columns, the open card and what lies above them."""

import reflex as rx

from kanban_app.web.components.board import board, skeleton
from kanban_app.web.components.commands import commands
from kanban_app.web.components.editor import editor
from kanban_app.web.components.header import header, notices
from kanban_app.web.components.late import late
from kanban_app.web.components.panel import panel
from kanban_app.web.components.patching import patch_dialog
from kanban_app.web.components.toasts import toasts
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.patching import PatchState


def board_page() -> rx.Component:
    return rx.el.div(
        header(),
        rx.el.main(
            notices(),
            late(board(), skeleton(), needed="The board", turn="first"),
            class_name="main",
            custom_attrs={"data-stale": rx.cond(BoardState.connection["stale"], "true", "false")},
        ),
        late(panel(), wanted=(PanelState.card_id != "") | (PanelState.missing != "")),
        late(editor(), wanted=EditorState.opened, turn="next"),
        late(patch_dialog(), wanted=PatchState.opened),
        toasts(),
        commands(),
        class_name="page",
    )
