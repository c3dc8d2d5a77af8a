"""The few icons of the board, drawn in the colour of the text around them.

What SVG has attributes for is in `custom_attrs`: as keywords they would become styles, and inline ones in the page.
"""

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


def image() -> rx.Component:
    return _glyph("M2.5 3.5h11v9h-11zM2.5 11l3.5-3.5 5 5M10.5 6.5h.01")


def close() -> rx.Component:
    return _glyph("M4 4l8 8M12 4l-8 8")


def commands() -> rx.Component:
    return _glyph("M2.5 4.5L6 8l-3.5 3.5M8 12h5.5")


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


def asking() -> rx.Component:
    """Under way, but standing still until a person says something: a pause in a ring."""
    return _sign("M4.6 4.1v3.8M7.4 4.1v3.8", ring=True, filled=False)


def done() -> rx.Component:
    return _sign("M3.6 6.2l1.7 1.7 3.2-3.6", solid=True)


def failed() -> rx.Component:
    return _sign("M4.1 4.1l3.8 3.8M7.9 4.1l-3.8 3.8", solid=True)


def doubtful() -> rx.Component:
    return _sign("M6 3.1v3.4M6 8.6v.01", solid=True)


def informing() -> rx.Component:
    return _sign("M6 5.5v3.4M6 3.4v.01", solid=True)


def stopped() -> rx.Component:
    return _sign("M4.2 4.2h3.6v3.6h-3.6z", ring=True)


def priority_low() -> rx.Component:
    return _glyph("M4 6l4 4 4-4", width="2")


def priority_medium() -> rx.Component:
    return _glyph("M4 8h8", width="2")


def priority_high() -> rx.Component:
    return _glyph("M4 10l4-4 4 4", width="2")


def priority_urgent() -> rx.Component:
    return _glyph("M4 8l4-4 4 4M4 13l4-4 4 4", width="2")


def _sign(path: str, *, ring: bool = False, solid: bool = False, filled: bool = True) -> rx.Component:
    """A round sign of 12 px: a ring with something in it, or a full circle with something cut into it."""
    inner = {"className": "sign-cut"} if solid else {"fill": "currentColor" if filled else "none"}
    circle = rx.el.svg.circle(
        cx="6", cy="6", r="5.25" if ring else "6", custom_attrs={"fill": "none" if ring else "currentColor"}
    )
    return rx.el.svg(
        circle,
        rx.el.svg.path(d=path, custom_attrs={**inner, "stroke": "none" if ring and filled else rx.Var("undefined")}),
        view_box="0 0 12 12",
        width="12",
        height="12",
        custom_attrs={
            "stroke": "currentColor",
            "strokeWidth": "1.5" if ring else "0",
            "strokeLinecap": "round",
            "strokeLinejoin": "round",
        },
        class_name="sign",
        aria_hidden="true",
    )


def _shape(path: str) -> rx.Component:
    return rx.el.svg(
        rx.el.svg.path(d=path),
        view_box="0 0 12 12",
        width="10",
        height="10",
        custom_attrs={"fill": "currentColor"},
        aria_hidden="true",
    )


def _glyph(path: str, width: str = "1.5") -> rx.Component:
    return rx.el.svg(
        rx.el.svg.path(d=path),
        view_box="0 0 16 16",
        width="16",
        height="16",
        custom_attrs={
            "fill": "none",
            "stroke": "currentColor",
            "strokeWidth": width,
            "strokeLinecap": "round",
            "strokeLinejoin": "round",
        },
        aria_hidden="true",
    )


def down() -> rx.Component:
    return _glyph("M4.5 6.5L8 10l3.5-3.5")
