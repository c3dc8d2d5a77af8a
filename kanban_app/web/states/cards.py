"""What can be done with a card beside moving it. Nothing to show here: the board follows by itself."""

from collections.abc import Callable
from typing import Final

import reflex as rx

from kanban_app.catalogue import Act
from kanban_app.domain.commands import (
    CancelRun,
    Command,
    DeleteTask,
    FreePlace,
    MoveTask,
    NotRunning,
    Requeue,
    RetryTask,
    StageDone,
    StartAgain,
    StartTask,
    Withdraw,
)
from kanban_app.domain.stages import Stage, column_of
from kanban_app.errors import BoardError
from kanban_app.services.inquiry import CheckView
from kanban_app.services.views import CardView
from kanban_app.web.states import arguments
from kanban_app.web.states.board import BoardState
from kanban_app.web.states.doing import carry_out, guarded
from kanban_app.web.states.toasts import ToastState
from kanban_app.web.wiring import services


class CardState(rx.State):
    """Handlers for the buttons and the menu of a card; a refusal becomes a toast."""

    @rx.event
    async def act(self, op_id: str, act: str, task_id: str, attempt_id: str):
        """Do something with a card. The acknowledgement leaves in the same delta as what came of it."""
        error = await carry_out(lambda: act_command(op_id, act, task_id, attempt_id), op_id)
        board = await self.get_state(BoardState)
        await board.conclude(op_id, task_id, error)

    @rx.event
    async def check(self, task_id: str):
        """Ask the service how an unsettled start stands, and say what it says."""
        answers: list[CheckView] = []

        async def ask() -> None:
            answers.append(await services().check(attempt_of(task_id)))

        error = await guarded(ask)
        toasts = await self.get_state(ToastState)
        for answer in answers:
            toasts.show_answer(answer, str(task_id)[:64])
        if error:
            toasts.show_error(error, str(task_id)[:64])


def act_command(op_id: object, act: object, task_id: object, attempt_id: object) -> Command:
    """What a pressed button asks for. A decision is about the attempt that the person has seen, and no later one."""
    arguments.operation(op_id)
    task = arguments.ident(task_id, "task_id")
    if isinstance(act, str) and act in _OF_CARD:
        return _OF_CARD[act](task)
    if isinstance(act, str) and act in _OF_ATTEMPT:
        return _OF_ATTEMPT[act](_card_with(task, attempt_id))
    raise BoardError("E-VAL-8", {"field": "act", "reason": "not an acceptable value"})


def attempt_of(task_id: object) -> str:
    """The newest attempt of a card."""
    card = services().reader.card(arguments.ident(task_id, "task_id"))
    if card and card["attempt_id"]:
        return card["attempt_id"]
    raise BoardError("E-SYS-3", {"what": "This start"})


def _card_with(task_id: str, attempt_id: object) -> CardView:
    """The card, as long as its newest attempt is still the one that is meant."""
    card = services().reader.card(task_id)
    if card is None or not card["attempt_id"]:
        raise BoardError("E-SYS-3", {"what": "This start"})
    if card["attempt_id"] != attempt_id:
        raise BoardError("E-WF-19")
    return card


def _stop(card: CardView) -> Command:
    """Stop the run; one that still waits is taken out of the line."""
    return Withdraw(card["attempt_id"]) if card["status"] in {"held", "queued"} else CancelRun(card["run_id"])


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
    "queue-first": lambda card: Requeue(card["attempt_id"], 1),
    "queue-later": lambda card: Requeue(card["attempt_id"], card["queue_place"] + 1),
}
