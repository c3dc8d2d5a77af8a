"""A card: what it is about, how its run stands, and the next step where one is needed."""

from collections.abc import Sequence
from typing import Any, Final

import reflex as rx

from kanban_app.services.views import LiveView, StageView
from kanban_app.web.components import icons
from kanban_app.web.components.local import Countdown, DragHandle, Elapsed, InLine
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.shapes import ScreenCard

Card = Any  # a var of ScreenCard; Reflex types item access on it only at run time
Live = Any

MUTE: Final = "This service does not report progress."
SHOWS_PROGRESS: Final = ("running", "waiting", "completed", "failed", "cancelled")
SHOWS_STEP: Final = ("running", "waiting", "sending")


@rx.memo
def card(item: rx.Var[ScreenCard], live: rx.Var[LiveView], saving: rx.Var[bool]) -> rx.Component:
    """The whole card, repainted only when it changes."""
    return _card(item, live, saving)


def _card(item: Card, live: Live, saving: rx.Var[bool]) -> rx.Component:
    """Clicks on the card and on its title, and its menu, are handled by the board."""
    path = "/?card=" + item["id"].to(str)
    hook = "card-" + item["id"].to(str)
    return rx.el.article(
        _meta(item, hook, saving),
        rx.el.h3(
            rx.el.a(item["title"], href=path, custom_attrs={"data-open": item["id"]}, draggable=False),
            class_name="card-title",
        ),
        _labels(item),
        _stages(item, live),
        _status(item, live, hook),
        rx.cond(
            (live["last_log"] != "") | _is(item, SHOWS_STEP),
            rx.el.p(
                live["last_log"],
                class_name=_last_log_class(item, live),
                custom_attrs={"data-testid": hook + "-last-log"},
            ),
        ),
        _failure(item),
        notice(item),
        _next_steps(item, path),
        class_name="card",
        custom_attrs={
            "data-testid": hook,
            "data-href": path,
            "data-card": item["id"],
            "data-column": item["column"],
            "data-run-status": item["status"],
            "data-flags": item["flags"].to(list[str]).join(" "),
            "data-saving": rx.cond(saving, "true", rx.Var("undefined")),
        },
    )


def type_mark(task_type: Any) -> rx.Component:
    """The type of a card by shape and word."""
    return rx.el.span(
        rx.match(
            task_type,
            ("bug", icons.bug()),
            ("chore", icons.chore()),
            ("patch", icons.patch()),
            icons.feature(),
        ),
        task_type.to(str).capitalize(),
        class_name="type",
    )


def _meta(item: Card, hook: Any, saving: rx.Var[bool]) -> rx.Component:
    flags = item["flags"].to(list[str])
    return rx.el.div(
        rx.el.div(
            type_mark(item["type"]),
            rx.el.span("#", item["number"], class_name="num"),
            rx.cond(flags.contains("demo"), rx.el.span("DEMO", class_name="badge")),
            rx.cond(
                flags.contains("stuck"),
                rx.el.span("Action needed", class_name="badge warn"),
                rx.cond(flags.contains("silent"), rx.el.span("No news", class_name="badge warn")),
            ),
            rx.cond(is_mute(item), rx.el.span("No reports", title=MUTE, class_name="badge")),
            class_name="tags",
        ),
        rx.cond(saving, rx.el.span("Saving…", class_name="saving")),
        DragHandle.create(label="Move " + item["title"].to(str), test_id=hook + "-handle"),
        rx.el.button(
            icons.more(),
            type="button",
            class_name="icon-button",
            aria_label="Actions for " + item["title"].to(str),
            aria_haspopup="menu",
            custom_attrs={"data-menu": item["id"], "data-testid": hook + "-menu"},
        ),
        class_name="card-meta",
    )


def is_mute(item: Card) -> Any:
    """Whether a run is under way of which its service tells nothing."""
    return item["flags"].to(list[str]).contains("mute") & (item["status"] == "running")


def _labels(item: Card) -> rx.Component:
    return rx.cond(
        item["labels"].to(list[str]).length() > 0,
        rx.el.ul(
            rx.foreach(item["labels"].to(list[str]), lambda label: rx.el.li(label, class_name="badge")),
            class_name="labels",
            aria_label="Labels",
        ),
    )


def _stages(item: Card, live: Live) -> rx.Component:
    return rx.el.ol(
        rx.foreach(item["stage_states"].to(list[StageView]), lambda stage: _segment(stage, live)),
        class_name="segments",
        aria_label="Stages",
    )


def _segment(stage: Any, live: Live) -> rx.Component:
    percent = rx.cond(stage["state"] == "running", live["stage_percent"], stage["percent"])
    return rx.el.li(
        rx.el.span(stage["id"], " ", stage["state"], class_name="hidden"),
        title=stage["id"].to(str).capitalize() + ": " + stage["state"].to(str),
        style={"--done": percent.to(str) + "%"},
        custom_attrs={"data-state": stage["state"]},
    )


def _status(item: Card, live: Live, hook: Any) -> rx.Component:
    return rx.fragment(
        rx.cond(
            item["status"] != "idle",
            rx.el.div(
                rx.el.span(
                    status_sign(item["status"]),
                    status_words(item),
                    class_name="status-word",
                ),
                rx.cond(shows_progress(item), _progress(live, hook)),
                rx.cond(item["status"] != "refused", Elapsed.create(start=item["started_at"], end=item["finished_at"])),
                class_name="status",
            ),
        ),
        rx.cond(
            _is(item, SHOWS_STEP),
            rx.el.p(live["step"], class_name="step", title=live["step"], custom_attrs={"data-testid": hook + "-step"}),
        ),
    )


