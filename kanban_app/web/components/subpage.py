"""What the pages beside the board have around them."""

from typing import Any

import reflex as rx

from kanban_app.web.components import icons
from kanban_app.web.components.local import PlainLink
from kanban_app.web.components.local_status import HealthNotices


def subpage(title: str, *content: rx.Component, of_a_project: bool = True) -> rx.Component:
    """A page of all projects leads back to the one that was used last."""
    return rx.el.div(
        rx.el.header(
            rx.el.h1(icons.logo(), _to_board("Agentic Kanban", of_a_project=of_a_project), class_name="brand"),
            rx.el.span(title, class_name="project"),
            rx.el.span(class_name="grow"),
            _to_board("Back to the board", of_a_project=of_a_project, class_name="button"),
            class_name="header",
        ),
        HealthNotices.create() if of_a_project else rx.fragment(),
        rx.el.main(rx.el.div(*content, class_name="subpage"), class_name="main subpage-main"),
        class_name="page",
    )


def _to_board(label: str, *, of_a_project: bool, **attributes: Any) -> rx.Component:
    if of_a_project:
        return rx.el.a(label, href="/", **attributes)
    return PlainLink.create(label, to="/", **attributes)
