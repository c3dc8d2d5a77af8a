"""How long a card in line will wait, and for what."""

from datetime import datetime, timedelta

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.services.estimates import Outlook, Wait, about, waits
from tests.support.builders import World


def outlook(max_runs: int = 15, per_minute: int = 28, *sent: datetime, rest_until: datetime | None = None) -> Outlook:
    return Outlook(is_open=True, max_runs=max_runs, per_minute=per_minute, sent=sent, rest_until=rest_until)


def line(w: World, seen: Outlook) -> list[Wait]:
    return list(waits(w.board, seen, w.now).values())


def seconds(w: World, seen: Outlook) -> list[float | None]:
    return [(x.starts_at - w.now).total_seconds() if x.starts_at else None for x in line(w, seen)]


def completed(w: World, seconds: float, times: int = 3) -> None:
    for _ in range(times):
        card = w.card((Stage.PLAN,))
        w.start(card)
        w.now += timedelta(seconds=seconds - 1)
        w.finish(card)


def running(w: World, stages: tuple[Stage, ...] = (Stage.PLAN,), vintage: Vintage = Vintage.V1) -> str:
    card = w.card(stages)
    w.start(card, stages[0], vintage)
    return card


def waiting(w: World, count: int, stages: tuple[Stage, ...] = (Stage.PLAN,)) -> None:
    for _ in range(count):
        w.move(w.card(stages), Column.PLAN)


def test_who_can_start_does_so_at_once():
    w = World()
    waiting(w, 2)
    assert line(w, outlook()) == [Wait(1, w.now), Wait(2, w.now)]


def test_without_a_connection_nobody_can_tell():
    w = World()
    waiting(w, 2)
    assert line(w, Outlook(is_open=False, max_runs=15, per_minute=28)) == [Wait(1), Wait(2)]


def test_a_line_without_anybody():
    assert waits(World().board, outlook(), World().now) == {}


def test_runs_of_the_usual_length_give_the_time():
    w = World()
    for length in (100, 200, 900):
        completed(w, length, times=1)
    running(w)
    w.now += timedelta(seconds=50)
    waiting(w, 3)
    age = 50 + 6
    assert seconds(w, outlook(max_runs=1)) == [200 - age, 400 - age, 600 - age]
    reason = line(w, outlook(max_runs=1))[0].reason
    assert reason is not None
    assert (reason.code, reason.params) == ("E-LOAD-1", {"n": "1", "are": "is", "doubt": ""})


def test_a_run_that_takes_longer_than_others_is_nearly_done():
    w = World()
    completed(w, 100)
    running(w)
    w.now += timedelta(seconds=1000)
    waiting(w, 1)
    assert seconds(w, outlook(max_runs=1)) == [10]


def test_other_numbers_of_stages_count_by_the_stage():
    w = World()
    completed(w, 60)
    running(w, (Stage.PLAN, Stage.BUILD))
    waiting(w, 1)
    assert seconds(w, outlook(max_runs=1)) == [pytest.approx(118)]


@pytest.mark.parametrize("times", [0, 2])
def test_nobody_knows_how_long_the_first_runs_take(times: int):
    w = World()
    completed(w, 100, times)
    running(w)
    waiting(w, 1)
    assert seconds(w, outlook(max_runs=1)) == [None]


@pytest.mark.parametrize("what", ["uncertain", "mute"])
def test_what_says_nothing_of_its_end_is_not_waited_for(what: str):
    w = World()
    completed(w, 60)
    if what == "mute":
        running(w, vintage=Vintage.V0)
    else:
        card = w.card()
        w.move(card, Column.PLAN).doubt(card)
    waiting(w, 1)
    wait = line(w, outlook(max_runs=1))[0]
    assert wait.starts_at is None
    assert wait.reason is not None
    doubt = ", 1 of them uncertain: decide on these first" if what == "uncertain" else ""
    assert wait.reason.params == {"n": "1", "are": "is", "doubt": doubt}


def test_more_runs_than_are_allowed_now_all_have_to_end_first():
    w = World()
    completed(w, 100)
    for _ in range(3):
        running(w)
    waiting(w, 1)
    first = seconds(w, outlook(max_runs=1))[0]
    assert first is not None
    assert first == max(x for x in seconds(w, outlook(max_runs=1)) if x is not None)
    assert first > (seconds(w, outlook(max_runs=3))[0] or 0)


def test_a_full_minute_is_exact():
    w = World()
    waiting(w, 3)
    sent = [w.now - timedelta(seconds=40), w.now - timedelta(seconds=10)]
    seen = outlook(15, 2, *sent)
    assert seconds(w, seen) == [20, 50, 80]
    assert all(x.is_exact for x in line(w, seen))
    reason = line(w, seen)[0].reason
    assert reason is not None
    assert (reason.code, reason.params) == ("E-RATE-2", {"n": "20"})


def test_a_rest_holds_all():
    w = World()
    waiting(w, 2)
    assert seconds(w, outlook(rest_until=w.now + timedelta(seconds=30))) == [30, 30]
    assert seconds(w, outlook(rest_until=w.now - timedelta(seconds=30))) == [0, 0]


def test_freed_places_count():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).do(c.FreePlace(w.attempt(card).id))
    waiting(w, 1)
    assert line(w, outlook(max_runs=1)) == [Wait(1, w.now)]


@pytest.mark.parametrize(
    ("length", "words"),
    [(0, "less than a minute"), (59, "less than a minute"), (60, "about 1 min"), (245, "about 4 min"),
     (5000, "about 83 min"), (7000, "about 2 h")],
)  # fmt: skip
def test_durations_in_words(length: float, words: str):
    assert about(length) == words
