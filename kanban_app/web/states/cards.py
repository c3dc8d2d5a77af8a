"""What can be done with a card beside moving it. Nothing to show here: the board follows by itself."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import reflex as rx

from kanban_app.catalogue import Act
from kanban_app.domain.commands import (
    ArchiveTask,
    CancelRun,
    Command,
    DeleteTask,
    FreePlace,
    MoveTask,
    NotRunning,
    Requeue,
    RestartTask,
    RetryTask,
    StageDone,
    StartAgain,
    StartAnyway,
    StartTask,
    Withdraw,
)
from kanban_app.domain.stages import Column, Stage, column_of
from kanban_app.errors import BoardError, ErrorView, describe
from kanban_app.services.board import Outcome
from kanban_app.services.inquiry import CheckView
from kanban_app.services.several import refusals
from kanban_app.services.view_shapes import CardView
from kanban_app.web.states import arguments
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.doing import AUTHOR, carry_out, guarded
from kanban_app.web.states.images import OF_IMAGE
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services


class CardState(rx.State):
    """Handlers for the buttons and the menu of a card; a refusal becomes a toast."""

    @rx.event
    async def act(self, op_id: str, act: str, task_id: str, attempt_id: str, wish: dict[str, Any] | None = None):
        """Do something with a card. The acknowledgement leaves in the same delta as what came of it.

        `wish` has what a dialog has asked: `method`, `target` and `expect` of a merge, `remove_old` of a restart; or
        the `image` that it is about, and its new `name`.
        """
        error = await carry_out(lambda: act_command(op_id, act, task_id, attempt_id, wish), op_id)
        board = await self.get_state(BoardState)
        await board.conclude(op_id, task_id, error)

    @rx.event
    async def take_back(self, op_id: str, act: str, task_id: str, wish: dict[str, str]):
        """Undo an operation (`of` in the wish), or redo it; with `stop` the run that it has started is stopped, too."""
        redo, said = act == "redo", dict[str, str]()

        async def ask() -> ErrorView | None:
            said.update(arguments.texts(wish, "wish"))
            outcome = await take_back(op_id, said, redo=redo)
            said["refused"] = refusals(services().reader.name, outcome)
            return None if outcome.ok else outcome.error or describe("E-SYS-9")

        error = await guarded(ask)
        board, toasts = await self.get_state(BoardState), await self.get_state(ToastState)
        board.settle(op_id, task_id, error)
        if error:
            toasts.show_error(error, arguments.shown(task_id), undo=said.get("of", ""))
        else:
            toasts.show_way_back(said["of"], redo=not redo, refused=said.get("refused", ""))

    @rx.event
    async def check(self, task_id: str):
        """Ask the service how an unsettled start stands, and say what it says."""
        answers: list[CheckView] = []

        async def ask() -> None:
            answers.append(await services().check(attempt_of(task_id)))

        error = await guarded(ask)
        toasts = await self.get_state(ToastState)
        for answer in answers:
            toasts.show_answer(answer, arguments.shown(task_id))
        if error:
            toasts.show_error(error, arguments.shown(task_id))


def act_command(op_id: object, act: object, task_id: object, attempt_id: object, wish: object = None) -> Command:
    """What a pressed button asks for. A decision is about the attempt that the person has seen, and no later one."""
    arguments.operation(op_id)
    task = arguments.ident(task_id, "task_id")
    if isinstance(act, str) and act in _OF_CARD:
        return _OF_CARD[act](task)
    if isinstance(act, str) and act in _OF_ATTEMPT:
        return _OF_ATTEMPT[act](_card_with(task, attempt_id))
    if isinstance(act, str) and act in _OF_DIALOG:
        return _OF_DIALOG[act](_card_as_seen(task, attempt_id), arguments.texts(wish, "wish"))
    if isinstance(act, str) and act in OF_IMAGE:
        return OF_IMAGE[act](task, arguments.texts(wish, "wish"))
    raise BoardError("E-VAL-8", {"field": "act", "reason": "not an acceptable value"})


async def take_back(op_id: object, wish: Mapping[str, str], *, redo: bool) -> Outcome:
    """Undo or redo an operation."""
    own_id, of = arguments.operation(op_id), arguments.operation(wish.get("of"))
    stop = wish.get("stop") == "true"
    return await services().board.undo(of, author=AUTHOR, own_id=own_id, redo=redo, stop=stop)


def attempt_of(task_id: object) -> str:
    """The newest attempt of a card."""
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    if card and card["attempt_id"]:
        return card["attempt_id"]
    raise BoardError("E-SYS-3", {"what": "This start"})


def _card_with(task_id: str, attempt_id: object) -> CardView:
    """The card, as long as its newest attempt is still the one that is meant."""
    card = _card_as_seen(task_id, attempt_id)
    if not card["attempt_id"]:
        raise BoardError("E-SYS-3", {"what": "This start"})
    return card


def _card_as_seen(task_id: str, attempt_id: object) -> CardView:
    """The card, as long as nothing has been started since; a run that was adopted has no attempt."""
    card = services().reader.card(task_id)
    if card is None:
        raise BoardError("E-SYS-3", {"what": "This start"})
    if card["attempt_id"] != attempt_id:
        raise BoardError("E-WF-19")
    return card


def _stop(card: CardView) -> Command:
    """Stop the run; one that still waits is taken out of the line."""
    return Withdraw(card["attempt_id"]) if card["status"] in {"held", "queued"} else CancelRun(card["run_id"])


def _merge(card: CardView, wish: Mapping[str, str]) -> Command:
    """Merge as the dialog says; what it leaves out is the service's choice."""
    method, target, expect = (wish.get(name) for name in ("method", "target", "expect"))
    return MoveTask(card["id"], Column.COMPLETED, action="merge", method=method, target=target, expect=expect)


def _restart(card: CardView, wish: Mapping[str, str]) -> Command:
    return RestartTask(card["id"], remove_old=wish.get("remove_old") == "true")


def _start_over(task_id: str) -> Command:
    """A new run from the card's first stage on."""
    card = services().reader.card(task_id)
    if card is None or not card["stages"]:
        raise BoardError("E-SYS-3", {"what": "This card"})
    return MoveTask(task_id, column_of(Stage(card["stages"][0])))


_OF_CARD: Final[dict[str, Callable[[str], Command]]] = {
    Act.START: StartTask,
    Act.START_FROM_FIRST: _start_over,
    "delete": DeleteTask,
    "archive": ArchiveTask,
}
_OF_ATTEMPT: Final[dict[str, Callable[[CardView], Command]]] = {
    Act.RETRY: lambda card: RetryTask(card["id"]),
    Act.START_OVER: lambda card: _start_over(card["id"]),
    "cancel": _stop,
    Act.CANCEL_RUN: _stop,
    "withdraw": lambda card: Withdraw(card["attempt_id"]),
    "start-again": lambda card: StartAgain(card["attempt_id"]),
    "not-running": lambda card: NotRunning(card["attempt_id"]),
    "stage-done": lambda card: StageDone(card["attempt_id"]),
    "release": lambda card: FreePlace(card["attempt_id"]),
    "start-anyway": lambda card: StartAnyway(card["attempt_id"]),
    "queue-first": lambda card: Requeue(card["attempt_id"], 1),
    "queue-later": lambda card: Requeue(card["attempt_id"], card["queue_place"] + 1),
}
_OF_DIALOG: Final[dict[str, Callable[[CardView, Mapping[str, str]], Command]]] = {
    Act.MERGE: _merge,
    "restart": _restart,
}
