"""The local React components of the board, and what they take."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation, FunctionVar

from kanban_app.services.view_shapes import ColumnView, LiveView
from kanban_app.web.components.assets import BOARD, COLUMN_NAME, HANDLE
from kanban_app.web.states.merging import MergeLook
from kanban_app.web.states.shapes import LeanCard, Saved, ScreenCard


def _moved(op: rx.Var[str], task_id: rx.Var[str], column: rx.Var[str], after: rx.Var[str | None]) -> list[rx.Var[Any]]:
    return [op, task_id, column, after]


def _acted(
    op: rx.Var[str], act: rx.Var[str], task_id: rx.Var[str], attempt: rx.Var[str], wish: rx.Var[dict[str, Any]]
) -> list[rx.Var[Any]]:
    return [op, act, task_id, attempt, wish]


def _taken_back(
    op: rx.Var[str], act: rx.Var[str], task_id: rx.Var[str], wish: rx.Var[dict[str, Any]]
) -> list[rx.Var[Any]]:
    return [op, act, task_id, wish]


def _looked(asked: rx.Var[str], task_id: rx.Var[str], method: rx.Var[str]) -> list[rx.Var[Any]]:
    return [asked, task_id, method]


def _asked(ops: rx.Var[list[str]]) -> list[rx.Var[Any]]:
    return [ops]


def _chosen(task_id: rx.Var[str]) -> list[rx.Var[Any]]:
    return [task_id]


class KanbanBoard(rx.Component):
    """The board, once it is `ready`; its children before that. `render_card` makes a card's markup; see
    `card_renderer`. `look` answers what `on_look` has asked. `shards` hold of each card what it has beside `blank`;
    not all cards before they are `whole`.

    `merges`: the service previews merges, takes a method for them, and can remove what an earlier run has left.
    """

    library = BOARD
    tag = "KanbanBoard"
    lib_dependencies: list[str] = ["@hello-pangea/dnd@18.0.1"]  # noqa: RUF012 - how Reflex declares them

    ready: rx.Var[bool]
    columns: rx.Var[list[ColumnView]]
    demo: rx.Var[bool]
    shards: rx.Var[list[dict[str, LeanCard]]]
    whole: rx.Var[bool]
    blank: rx.Var[ScreenCard]
    live: rx.Var[dict[str, LiveView]]
    merges: rx.Var[bool]
    look: rx.Var[MergeLook]
    acked: rx.Var[dict[str, str]]
    saved: rx.Var[list[Saved]]
    asked: rx.Var[int]
    left: rx.Var[dict[str, str]]
    hydrations: rx.Var[int]
    hints: rx.Var[dict[str, str]]
    render_card: rx.Var[Any]

    on_move: rx.EventHandler[_moved]
    on_act: rx.EventHandler[_acted]
    on_ask: rx.EventHandler[_asked]
    on_take_back: rx.EventHandler[_taken_back]
    on_several: rx.EventHandler[_taken_back]
    on_edit: rx.EventHandler[_chosen]
    on_patch: rx.EventHandler[_chosen]
    on_look: rx.EventHandler[_looked]
    on_forget: rx.EventHandler[rx.event.no_args_event_spec]


class ColumnName(rx.Component):
    """What a column is called, as this browser knew it last, for a page that the server has not answered yet."""

    library = COLUMN_NAME
    tag = "ColumnName"

    column: rx.Var[str]
    own: rx.Var[str]


class DragHandle(rx.Component):
    """The part of a card by which it is dragged; only inside a card of the board."""

    library = HANDLE
    tag = "DragHandle"

    label: rx.Var[str]
    test_id: rx.Var[str]


def card_renderer(card: Callable[..., rx.Component]) -> FunctionVar:
    """A JavaScript function (card, live, saving) => markup, for a memo component that takes item, live and saving."""
    item = rx.Var("card", _var_type=ScreenCard).to(ScreenCard)
    live = rx.Var("live", _var_type=LiveView).to(LiveView)
    saving = rx.Var("saving", _var_type=bool).to(bool)
    markup = rx.Var.create(card(item=item, live=live, saving=saving))
    return ArgsFunctionOperation.create(("card", "live", "saving"), markup)
