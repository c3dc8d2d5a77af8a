"""The line of starts that wait: places, and slots that are freed."""

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import Vintage
from tests.support.builders import World


def line(w: World) -> list[str]:
    return [attempt.task_id for attempt in w.board.queue()]


def waiting(w: World, count: int) -> list[str]:
    cards = [w.card(title=f"card {n}") for n in range(count)]
    for card in cards:
        w.move(card, Column.PLAN)
    return cards


@pytest.mark.parametrize(
    ("place", "expected"), [(1, "cabd"), (2, "acbd"), (3, "abcd"), (4, "abdc"), (99, "abdc"), (-5, "cabd")]
)
def test_another_place_in_line(place: int, expected: str):
    w = World()
    cards = waiting(w, 4)
    w.do(c.Requeue(w.attempt(cards[2]).id, place))
    assert "".join("abcd"[cards.index(card)] for card in line(w)) == expected


def test_a_place_that_is_taken_already_changes_nothing():
    w = World()
    cards = waiting(w, 2)
    w.do(c.Requeue(w.attempt(cards[1]).id, 2))
    assert w.kinds() == []


def test_many_changes_of_place_keep_one_order():
    w = World()
    cards = waiting(w, 5)
    expected = list(cards)
    for n in range(40):
        card = expected.pop(n % 5)
        expected.insert(n % 3, card)
        w.do(c.Requeue(w.attempt(card).id, n % 3 + 1))
        assert line(w) == expected


def test_who_comes_later_stands_behind():
    w = World()
    first, second = waiting(w, 2)
    w.do(c.Requeue(w.attempt(second).id, 1))
    third = waiting(w, 1)[0]
    assert line(w) == [second, first, third]


def test_what_was_not_sent_after_all_has_its_place_again():
    w = World()
    first, second = waiting(w, 2)
    w.do(c.Requeue(w.attempt(second).id, 1)).send(second)
    third = waiting(w, 1)[0]
    w.do(r.Unsent(w.attempt(second).id))
    assert line(w) == [second, first, third]


def test_only_what_waits_has_a_place():
    w = World(grace_s=3)
    held = waiting(w, 1)[0]
    assert w.refused(c.Requeue(w.attempt(held).id, 1)).code == "E-WF-2"
    w.accept(held)
    assert w.refused(c.Requeue(w.attempt(held).id, 1)).code == "E-WF-2"
    w.finish(held)
    assert w.refused(c.Requeue(w.attempt(held).id, 1)).code == "E-WF-19"
    assert w.refused(c.Requeue("nobody", 1)).code == "E-SYS-3"


@pytest.mark.parametrize("state", ["uncertain", "silent", "mute"])
def test_a_place_is_freed_without_a_claim_that_the_run_has_ended(state: str):
    w = World()
    card = w.card()
    w.move(card, Column.PLAN)
    if state == "uncertain":
        w.doubt(card)
    elif state == "mute":
        w.accept(card, Vintage.V0)
    else:
        w.accept(card).silence(card)
    status = w.status(card)
    w.do(c.FreePlace(w.attempt(card).id))
    assert (w.status(card), w.board.active()) == (status, [])
    w.do(c.FreePlace(w.attempt(card).id))
    assert w.kinds() == []
    w.do(c.NotRunning(w.attempt(card).id))
    assert w.status(card) is RunStatus.CANCELLED
    assert w.refused(c.FreePlace(w.attempt(card).id)).code == "E-WF-19"


def test_a_freed_place_stays_free_when_the_start_is_settled():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).do(c.FreePlace(w.attempt(card).id)).told(card, "in_progress")
    assert (w.status(card), w.board.active()) == (RunStatus.RUNNING, [])


def test_a_new_attempt_holds_a_place_again():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).do(c.FreePlace(w.attempt(card).id), c.StartAgain(w.attempt(card).id))
    w.accept(card)
    assert [attempt.task_id for attempt in w.board.active()] == [card]


def test_a_run_that_is_heard_of_keeps_its_place():
    w = World()
    card = w.card()
    w.start(card)
    assert w.refused(c.FreePlace(w.attempt(card).id)).code == "E-WF-2"
    assert w.refused(c.FreePlace("nobody")).code == "E-SYS-3"


@pytest.mark.parametrize("grace_s", [0, 3], ids=["sending", "held"])
def test_no_place_is_given_that_somebody_will_come_back_to(grace_s: int):
    w = World(grace_s=grace_s)
    absent = waiting(w, 1)[0]
    if not grace_s:
        w.send(absent)
    w.grace_s = 0
    second, third = waiting(w, 2)
    w.do(c.Requeue(w.attempt(third).id, 1))
    w.do(r.Unsent(w.attempt(absent).id) if not grace_s else r.Release(w.attempt(absent).id))
    assert line(w) == [absent, third, second]
    ranks = [attempt.queue_rank for attempt in w.board.queue()]
    assert len(set(ranks)) == 3
