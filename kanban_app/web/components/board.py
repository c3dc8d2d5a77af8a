"""The board and what stands in its place before the first data and when there is nothing on it."""

from typing import Final

import reflex as rx

from kanban_app.domain.stages import COLUMN_TITLES
from kanban_app.web.components.card import card
from kanban_app.web.components.local_board import ColumnName, KanbanBoard, card_renderer
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.merging import MergeState
from kanban_app.web.states.patching import PatchState
from kanban_app.web.states.several import SeveralState
from kanban_app.web.states.shapes import BLANK, SHARDS
from kanban_app.web.states.toasts import ToastState

HINTS: Final = {
    "backlog": "Create a card, then drag it to {plan}: its workflow starts there.",
    "plan": "Drop a card here to start its run.",
    "build": "Nothing is being built.",
    "test": "Nothing in test.",
    "review": "Nothing in review.",
    "document": "Nothing to document.",
    "ready-to-merge": "Finished runs arrive here.",
    "completed": "Nothing completed yet.",
    "errored": "Nothing has failed.",
}


GHOSTS: Final = (3, 1, 2)


@rx.memo
def board() -> rx.Component:
    return KanbanBoard.create(
        skeleton(),
        ready=BoardState.ready,
        columns=BoardState.columns,
        demo=BoardState.demo,
        merges=BoardState.connection["merges"],
        look=MergeState.look,
        shards=rx.Var.create([getattr(BoardState, f"cards_{number}") for number in range(SHARDS)]),
        whole=BoardState.whole,
        blank=rx.Var.create(BLANK),
        live=BoardState.live,
        acked=BoardState.acked,
        saved=ToastState.saved,
        asked=BoardState.asked,
        left=SeveralState.left,
        hydrations=BoardState.hydrations,
        hints=rx.Var.create(HINTS),
        render_card=card_renderer(card),
        on_move=BoardState.move,
        on_act=CardState.act,
        on_ask=BoardState.ask,
        on_take_back=CardState.take_back,
        on_several=SeveralState.act,
        on_edit=EditorState.edit,
        on_patch=PatchState.open,
        on_look=MergeState.preview,
        on_forget=MergeState.forget,
    )


def skeleton() -> rx.Component:
    return rx.el.div(
        *(
            rx.el.div(
                rx.el.div(ColumnName.create(column=name, own=title), class_name="column-head"),
                *(_ghost() for _ in range(GHOSTS[number % len(GHOSTS)])),
                class_name="column",
                custom_attrs={"data-folded": "true" if name == "completed" else "false"},
            )
            for number, (name, title) in enumerate((column.value, title) for column, title in COLUMN_TITLES.items())
        ),
        class_name="board skeleton",
        role="status",
        aria_label="Loading the board",
    )


def _ghost() -> rx.Component:
    return rx.el.div(rx.el.i(), rx.el.i(), rx.el.i(), class_name="ghost-card")
