"""Contracts, section 5: what a drop means. One cell a test; the tables are to be read row by row."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.model import AttemptKind, Board, RunStatus
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage
from tests.support.builders import World, essence

PATCH = TaskType.PATCH


@dataclass(frozen=True)
class Goes:
    """The card goes to the column, and these events make it so.

    `run` is the card's run afterwards: a `new` one, the `same` as before the drop (or none as before), or `back`, the
    one that counted before the waiting attempt (or none). A new attempt waits; else the status goes with the run.
    """

    kinds: tuple[str, ...]
    run: str


@dataclass(frozen=True)
class No:
    """Refused, and nothing changes."""

    code: str
    offers: tuple[str, ...] = ()


HELD, RUNNING, QUEUED, CANCELLED = RunStatus.HELD, RunStatus.RUNNING, RunStatus.QUEUED, RunStatus.CANCELLED
REORDER = "reorder"
OPENED = "attempt.opened"

MEANINGS: dict[str, Goes | No | str] = {
    "=": REORDER,
    "new": Goes(("task.moved", "run.opened", OPENED), "new"),
    "on": Goes(("task.moved", OPENED), "same"),
    "new-instead": Goes(("attempt.withdrawn", "task.moved", "run.opened", OPENED), "new"),
    "on-instead": Goes(("attempt.withdrawn", "task.moved", OPENED), "back"),
    "move": Goes(("task.moved",), "same"),
    "withdraw": Goes(("attempt.withdrawn", "task.moved"), "back"),
    "stop": Goes(("attempt.cancel-asked", "task.moved"), "same"),
    "too-early": No("E-VAL-4", ("start-from-first",)),
    "no-stage": No("E-VAL-13", ("add-stage-and-run",)),
    "no-patch": No("E-VAL-14"),
    "active": No("E-WF-2"),
    "unsure": No("E-MOVE-3", ("check", "start-again", "not-running")),
    "unsure-v0": No("E-MOVE-3", ("start-again", "not-running")),
    "silent": No("E-MOVE-3", ("check", "not-running")),
    "mute": No("E-MOVE-3", ("stage-done", "not-running")),
    "no-cancel": No("E-WF-15"),
    "not-done": No("E-MOVE-1"),
    "never": No("E-MOVE-2"),
    "complete": No("E-MOVE-4", ("start-from-first",)),
}

# States of a card: each is a way to get there.


def idle(w: World) -> str:
    return w.card()


def held(w: World) -> str:
    w.grace_s = 3
    card = w.card()
    w.move(card, Column.PLAN)
    return card


def queued(w: World) -> str:
    card = w.card()
    w.move(card, Column.PLAN)
    return card


def queued_again(w: World) -> str:
    """Finished before; now waits in Build for another round."""
    card = ready(w)
    w.move(card, Column.BUILD)
    return card


def held_again(w: World) -> str:
    card = ready(w)
    w.grace_s = 3
    w.move(card, Column.BUILD)
    return card


def queued_anew(w: World) -> str:
    """Marked as complete after its run; now waits in Plan for a new one."""
    card = done(w)
    w.move(card, Column.PLAN)
    return card


def sending(w: World) -> str:
    card = queued(w)
    w.send(card)
    return card


def uncertain(w: World) -> str:
    card = queued(w)
    w.doubt(card)
    return card


def uncertain_v0(w: World) -> str:
    card = queued(w)
    w.doubt(card, Vintage.V0)
    return card


def running(w: World) -> str:
    card = w.card()
    w.start(card)
    return card


def stoppable(w: World) -> str:
    w.can_cancel = True
    return running(w)


def silent(w: World) -> str:
    card = running(w)
    w.silence(card)
    return card


def mute(w: World) -> str:
    card = w.card()
    w.start(card, vintage=Vintage.V0)
    return card


def planned(w: World) -> str:
    """Only the plan was asked for, and it is there."""
    card = w.card()
    w.do(c.StartTask(card, workflow_type="adw_plan_iso")).accept(card).finish(card)
    return card


def ready(w: World) -> str:
    card = running(w)
    w.stage(card, Column.READY)
    return card


def parked(w: World) -> str:
    card = ready(w)
    w.move(card, Column.BACKLOG)
    return card


def failed(w: World) -> str:
    """Errored in Build, with the plan done."""
    card = running(w)
    w.stage(card, Column.BUILD).fail(card)
    return card


def refused(w: World) -> str:
    card = sending(w)
    w.refuse(card)
    return card


def cancelled(w: World) -> str:
    card = running(w)
    w.stage(card, Column.BUILD).cancelled(card)
    return card


def done(w: World) -> str:
    card = ready(w)
    w.move(card, Column.COMPLETED, action="mark")
    return card


def marked(w: World) -> str:
    card = w.card()
    w.move(card, Column.COMPLETED, action="mark")
    return card


def patch_idle(w: World) -> str:
    return w.card(task_type=PATCH)


def patch_running(w: World) -> str:
    card = patch_idle(w)
    w.start(card, Stage.BUILD)
    return card


def patch_ready(w: World) -> str:
    card = patch_running(w)
    w.finish(card)
    return card


# The cards' list is plan, build, test; a patch has build. The columns of the table are those of the board.
TABLE = """
              backlog    plan         build      test        review     document   ready      completed  errored
