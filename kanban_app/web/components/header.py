"""The top of the page: what this is, how the connection stands, and the way to a new card."""

from typing import Any, Final

import reflex as rx

from kanban_app.web.components import icons
from kanban_app.web.components.commands import commands_button
from kanban_app.web.components.connection_detail import connection_detail
from kanban_app.web.components.late import late
from kanban_app.web.components.local import (
    CameOnline,
    ConnectionLost,
    Dismissible,
    Finder,
    NotificationCentre,
    TabSigns,
    ToColumn,
)
from kanban_app.web.components.local_status import ConnectionIndicator
from kanban_app.web.components.project_switcher import project_gone, project_switcher
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.editor import EditorState

DETAIL: Final = "connection-detail"


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
    """The state of the connection to the trigger service; a press tells more."""
    view: Any = BoardState.connection  # Reflex types item access on a var only at run time
    return rx.fragment(
        ConnectionIndicator.create(
            state=view["state"],
            label=view["label"],
            grade=view["grade"],
            grade_label=view["grade_label"],
            waiting=BoardState.queue_count,
            target=DETAIL,
        ),
        rx.el.div(
            late(connection_detail(), rx.el.h2(view["label"]), within=DETAIL),
            id=DETAIL,
            class_name="popup",
            custom_attrs={"popover": "auto"},
        ),
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
            lambda text: rx.el.div(
                rx.el.p(text),
                rx.el.a("Status", href="/status/"),
                class_name="notice",
                role="status",
                custom_attrs={"data-testid": "notice"},
            ),
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
