"""Why a form was refused, below its fields."""

from typing import Any

import reflex as rx


def form_error(error: Any, test_id: str, otherwise: rx.Component | None = None) -> rx.Component:
    """`error` is a var of ErrorView; while it is none, `otherwise` stands there."""
    shown = rx.el.div(
        rx.el.strong(error["title"]),
        rx.el.p(error["message"]),
        role="alert",
        class_name="form-error",
        custom_attrs={"data-testid": test_id},
    )
    return rx.cond(error["code"] != "", shown, otherwise or rx.fragment())
