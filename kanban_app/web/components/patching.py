"""The dialog in which a patch is described."""

import reflex as rx

from kanban_app.domain.patching import PATCH_LONGEST, PATCH_SHORTEST
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.local import ConnectionLost
from kanban_app.web.components.local_forms import CountedText, Dialog, HeldForm
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.patching import PatchState


@rx.memo
def patch_dialog() -> rx.Component:
    return HeldForm.of(
        PatchState,
        patch_form(),
        live=["opened", "answers", "error"],
        hydrations=BoardState.hydrations,
        on_resume=PatchState.resume,
    )


@rx.memo
def patch_form() -> rx.Component:
    # A memo of its own: what reads the state has to be inside of `HeldForm`.
    return Dialog.create(
        rx.el.form(
            *(
                rx.el.input(type="hidden", name=name, default_value=value)
                for name, value in {"op_id": PatchState.op_id, "task_id": PatchState.task_id}.items()
            ),
            rx.el.h2("Patch"),
            rx.el.p(PatchState.title, class_name="about-card"),
            CountedText.create(
                name="text",
                label="What is to be changed?",
                least=PATCH_SHORTEST,
                most=PATCH_LONGEST,
                test_id="patch-text",
            ),
            rx.el.p(
                "The card goes to Build, and this is done on ",
                rx.cond(PatchState.branch != "", rx.el.code(PatchState.branch), "its run's branch"),
                ", on top of what is there.",
                class_name="will",
            ),
            _error(),
            _lost(),
            rx.el.div(
                rx.el.button("Cancel", type="button", class_name="button", custom_attrs={"data-close": "true"}),
                rx.el.button(
                    "Patch",
                    type="submit",
                    class_name="button primary",
                    title="Ctrl+Enter",
                    custom_attrs={"data-testid": "patch-save"},
                ),
                class_name="dialog-actions",
            ),
            key=PatchState.edition.to(str),
            on_submit=PatchState.save,
            no_validate=True,
            custom_attrs={"data-testid": "patch-dialog"},
        ),
        open=PatchState.opened,
        edition=PatchState.edition,
        label="Patch this card",
        on_close=PatchState.close,
        class_name="dialog",
    )


def _error() -> rx.Component:
    return rx.cond(
        PatchState.error["code"] != "",
        rx.el.div(
            rx.el.strong(PatchState.error["title"]),
            rx.el.p(PatchState.error["message"]),
            help_link(PatchState.error),
            role="alert",
            class_name="form-error",
            custom_attrs={"data-testid": "patch-error"},
        ),
    )


def _lost() -> rx.Component:
    """Said here too: the page's own notice lies under the dialog."""
    return ConnectionLost.create(
        rx.el.p(
            "This page lost its connection to the board and reconnects by itself. Keep this open: saving again starts "
            "no second patch.",
            class_name="hint",
            role="status",
        )
    )