idle          =          new          too-early  too-early   no-stage   no-stage   not-done   move       never
held          withdraw   =            too-early  too-early   no-stage   no-stage   active     withdraw   never
queued        withdraw   =            too-early  too-early   no-stage   no-stage   active     withdraw   never
queued_again  withdraw   new-instead  =          on-instead  no-stage   no-stage   active     withdraw   never
held_again    withdraw   new-instead  =          on-instead  no-stage   no-stage   active     withdraw   never
queued_anew   withdraw   =            complete   complete    no-stage   no-stage   active     withdraw   never
sending       active     =            active     active      active     active     active     active     never
uncertain     unsure     =            unsure     unsure      unsure     unsure     unsure     unsure     never
uncertain_v0  unsure-v0  =            unsure-v0  unsure-v0   unsure-v0  unsure-v0  unsure-v0  unsure-v0  never
running       no-cancel  =            active     active      active     active     active     active     never
stoppable     stop       =            active     active      active     active     active     active     never
silent        no-cancel  =            silent     silent      silent     silent     silent     silent     never
mute          no-cancel  =            mute       mute        mute       mute       mute       mute       never
planned       move       =            on         too-early   no-stage   no-stage   not-done   move       never
ready         move       new          on         on          no-stage   no-stage   =          move       never
parked        =          new          on         on          no-stage   no-stage   move       move       never
failed        move       new          on         too-early   no-stage   no-stage   not-done   move       =
refused       move       =            too-early  too-early   no-stage   no-stage   not-done   move       never
cancelled     move       new          =          too-early   no-stage   no-stage   not-done   move       never
done          move       new          complete   complete    no-stage   no-stage   move       =          never
marked        move       new          complete   complete    no-stage   no-stage   not-done   =          never
patch_idle    =          no-patch     new        no-patch    no-patch   no-patch   not-done   move       never
patch_running no-cancel  active       =          active      active     active     active     active     never
patch_ready   move       no-patch     new        no-patch    no-patch   no-patch   =          move       never
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]
CELLS = [(state, column, cell) for state, *cells in ROWS for column, cell in zip(Column, cells, strict=True)]
State = Callable[[World], str]


@pytest.mark.parametrize(("state", "column", "cell"), CELLS, ids=[f"{s}-to-{c}-{cell}" for s, c, cell in CELLS])
def test_drop(state: str, column: Column, cell: str):
    w = World()
    card = globals()[state](w)
    before, had = w.board, w.task(card)
    expected = MEANINGS[cell]
    decided = w.say(c.MoveTask(card, column))
    if isinstance(expected, No):
        assert isinstance(decided, Refusal)
        assert (decided.code, decided.offers) == (expected.code, expected.offers)
        assert w.board is before
    elif isinstance(expected, Goes):
        assert not isinstance(decided, Refusal)
        assert tuple(event.kind for event in decided) == expected.kinds
        assert w.place(card) is column
        expect_run(w, card, before, expected)
    else:
        assert column is had.column
        assert decided == []


def expect_run(w: World, card: str, before: Board, expected: Goes):
    had, now = before.tasks[card], w.task(card)
    attempt = before.attempt_of(had)
    if expected.run == "new":
        assert now.run_id in w.board.runs
        assert now.run_id not in before.runs
    elif expected.run == "back":
        assert attempt is not None
        assert now.run_id == attempt.previous_run_id
    else:
        assert now.run_id == had.run_id
    if OPENED in expected.kinds:
        assert w.status(card) is (HELD if w.grace_s else QUEUED)
        assert w.attempt(card).stages == now.stages[now.stages.index(Stage(now.column.value)) :]
    elif expected.run == "back":
        assert attempt is not None
        assert now.attempt_id == attempt.previous_id
        assert w.board.attempts[attempt.id].status is CANCELLED
    else:
        assert w.board.attempt_of(now) == (replace(attempt, cancel_requested=cell_stops(expected)) if attempt else None)