def status_words(item: Card) -> rx.Component:
    """How a run stands, in words; times that run down do so in the browser."""
    words: Any = rx.match(
        item["status"].to(str),
        ("held", _countdown(item)),
        ("queued", InLine.create(place=item["queue_place"], start=item["starts_at"], due=item["due_at"])),
        rx.fragment(item["status_text"]),
    )
    return words


def status_sign(status: Any) -> rx.Component:
    """How a run stands, by shape; the word beside it says the same."""
    sign: Any = rx.match(
        status.to(str),
        ("running", icons.active()),
        ("sending", icons.active()),
        ("held", icons.waiting()),
        ("queued", icons.waiting()),
        ("waiting", icons.waiting()),
        ("completed", icons.done()),
        ("failed", icons.failed()),
        ("refused", icons.failed()),
        ("uncertain", icons.doubtful()),
        ("cancelled", icons.stopped()),
        rx.fragment(),
    )
    return sign


def shows_progress(item: Card) -> Any:
    """Whether a percentage says something about how the run stands."""
    return _is(item, SHOWS_PROGRESS)


def _is(item: Card, statuses: Sequence[str]) -> Any:
    return rx.Var.create(list(statuses)).to(list[str]).contains(item["status"].to(str))


def _progress(live: Live, hook: Any) -> rx.Component:
    return rx.el.span(
        live["progress"].to(str) + " %",
        role="progressbar",
        aria_label="Progress",
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=live["progress"],
        class_name="progress num",
        custom_attrs={"data-testid": hook + "-progress"},
    )


def _countdown(item: Card) -> rx.Component:
    return rx.el.span("Starting in ", Countdown.create(due=item["due_at"]), " s")


def _last_log_class(item: Card, live: Live) -> Any:
    """Hidden from the eye where the failure below says the same."""
    told = item["failure"]["message"].to(str).contains(live["last_log"].to(str))
    return rx.cond(item["failure"] & told, "last-log hidden", "last-log")


def _failure(item: Card) -> rx.Component:
    why = item["failure"]
    return rx.cond(
        item["failure"],
        rx.el.p(
            rx.cond(item["status"] == "uncertain", "", rx.el.strong(why["title"], ". ")),
            why["message"],
            class_name="why",
        ),
    )


def notice(item: Card) -> rx.Component:
    """What holds a card back or should be looked at; what only counts down is told beside its status."""
    what = item["notice"]
    return rx.cond(
        item["notice"] & (what["code"] != "E-RATE-2"),
        rx.el.p(
            rx.cond(item["status"] == "queued", "", rx.el.strong(what["title"], ". ")),
            what["message"],
            class_name=rx.cond(item["status"] == "queued", "waits-for", "why look"),
        ),
    )


def _next_steps(item: Card, path: Any) -> rx.Component:
    """What can be done about a failure, or decided about a start."""
    failed = item["can_retry"].to(bool)
    flags = item["flags"].to(list[str])
    wants_a_look = failed | flags.contains("silent") | flags.contains("stuck")
    return rx.cond(
        failed | (item["decisions"].to(list[str]).length() > 0),
        rx.el.div(
            rx.cond(failed, _button("Retry", "retry", item)),
            rx.cond(
                wants_a_look & (item["run_id"] != ""),
                rx.el.a(
                    "Open log",
                    href=path + "&tab=log",
                    class_name="button small",
                    custom_attrs={"data-open": item["id"]},
                ),
            ),
            decision_buttons(item),
            class_name="card-actions",
        ),
    )


def decision_buttons(item: Card) -> rx.Component:
    """A button for everything that a person has to decide about a start, on the card and in its panel."""
    return rx.foreach(item["decisions"].to(list[str]), lambda decision: _decision(decision, item))


def _decision(decision: Any, item: Card) -> rx.Component:
    """The button of one decision. A run that is held back for a moment is undone, one in line is withdrawn."""
    withdraw = rx.cond(item["status"] == "held", "Undo", "Withdraw")
    button: Any = rx.match(
        decision,
        ("withdraw", _button(withdraw, "withdraw", item)),
        ("check", _check(item)),
        ("start-again", _button("Start again", "start-again", item)),
        ("not-running", _button("It is not running", "not-running", item)),
        ("release", _button("Free its place", "release", item)),
        ("stage-done", _button("Stage done", "stage-done", item)),
        rx.fragment(),
    )
    return button


def _check(item: Card) -> rx.Component:
    """A question to the service: it changes nothing by itself, so it is no operation."""
    return rx.el.button(
        "Check",
        type="button",
        class_name="button small",
        on_click=CardState.check(item["id"]),
        custom_attrs={"data-decision": "check"},
    )


def _button(label: Any, act: str, item: Card) -> rx.Component:
    return rx.el.button(label, type="button", class_name="button small", custom_attrs=act_attrs(act, item))


def act_attrs(act: str, item: Card) -> dict[str, Any]:
    """What makes a button do something with a card: the board listens for presses on these."""
    return {"data-decision": act, "data-act-on": item["id"], "data-attempt": item["attempt_id"]}
