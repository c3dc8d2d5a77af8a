"""Details of the connection, in plain lists."""

from typing import Any

import reflex as rx

from kanban_app.web.states.connection import ConnectionState


def connection_page() -> rx.Component:
    view: Any = ConnectionState.connection  # Reflex types item access on a var only at run time
    return rx.el.main(
        rx.el.p(rx.el.a("Back to the board", href="/")),
        rx.el.h1("Connection"),
        rx.el.p(rx.el.strong(view["label"]), " · ", rx.el.code(view["url"])),
        rx.cond(view["detail"] != view["url"], rx.el.p(view["detail"])),
        rx.el.button(
            "Ask the service how it is",
            type="button",
            class_name="button",
            on_click=ConnectionState.check_health,
            custom_attrs={"data-testid": "check-health"},
        ),
        rx.el.p(ConnectionState.said, role="status", class_name="said"),
        _others(),
        _frames(),
        class_name="details-page",
    )


def _others() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Other activity"),
        rx.el.p("Runs of the service that no card has. Their logs are kept.", class_name="quiet"),
        rx.cond(
            ConnectionState.others.length() > 0,
            rx.el.ul(rx.foreach(ConnectionState.others, _other)),
            rx.el.p("None."),
        ),
    )


def _other(run: Any) -> rx.Component:
    return rx.el.li(
        rx.el.p(rx.el.code(run["adw_id"]), " · ", _time(run["at"]), " · ", "lines: ", run["lines"]),
        rx.el.p(run["last_log"], class_name="last"),
        rx.el.button(
            "Create a card for it",
            type="button",
            class_name="button",
            on_click=ConnectionState.adopt(run["adw_id"]),
            custom_attrs={"data-testid": "adopt"},
        ),
        custom_attrs={"data-testid": "other-run"},
    )


def _frames() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Messages that could not be used as they came"),
        rx.el.p("The newest 200, with secrets left out. Nothing is lost by them being here.", class_name="quiet"),
        rx.cond(
            ConnectionState.frames.length() > 0,
            rx.el.ul(rx.foreach(ConnectionState.frames, _frame)),
            rx.el.p("None."),
        ),
    )


def _frame(frame: Any) -> rx.Component:
    return rx.el.li(
        rx.el.p(_time(frame["at"]), " · ", frame["title"], " ", rx.el.code(frame["kind"])),
        rx.el.p(frame["reason"]),
        rx.el.pre(frame["text"], tab_index=0),
        custom_attrs={"data-testid": "held-frame"},
    )


def _time(millis: Any) -> rx.Var[str]:
    """A moment as the browser's user writes times."""
    return rx.Var(f"new Date({millis}).toLocaleString()", _var_type=str)