def cell_stops(expected: Goes) -> bool:
    return "attempt.cancel-asked" in expected.kinds


def test_the_table_names_the_columns_of_the_board():
    names = TABLE.strip().splitlines()[0].split()
    assert [name.replace("ready", "ready-to-merge") for name in names] == list(Column)


def test_a_start_runs_the_stages_from_there_on():
    w = World()
    card = ready(w)
    w.move(card, Column.BUILD)
    attempt = w.attempt(card)
    assert attempt.stages == (Stage.BUILD, Stage.TEST)
    assert attempt.kind is AttemptKind.CONTINUE
    assert attempt.adw_id == attempt.previous_run_id


def test_a_new_run_keeps_the_old_one():
    w = World()
    card = ready(w)
    old = w.run(card)
    w.move(card, Column.PLAN)
    assert w.attempt(card).kind is AttemptKind.START
    assert w.attempt(card).stages == w.task(card).stages
    assert w.board.runs[old.adw_id] == old


def test_errored_goes_on_in_the_failed_stage_on_the_same_run():
    w = World()
    card = failed(w)
    run = w.run(card).adw_id
    w.move(card, Column.BUILD).accept(card)
    assert (w.run(card).adw_id, w.place(card)) == (run, Column.BUILD)
    w.stage(card, Column.TEST).finish(card)
    assert w.place(card) is Column.READY


def test_a_patch_is_an_attempt_of_its_kind_in_build():
    w = World()
    card = patch_idle(w)
    w.move(card, Column.BUILD)
    assert (w.attempt(card).kind, w.attempt(card).stages) == (AttemptKind.PATCH, (Stage.BUILD,))
    w.accept(card)
    assert w.attempt(card).workflow_type == "adw_patch_iso"


def test_parameters_of_too_early_name_what_is_missing_and_the_first_stage():
    w = World()
    card = idle(w)
    assert w.refused(c.MoveTask(card, Column.TEST)).params == {"stage": "test", "missing": "plan", "first": "plan"}


def test_a_list_that_begins_later_starts_there():
    w = World()
    card = w.card((Stage.BUILD, Stage.TEST))
    w.move(card, Column.BUILD)
    assert w.attempt(card).stages == (Stage.BUILD, Stage.TEST)
    assert w.attempt(card).kind is AttemptKind.START


# The new choice replaces a waiting attempt.


def test_a_held_choice_is_replaced_and_withdrawing_the_new_one_leads_back_to_the_very_start():
    w = World()
    card = ready(w)
    before = essence(w.board, card)
    w.grace_s = 3
    w.move(card, Column.BUILD)
    first = w.attempt(card).id
    w.move(card, Column.TEST)
    assert w.board.attempts[first].status is CANCELLED
    assert w.status(card) is HELD
    w.do(c.Withdraw(w.attempt(card).id))
    assert essence(w.board, card) == before


def test_a_waiting_choice_that_cannot_be_replaced_keeps_waiting():
    w = World()
    card = queued(w)
    attempt = w.attempt(card)
    assert w.refused(c.MoveTask(card, Column.BUILD)).code == "E-VAL-4"
    assert w.attempt(card) == attempt
    assert [a.id for a in w.board.queue()] == [attempt.id]


def test_reordering_a_waiting_card_leaves_its_attempt_alone():
    w = World()
    a, b = queued(w), queued(w)
    attempt = w.attempt(b)
    w.move(b, Column.PLAN, has_after=True, after=None)
    assert w.order(Column.PLAN) == [b, a]
    assert w.attempt(b) == attempt


# Parking what runs.


def test_parking_asks_the_service_to_stop_and_the_card_stays_parked():
    w = World()
    card = stoppable(w)
    w.move(card, Column.BACKLOG)
    assert w.kinds() == ["attempt.cancel-asked", "task.moved"]
    assert (w.place(card), w.status(card)) == (Column.BACKLOG, RUNNING)
    w.stage(card, Column.BUILD)
    assert w.place(card) is Column.BACKLOG
    w.cancelled(card)
    assert (w.place(card), w.status(card)) == (Column.BACKLOG, CANCELLED)


def test_parking_twice_asks_once():
    w = World()
    card = stoppable(w)
    w.do(c.CancelRun(w.attempt(card).adw_id)).move(card, Column.BACKLOG)
    assert w.kinds() == ["task.moved"]


