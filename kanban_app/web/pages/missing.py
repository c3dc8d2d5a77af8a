"""What an address that leads nowhere shows."""

import reflex as rx


def missing_page() -> rx.Component:
    return rx.el.main(
        rx.el.h1("This page does not exist"),
        rx.el.p("The address may be mistyped, or from another version of the board."),
        rx.el.a("Go to the board", href="/", class_name="button primary"),
        class_name="missing",
    )
