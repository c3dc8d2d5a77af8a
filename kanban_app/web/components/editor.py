"""The dialog in which a card is created or edited."""

from typing import Any

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.domain.stages import Stage
from kanban_app.domain.templates import NAME_LIMIT
from kanban_app.domain.workflows import TaskType
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.images import ImageField
from kanban_app.web.components.local import ConnectionLost
from kanban_app.web.components.local_forms import (
    Conflict,
    Dialog,
    HeldForm,
    MarkdownField,
    TemplateChoice,
    TemplateShelf,
)
from kanban_app.web.components.planning import planning_fields
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.editor import CONFLICT, EditorState
from kanban_app.web.states.preview import PreviewState
from kanban_app.web.states.templates import TemplateState


@rx.memo
def editor() -> rx.Component:
    return HeldForm.of(
        EditorState,
        editor_dialog(),
        live=["opened", "answers", "error", "conflict", "seen", "gone", "disputed"],
        hydrations=BoardState.hydrations,
        on_resume=EditorState.resume,
    )


@rx.memo
def editor_dialog() -> rx.Component:
    # A memo of its own: what reads the state has to be inside of `HeldForm`.
    return Dialog.create(
        rx.el.h2(rx.cond(EditorState.task_id == "", "New card", "Edit card #" + EditorState.number.to(str))),
        rx.el.form(
            _identity(),
            rx.cond(EditorState.task_id == "", TemplateChoice.create(templates=TemplateState.templates)),
            _text_fields(),
            ImageField.create(name="images", card_id=EditorState.task_id, images=EditorState.images),
            _type_field(),
            _stage_fields(),
            planning_fields(),
            TemplateShelf.create(
                templates=TemplateState.templates,
                error=TemplateState.error,
                longest=NAME_LIMIT,
                on_save=TemplateState.keep,
                on_rename=TemplateState.rename,
                on_delete=TemplateState.delete,
            ),
            _conflict(),
            _error(),
            _lost(),
            _actions(),
            key=EditorState.edition.to(str),
            on_submit=EditorState.save,
            no_validate=True,
        ),
        open=EditorState.opened,
        edition=EditorState.edition,
        label=rx.cond(EditorState.task_id == "", "New card", "Edit card"),
        on_close=EditorState.close,
        class_name="dialog",
    )


def _identity() -> rx.Component:
    """What the form is about: it has to be told even by a tab whose server has forgotten it."""
    fields = {"op_id": EditorState.op_id, "task_id": EditorState.task_id, "version": EditorState.version.to(str)}
    return rx.fragment(
        *(rx.el.input(type="hidden", name=name, default_value=value) for name, value in fields.items()),
    )


def _text_fields() -> rx.Component:
    return rx.fragment(
        rx.el.label(
            rx.el.span("Title"),
            rx.el.input(
                name="title",
                default_value=EditorState.title,
                auto_focus=True,
                auto_complete="off",
                custom_attrs={"data-testid": "task-title"},
            ),
            class_name="field",
        ),
        MarkdownField.create(
            name="description",
            label="Description",
            hint="Markdown. Without a title its first line becomes the title.",
            initial=EditorState.description,
            look=PreviewState.look,
            hydrations=BoardState.hydrations,
            on_look=PreviewState.show,
            on_forget=PreviewState.forget,
        ),
    )


def _type_field() -> rx.Component:
    return rx.el.label(
        rx.el.span("Type"),
        rx.el.select(
            *(rx.el.option(kind.value.capitalize(), value=kind.value) for kind in TaskType),
            name="type",
            default_value=EditorState.type,
            custom_attrs={"data-testid": "task-type"},
        ),
        class_name="field",
    )


def _stage_fields() -> rx.Component:
    """Hidden by the style sheet while the type is patch."""
    return rx.fragment(
        rx.el.fieldset(
            rx.el.legend("Stages"),
            rx.el.div(
                *(
                    rx.el.label(
                        rx.el.input(
                            type="checkbox",
                            name=f"stage-{stage.value}",
                            default_checked=EditorState.stages.contains(stage.value),
                            custom_attrs={"data-testid": f"task-stage-{stage.value}"},
                        ),
                        stage.value.capitalize(),
                        class_name="toggle",
                    )
                    for stage in Stage
                ),
                class_name="toggles",
            ),
            class_name="stages-field",
        ),
        rx.el.p("A patch runs in Build only.", class_name="hint patch-hint field"),
    )


def _error() -> rx.Component:
    return rx.cond(
        (EditorState.error["code"] != "")
        & ((EditorState.error["code"] != CONFLICT) | (EditorState.conflict.length() == 0)),
        rx.el.div(
            rx.el.strong(EditorState.error["title"]),
            rx.el.p(EditorState.error["message"]),
            help_link(EditorState.error),
            rx.cond(
                EditorState.gone,
                rx.el.div(
                    _way("restore", "Bring it back and save", {"data-testid": "task-restore"}),
                    _way("anew", "Save as a new card", {"data-testid": "task-anew"}),
                    class_name="card-actions",
                ),
            ),
            role="alert",
            class_name="form-error",
            custom_attrs={"data-testid": "task-error"},
        ),
    )


def _way(way: str, label: str, hook: dict[str, str]) -> rx.Component:
    return rx.el.button(
        label,
        type="submit",
        class_name="button small",
        on_click=EditorState.take_way(way),
        custom_attrs=hook,
    )


def _conflict() -> rx.Component:
    return rx.cond(
        _in_conflict(),
        rx.fragment(
            Conflict.create(rows=EditorState.conflict, seen=EditorState.seen),
            rx.el.div(
                rx.el.button(
                    LABELS[Act.RELOAD_CARD],
                    type="button",
                    class_name="button small",
                    on_click=EditorState.edit(EditorState.disputed),
                    custom_attrs={"data-testid": "task-reload"},
                ),
                class_name="card-actions",
            ),
        ),
    )


def _in_conflict() -> Any:
    return EditorState.conflict.length() > 0


def _lost() -> rx.Component:
    """Said here too: the page's own notice lies under the dialog."""
    return ConnectionLost.create(
        rx.el.p(
            "This page lost its connection to the board and reconnects by itself. Keep this open: while it is, the "
            "card may not be saved yet, and saving again makes no second one.",
            class_name="hint",
            role="status",
        )
    )


def _actions() -> rx.Component:
    return rx.el.div(
        rx.el.button("Cancel", type="button", class_name="button", custom_attrs={"data-close": "true"}),
        rx.el.button(
            rx.cond(
                _in_conflict(),
                LABELS[Act.SAVE_OVER],
                rx.cond(EditorState.task_id == "", "Create card", "Save"),
            ),
            type="submit",
            class_name="button primary",
            title="Ctrl+Enter",
            custom_attrs={"data-testid": "task-save"},
        ),
        class_name="dialog-actions",
    )
