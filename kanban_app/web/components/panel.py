"""The panel of the open card: overview and log."""

from typing import Any

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.services.views import StageView
from kanban_app.web.components import icons
from kanban_app.web.components.card import (
    MUTE,
    act_attrs,
    decision_buttons,
    is_mute,
    notice,
    shows_progress,
    status_sign,
    status_words,
    type_mark,
    way_button,
)
from kanban_app.web.components.local import CardPanel, Elapsed, LogView
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.panel import PanelState

Card = Any  # a var of CardView; Reflex types item access on it only at run time


def panel() -> rx.Component:
    item: Card = PanelState.detail["card"]
    return CardPanel.create(
        rx.el.header(
            rx.el.div(
                type_mark(item["type"]),
                rx.el.span("#", item["number"], class_name="num"),
                rx.cond(item["flags"].to(list[str]).contains("demo"), rx.el.span("DEMO", class_name="badge")),
                rx.el.span(class_name="grow"),
                rx.el.button(
                    icons.close(),
                    type="button",
                    class_name="icon-button",
                    aria_label="Close",
                    custom_attrs={"data-close-panel": "true", "data-testid": "panel-close"},
                ),
                class_name="panel-meta",
            ),
            rx.el.h2(item["title"]),
            _status(item),
            rx.cond(is_mute(item), rx.el.p(MUTE, class_name="muted")),
            rx.el.div(_tab("overview", "Overview"), _tab("log", "Log"), class_name="tabs", role="tablist"),
            class_name="panel-head",
        ),
        rx.cond(PanelState.tab == "log", _log(), _overview(item)),
        card_id=PanelState.card_id,
        label="Card " + item["title"].to(str),
    )


def _status(item: Card) -> rx.Component:
    return rx.cond(
        item["status"] != "idle",
        rx.el.p(
            rx.el.span(status_sign(item["status"]), status_words(item), class_name="status-word"),
            rx.cond(shows_progress(item), rx.el.span(PanelState.live["progress"], " %", class_name="progress num")),
            rx.el.span(PanelState.live["step"], class_name="panel-step"),
            Elapsed.create(start=item["started_at"], end=item["finished_at"]),
            class_name="status",
            custom_attrs={"data-run-status": item["status"]},
        ),
    )


def _tab(name: str, label: str) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        role="tab",
        id=f"tab-{name}",
        aria_selected=rx.cond(PanelState.tab == name, "true", "false"),
        aria_controls="tab-panel",
        on_click=PanelState.show_tab(name),
        custom_attrs={"data-testid": f"tab-{name}"},
    )


def _log() -> rx.Component:
    return rx.el.div(
        LogView.create(run=PanelState.detail["card"]["run_id"]),
        id="tab-panel",
        role="tabpanel",
        aria_labelledby="tab-log",
        class_name="panel-body log-body",
    )


def _overview(item: Card) -> rx.Component:
    return rx.el.div(
        rx.cond(
            PanelState.detail["description"] != "",
            rx.el.p(PanelState.detail["description"], class_name="description"),
            rx.el.p("No description.", class_name="muted"),
        ),
        _failure(item),
        _last_output(item),
        notice(item),
        rx.el.div(
            rx.foreach(item["ways"].to(list[str]), lambda way: _way(way, item)),
            decision_buttons(item),
            class_name="card-actions",
        ),
        rx.el.section(
            rx.el.h3("Stages"),
            rx.el.ol(rx.foreach(item["stage_states"].to(list[StageView]), _stage), class_name="stage-list"),
            class_name="section",
        ),
        rx.cond(item["run_id"] != "", _run(item)),
        rx.el.section(_actions(item), class_name="section card-actions"),
        id="tab-panel",
        role="tabpanel",
        aria_labelledby="tab-overview",
        class_name="panel-body",
    )


def _failure(item: Card) -> rx.Component:
    why = item["failure"]
    return rx.cond(
        item["failure"],
        rx.el.div(
            rx.el.strong(why["title"]),
            rx.el.p(why["message"]),
            rx.foreach(PanelState.advice, lambda text: rx.el.p(text, ".", class_name="advice")),
            class_name="form-error",
            custom_attrs={"data-tone": item["status"]},
        ),
    )


def _way(way: Any, item: Card) -> rx.Component:
    """What a failure offers; another try and the form have their buttons at the end of the panel."""
    log = rx.el.button(
        LABELS[Act.OPEN_LOG],
        type="button",
        class_name="button small",
        on_click=PanelState.show_tab("log"),
        custom_attrs={"data-decision": Act.OPEN_LOG.value},
    )
    below = rx.fragment()
    button: Any = rx.match(
        way,
        (Act.OPEN_LOG.value, log),
        (Act.RETRY.value, below),
        (Act.START.value, below),
        (Act.EDIT.value, below),
        way_button(way, item),
    )
    return button


def _last_output(item: Card) -> rx.Component:
    """What the program of a failed run printed last, as far as its service has sent it."""
    lines = item["failure"]["details"]["last_output"]
    return rx.cond(
        lines,
        rx.el.section(
            rx.el.h3("Last output", id="last-output"),
            rx.el.pre(lines, class_name="output", tab_index=0, role="region", aria_labelledby="last-output"),
            class_name="section",
        ),
    )


def _stage(stage: Any) -> rx.Component:
    running = stage["state"] == "running"
    words = rx.match(
        stage["state"].to(str), ("completed", "Done"), ("running", "Running"), ("failed", "Failed"), "Not started"
    )
    return rx.el.li(
        rx.el.span(stage["id"].to(str).capitalize(), class_name="stage-name"),
        rx.el.span(
            words,
            rx.cond(running, rx.el.span(" ", PanelState.live["stage_percent"], " %", class_name="num")),
            class_name="stage-state",
        ),
        Elapsed.create(start=stage["started_at"], end=stage["finished_at"]),
        custom_attrs={"data-state": stage["state"]},
    )


def _run(item: Card) -> rx.Component:
    return rx.el.section(
        rx.el.h3("Run"),
        rx.el.dl(
            rx.el.dt("Id"),
            rx.el.dd(rx.el.code(item["run_id"])),
            rx.cond(
                item["branch"] != "",
                rx.fragment(
                    rx.el.dt("Branch"),
                    rx.el.dd(
                        rx.el.code(item["branch"]),
                        " ",
                        rx.cond(item["flags"].to(list[str]).contains("demo"), rx.el.span("DEMO", class_name="badge")),
                    ),
                ),
            ),
            class_name="facts",
        ),
        class_name="section",
    )


def _actions(item: Card) -> rx.Component:
    return rx.fragment(
        rx.cond(item["can_retry"], _action("Retry", act_attrs("retry", item), "panel-retry")),
        rx.cond(
            item["can_start"] & ~item["can_retry"].to(bool),
            _action("Start", act_attrs("start", item), "panel-start"),
        ),
        rx.cond(
            item["can_cancel"] & (item["status"] == "running"),
            _action("Stop the run", act_attrs("cancel", item), "panel-cancel"),
        ),
        rx.el.button(
            "Edit",
            type="button",
            class_name="button",
            on_click=EditorState.edit(item["id"]),
            custom_attrs={"data-testid": "panel-edit"},
        ),
    )


def _action(label: str, attrs: dict[str, Any], hook: str) -> rx.Component:
    return rx.el.button(label, type="button", class_name="button", custom_attrs={**attrs, "data-testid": hook})
