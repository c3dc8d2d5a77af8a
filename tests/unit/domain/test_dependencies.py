"""Cards that wait for others: what can be said of it, and when a start goes out."""

from dataclasses import replace

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.dependencies import BLOCKER_LIMIT
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.undoing import deed_of
from kanban_app.domain.workflows import Vintage
from tests.support.builders import World


def blocked(w: World, **facts: float) -> tuple[str, str]:
    """A card, and one that waits for it."""
    for name, value in facts.items():
        setattr(w, name, value)
    first, second = w.card(), w.card()
    w.do(c.EditTask(second, {"blocked_by": [first]}))
    return first, second


def complete(w: World, card: str) -> None:
    w.move(card, Column.COMPLETED, action="mark")


def sendable(w: World) -> list[str]:
    return [attempt.task_id for attempt in w.board.queue()]


@pytest.mark.parametrize("way", ["drop", "start", "resume", "restart"])
def test_a_start_waits_by_whatever_way_it_comes(way: str):
    w = World()
    _, second = blocked(w)
    wishes: dict[str, c.Command] = {
        "drop": c.MoveTask(second, Column.PLAN),
        "start": c.StartTask(second),
        "resume": c.ResumeTask(second, Stage.PLAN),
        "restart": c.RestartTask(second),
    }
    w.do(wishes[way])
    attempt = w.attempt(second)
    assert (w.status(second), sendable(w)) == (RunStatus.QUEUED, [])
    w.do(r.Sending(attempt.id, "adw_orchestrator", attempt.stages, Vintage.OURS))
    assert (w.kinds(), w.status(second)) == ([], RunStatus.QUEUED)


def test_it_goes_out_when_all_it_waits_for_is_completed_or_deleted():
    w = World()
    first, second = blocked(w)
    third = w.card()
    w.do(c.EditTask(second, {"blocked_by": [first, third]}))
    w.move(second, Column.PLAN)
    complete(w, first)
    assert sendable(w) == []
    w.do(c.DeleteTask(third))
    assert sendable(w) == [second]
    w.do(c.RestoreTask(third))
    assert sendable(w) == []
    w.do(c.EditTask(second, {"blocked_by": []}))
    assert sendable(w) == [second]


def test_ready_to_merge_is_not_completed():
    w = World()
    first, second = blocked(w)
    w.start(first).finish(first)
    w.move(second, Column.PLAN)
    assert w.place(first) is Column.READY
    assert sendable(w) == []


def test_it_holds_up_nobody_behind_it():
    w = World()
    _, second = blocked(w)
    other = w.card()
    w.move(second, Column.PLAN).move(other, Column.PLAN)
    assert sendable(w) == [other]


def test_it_takes_its_old_place_in_line():
    w = World()
    first, second = blocked(w)
    other = w.card()
    w.move(second, Column.PLAN).move(other, Column.PLAN)
    complete(w, first)
    assert sendable(w) == [second, other]


def test_what_waits_for_cards_has_no_other_place_in_line():
    w = World()
    first, second = blocked(w)
    w.move(second, Column.PLAN)
    refused = w.refused(c.Requeue(w.attempt(second).id, 1))
    assert (refused.code, refused.params) == ("E-DEP-2", {"cards": f"#{w.task(first).number}"})


def test_it_is_not_held_first_and_can_be_withdrawn():
    w = World()
    _, second = blocked(w, grace_s=3.0)
    w.move(second, Column.PLAN)
    assert w.status(second) is RunStatus.QUEUED
    w.do(c.Withdraw(w.attempt(second).id))
    assert (w.status(second), w.place(second)) == (RunStatus.IDLE, Column.BACKLOG)


def test_it_is_not_held_when_its_withdrawal_is_undone_either():
    w = World()
    _, second = blocked(w, grace_s=3.0)
    w.move(second, Column.PLAN)
    before = w.board
    events = w.do(c.ArchiveTask(second)).last
    deed = deed_of(c.ArchiveTask(second), before, w.board, events)
    assert deed is not None
    w.do(c.UndoOperation("op", deed))
    assert (w.status(second), w.attempt(second).due_at) == (RunStatus.QUEUED, None)


