"""What a run has made, as tabs of the card's panel: its plan and its changes."""

from typing import Any

import reflex as rx

from kanban_app.web.components.local_panel import ChangesView, PlanView
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.panel import PanelState

Card = Any  # a var of CardView; Reflex types item access on it only at run time


def plan(item: Card) -> rx.Component:
    """Asked for anew when a stage ends, since one of them writes it, and when the service is back."""
    edition = [item["stage_states"].to_string(), BoardState.connection["state"]]
    return rx.el.div(
        PlanView.create(run=item["run_id"], edition=rx.Var.create(edition).to(list[str]).join(" ")),
        id="tab-panel",
        role="tabpanel",
        aria_labelledby="tab-plan",
        class_name="panel-body",
        key="plan",
    )


def changes(item: Card) -> rx.Component:
    pulse = [item["status"], item["attempt_id"], PanelState.live["step"], PanelState.live["progress"]]
    return rx.el.div(
        ChangesView.create(
            run=item["run_id"], pulse=rx.Var.create(pulse).to(list[str]).join(" "), link=BoardState.connection["state"]
        ),
        id="tab-panel",
        role="tabpanel",
        aria_labelledby="tab-changes",
        class_name="panel-body",
        key="changes",
    )
