"""Messages to the user, rendered from state: backend toasts of Reflex are run by eval, which the CSP forbids."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import reflex as rx

from kanban_app.catalogue import LABELS, Act
from kanban_app.domain.commands import (
    CancelRun,
    Command,
    EditTask,
    FreePlace,
    MoveTask,
    NotRunning,
    StageDone,
    StartAgain,
    StartAnyway,
)
from kanban_app.domain.records import NewsKind
from kanban_app.domain.stages import Column, Stage, column_of, in_order
from kanban_app.domain.undoing import STARTED
from kanban_app.errors import BoardError, ErrorView, advice_of
from kanban_app.services.hub import Notice
from kanban_app.services.inquiry import CheckView
from kanban_app.services.undoing import WayBack
from kanban_app.services.ways import MOST as MOST_WAYS
from kanban_app.services.ways import ways_on
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import Offer, Saved, Toast
from kanban_app.web.wiring import services

MOST: Final = 12
TONES: Final = {
    NewsKind.FINISHED: "success",
    NewsKind.FAILED: "error",
    NewsKind.DECISION: "warning",
    NewsKind.STUCK: "warning",
}
MOST_SAVED: Final = 50
SETTINGS: Final = "/settings/"
LINKS: Final = {Act.OPEN_LOG: "/?card={task_id}&tab=log", Act.OPEN_SETTINGS: SETTINGS, Act.RELOAD: "/"}
KNOWN: Final = frozenset(act.value for act in Act)
OPERATIONS: Final = frozenset(
    {Act.RETRY, Act.START, Act.START_OVER, Act.START_FROM_FIRST, Act.CANCEL_RUN, Act.MERGE}
    | {Act.START_AGAIN, Act.NOT_RUNNING, Act.STAGE_DONE, Act.RELEASE, Act.START_ANYWAY}
)
"""What goes the way of the card's own buttons, also in a toast."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that offers ways on: the card, the stage that was aimed at, and the attempt that was in the way."""

    task_id: str
    stage: str
    attempt_id: str