def test_somebody_may_decide_not_to_wait():
    w = World()
    _, second = blocked(w)
    w.move(second, Column.PLAN).do(c.StartAnyway(w.attempt(second).id))
    assert sendable(w) == [second]
    w.do(c.StartAnyway(w.attempt(second).id))
    assert w.kinds() == []
    w.accept(second)
    assert w.status(second) is RunStatus.RUNNING


@pytest.mark.parametrize(("started", "code"), [(False, "E-WF-2"), (True, "E-WF-19")])
def test_there_may_be_nothing_to_decide(started: bool, code: str):
    w = World()
    card = w.card()
    w.move(card, Column.PLAN)
    if started:
        w.accept(card).finish(card)
    assert w.refused(c.StartAnyway(w.attempt(card).id)).code == code
    assert w.refused(c.StartAnyway("nobody")).code == "E-SYS-3"


def test_a_merge_waits_for_nobody():
    w = World()
    first, second = w.card(), w.card()
    w.start(second).finish(second).do(c.EditTask(second, {"blocked_by": [first]}))
    w.move(second, Column.COMPLETED, action="merge")
    assert sendable(w) == [second]


# What can be said.


def test_a_circle_is_refused_and_its_way_named():
    w = World()
    first, second = blocked(w)
    third = w.card()
    w.do(c.EditTask(third, {"blocked_by": [second]}))
    refused = w.refused(c.EditTask(first, {"blocked_by": [third]}))
    assert (refused.code, refused.params["path"]) == ("E-DEP-1", "#1 waits for #3 waits for #2 waits for #1")


def test_a_card_cannot_wait_for_itself():
    w = World()
    card = w.card()
    assert w.refused(c.EditTask(card, {"blocked_by": [card]})).params["path"] == "#1 waits for #1"


def test_a_deleted_card_closes_a_circle_too():
    w = World()
    first, second = blocked(w)
    w.do(c.DeleteTask(second))
    assert w.refused(c.EditTask(first, {"blocked_by": [second]})).code == "E-DEP-1"


@pytest.mark.parametrize(
    ("blocked_by", "code"),
    [(["nobody"], "E-SYS-3"), ([7], "E-VAL-8"), ("task1", "E-VAL-8"), (None, "E-VAL-8")],
    ids=str,
)
def test_lists_that_are_refused(blocked_by: object, code: str):
    w = World()
    assert w.refused(c.EditTask(w.card(), {"blocked_by": blocked_by})).code == code


def test_the_list_has_an_end_and_names_each_card_once():
    w = World()
    cards = [w.card() for _ in range(BLOCKER_LIMIT + 2)]
    own, *others = cards
    assert w.refused(c.EditTask(own, {"blocked_by": others})).code == "E-VAL-17"
    w.do(c.EditTask(own, {"blocked_by": [others[0], others[1], others[0]]}))
    assert w.task(own).blocked_by == (others[0], others[1])


def test_a_new_card_can_wait_at_once():
    w = World()
    first = w.card()
    w.do(c.CreateTask("Second", stages=(Stage.PLAN,), blocked_by=(first, first)))
    (second,) = set(w.board.tasks) - {first}
    assert w.task(second).blocked_by == (first,)
    assert w.refused(c.CreateTask("Third", stages=(Stage.PLAN,), blocked_by=("nobody",))).code == "E-SYS-3"


def test_cards_are_imported_in_any_order_but_in_no_circle():
    w = World()
    first, second = blocked(w)
    cards = [w.task(second), replace(w.task(first), blocked_by=())]
    other = World().do(*(c.ImportCard(task) for task in cards))
    assert other.task(second).blocked_by == (first,)
    assert [task.id for task in other.board.blockers(other.task(second))] == [first]
    torn = World().do(c.ImportCard(cards[0]))
    assert torn.board.blockers(torn.task(second)) == [], "a card that has not come holds nobody up"
    torn.do(c.ImportCard(replace(cards[0], id="third", blocked_by=())))
    torn.do(c.EditTask(second, {"blocked_by": (first, "third")}))
    assert torn.refused(c.EditTask("third", {"blocked_by": (first,)})).code == "E-SYS-3"
    assert torn.refused(c.ImportCard(replace(cards[1], blocked_by=(second,)))).code == "E-DEP-1"
