"""What a card has beside its words, in the form: labels, priority, due day, ticket, models, what it waits for."""

from typing import Any

import reflex as rx

from kanban_app.domain.cards import LABEL_LENGTH
from kanban_app.domain.stages import Stage
from kanban_app.web.components.local_forms import TokenField
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.planning import MODEL_SETS, MODELS, PRIORITIES, TICKET_LIMIT


def planning_fields() -> rx.Component:
    return rx.fragment(
        TokenField.create(
            name="labels",
            label="Labels",
            hint="Enter or a comma ends a label.",
            initial=EditorState.labels,
            options=EditorState.known_labels,
            free=True,
            longest=LABEL_LENGTH,
            placeholder="Add a label",
            test_id="task-labels",
        ),
        rx.el.div(_priority(), _due(), _ticket(), class_name="field-row"),
        TokenField.create(
            name="blocked_by",
            label="Waits for",
            hint="A start waits until these cards are completed.",
            initial=EditorState.blocked_by,
            options=EditorState.known_cards,
            free=False,
            longest=200,
            placeholder="Number or title of a card",
            test_id="task-blocked-by",
        ),
        _models(),
    )


def _priority() -> rx.Component:
    return rx.el.label(
        rx.el.span("Priority"),
        rx.el.select(
            *(rx.el.option(word, value=str(number)) for number, word in enumerate(PRIORITIES)),
            rx.cond(
                (EditorState.priority < 0) | (EditorState.priority >= len(PRIORITIES)),
                rx.el.option(EditorState.priority.to(str), value=EditorState.priority.to(str)),
            ),
            name="priority",
            default_value=EditorState.priority.to(str),
            custom_attrs={"data-testid": "task-priority"},
        ),
        class_name="field",
    )


def _due() -> rx.Component:
    return rx.el.label(
        rx.el.span("Due"),
        rx.el.input(
            type="date", name="due_on", default_value=EditorState.due_on, custom_attrs={"data-testid": "task-due"}
        ),
        class_name="field",
    )


def _ticket() -> rx.Component:
    return rx.el.label(
        rx.el.span("Issue number"),
        rx.el.input(
            name="issue_number",
            default_value=EditorState.issue_number,
            max_length=TICKET_LIMIT,
            auto_complete="off",
            placeholder="As the card's",
            custom_attrs={"data-testid": "task-issue-number"},
        ),
        class_name="field",
    )


def _models() -> rx.Component:
    """The style sheet shows a stage's model while the stage is chosen."""
    return rx.el.details(
        rx.el.summary("Models"),
        rx.el.div(
            rx.el.label(
                rx.el.span("Model set"),
                rx.el.select(
                    rx.cond(EditorState.task_id == "", rx.el.option("By type: Heavy for features", value="")),
                    *(rx.el.option(word, value=name) for name, word in MODEL_SETS.items()),
                    name="model_set",
                    default_value=EditorState.model_set,
                    custom_attrs={"data-testid": "task-model-set"},
                ),
                class_name="field",
            ),
            *(_model(stage) for stage in Stage),
            class_name="field-row",
        ),
        rx.el.p("Services that know no models of stages take the set alone.", class_name="hint"),
        class_name="models",
        custom_attrs={"data-testid": "task-models"},
    )


def _model(stage: Stage) -> rx.Component:
    chosen: Any = EditorState.stage_models[stage.value].to(str)
    known = rx.Var.create(["", *MODELS]).to(list[str])
    return rx.el.label(
        rx.el.span(stage.value.capitalize()),
        rx.el.select(
            rx.el.option("As the set says", value=""),
            *(rx.el.option(model.capitalize(), value=model) for model in MODELS),
            rx.cond(known.contains(chosen), rx.fragment(), rx.el.option(chosen, value=chosen)),
            name=f"model-{stage.value}",
            default_value=chosen,
            custom_attrs={"data-testid": f"task-model-{stage.value}"},
        ),
        class_name="field",
        custom_attrs={"data-of-stage": stage.value},
    )