class ToastState(rx.State):
    """The messages that are on the screen of one tab, oldest first."""

    toasts: rx.Field[list[Toast]] = rx.field(default_factory=list)
    saved: rx.Field[list[Saved]] = rx.field(default_factory=list)
    _refused: rx.Field[dict[str, Refused]] = rx.field(default_factory=dict)

    @rx.event
    def dismiss(self, toast_id: str):
        self.remove(str(toast_id))

    @rx.event
    async def accept(self, toast_id: str, offer: str):
        """Take one of the ways on that a refusal offers."""
        refused = self._refused.get(str(toast_id))
        if refused is None:
            return
        self.remove(str(toast_id))
        answers: list[CheckView] = []
        error = await take(str(offer), refused, answers)
        for answer in answers:
            self.show_answer(answer, refused.task_id)
        if error:
            self.show_error(error, refused.task_id, refused.stage)

    @not_an_event
    def show_error(self, error: ErrorView, task_id: str = "", stage: str = "", undo: str = "") -> None:
        """Show a refusal; `stage` is where a refused move aimed, `undo` the operation that was to be taken back."""
        toast = _toast(error["title"], error["message"], task_id, tone="error", alert=True, advice=advice_of(error))
        toast["code"] = error["code"]
        card = services().reader.card(task_id) if task_id else None
        offers = offers_of(error)
        taken = [offer["id"] for offer in offers]
        toast["offers"] = [*offers, *ways_offered(ways_on(error, card, offered=taken), task_id)]
        toast["attempt_id"] = card["attempt_id"] if card else ""
        toast["undo"] = undo if error["code"] == STARTED else ""
        self.add(self._fresh(toast))
        if toast["offers"]:
            self.remember(toast["id"], task_id, stage)

    @not_an_event
    def show_notice(self, notice: Notice) -> None:
        """Tell of what has happened. A failure offers what its card offers, as long as the card is still at it."""
        toast = _toast(
            notice.title,
            notice.message,
            notice.task_id,
            tone=TONES.get(notice.kind, "info") if notice.kind else "info",
            alert=notice.alert,
            advice=notice.advice,
        )
        toast["code"] = notice.code
        card = services().reader.card(notice.task_id) if notice.attempt_id else None
        if card and card["attempt_id"] == notice.attempt_id:
            acts = [Act(way) for way in (*card["ways"], *card["decisions"]) if way in KNOWN]
            toast["offers"] = ways_offered(acts[:MOST_WAYS], notice.task_id)
            toast["attempt_id"] = notice.attempt_id
        self.add(toast)
        if toast["offers"]:
            self.remember(toast["id"], notice.task_id)

    @not_an_event
    def show_answer(self, answer: CheckView, task_id: str) -> None:
        """What the service says of a start, with the decisions that are left to the user."""
        toast = _toast(answer["title"], answer["message"], task_id)
        toast["offers"] = labelled(answer["offers"], {})
        self.add(toast)
        if toast["offers"]:
            self.remember(toast["id"], task_id)

    @not_an_event
    def show_done(self, title: str, message: str = "", task_id: str = "") -> None:
        """Say that something has been done; the message goes by itself."""
        self.add(_toast(title, message, task_id, tone="success"))

    @not_an_event
    def show_way_back(self, op_id: str, *, redo: bool | None = None, refused: str = "") -> None:
        """Tell of a change that can be taken back; `redo` says that it has been undone (or, if false, done again).

        `refused` says what of several things could not be done.
        """
        way = services().board.way_back(op_id)
        if way is None:
            return
        title = way["title"] if redo is None else "Undone" if redo else "Done again"
        toast = _toast(title, refused or way["card"], way["task_id"])
        toast["undo"], toast["redo"] = op_id, redo is True
        self.toasts = [t for t in self.toasts if not t["undo"]]
        self.add(with_way_back(toast, way))

    @not_an_event
    def show_saved(self, op_id: str) -> None:
        """Tell of a form's operation; the tab can undo it from now on."""
        way = services().board.way_back(op_id)
        if way is None:
            return
        entry = Saved(op=op_id, id=way["task_id"])
        if entry not in self.saved:
            self.saved = [*self.saved, entry][-MOST_SAVED:]
        self.show_way_back(op_id)

    @not_an_event
    def follow_ways_back(self, task_ids: Container[str]) -> None:
        """What can be taken back, and how, changes as runs begin and end and as others do things."""
        fresh = [self._fresh(toast) if toast["task_id"] in task_ids else toast for toast in self.toasts]
        if fresh != self.toasts:
            self.toasts = fresh

    def _fresh(self, toast: Toast) -> Toast:
        way = services().board.way_back(toast["undo"]) if toast["undo"] else None
        return with_way_back(toast, way) if way else toast

    @not_an_event
    def remember(self, toast_id: str, task_id: str, stage: str = "") -> None:
        """What the offers of a message are about: the attempt that the card has now."""
        card = services().reader.card(task_id)
        self._refused[toast_id] = Refused(task_id, stage, card["attempt_id"] if card else "")

    @not_an_event
    def add(self, toast: Toast) -> None:
        """Put a message on the screen. A repeat takes the place of its twin.

        Of more than `MOST` the oldest goes, first of those that would go by themselves.
        """
        others = [t for t in self.toasts if (t["title"], t["message"]) != (toast["title"], toast["message"])]
        if len(others) >= MOST:
            others.remove(next((t for t in others if not stays(t)), others[0]))
        self.toasts = [*others, toast]
        shown = {t["id"] for t in self.toasts}
        self._refused = {key: value for key, value in self._refused.items() if key in shown}

    @not_an_event
    def remove(self, toast_id: str) -> None:
        self.toasts = [t for t in self.toasts if t["id"] != toast_id]
        self._refused = {key: value for key, value in self._refused.items() if key != toast_id}


def offers_of(error: ErrorView) -> list[Offer]:
    """The ways on that the refusal itself offers, with their labels."""
    details = error["details"]
    offered = details.get("offers")
    words = {key: called(str(details.get(key, ""))) for key in ("first", "stage")}
    return labelled(offered, words) if isinstance(offered, list) else []


