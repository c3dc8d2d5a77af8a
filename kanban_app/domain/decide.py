"""The one place where wishes and reports become facts."""

from collections.abc import Callable
from typing import Any, Final

from kanban_app.domain import cards, commands, moves, reports, starts
from kanban_app.domain.commands import Facts, Message
from kanban_app.domain.events import Event
from kanban_app.domain.model import Board
from kanban_app.domain.refusal import Refusal

_RULES: Final[dict[type[Any], Callable[[Board, Any, Facts], list[Event] | Refusal]]] = {
    commands.CreateTask: cards.decide_create,
    commands.EditTask: cards.decide_edit,
    commands.DeleteTask: cards.decide_delete,
    commands.RestoreTask: cards.decide_restore,
    commands.MoveTask: moves.decide_move,
    commands.StartTask: starts.decide_start,
    commands.RetryTask: starts.decide_retry,
    commands.CancelRun: starts.decide_cancel,
    commands.Withdraw: starts.decide_withdraw,
    commands.StartAgain: starts.decide_start_again,
    commands.NotRunning: starts.decide_not_running,
    commands.StageDone: starts.decide_stage_done,
    commands.Requeue: starts.decide_requeue,
    commands.FreePlace: starts.decide_free_place,
    commands.Release: reports.on_release,
    commands.Sending: reports.on_sending,
    commands.Unsent: reports.on_unsent,
    commands.Accepted: reports.on_accepted,
    commands.Refused: reports.on_refused,
    commands.Uncertain: reports.on_uncertain,
    commands.CancelRefused: reports.on_cancel_refused,
    commands.StageReported: reports.on_stage,
    commands.StatusReported: reports.on_status,
    commands.RunDescribed: reports.on_described,
    commands.SignOfLife: reports.on_sign,
    commands.StandsStill: reports.on_standstill,
}


def decide(board: Board, message: Message, facts: Facts) -> list[Event] | Refusal:
    """What follows from `message`: events to store and apply in this order (perhaps none), or a refusal.

    Reports of services are never refused; what cannot concern the board any more yields no events.
    """
    return _RULES[type(message)](board, message, facts)
