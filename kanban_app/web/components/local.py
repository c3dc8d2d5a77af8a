"""The local React components of this folder and what they take."""

from collections.abc import Callable
from typing import Any, Final

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation, FunctionVar

from kanban_app.services.views import ColumnView, LiveView
from kanban_app.web.states.shapes import ScreenCard

BOARD: Final = rx.asset("board.jsx", shared=True).importable_path
CLOCK: Final = rx.asset("clock.jsx", shared=True).importable_path
DIALOG: Final = rx.asset("dialog.jsx", shared=True).importable_path
HANDLE: Final = rx.asset("handle.jsx", shared=True).importable_path
LOG: Final = rx.asset("log.jsx", shared=True).importable_path
PAGE: Final = rx.asset("page.jsx", shared=True).importable_path
PANEL: Final = rx.asset("panel.jsx", shared=True).importable_path
SETTINGS: Final = rx.asset("settings_form.jsx", shared=True).importable_path
for imported in (
    "announcements.js",
    "ansi.js",
    "card_sensors.js",
    "column.jsx",
    "drop_gap.js",
    "kept_focus.js",
    "live_socket.js",
    "live_store.js",
    "log_feed.js",
    "log_lines.js",
    "log_rows.jsx",
    "log_search.js",
    "log_window.jsx",
    "menu.jsx",
    "operations.js",
    "order.js",
    "questions.js",
    "switcher.jsx",
    "targets.jsx",
):
    rx.asset(imported, shared=True)


def _moved(op: rx.Var[str], task_id: rx.Var[str], column: rx.Var[str], after: rx.Var[str | None]) -> list[rx.Var[Any]]:
    return [op, task_id, column, after]


def _acted(op: rx.Var[str], act: rx.Var[str], task_id: rx.Var[str], attempt: rx.Var[str]) -> list[rx.Var[Any]]:
    return [op, act, task_id, attempt]


def _asked(ops: rx.Var[list[str]]) -> list[rx.Var[Any]]:
    return [ops]


def _filled(fields: rx.Var[dict[str, str]]) -> list[rx.Var[Any]]:
    return [fields]


def _chosen(task_id: rx.Var[str]) -> list[rx.Var[Any]]:
    return [task_id]


class KanbanBoard(rx.Component):
    """The board. `render_card` makes a card's markup; see `card_renderer`."""

    library = BOARD
    tag = "KanbanBoard"
    lib_dependencies: list[str] = ["@hello-pangea/dnd@18.0.1"]  # noqa: RUF012 - how Reflex declares them

    columns: rx.Var[list[ColumnView]]
    demo: rx.Var[bool]
    shards: rx.Var[list[dict[str, ScreenCard]]]
    live: rx.Var[dict[str, LiveView]]
    acked: rx.Var[dict[str, str]]
    asked: rx.Var[int]
    hydrations: rx.Var[int]
    hints: rx.Var[dict[str, str]]
    render_card: rx.Var[Any]

    on_move: rx.EventHandler[_moved]
    on_act: rx.EventHandler[_acted]
    on_ask: rx.EventHandler[_asked]
    on_edit: rx.EventHandler[_chosen]


class DragHandle(rx.Component):
    """The part of a card by which it is dragged; only inside a card of the board."""

    library = HANDLE
    tag = "DragHandle"

    label: rx.Var[str]
    test_id: rx.Var[str]


class Elapsed(rx.Component):
    """A duration that goes on by itself while there is no end."""

    library = CLOCK
    tag = "Elapsed"

    start: rx.Var[int | None]
    end: rx.Var[int | None]


class Countdown(rx.Component):
    """Seconds until a moment."""

    library = CLOCK
    tag = "Countdown"

    due: rx.Var[int | None]


class Moment(rx.Component):
    """A time of day, in the browser's time zone."""

    library = CLOCK
    tag = "Moment"

    at: rx.Var[int | None]


class InLine(rx.Component):
    """A place in line, and how long it will take: by the second until `due`, else about until `start`."""

    library = CLOCK
    tag = "InLine"

    place: rx.Var[int]
    start: rx.Var[int | None]
    due: rx.Var[int | None]


class Dialog(rx.Component):
    """A modal dialog. An element in it with `data-close` closes it."""

    library = DIALOG
    tag = "Dialog"

    open: rx.Var[bool]
    edition: rx.Var[int]
    label: rx.Var[str]

    on_close: rx.EventHandler[rx.event.no_args_event_spec]


class CardPanel(rx.Component):
    """The panel beside the board, open while the URL names a card. An element with `data-close-panel` closes it."""

    library = PANEL
    tag = "CardPanel"

    card_id: rx.Var[str]
    label: rx.Var[str]


class SettingsForm(rx.Component):
    """A form that is saved by a submit button of value "save" and tried by one of value "test"."""

    library = SETTINGS
    tag = "SettingsForm"

    edition: rx.Var[int]

    on_save: rx.EventHandler[_filled]
    on_test: rx.EventHandler[_filled]


class LogView(rx.Component):
    """The log of a run, over the live lane; of no run when `run` is empty."""

    library = LOG
    tag = "LogView"

    run: rx.Var[str]


class Expire(rx.Component):
    """Fires once after a time in ms."""

    library = PAGE
    tag = "Expire"

    after: rx.Var[int]

    on_expire: rx.EventHandler[rx.event.no_args_event_spec]


class ConnectionLost(rx.Component):
    """Children that show while the page's own socket is down."""

    library = PAGE
    tag = "ConnectionLost"


class CameOnline(rx.Component):
    """Shows nothing; fires when the browser comes back to its network."""

    library = PAGE
    tag = "CameOnline"

    on_return: rx.EventHandler[rx.event.no_args_event_spec]


class Dismissible(rx.Component):
    """Children that stay away in this browser once an element with `data-dismiss` was pressed."""

    library = PAGE
    tag = "Dismissible"

    name: rx.Var[str]


class ToColumn(rx.Component):
    """A button that brings a column into view."""

    library = PAGE
    tag = "ToColumn"

    column: rx.Var[str]


def card_renderer(card: Callable[..., rx.Component]) -> FunctionVar:
    """A JavaScript function (card, live, saving) => markup, for a memo component that takes item, live and saving."""
    item = rx.Var("card", _var_type=ScreenCard).to(ScreenCard)
    live = rx.Var("live", _var_type=LiveView).to(LiveView)
    saving = rx.Var("saving", _var_type=bool).to(bool)
    markup = rx.Var.create(card(item=item, live=live, saving=saving))
    return ArgsFunctionOperation.create(("card", "live", "saving"), markup)
