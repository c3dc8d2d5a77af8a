"""The few icons of the board, drawn in the colour of the text around them."""

import reflex as rx


def logo() -> rx.Component:
    return rx.el.svg(
        rx.el.svg.rect(x="0", y="0", width="24", height="24", rx="6", class_name="logo-ground"),
        rx.el.svg.rect(x="5", y="6", width="4", height="12", rx="1"),
        rx.el.svg.rect(x="10", y="6", width="4", height="6", rx="1"),
        rx.el.svg.rect(x="15", y="6", width="4", height="9", rx="1"),
        view_box="0 0 24 24",
        width="24",
        height="24",
        class_name="logo",
        aria_hidden="true",
    )


def feature() -> rx.Component:
    return _shape("M6 1l5 5-5 5-5-5z")


def bug() -> rx.Component:
    return _shape("M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z")


def chore() -> rx.Component:
    return _shape("M2 2h8v8h-8z")


def patch() -> rx.Component:
    return _shape("M6 1.5l5 9h-10z")


def more() -> rx.Component:
    return _glyph("M3.5 8h.01M8 8h.01M12.5 8h.01", width="2.2")


def close() -> rx.Component:
    return _glyph("M4 4l8 8M12 4l-8 8")


def sun() -> rx.Component:
    return _glyph(
        "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM8 1v1.5M8 13.5v1.5M1 8h1.5M13.5 8h1.5M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1"
    )


def moon() -> rx.Component:
    return _glyph("M13.5 9.5a6 6 0 1 1-7-7a4.8 4.8 0 0 0 7 7z")


def _shape(path: str) -> rx.Component:
    return rx.el.svg(
        rx.el.svg.path(d=path), view_box="0 0 12 12", width="10", height="10", fill="currentColor", aria_hidden="true"
    )


def _glyph(path: str, width: str = "1.5") -> rx.Component:
    return rx.el.svg(
        rx.el.svg.path(d=path),
        view_box="0 0 16 16",
        width="16",
        height="16",
        fill="none",
        stroke="currentColor",
        custom_attrs={"strokeWidth": width, "strokeLinecap": "round", "strokeLinejoin": "round"},
        aria_hidden="true",
    )
