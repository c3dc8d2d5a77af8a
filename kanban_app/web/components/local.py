"""The local React components of this folder and what they take."""

from collections.abc import Callable
from typing import Any

import reflex as rx
from reflex.vars.function import ArgsFunctionOperation, FunctionVar

from kanban_app.services.view_shapes import ColumnView, LiveView
from kanban_app.web.components.assets import (
    AUDIT,
    BOARD,
    CLOCK,
    COLUMN_NAME,
    COMMANDS,
    DUE,
    FINDER,
    HANDLE,
    HELP,
    HISTORY,
    LINK,
    LOG,
    MARKDOWN,
    PAGE,
    PANEL,
    SETTINGS,
    SIGNS,
    STACK,
    TABS,
    TOLD,
    TRANSFER,
    WORK,
)
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


def _filled(fields: rx.Var[dict[str, str]]) -> list[rx.Var[Any]]:
    return [fields]


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


class MarkdownText(rx.Component):
    """Markdown that was rendered: `html` comes from `services.markdown`, which makes it safe, and from nowhere else."""

    library = MARKDOWN
    tag = "MarkdownText"

    html: rx.Var[str]


class Due(rx.Component):
    """The day on which a card is due, as seen from today."""

    library = DUE
    tag = "Due"

    day: rx.Var[str]
    done: rx.Var[bool]


class CardPanel(rx.Component):
    """The panel beside the board, open while the URL names a card. An element with `data-close-panel` closes it.

    `missing` is the id of a card that is not there, `tab` the tab that is shown, and `attempt` the one that was chosen
    instead of the newest.
    """

    library = PANEL
    tag = "CardPanel"

    card_id: rx.Var[str]
    missing: rx.Var[str]
    tab: rx.Var[str]
    attempt: rx.Var[str]
    label: rx.Var[str]


class Once(rx.Component):
    """Its first child from the moment on that the server was `ready` for it, its second one before. It stays when the
    server is started anew, with what is typed in it.
    """

    library = SETTINGS
    tag = "Once"

    ready: rx.Var[bool]


class SettingsForm(rx.Component):
    """A form that is saved by a submit button of value "save" and tried by one of value "test".

    Another `edition` (see `states.editions`) builds it anew: over what is typed only when that has been `saved`. A save
    that is not the one `answered` last is then sent again, with the same `op_id` among its fields.
    """

    library = SETTINGS
    tag = "SettingsForm"

    edition: rx.Var[int]
    saved: rx.Var[bool]
    answered: rx.Var[str]

    on_save: rx.EventHandler[_filled]
    on_test: rx.EventHandler[_filled]


class Settled(rx.Component):
    """In a `SettingsForm`: what is said of its last save, shown once that has been answered."""

    library = SETTINGS
    tag = "Settled"


class Tabs(rx.Component):
    """The tabs of the open card, of which `tab` is shown."""

    library = TABS
    tag = "Tabs"

    tab: rx.Var[str]


class AuditLog(rx.Component):
    """Who did what, read from the API; its filters are in the URL."""

    library = AUDIT
    tag = "AuditLog"


class Transfer(rx.Component):
    """The board as a file, and files as cards: over HTTP, without the page's socket."""

    library = TRANSFER
    tag = "Transfer"


class LogView(rx.Component):
    """The log of a run, over the live lane; of no run when `run` is empty. With `begin` it is read from then on."""

    library = LOG
    tag = "LogView"

    run: rx.Var[str]
    begin: rx.Var[int | None]


class AgentView(rx.Component):
    """What the agents of a run do, over the live lane; of no run when `run` is empty."""

    library = LOG
    tag = "AgentView"

    run: rx.Var[str]


class CardHistory(rx.Component):
    """What has happened to a card, read from the API, and again whenever `news` changes."""

    library = HISTORY
    tag = "CardHistory"

    card: rx.Var[str]
    news: rx.Var[int]


class PlanView(rx.Component):
    """The plan of a run, of no run when `run` is empty; asked for anew whenever `edition` changes."""

    library = WORK
    tag = "PlanView"

    run: rx.Var[str]
    edition: rx.Var[str]


class ChangesView(rx.Component):
    """What a run has changed, of no run when `run` is empty; whoever looks is told when `pulse` changes.

    `link` is the state of the connection.
    """

    library = WORK
    tag = "ChangesView"

    run: rx.Var[str]
    pulse: rx.Var[str]
    link: rx.Var[str]


class Finder(rx.Component):
    """Search, filters and sort of the board of this tab; they are kept in its URL."""

    library = FINDER
    tag = "Finder"


class PlainLink(rx.Component):
    """A link out of this project: `to` is an address as the browser has it."""

    library = LINK
    tag = "PlainLink"

    to: rx.Var[str]


class HelpLink(rx.Component):
    """The way to what can be done about an error; nothing without a code."""

    library = HELP
    tag = "HelpLink"

    code: rx.Var[str]
    title: rx.Var[str]


class NotificationCentre(rx.Component):
    """The bell and what it opens. `newest` is the number of the newest notification."""

    library = TOLD
    tag = "NotificationCentre"

    newest: rx.Var[int]


class TabSigns(rx.Component):
    """Shows nothing on the page: counts in the title of the tab and on its icon."""

    library = SIGNS
    tag = "TabSigns"

    running: rx.Var[int]
    failed: rx.Var[int]


class ToastStack(rx.Component):
    """Messages, oldest first, as children; the newest ones are shown. An element with `data-dismiss-toast` ends one."""

    library = STACK
    tag = "ToastStack"

    count: rx.Var[int]


class Commands(rx.Component):
    """The command palette, the keys of the page and their help sheet; an element with `data-palette` opens the palette.

    `connection` is the state of the connection to the workflow service.
    """

    library = COMMANDS
    tag = "Commands"

    connection: rx.Var[str]

    on_new: rx.EventHandler[rx.event.no_args_event_spec]
    on_theme: rx.EventHandler[rx.event.no_args_event_spec]
    on_retry: rx.EventHandler[rx.event.no_args_event_spec]
    on_connect: rx.EventHandler[rx.event.no_args_event_spec]
    on_disconnect: rx.EventHandler[rx.event.no_args_event_spec]


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
