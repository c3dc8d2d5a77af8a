"""What the pages beside the board have around them."""

import reflex as rx

from kanban_app.web.components import icons


def subpage(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.h1(icons.logo(), rx.el.a("Agentic Kanban", href="/"), class_name="brand"),
            rx.el.span(title, class_name="project"),
            rx.el.span(class_name="grow"),
            rx.el.a("Back to the board", href="/", class_name="button"),
            class_name="header",
        ),
        rx.el.main(rx.el.div(*content, class_name="subpage"), class_name="main subpage-main"),
        class_name="page",
    )
