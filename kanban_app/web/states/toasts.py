"""Messages to the user, rendered from state: backend toasts of Reflex are run by eval, which the CSP forbids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import reflex as rx

from kanban_app.domain.commands import (
    CancelRun,
    Command,
    EditTask,
    FreePlace,
    MoveTask,
    NotRunning,
    StageDone,
    StartAgain,
)
from kanban_app.domain.stages import Stage, column_of, in_order
from kanban_app.errors import BoardError, ErrorView
from kanban_app.services.hub import Notice
from kanban_app.services.inquiry import CheckView
from kanban_app.web.states import arguments
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.plain import not_an_event
from kanban_app.web.states.shapes import Offer, Toast
from kanban_app.web.wiring import services

MOST: Final = 4
_LABELS: Final = {
    "start-from-first": "Start from {first}",
    "add-stage-and-run": "Add {stage} and run",
    "cancel-run": "Stop the run",
    "start-again": "Start again",
    "not-running": "It is not running",
    "check": "Check",
    "stage-done": "Stage done",
    "release": "Free its place",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal that offers ways on: the card, the stage that was aimed at, and the attempt that was in the way."""

    task_id: str
    stage: str
    attempt_id: str


class ToastState(rx.State):
    """The messages that are on the screen of one tab, oldest first."""

    toasts: rx.Field[list[Toast]] = rx.field(default_factory=list)
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
        error = await take(str(offer), refused)
        if error:
            self.show_error(error, refused.task_id, refused.stage)

    @not_an_event
    def show_error(self, error: ErrorView, task_id: str = "", stage: str = "") -> None:
        """Show a refusal; `stage` is where a refused move aimed."""
        toast_id = uuid4().hex
        offers = offers_of(error)
        self.add(
            Toast(
                id=toast_id,
                alert=True,
                title=error["title"],
                message=error["message"],
                task_id=task_id,
                offers=offers,
            )
        )
        if offers:
            self.remember(toast_id, task_id, stage)

    @not_an_event
    def show_notice(self, notice: Notice) -> None:
        self.add(
            Toast(
                id=uuid4().hex,
                alert=notice.alert,
                title=notice.title,
                message=notice.message,
                task_id=notice.task_id,
                offers=[],
            )
        )

    @not_an_event
    def show_answer(self, answer: CheckView, task_id: str) -> None:
        """What the service says of a start, with the decisions that are left to the user."""
        toast_id = uuid4().hex
        offers = labelled(answer["offers"], {})
        self.add(
            Toast(
                id=toast_id,
                alert=False,
                title=answer["title"],
                message=answer["message"],
                task_id=task_id,
                offers=offers,
            )
        )
        if offers:
            self.remember(toast_id, task_id)

    @not_an_event
    def show_done(self, title: str, message: str = "", task_id: str = "") -> None:
        """Say that something has been done; the message goes by itself."""
        self.add(Toast(id=uuid4().hex, alert=False, title=title, message=message, task_id=task_id, offers=[]))

    @not_an_event
    def remember(self, toast_id: str, task_id: str, stage: str = "") -> None:
        """What the offers of a message are about: the attempt that the card has now."""
        card = services().reader.card(task_id)
        self._refused[toast_id] = Refused(task_id, stage, card["attempt_id"] if card else "")

    @not_an_event
    def add(self, toast: Toast) -> None:
        """Put a message on the screen. The newest `MOST` stay, and a repeat takes the place of its twin."""
        others = [t for t in self.toasts if (t["title"], t["message"]) != (toast["title"], toast["message"])]
        self.toasts = [*others, toast][-MOST:]
        shown = {t["id"] for t in self.toasts}
        self._refused = {key: value for key, value in self._refused.items() if key in shown}

    @not_an_event
    def remove(self, toast_id: str) -> None:
        self.toasts = [t for t in self.toasts if t["id"] != toast_id]
        self._refused = {key: value for key, value in self._refused.items() if key != toast_id}


def offers_of(error: ErrorView) -> list[Offer]:
    """The ways on that this screen can go, with their labels."""
    details = error["details"]
    offered = details.get("offers")
    words = {key: str(details.get(key, "")).capitalize() for key in ("first", "stage")}
    return labelled(offered, words) if isinstance(offered, list) else []


def labelled(offered: Iterable[object], words: Mapping[str, str]) -> list[Offer]:
    """Those of the ways on that this screen can go."""
    return [Offer(id=str(o), label=_LABELS[str(o)].format(**words)) for o in offered if str(o) in _LABELS]


async def take(offer: str, refused: Refused) -> ErrorView | None:
    """Go a way that a refusal offers; the refusal of that, if any."""
    if offer == "check":

        async def ask() -> None:
            await services().check(refused.attempt_id)

        return await guarded(ask)
    for wish in ways_on(offer, refused):
        error = await carry_out(lambda wish=wish: wish)
        if error:
            return error
    return None


def ways_on(offer: str, refused: Refused) -> list[Command]:
    """The commands that carry out an offer, one after the other; none when the card is gone or the offer unknown."""
    card = services().reader.card(refused.task_id)
    if card is None:
        return []
    attempt_id = refused.attempt_id
    missing = arguments.stage(refused.stage)
    stages = [Stage(stage) for stage in card["stages"]]
    match offer:
        case "start-from-first" if stages:
            return [MoveTask(card["id"], column_of(stages[0]))]
        case "add-stage-and-run" if missing:
            added = in_order([*stages, missing])
            return [EditTask(card["id"], {"stages": added}), MoveTask(card["id"], column_of(missing))]
        case "cancel-run":
            return [CancelRun(card["run_id"])]
        case "start-again":
            return [StartAgain(attempt_id)]
        case "not-running":
            return [NotRunning(attempt_id)]
        case "stage-done":
            return [StageDone(attempt_id)]
        case "release":
            return [FreePlace(attempt_id)]
        case _:
            return []


def stage_aimed_at(column: object) -> str:
    """The column of a move as text, empty for what is none."""
    try:
        return arguments.column(column).value
    except BoardError:
        return ""