def test_a_parked_card_whose_run_cannot_be_stopped_goes_back_to_it():
    w = World()
    card = stoppable(w)
    w.stage(card, Column.BUILD).move(card, Column.BACKLOG)
    w.do(r.CancelRefused(w.attempt(card).adw_id, "cannot", gone=False))
    assert (w.place(card), w.status(card)) == (Column.BUILD, RUNNING)
    assert not w.attempt(card).cancel_requested


def test_a_parked_card_whose_run_is_gone_is_cancelled():
    w = World()
    card = stoppable(w)
    w.move(card, Column.BACKLOG)
    w.do(r.CancelRefused(w.attempt(card).adw_id, "unknown", gone=True))
    assert (w.place(card), w.status(card)) == (Column.BACKLOG, CANCELLED)


# Merge or mark.


@pytest.mark.parametrize("state", [idle, failed, planned])
def test_only_what_is_ready_is_merged(state: State):
    w = World()
    card = state(w)
    assert w.refused(c.MoveTask(card, Column.COMPLETED, action="merge")).code == "E-MOVE-6"


def test_merge_opens_an_attempt_and_the_card_waits_for_it():
    w = World()
    card = ready(w)
    run = w.run(card).adw_id
    w.move(card, Column.COMPLETED, action="merge")
    assert (w.place(card), w.kinds(), w.run(card).adw_id) == (Column.READY, [OPENED], run)


@pytest.mark.parametrize("action", [None, "mark"])
def test_mark_completes_without_a_run(action: str | None):
    w = World()
    card = ready(w)
    w.move(card, Column.COMPLETED, action=action)
    assert (w.place(card), w.kinds()) == (Column.COMPLETED, ["task.moved"])


def test_an_action_that_nobody_knows_is_refused():
    w = World()
    card = ready(w)
    assert w.refused(c.MoveTask(card, Column.COMPLETED, action="ship")).code == "E-VAL-8"


def test_a_card_that_is_gone_cannot_be_moved():
    w = World()
    card = idle(w)
    w.do(c.DeleteTask(card))
    assert w.refused(c.MoveTask(card, Column.PLAN)).code == "E-SYS-3"
    assert w.refused(c.MoveTask("nobody", Column.PLAN)).code == "E-SYS-3"


# Where in the column.


def column_of_four(w: World) -> tuple[str, str, str, str]:
    return w.card(), w.card(), w.card(), w.card()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, "bcda"),
        ({"has_after": True, "after": None}, "abcd"),
        ({"has_after": True, "after": "b"}, "bacd"),
        ({"has_after": True, "after": "d"}, "bcda"),
        ({"has_after": True, "after": "a"}, "bcda"),
        ({"has_after": True, "after": "gone"}, "bcda"),
        ({"has_after": True, "after": "gone", "index": 1}, "bacd"),
        ({"has_after": True, "after": "c", "index": 0}, "bcad"),
        ({"index": 0}, "abcd"),
        ({"index": 1}, "bacd"),
        ({"index": 3}, "bcda"),
        ({"index": 99}, "bcda"),
        ({"index": -5}, "abcd"),
        ({"after": "b"}, "bcda"),
    ],
    ids=str,
)
def test_reorder_in_the_column(where: dict[str, object], expected: str):
    w = World()
    names = dict(zip("abcd", column_of_four(w), strict=True))
    after = where.get("after")
    known = {**where, "after": names.get(str(after), after)} if "after" in where else where
    w.move(names["a"], Column.BACKLOG, **known)
    assert w.order(Column.BACKLOG) == [names[name] for name in expected]
    assert w.kinds() == ([] if expected == "abcd" else ["task.moved"])


@pytest.mark.parametrize(
    ("where", "expected"),
    [({}, "abx"), ({"index": 0}, "xab"), ({"has_after": True, "after": "a"}, "axb"), ({"index": 1}, "axb")],
    ids=str,
)
def test_place_in_another_column(where: dict[str, object], expected: str):
    w = World()
    names = {"a": queued(w), "b": queued(w), "x": w.card()}
    known = {**where, "after": names[str(where["after"])]} if "after" in where else where
    w.move(names["x"], Column.PLAN, **known)
    assert w.order(Column.PLAN) == [names[name] for name in expected]


def test_a_cancelled_run_reorders_in_its_column_and_starts_by_menu():
    w = World()
    card, other = cancelled(w), cancelled(w)
    w.move(other, Column.BUILD, index=0)
    assert w.order(Column.BUILD) == [other, card]
    assert (w.kinds(), w.status(other)) == (["task.moved"], CANCELLED)
    w.do(c.RetryTask(other))
    assert (w.place(other), w.status(other), w.attempt(other).stages[0]) == (Column.BUILD, QUEUED, Stage.BUILD)
