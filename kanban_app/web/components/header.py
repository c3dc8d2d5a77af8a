"""The top of the page: what this is, how the connection stands, and the way to a new card."""

from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.web.components import icons
from kanban_app.web.components.commands import commands_button
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import (
    CameOnline,
    ConnectionLost,
    Countdown,
    Dismissible,
    Finder,
    Moment,
    NotificationCentre,
    PlainLink,
    TabSigns,
    ToColumn,
)
from kanban_app.web.components.project_switcher import PROJECTS, project_gone, project_switcher
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.toasts import SETTINGS

DETAIL: Final = "connection-detail"
RETRY: Final = LABELS[Act.RETRY_NOW]


def header() -> rx.Component:
    return rx.el.header(
        rx.el.h1(icons.logo(), rx.el.span("Agentic Kanban"), class_name="brand"),
        project_switcher(),
        Finder.create(),
        rx.el.span(class_name="grow"),
        _tally(),
        connection(),
        NotificationCentre.create(newest=BoardState.told),
        TabSigns.create(running=BoardState.running_count, failed=BoardState.failed_count),
        commands_button(),
        rx.el.button(
            rx.color_mode_cond(icons.moon(), icons.sun()),
            type="button",
            class_name="icon-button theme-button",
            aria_label="Switch between light and dark",
            on_click=rx.toggle_color_mode,
        ),
        rx.el.button(
            "New card",
            type="button",
            class_name="button primary new-card",
            on_click=EditorState.create,
            custom_attrs={"data-testid": "new-task"},
        ),
        class_name="header",
    )


def _tally() -> rx.Component:
    """What is going on, in numbers; a press on the failures leads to them."""
    return rx.el.div(
        rx.cond(
            BoardState.running_count > 0,
            rx.el.span(
                icons.active(),
                rx.el.span(BoardState.running_count, rx.el.span(" running", class_name="word")),
                class_name="running num",
                custom_attrs={"data-testid": "running-count"},
            ),
        ),
        rx.cond(
            BoardState.queue_count > 0,
            rx.el.span(
                icons.waiting(),
                rx.el.span(BoardState.queue_count, rx.el.span(" waiting", class_name="word")),
                class_name="queue num",
                custom_attrs={"data-testid": "queue-count"},
            ),
        ),
        rx.cond(
            BoardState.failed_count > 0,
            ToColumn.create(
                icons.failed(),
                rx.el.span(BoardState.failed_count, " failed"),
                column="errored",
                class_name="failures num",
            ),
        ),
        class_name="tally",
    )


def connection() -> rx.Component:
    """The state of the connection to the trigger service; a click tells more."""
    view: Any = BoardState.connection  # Reflex types item access on a var only at run time
    return rx.fragment(
        rx.el.button(
            rx.el.span(class_name="dot", aria_hidden="true"),
            rx.el.span(view["label"]),
            type="button",
            class_name="connection",
            aria_label="Workflow service: " + view["label"],
            custom_attrs={"data-testid": "connection-status", "data-state": view["state"], "popoverTarget": DETAIL},
        ),
        rx.el.div(
            rx.el.h2(view["label"]),
            rx.cond(view["error"], _trouble(view), rx.el.p(view["detail"])),
            rx.cond(
                view["detail"].to(str).contains(view["url"].to(str)),
                rx.fragment(),
                rx.el.p(rx.el.code(view["url"])),
            ),
            rx.el.p(
                rx.el.a("Settings", href=SETTINGS, custom_attrs={"data-testid": "settings"}),
                rx.el.a("Details", href="/connection/", custom_attrs={"data-testid": "connection-details"}),
                PlainLink.create("Projects", to=PROJECTS, custom_attrs={"data-testid": "projects"}),
                class_name="links",
            ),
            _how_long(view),
            rx.match(
                view["state"],
                (
                    "connected",
                    rx.el.button(
                        "Disconnect",
                        type="button",
                        class_name="button quiet",
                        on_click=BoardState.disconnect,
                        custom_attrs={"data-testid": "disconnect"},
                    ),
                ),
                (
                    "disconnected",
                    rx.el.button(
                        "Connect",
                        type="button",
                        class_name="button",
                        on_click=BoardState.connect,
                        custom_attrs={"data-testid": "connect"},
                    ),
                ),
                rx.el.button(
                    RETRY,
                    type="button",
                    class_name="button",
                    on_click=BoardState.retry_now,
                    custom_attrs={"data-testid": "retry-now"},
                ),
            ),
            id=DETAIL,
            class_name="popup",
            custom_attrs={"popover": "auto"},
        ),
    )


def _trouble(view: Any) -> rx.Component:
    """What is wrong, why, and what a person can do about it beside pressing the button below."""
    error, cause = view["error"], view["cause"]
    return rx.fragment(
        rx.el.p(
            rx.el.strong(error["title"], ". "),
            error["message"],
            rx.cond(cause, rx.fragment(" ", cause["message"])),
        ),
        rx.el.ul(rx.foreach(view["advice"].to(list[str]), rx.el.li), class_name="actions"),
        rx.cond(cause, help_link(cause), help_link(error)),
    )


def _how_long(view: Any) -> rx.Component:
    """Since when it is as it is, how often it was tried, and when it will be tried again."""
    return rx.el.p(
        rx.cond(view["since"], rx.fragment("Since ", Moment.create(at=view["since"]), ". ")),
        rx.cond(view["attempt"].to(int) > 0, rx.fragment("Failed tries so far: ", view["attempt"], ". ")),
        rx.cond(view["next_try_at"], rx.fragment("Next try in ", Countdown.create(due=view["next_try_at"]), " s.")),
        class_name="num",
    )


def notices() -> rx.Component:
    """Lines under the header: the page's own lost connection, the service's, and what a first-time user must know."""
    view: Any = BoardState.connection
    return rx.fragment(
        project_gone(),
        CameOnline.create(on_return=BoardState.came_online),
        ConnectionLost.create(
            rx.el.div(
                rx.el.p("This page lost its connection to the board; it reconnects by itself."),
                class_name="notice lost",
                role="status",
            )
        ),
        rx.foreach(
            view["notices"].to(list[str]),
            lambda text: rx.el.div(rx.el.p(text), class_name="notice", role="status"),
        ),
        rx.cond(
            BoardState.ready & BoardState.demo,
            Dismissible.create(
                rx.el.div(
                    rx.el.p(
                        "The built-in service runs a demonstration workflow in a scratch repository. To run your own, "
                        "name your trigger service in the ",
                        rx.el.a("settings", href="/settings/"),
                        ", or start the board with ",
                        rx.el.code("KANBAN_TAC7_URL"),
                        rx.el.span(", e.g. ", rx.el.code("ws://127.0.0.1:8500/ws/trigger"), class_name="optional"),
                        ".",
                    ),
                    rx.el.span(class_name="grow"),
                    rx.el.button(
                        icons.close(),
                        type="button",
                        class_name="icon-button",
                        aria_label="Dismiss this note",
                        custom_attrs={"data-dismiss": "true"},
                    ),
                    class_name="notice",
                    role="note",
                ),
                name="kanban.first-run",
            ),
        ),
    )
