"""Details of the connection, in plain lists."""

from typing import Any

import reflex as rx

from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import Moment
from kanban_app.web.components.subpage import subpage
from kanban_app.web.states.connection import ConnectionState


def connection_page() -> rx.Component:
    return subpage("Connection", _service(), _others(), _frames())


def _service() -> rx.Component:
    view: Any = ConnectionState.connection  # Reflex types item access on a var only at run time
    return rx.el.section(
        rx.el.h2("Workflow service"),
        rx.el.p(
            rx.el.span(class_name="dot", aria_hidden="true"),
            rx.el.strong(view["label"]),
            rx.el.code(view["url"]),
            class_name="standing",
            custom_attrs={"data-state": view["state"]},
        ),
        rx.cond(
            view["error"],
            rx.el.p(
                view["detail"],
                " ",
                rx.cond(view["cause"], help_link(view["cause"]), help_link(view["error"])),
                class_name="standing-why",
            ),
        ),
        rx.el.div(
            rx.el.button(
                "Ask the service how it is",
                type="button",
                class_name="button",
                on_click=ConnectionState.check_health,
                custom_attrs={"data-testid": "check-health"},
            ),
            rx.el.a("Status", href="/status/"),
            rx.el.a("Settings", href="/settings/"),
            class_name="subpage-actions",
        ),
        rx.el.p(ConnectionState.said, role="status", class_name="said"),
        class_name="subpage-section",
    )


def _others() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Other activity"),
        rx.el.p("Runs of the service that no card has. Their logs are kept.", class_name="about"),
        rx.cond(
            ConnectionState.others.length() > 0,
            rx.el.ul(rx.foreach(ConnectionState.others, _other), class_name="entries"),
            rx.el.p("None.", class_name="muted"),
        ),
        class_name="subpage-section",
    )


def _other(run: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.code(run["adw_id"]),
                Moment.create(at=run["at"]),
                rx.el.span(run["lines"], rx.cond(run["lines"].to(int) == 1, " line", " lines")),
                class_name="entry-head",
            ),
            rx.el.p(run["last_log"], class_name="last"),
        ),
        rx.el.button(
            "Create a card for it",
            type="button",
            class_name="button small",
            on_click=ConnectionState.adopt(run["adw_id"]),
            custom_attrs={"data-testid": "adopt"},
        ),
        custom_attrs={"data-testid": "other-run"},
    )


def _frames() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Messages that could not be used as they came"),
        rx.el.p("The newest 200, with secrets left out. Nothing is lost by their being here.", class_name="about"),
        rx.cond(
            ConnectionState.frames.length() > 0,
            rx.el.ul(rx.foreach(ConnectionState.frames, _frame), class_name="entries"),
            rx.el.p("None.", class_name="muted"),
        ),
        class_name="subpage-section",
    )


def _frame(frame: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(
                rx.el.strong(frame["title"]),
                rx.cond(frame["kind"] != "", rx.el.code(frame["kind"])),
                Moment.create(at=frame["at"]),
                help_link(frame),
                class_name="entry-head",
            ),
            rx.el.p(frame["reason"]),
            rx.el.pre(frame["text"], tab_index=0),
        ),
        custom_attrs={"data-testid": "held-frame"},
    )
