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


def active() -> rx.Component:
    """A run under way: a full circle in a ring."""
    return _sign("M6 3.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8z", ring=True)


def waiting() -> rx.Component:
    """In line: the hands of a clock in a ring."""
    return _sign("M6 3.2v3l1.9 1.2", ring=True, filled=False)


def done() -> rx.Component:
    return _sign("M3.6 6.2l1.7 1.7 3.2-3.6", solid=True)


def failed() -> rx.Component:
    return _sign("M4.1 4.1l3.8 3.8M7.9 4.1l-3.8 3.8", solid=True)


def doubtful() -> rx.Component:
    return _sign("M6 3.1v3.4M6 8.6v.01", solid=True)


def stopped() -> rx.Component:
    return _sign("M4.2 4.2h3.6v3.6h-3.6z", ring=True)


def _sign(path: str, *, ring: bool = False, solid: bool = False, filled: bool = True) -> rx.Component:
    """A round sign of 12 px: a ring with something in it, or a full circle with something cut into it."""
    inner = {"className": "sign-cut"} if solid else {"fill": "currentColor" if filled else "none"}
    circle = rx.el.svg.circle(cx="6", cy="6", r="5.25" if ring else "6", fill="none" if ring else "currentColor")
    return rx.el.svg(
        circle,
        rx.el.svg.path(d=path, custom_attrs={**inner, "stroke": "none" if ring and filled else rx.Var("undefined")}),
        view_box="0 0 12 12",
        width="12",
        height="12",
        stroke="currentColor",
        custom_attrs={
            "strokeWidth": "1.5" if ring else "0",
            "strokeLinecap": "round",
            "strokeLinejoin": "round",
        },
        class_name="sign",
        aria_hidden="true",
    )


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
