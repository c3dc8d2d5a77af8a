"""The panel of the open card: its head with the tabs, and the overview; the other tabs are in `inside`."""

from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import LABELS, Act
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
from kanban_app.web.components.card_facts import panel_facts
from kanban_app.web.components.commands import card_actions_button
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.images import CardImages
from kanban_app.web.components.inside import agent, attempts, history, log, tab_body, timeline
from kanban_app.web.components.local import Elapsed, MarkdownText
from kanban_app.web.components.local_panel import CardPanel, Tabs
from kanban_app.web.components.run_work import changes, plan
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.panel import PanelState
from kanban_app.web.states.patching import PatchState

TAB_LABELS: Final = {
    "overview": "Overview",
    "attempts": "Attempts",
    "log": "Log",
    "agent": "Agent",
    "plan": "Plan",
    "changes": "Changes",
    "history": "History",
}
Card = Any  # a var of CardView; Reflex types item access on it only at run time


@rx.memo
def panel() -> rx.Component:
    item: Card = PanelState.detail["card"]
    return CardPanel.create(
        rx.el.header(
            rx.el.div(
                type_mark(item["type"]),
                rx.el.span("#", item["number"], class_name="num"),
                rx.cond(item["flags"].to(list[str]).contains("demo"), rx.el.span("DEMO", class_name="badge")),
                rx.el.span(class_name="grow"),
                card_actions_button(),
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
            Tabs.create(
                *(_tab(name, label) for name, label in TAB_LABELS.items()),
                tab=PanelState.tab,
            ),
            class_name="panel-head",
        ),
        _body(item),
        card_id=PanelState.card_id,
        missing=PanelState.missing,
        tab=PanelState.tab,
        attempt=PanelState.attempt,
        label="Card " + item["title"].to(str),
    )


def _body(item: Card) -> rx.Component:
    tab: Any = PanelState.tab
    body: Any = rx.match(
        tab,
        ("attempts", attempts(item)),
        ("log", log()),
        ("agent", agent()),
        ("plan", plan(item)),
        ("changes", changes(item)),
        ("history", history()),
        _overview(item),
    )
    return body


def _status(item: Card) -> rx.Component:
    return rx.cond(
        item["status"] != "idle",
        rx.el.p(
            rx.el.span(status_sign(item["status"]), status_words(item), class_name="status-word"),
            rx.cond(shows_progress(item), rx.el.span(PanelState.live["progress"], " %", class_name="progress num")),
            rx.cond(
                item["status"] != "completed",
                rx.el.span(PanelState.live["step"], class_name="panel-step"),
                rx.fragment(),
            ),
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
        tab_index=rx.cond(PanelState.tab == name, 0, -1),
        on_click=PanelState.show_tab(name),
        custom_attrs={"data-testid": f"tab-{name}"},
    )


def _overview(item: Card) -> rx.Component:
    return tab_body(
        "overview",
        rx.cond(
            PanelState.detail["description"] != "",
            rx.cond(
                PanelState.description_html != "",
                MarkdownText.create(html=PanelState.description_html),
                rx.el.p(PanelState.detail["description"], class_name="description"),
            ),
            rx.el.p("No description.", class_name="muted"),
        ),
        _failure(item),
        _conflicts(item),
        _last_output(item),
        notice(item),
        rx.el.div(
            rx.foreach(item["ways"].to(list[str]), lambda way: _way(way, item)),
            decision_buttons(item),
            class_name="card-actions",
        ),
        CardImages.create(card_id=PanelState.card_id, images=PanelState.detail["images"]),
        timeline(item),
        panel_facts(item),
        rx.cond(item["run_id"] != "", _run(item)),
        rx.el.section(_actions(item), class_name="section card-actions"),
    )


def _failure(item: Card) -> rx.Component:
    why = item["failure"]
    return rx.cond(
        item["failure"],
        rx.el.div(
            rx.el.strong(why["title"]),
            rx.el.p(why["message"]),
            rx.foreach(PanelState.advice, lambda text: rx.el.p(text, ".", class_name="advice")),
            help_link(why),
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


def _conflicts(item: Card) -> rx.Component:
    """The files that have kept a merge from being done, where its service names them."""
    files = item["failure"]["details"]["files"]
    return rx.cond(
        files,
        rx.el.section(
            rx.el.h3("Files in conflict", id="conflicts"),
            rx.el.pre(files, class_name="output", tab_index=0, role="region", aria_labelledby="conflicts"),
            class_name="section",
        ),
    )


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
    is_merge = item["kind"] == "merge"
    return rx.fragment(
        rx.cond(item["can_retry"] & ~is_merge, _action("Retry", act_attrs("retry", item), "panel-retry")),
        rx.cond(
            item["can_start"] & ~item["can_retry"].to(bool),
            _action("Start", act_attrs("start", item), "panel-start"),
        ),
        rx.cond(
            item["can_merge"] & ~(item["can_retry"].to(bool) & is_merge),
            _action("Merge…", act_attrs("merge", item), "panel-merge"),
        ),
        rx.cond(
            item["can_patch"],
            rx.el.button(
                "Patch…",
                type="button",
                class_name="button",
                on_click=PatchState.open(item["id"]),
                custom_attrs={"data-testid": "panel-patch"},
            ),
        ),
        rx.cond(
            item["can_cancel"] & ((item["status"] == "running") | (item["status"] == "waiting")),
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