def called(column: str) -> str:
    """What people call a column or a stage."""
    return services().columns.title(Column(column)) if column in set(Column) else column.capitalize()


def labelled(offered: Iterable[object], words: Mapping[str, str]) -> list[Offer]:
    """Those of the ways on that this screen can go."""
    acts = (Act(str(offer)) for offer in offered if str(offer) in KNOWN)
    return [Offer(id=act.value, label=LABELS[act].format(**words), href="", operation=False) for act in acts]


def ways_offered(acts: Iterable[Act], task_id: str) -> list[Offer]:
    """The buttons and links for what can be done about a failure of a card."""
    return [
        Offer(
            id=act.value,
            label=plain_label(act),
            href=LINKS.get(act, "").format(task_id=task_id),
            operation=act in OPERATIONS,
        )
        for act in acts
    ]


def plain_label(act: Act) -> str:
    """The label of a button that names no stage."""
    return LABELS[Act.START_OVER if act is Act.START_FROM_FIRST else act]


def _toast(
    title: str, message: str, task_id: str, *, tone: str = "info", alert: bool = False, advice: Iterable[str] = ()
) -> Toast:
    return Toast(
        id=uuid4().hex,
        alert=alert,
        tone=tone,
        title=title,
        message=message,
        task_id=task_id,
        attempt_id="",
        advice=" ".join(f"{text}." for text in advice),
        code="",
        offers=[],
        undo="",
        redo=False,
        stop=False,
        way_back="",
    )


def stays(toast: Toast) -> bool:
    """Whether it is there until somebody dismisses it."""
    return toast["alert"] or bool(toast["offers"])


def with_way_back(toast: Toast, way: WayBack) -> Toast:
    """The message with the button that takes back, or does again, what it tells of."""
    stops = way["how"] == "by-stopping"
    stopping = "Stop the run and move back" if way["task_id"] else "Stop the runs and move back"
    label = "Redo" if toast["redo"] else stopping if stops else "Undo"
    return Toast(**{**toast, "stop": stops, "way_back": "" if way["how"] == "not" else label})


async def take(offer: str, refused: Refused, answers: list[CheckView]) -> ErrorView | None:
    """Go a way that a refusal offers; the refusal of that, if any. What the service says goes into `answers`."""
    if offer == Act.RETRY_NOW:
        services().retry_now()
        return None
    if offer == Act.CONNECT:
        services().connect()
        return None
    if offer == Act.CHECK:

        async def ask() -> None:
            answers.append(await services().check(refused.attempt_id))

        return await guarded(ask)
    for wish in commands_of(offer, refused):
        error = await carry_out(lambda wish=wish: wish)
        if error:
            return error
    return None


def commands_of(offer: str, refused: Refused) -> list[Command]:
    """The commands that carry out an offer, one after the other; none when the card is gone or the offer unknown."""
    card = services().reader.card(refused.task_id)
    if card is None:
        return []
    attempt_id = refused.attempt_id
    missing = arguments.stage(refused.stage)
    stages = [Stage(stage) for stage in card["stages"]]
    match offer:
        case Act.START_FROM_FIRST if stages:
            return [MoveTask(card["id"], column_of(stages[0]))]
        case Act.ADD_STAGE_AND_RUN if missing:
            added = in_order([*stages, missing])
            return [EditTask(card["id"], {"stages": added}), MoveTask(card["id"], column_of(missing))]
        case Act.CANCEL_RUN:
            return [CancelRun(card["run_id"])]
        case Act.START_AGAIN:
            return [StartAgain(attempt_id)]
        case Act.NOT_RUNNING:
            return [NotRunning(attempt_id)]
        case Act.STAGE_DONE:
            return [StageDone(attempt_id)]
        case Act.RELEASE:
            return [FreePlace(attempt_id)]
        case Act.START_ANYWAY:
            return [StartAnyway(attempt_id)]
        case _:
            return []


def stage_aimed_at(column: object) -> str:
    """The column of a move as text, empty for what is none."""
    try:
        return arguments.column(column).value
    except BoardError:
        return ""
