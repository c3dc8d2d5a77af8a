"""The inside of the open card: its stages as a timeline, attempts, log, what agents do, and its history."""

from typing import Any

import reflex as rx

from kanban_app.catalogue import Act
from kanban_app.services.history import PastAttempt
from kanban_app.services.view_shapes import StageView
from kanban_app.web.components.card import act_attrs, decision_buttons, shows_progress, status_sign, way_button
from kanban_app.web.components.local import Elapsed, Moment
from kanban_app.web.components.local_panel import AgentView, CardHistory, LogView
from kanban_app.web.states.panel import PanelState

Card = Any  # a var of CardView; Reflex types item access on it only at run time


def tab_body(name: str, *children: rx.Component, scrolls: bool = True) -> rx.Component:
    """What the tab of this name shows; unless something in it scrolls, it scrolls itself, also by keys."""
    keys: dict[str, Any] = {"tab_index": 0} if scrolls else {}
    return rx.el.div(
        *children,
        id="tab-panel",
        role="tabpanel",
        aria_labelledby=f"tab-{name}",
        class_name="panel-body" if scrolls else "panel-body log-body",
        **keys,
    )


def timeline(item: Card) -> rx.Component:
    """The stages in their order: how each stands, since when and for how long, with the wait before them."""
    return rx.el.section(
        rx.el.h3("Stages"),
        rx.cond(shows_progress(item), _progress()),
        rx.el.ol(
            _wait(item),
            rx.foreach(item["stage_states"].to(list[StageView]), lambda stage: _stage(stage, item)),
            class_name="stage-list",
        ),
        class_name="section",
    )


def attempts(item: Card) -> rx.Component:
    """Everything that was started for the card, the newest first; there with what can be done about its failure."""
    past = PanelState.attempts
    return tab_body(
        "attempts",
        rx.cond(
            past.length() > 0,
            rx.el.ol(
                rx.foreach(past, lambda entry, place: _attempt(entry, place, item)),
                class_name="history",
                custom_attrs={"data-testid": "attempts"},
            ),
            rx.el.p("Nothing was started for this card yet.", class_name="muted"),
        ),
    )


def log() -> rx.Component:
    return tab_body(
        "log",
        _choice(),
        LogView.create(run=PanelState.log_run, begin=PanelState.log_from),
        scrolls=False,
    )


def agent() -> rx.Component:
    return tab_body("agent", _choice(), AgentView.create(run=PanelState.log_run), scrolls=False)


def history() -> rx.Component:
    return tab_body("history", CardHistory.create(card=PanelState.card_id, news=PanelState.news))


def _progress() -> rx.Component:
    share: Any = PanelState.live["progress"]
    return rx.el.div(
        rx.el.i(style={"width": share.to(str) + "%"}),
        role="progressbar",
        aria_label="Progress",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=share,
        class_name="timeline-progress",
    )


def _wait(item: Card) -> rx.Component:
    """Time in line, where there was any."""
    asked, sent = PanelState.detail["asked_at"], PanelState.detail["sent_at"]
    return rx.cond(
        PanelState.has_waited,
        rx.el.li(
            rx.el.span("In line", class_name="stage-name"),
            rx.el.span(rx.cond(sent, "Waited", "Waiting"), class_name="stage-state"),
            Elapsed.create(start=asked, end=sent),
            rx.el.span(Moment.create(at=asked), class_name="stage-since"),
            custom_attrs={"data-state": rx.cond(sent, "waited", "waiting")},
            key="in line " + item["attempt_id"].to(str),
        ),
    )


def _stage(stage: Any, item: Card) -> rx.Component:
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
        rx.cond(stage["started_at"], rx.el.span(Moment.create(at=stage["started_at"]), class_name="stage-since")),
        rx.cond(
            running & (item["status"] != "completed"),
            rx.el.span(PanelState.live["step"], class_name="stage-step"),
        ),
        custom_attrs={"data-state": stage["state"]},
    )


def _attempt(entry: Any, place: Any, item: Card) -> rx.Component:
    return rx.el.li(
        rx.el.span(entry["kind"], class_name="history-kind"),
        rx.cond(
            entry["text"] != "",
            rx.el.details(
                rx.el.summary(entry["what"]),
                rx.el.p(entry["text"]),
                class_name="history-what",
            ),
            rx.el.span(entry["what"], class_name="history-what"),
        ),
        rx.el.span(Moment.create(at=entry["at"]), class_name="history-when"),
        rx.el.span(
            rx.el.span(status_sign(entry["status"]), entry["words"], class_name="status-word"),
            rx.cond(entry["status"] != "refused", Elapsed.create(start=entry["started_at"], end=entry["finished_at"])),
            rx.cond(entry["why"] != "", rx.el.span(entry["why"], class_name="history-why")),
            rx.cond(entry["reason"] != "", rx.el.span(entry["reason"], class_name="history-reason")),
            class_name="history-result",
            custom_attrs={"data-run-status": entry["status"]},
        ),
        rx.el.span(
            rx.cond(entry["cost"] != "", rx.el.span(entry["cost"], class_name="num")),
            rx.cond(entry["tokens"] != "", rx.el.span(entry["tokens"], class_name="num")),
            rx.cond(entry["author"] != "", rx.el.span(entry["author"])),
            rx.el.code(entry["run_id"]),
            class_name="attempt-facts",
        ),
        rx.el.span(
            _open("Log", "log", entry),
            _open("Agent", "agent", entry),
            rx.cond((place == 0) & item["failure"].bool(), _ways_on(item)),
            class_name="attempt-links",
        ),
        key=entry["id"],
    )


def _ways_on(item: Card) -> rx.Component:
    """What the failure of the newest attempt offers; the way to its log stands beside it."""
    return rx.fragment(
        rx.cond(
            item["can_retry"],
            rx.el.button("Retry", type="button", class_name="button small", custom_attrs=act_attrs("retry", item)),
        ),
        rx.foreach(
            item["ways"].to(list[str]),
            lambda way: rx.cond(way == Act.OPEN_LOG.value, rx.fragment(), way_button(way, item)),
        ),
        decision_buttons(item),
    )


def _open(label: str, tab: str, entry: Any) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        class_name="button small",
        aria_label=f"{label} of " + entry["kind"].to(str) + " " + entry["what"].to(str),
        on_click=PanelState.look_at(entry["id"], tab),
    )


def _choice() -> rx.Component:
    """Which attempt the log is about, where there is a choice."""
    return rx.cond(
        PanelState.attempts.length() > 1,
        rx.el.div(
            rx.el.select(
                rx.foreach(PanelState.attempts, _option),
                value=PanelState.log_attempt,
                on_change=PanelState.choose,
                aria_label="Attempt",
                class_name="log-attempt",
                custom_attrs={"data-testid": "log-attempt"},
            ),
            class_name="log-choice",
        ),
    )


def _option(entry: rx.Var[PastAttempt]) -> rx.Component:
    choice: Any = entry
    return rx.el.option(
        choice["kind"].to(str) + " · " + choice["what"].to(str) + " · " + choice["words"].to(str),
        value=choice["id"],
    )
