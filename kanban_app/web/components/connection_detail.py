"""What the connection indicator opens: how the connection stands, why, since when, and what can be done."""

from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import Countdown, Moment, PlainLink
from kanban_app.web.components.local_status import GradeSaid, SaidChanges
from kanban_app.web.components.project_switcher import PROJECTS
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.toasts import SETTINGS

RETRY: Final = LABELS[Act.RETRY_NOW]


@rx.memo
def connection_detail() -> rx.Component:
    """The inside of the popover; its code comes after the page."""
    view: Any = BoardState.connection  # Reflex types item access on a var only at run time
    return rx.fragment(
        rx.el.h2(view["label"]),
        GradeSaid.create(grade=view["grade"], label=view["grade_label"], brief=view["error"].bool()),
        rx.cond(view["error"], _trouble(view), rx.el.p(view["detail"])),
        rx.cond(
            view["detail"].to(str).contains(view["url"].to(str)),
            rx.fragment(),
            rx.el.p(rx.el.code(view["url"])),
        ),
        _how_long(view),
        _what_waits(view),
        _buttons(view),
        rx.el.p(
            rx.el.a("Status", href="/status/", custom_attrs={"data-testid": "status-link"}),
            rx.el.a("Details", href="/connection/", custom_attrs={"data-testid": "connection-details"}),
            rx.el.a("Settings", href=SETTINGS, custom_attrs={"data-testid": "settings"}),
            PlainLink.create("Projects", to=PROJECTS, custom_attrs={"data-testid": "projects"}),
            class_name="links",
        ),
        SaidChanges.create(text=_in_short(view), known=BoardState.ready),
    )


def _in_short(view: Any) -> rx.Var[str]:
    """State and grade for screen readers; without what changes while both stay, such as the count of tries."""
    state = rx.match(
        view["state"].to(str),
        ("connected", "connected"),
        ("disconnected", "disconnected"),
        ("offline", "not reached"),
        ("paused", "not reached"),
        "connecting",
    )
    grade = view["grade"].to(str)
    bad = (grade == "degraded") | (grade == "unhealthy") | (grade == "critical")
    told: Any = rx.cond(bad, ", " + view["grade_label"].to(str).lower(), "")
    return "Workflow service " + rx.Var.create(state).to(str) + rx.Var.create(told).to(str)


def _trouble(view: Any) -> rx.Component:
    """What is wrong, why, and what a person can do about it beside pressing the buttons below."""
    error, cause = view["error"], view["cause"]
    return rx.fragment(
        rx.el.p(
            rx.el.strong(error["title"], ". "),
            # Of a pause it says the seconds as they were; below they run.
            rx.cond(error["code"] == "E-CONN-21", "", error["message"]),
            rx.cond(cause, rx.fragment(" ", cause["message"])),
        ),
        rx.el.ul(rx.foreach(view["advice"].to(list[str]), rx.el.li), class_name="actions"),
        rx.cond(cause, help_link(cause), help_link(error)),
    )


def _how_long(view: Any) -> rx.Component:
    """Since when it is as it is, when it stood last, how often it was tried, and when it will be tried again."""
    away = view["state"] != "connected"
    return rx.el.p(
        rx.cond(view["since"], rx.fragment("Since ", Moment.create(at=view["since"]), ". ")),
        rx.cond(
            away & view["last_connected_at"].bool(),
            rx.fragment("Last connected ", Moment.create(at=view["last_connected_at"]), ". "),
        ),
        rx.cond(view["attempt"].to(int) > 0, rx.fragment("Failed tries so far: ", view["attempt"], ". ")),
        rx.cond(view["next_try_at"], rx.fragment("Next try in ", Countdown.create(due=view["next_try_at"]), " s.")),
        class_name="num",
    )


def _what_waits(view: Any) -> rx.Component:
    return rx.cond(
        BoardState.queue_count > 0,
        rx.el.p(
            BoardState.queue_count,
            rx.cond(BoardState.queue_count == 1, " start waits ", " starts wait "),
            rx.cond(view["state"] == "connected", "for a free place.", "until the service is back."),
            class_name="num",
        ),
    )


def _buttons(view: Any) -> rx.Component:
    leave = rx.el.button(
        "Disconnect",
        type="button",
        class_name="button quiet",
        on_click=BoardState.disconnect,
        custom_attrs={"data-testid": "disconnect"},
    )
    return rx.el.div(
        rx.match(
            view["state"],
            ("connected", leave),
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
            rx.fragment(
                rx.el.button(
                    RETRY,
                    type="button",
                    class_name="button",
                    on_click=BoardState.retry_now,
                    custom_attrs={"data-testid": "retry-now"},
                ),
                leave,
            ),
        ),
        class_name="popup-buttons",
    )
