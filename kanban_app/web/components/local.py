"""The local React components of no single part of a page, and what they take; for those of others see `local_*`."""

import reflex as rx

from kanban_app.web.components.assets import (
    AUDIT,
    CLOCK,
    COMMANDS,
    DUE,
    FINDER,
    HELP,
    LINK,
    MARKDOWN,
    PAGE,
    SIGNS,
    STACK,
    TOLD,
    TRANSFER,
)


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


class AuditLog(rx.Component):
    """Who did what, read from the API; its filters are in the URL."""

    library = AUDIT
    tag = "AuditLog"


class Transfer(rx.Component):
    """The board as a file, and files as cards: over HTTP, without the page's socket."""

    library = TRANSFER
    tag = "Transfer"


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
