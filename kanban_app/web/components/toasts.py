"""Messages at the lower edge: refusals, failures and questions stay until dismissed, the rest goes by itself."""

from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import Act
from kanban_app.web.components import icons
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import Expire, ToastStack
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.shapes import Offer
from kanban_app.web.states.toasts import ToastState

STATUS_MS: Final = 6000
WAY_BACK_MS: Final = 10_000


def toasts() -> rx.Component:
    return ToastStack.create(rx.foreach(ToastState.toasts, _toast), count=ToastState.toasts.length())


def _toast(toast: Any) -> rx.Component:
    return rx.el.div(
        rx.match(
            toast["tone"],
            ("success", icons.done()),
            ("warning", icons.doubtful()),
            ("error", icons.failed()),
            icons.informing(),
        ),
        rx.el.strong(toast["title"]),
        rx.cond(toast["message"] != "", rx.el.p(toast["message"])),
        rx.cond(toast["advice"] != "", rx.el.p(toast["advice"], class_name="advice")),
        rx.cond(
            toast["offers"].to(list[Offer]).length() > 0,
            rx.el.div(
                rx.foreach(
                    toast["offers"].to(list[Offer]),
                    lambda offer: _offer(offer, toast),
                ),
                class_name="card-actions",
            ),
        ),
        help_link(toast),
        rx.cond(toast["way_back"] != "", rx.el.div(_way_back(toast), class_name="card-actions")),
        rx.el.button(
            icons.close(),
            type="button",
            class_name="icon-button",
            aria_label="Dismiss",
            custom_attrs={"data-dismiss-toast": "true"},
            on_click=ToastState.dismiss(toast["id"]),
        ),
        rx.cond(
            toast["alert"] | (toast["offers"].to(list[Offer]).length() > 0),
            rx.fragment(),
            Expire.create(
                after=rx.cond(toast["undo"] != "", WAY_BACK_MS, STATUS_MS), on_expire=ToastState.dismiss(toast["id"])
            ),
        ),
        key=toast["id"],
        role=rx.cond(toast["alert"], "alert", "status"),
        class_name="toast",
        custom_attrs={"data-testid": "toast", "data-tone": toast["tone"]},
    )


def _way_back(toast: Any) -> rx.Component:
    """Takes back what the message tells of, or does it again."""
    attrs = {
        "data-take-back": toast["undo"],
        "data-of-card": toast["task_id"],
        "data-stop": rx.cond(toast["stop"], "true", "false"),
    }
    return rx.cond(
        toast["redo"],
        _button_of_way(toast, {"data-testid": "redo", **attrs}),
        _button_of_way(toast, {"data-testid": "undo", **attrs}),
    )


def _button_of_way(toast: Any, attrs: dict[str, Any]) -> rx.Component:
    return rx.el.button(
        toast["way_back"],
        type="button",
        class_name="button small",
        on_click=ToastState.dismiss(toast["id"]),
        custom_attrs=attrs,
    )


def _offer(offer: Any, toast: Any) -> rx.Component:
    """A way on: a link, one of the card's own buttons, the way to its form, or what the toast itself can do."""
    gone = ToastState.dismiss(toast["id"])
    return rx.cond(
        offer["href"] != "",
        rx.el.a(
            offer["label"],
            href=offer["href"],
            class_name="button small",
            custom_attrs={
                "data-offer": offer["id"],
                "data-show": rx.cond(offer["id"] == Act.OPEN_LOG.value, "true", rx.Var("undefined")),
            },
        ),
        rx.cond(
            offer["operation"],
            _button(
                offer,
                gone,
                {
                    "data-decision": offer["id"],
                    "data-act-on": toast["task_id"],
                    "data-attempt": toast["attempt_id"],
                },
            ),
            rx.cond(
                offer["id"] == Act.EDIT.value,
                _button(offer, [EditorState.edit(toast["task_id"]), gone]),
                _button(offer, ToastState.accept(toast["id"], offer["id"])),
            ),
        ),
    )


def _button(offer: Any, on_click: Any, attrs: dict[str, Any] | None = None) -> rx.Component:
    return rx.el.button(
        offer["label"],
        type="button",
        class_name="button small",
        on_click=on_click,
        custom_attrs={"data-offer": offer["id"], **(attrs or {})},
    )
