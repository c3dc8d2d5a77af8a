"""The life of an attempt: from each status, what each message makes of it (architecture, "Task, run, attempt")."""

from collections.abc import Callable

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.decide import Message
from kanban_app.domain.model import ACTIVE, Attempt, Failure, RunStatus
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import ORCHESTRATOR, Vintage
from tests.support.builders import World

S = RunStatus


def attempt_in(status: RunStatus) -> tuple[World, str]:
    """A world with one card whose attempt has come to this status on the usual way."""
    w = World(grace_s=3 if status is S.HELD else 0)
    card = w.card()
    w.move(card, Column.PLAN)
    way: dict[RunStatus, Callable[[], object]] = {
        S.HELD: lambda: None,
        S.QUEUED: lambda: None,
        S.SENDING: lambda: w.send(card),
        S.UNCERTAIN: lambda: w.doubt(card),
        S.RUNNING: lambda: w.accept(card),
        S.COMPLETED: lambda: w.accept(card).finish(card),
        S.FAILED: lambda: w.accept(card).fail(card),
        S.REFUSED: lambda: w.send(card).refuse(card),
        S.CANCELLED: lambda: w.accept(card).cancelled(card),
    }
    way[status]()
    assert w.status(card) is status
    return w, w.attempt(card).id


def reported(status: str) -> Callable[[Attempt], Message]:
    return lambda a: r.StatusReported(a.adw_id, ORCHESTRATOR, status, "because")


MESSAGES: dict[str, Callable[[Attempt], Message]] = {
    "its grace is over": lambda a: r.Release(a.id),
    "it is being sent": lambda a: r.Sending(a.id, ORCHESTRATOR, a.stages, Vintage.V1),
    "it was not sent": lambda a: r.Unsent(a.id),
    "accepted": lambda a: r.Accepted(a.id),
    "refused": lambda a: r.Refused(a.id, Failure("E-WF-3")),
    "the connection broke": lambda a: r.Uncertain(a.id, "E-LOAD-4"),
    "progress": reported("in_progress"),
    "completed": reported("completed"),
    "failed": reported("failed"),
    "stopped": reported("cancelled"),
    "withdrawn": lambda a: c.Withdraw(a.id),
    "it is not running": lambda a: c.NotRunning(a.id),
    "its place is freed": lambda a: c.FreePlace(a.id),
    "another place in line": lambda a: c.Requeue(a.id, 1),
}
# What changes the status; everything else leaves it as it is, most of it by a refusal.
CHANGES: dict[tuple[RunStatus, str], RunStatus] = {
    (S.HELD, "its grace is over"): S.QUEUED,
    (S.HELD, "withdrawn"): S.CANCELLED,
    (S.QUEUED, "it is being sent"): S.SENDING,
    (S.QUEUED, "withdrawn"): S.CANCELLED,
    (S.SENDING, "it was not sent"): S.QUEUED,
    (S.SENDING, "accepted"): S.RUNNING,
    (S.SENDING, "refused"): S.REFUSED,
    (S.SENDING, "the connection broke"): S.UNCERTAIN,
    (S.SENDING, "progress"): S.RUNNING,
    (S.SENDING, "completed"): S.COMPLETED,
    (S.SENDING, "failed"): S.FAILED,
    (S.SENDING, "stopped"): S.CANCELLED,
    (S.UNCERTAIN, "it is being sent"): S.SENDING,
    (S.UNCERTAIN, "accepted"): S.RUNNING,
    (S.UNCERTAIN, "refused"): S.REFUSED,
    (S.UNCERTAIN, "progress"): S.RUNNING,
    (S.UNCERTAIN, "completed"): S.COMPLETED,
    (S.UNCERTAIN, "failed"): S.FAILED,
    (S.UNCERTAIN, "stopped"): S.CANCELLED,
    (S.UNCERTAIN, "it is not running"): S.CANCELLED,
    (S.RUNNING, "completed"): S.COMPLETED,
    (S.RUNNING, "failed"): S.FAILED,
    (S.RUNNING, "stopped"): S.CANCELLED,
}
STATUSES = [s for s in RunStatus if s not in {S.IDLE, S.WAITING}]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("status", STATUSES)
def test_every_message_in_every_status(status: RunStatus, message: str) -> None:
    w, attempt_id = attempt_in(status)
    before = w.board
    decided = w.say(MESSAGES[message](w.board.attempts[attempt_id]))
    attempt = w.board.attempts[attempt_id]
    assert attempt.status is CHANGES.get((status, message), status)
    if isinstance(decided, Refusal):
        assert w.board is before
    assert attempt.holds_slot is (attempt.status in ACTIVE and not attempt.released)


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("status", [s for s in STATUSES if s not in {S.HELD, S.QUEUED}])
def test_nothing_brings_what_was_sent_back_into_the_line_but_the_proof_that_it_was_not(
    status: RunStatus, message: str
) -> None:
    w, attempt_id = attempt_in(status)
    w.say(MESSAGES[message](w.board.attempts[attempt_id]))
    is_back = w.board.attempts[attempt_id] in w.board.queue()
    assert is_back is ((status, message) == (S.SENDING, "it was not sent"))


@pytest.mark.parametrize("message", ["it was not sent", "the connection broke"])
def test_a_doubt_that_was_asked_again_stays_a_doubt(message: str) -> None:
    """It may run since its first sending."""
    w, attempt_id = attempt_in(S.UNCERTAIN)
    w.do(MESSAGES["it is being sent"](w.board.attempts[attempt_id]), MESSAGES[message](w.board.attempts[attempt_id]))
    assert w.board.attempts[attempt_id].status is S.UNCERTAIN


@pytest.mark.parametrize("status", [s for s in STATUSES if s in {S.COMPLETED, S.FAILED, S.REFUSED, S.CANCELLED}])
def test_what_has_ended_stays_so(status: RunStatus) -> None:
    w, attempt_id = attempt_in(status)
    for message in MESSAGES.values():
        w.say(message(w.board.attempts[attempt_id]))
    assert w.board.attempts[attempt_id].status is status
