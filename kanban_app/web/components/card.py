"""A card: what it is about, how its run stands, and the next step where one is needed."""

from collections.abc import Sequence
from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.services.view_shapes import LiveView, StageView
from kanban_app.web.components import icons
from kanban_app.web.components.card_facts import card_facts
from kanban_app.web.components.help_link import help_link
from kanban_app.web.components.images import image_count
from kanban_app.web.components.local import Countdown, Elapsed, InLine
from kanban_app.web.components.local_board import DragHandle
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.cards import CardState
from kanban_app.web.states.editor import EditorState
from kanban_app.web.states.shapes import ScreenCard
from kanban_app.web.states.toasts import SETTINGS

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
        card_facts(item),
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
        rx.cond(item["decisions"].to(list[str]).contains(Act.START_ANYWAY.value), rx.fragment(), notice(item)),
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
            image_count(item),
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
        ("queued", _in_line(item)),
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
        ("waiting", icons.asking()),
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


def _in_line(item: Card) -> rx.Component:
    """The place in line; what waits for other cards has none."""
    place = InLine.create(place=item["queue_place"], start=item["starts_at"], due=item["due_at"])
    return rx.cond(item["queue_place"].to(int) > 0, place, rx.fragment(item["status_text"]))


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


def has_trouble(item: Card) -> Any:
    """Whether a card tells of a failure, or of something that should be looked at; what only waits has none."""
    return item["failure"].bool() | (item["notice"].bool() & (item["status"] != "queued"))


def help_on(item: Card) -> rx.Component:
    """The way to what can be done about the trouble of a card."""
    return rx.cond(
        item["failure"],
        help_link(item["failure"]),
        rx.cond(has_trouble(item), help_link(item["notice"])),
    )


def _next_steps(item: Card, path: Any) -> rx.Component:
    """What can be done about a failure, or decided about a start."""
    ways, decisions = item["ways"].to(list[str]), item["decisions"].to(list[str])
    return rx.cond(
        (ways.length() > 0) | (decisions.length() > 0) | has_trouble(item),
        rx.el.div(
            rx.foreach(ways, lambda way: _way(way, item, path)),
            decision_buttons(item),
            help_on(item),
            class_name="card-actions",
        ),
    )


def _way(way: Any, item: Card, path: Any) -> rx.Component:
    """The button of something that a failure offers."""
    log = rx.el.a(
        LABELS[Act.OPEN_LOG], href=path + "&tab=log", class_name="button small", custom_attrs={"data-open": item["id"]}
    )
    button: Any = rx.match(
        way, (Act.OPEN_LOG.value, log), (Act.RETRY.value, act_button(Act.RETRY, item)), way_button(way, item)
    )
    return button


def way_button(way: Any, item: Card) -> rx.Component:
    """The button of what a failure offers beside another try and the log, on the card and in its panel."""
    button: Any = rx.match(
        way,
        (Act.START.value, act_button(Act.START, item)),
        (Act.START_OVER.value, act_button(Act.START_OVER, item)),
        (Act.START_FROM_FIRST.value, _button(LABELS[Act.START_OVER], Act.START_FROM_FIRST, item)),
        (Act.CANCEL_RUN.value, act_button(Act.CANCEL_RUN, item)),
        (Act.MERGE.value, act_button(Act.MERGE, item)),
        (
            Act.EDIT.value,
            _pressed(LABELS[Act.EDIT], EditorState.edit(item["id"]), Act.EDIT),
        ),
        (Act.RETRY_NOW.value, _pressed(LABELS[Act.RETRY_NOW], BoardState.retry_now, Act.RETRY_NOW)),
        (Act.CONNECT.value, _pressed(LABELS[Act.CONNECT], BoardState.connect, Act.CONNECT)),
        (Act.OPEN_SETTINGS.value, rx.el.a(LABELS[Act.OPEN_SETTINGS], href=SETTINGS, class_name="button small")),
        (Act.RELOAD.value, rx.el.a(LABELS[Act.RELOAD], href="/", class_name="button small")),
        rx.fragment(),
    )
    return button


def act_button(act: Act, item: Card) -> rx.Component:
    return _button(LABELS[act], act, item)


def decision_buttons(item: Card) -> rx.Component:
    """A button for everything that a person has to decide about a start, on the card and in its panel."""
    return rx.foreach(item["decisions"].to(list[str]), lambda decision: _decision(decision, item))


def _decision(decision: Any, item: Card) -> rx.Component:
    """The button of one decision. A run that is held back for a moment is undone, one in line is withdrawn."""
    withdraw = rx.cond(item["status"] == "held", "Undo", "Withdraw")
    button: Any = rx.match(
        decision,
        ("withdraw", _button(withdraw, "withdraw", item)),
        # A question to the service changes nothing by itself, so it is no operation.
        (Act.CHECK.value, _pressed(LABELS[Act.CHECK], CardState.check(item["id"]), Act.CHECK)),
        *(
            (act.value, act_button(act, item))
            for act in (Act.START_AGAIN, Act.NOT_RUNNING, Act.RELEASE, Act.STAGE_DONE, Act.START_ANYWAY)
        ),
        rx.fragment(),
    )
    return button


def _pressed(label: str, on_click: Any, act: Act) -> rx.Component:
    return rx.el.button(
        label, type="button", class_name="button small", on_click=on_click, custom_attrs={"data-decision": act.value}
    )


def _button(label: Any, act: str, item: Card) -> rx.Component:
    return rx.el.button(label, type="button", class_name="button small", custom_attrs=act_attrs(act, item))


def act_attrs(act: str, item: Card) -> dict[str, Any]:
    """What makes a button do something with a card: the board listens for presses on these."""
    return {"data-decision": str(act), "data-act-on": item["id"], "data-attempt": item["attempt_id"]}
