"""Runs that wait for a person: `waiting`, `awaiting_approval` and `paused` in the words of services."""

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.model import Flag, RunStatus
from kanban_app.domain.placement import decisions, may_cancel
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, Vintage
from tests.support.builders import World, flags_of

WORDS = ["waiting", "awaiting_approval", "paused", " Waiting "]


def waiting(w: World, word: str = "waiting", vintage: Vintage = Vintage.V1) -> str:
    card = w.card()
    w.start(card, vintage=vintage).told(card, "in_progress", percent=40, step="Reading")
    w.told(card, word, message="Approve the plan")
    return card


@pytest.mark.parametrize("word", WORDS)
def test_it_says_for_what_it_waits_and_keeps_its_slot(word: str):
    w = World()
    card = waiting(w, word)
    attempt = w.attempt(card)
    assert (attempt.status, attempt.step, attempt.progress) == (RunStatus.WAITING, "Approve the plan", 13)
    assert w.place(card) is Column.PLAN
    assert w.board.active() == [attempt]
    w.told(card, word, message="Approve the plan")
    assert w.kinds() == []


@pytest.mark.parametrize("progress", ["in_progress", "started", "running"])
def test_the_next_sign_of_progress_makes_it_run_again(progress: str):
    w = World()
    card = waiting(w)
    w.told(card, progress, percent=60)
    assert (w.status(card), w.attempt(card).progress, w.attempt(card).step) == (RunStatus.RUNNING, 20, "")


def test_the_next_stage_makes_it_run_again_but_not_one_that_is_over():
    w = World()
    card = waiting(w)
    w.stage(card, Column.PLAN)
    assert w.status(card) is RunStatus.WAITING
    w.stage(card, Column.BUILD)
    assert (w.status(card), w.place(card)) == (RunStatus.RUNNING, Column.BUILD)
    w.told(card, "waiting", message="Look").told(card, "completed", "adw_plan_iso")
    assert w.status(card) is RunStatus.WAITING


def test_it_may_wait_in_a_later_stage_than_the_known_one():
    w = World()
    card = waiting(w)
    w.told(card, "waiting", "adw_build_iso", message="Approve the plan")
    assert (w.status(card), w.place(card), w.attempt(card).step) == (
        RunStatus.WAITING,
        Column.BUILD,
        "Approve the plan",
    )


@pytest.mark.parametrize(
    ("word", "status"),
    [("completed", RunStatus.COMPLETED), ("failed", RunStatus.FAILED), ("cancelled", RunStatus.CANCELLED)],
)
def test_it_may_end_without_going_on(word: str, status: RunStatus):
    w = World()
    card = waiting(w)
    w.told(card, word, message="over")
    assert w.status(card) is status


def test_it_is_never_silent_or_stuck():
    w = World()
    card = w.card()
    w.start(card).silence(card).do(r.StandsStill(w.attempt(card).adw_id))
    assert flags_of(w, card) == {Flag.SILENT, Flag.STUCK}
    w.told(card, "waiting", message="Approve the plan")
    assert flags_of(w, card) == frozenset()
    w.silence(card).do(r.StandsStill(w.attempt(card).adw_id))
    assert flags_of(w, card) == frozenset()


def test_it_can_be_cancelled_and_parked():
    w = World(can_cancel=True)
    card, other = waiting(w), waiting(w)
    assert may_cancel(w.board, w.task(card), can_cancel=True)
    w.do(c.CancelRun(w.run(card).adw_id)).cancelled(card)
    assert (w.status(card), w.place(card)) == (RunStatus.CANCELLED, Column.PLAN)
    w.move(other, Column.BACKLOG).cancelled(other)
    assert (w.status(other), w.place(other)) == (RunStatus.CANCELLED, Column.BACKLOG)


def test_nothing_else_starts_meanwhile():
    w = World(can_cancel=True)
    card = waiting(w, vintage=Vintage.OURS)
    assert decisions(w.board, w.attempt(card)) == ()
    for wish in (c.MoveTask(card, Column.TEST), c.StartTask(card), c.RestartTask(card), c.ResumeTask(card, Stage.TEST)):
        assert w.refused(wish).code == "E-WF-2"


def test_a_start_in_doubt_that_waits_has_begun():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).told(card, "waiting", message="Approve the plan")
    assert (w.status(card), w.attempt(card).failure) == (RunStatus.WAITING, None)


def test_a_merge_may_wait_too():
    w = World()
    card = w.card()
    w.start(card).finish(card).move(card, Column.COMPLETED, action="merge").accept(card)
    w.told(card, "waiting", MERGE_WORKFLOW, message="Approve the merge")
    assert (w.status(card), w.place(card)) == (RunStatus.WAITING, Column.READY)
    w.told(card, "completed", MERGE_WORKFLOW)
    assert w.place(card) is Column.COMPLETED


def test_where_it_cannot_be_stopped_a_person_can_say_that_it_is_not_running():
    w = World()
    card = waiting(w)
    assert decisions(w.board, w.attempt(card)) == ("not-running", "release")
    refusal = w.refused(c.ResumeTask(card, Stage.PLAN))
    assert (refusal.code, refusal.offers) == ("E-MOVE-3", ("not-running",))
    w.do(c.FreePlace(w.attempt(card).id))
    assert w.board.active() == []
    w.do(c.NotRunning(w.attempt(card).id))
    assert (w.status(card), w.place(card)) == (RunStatus.CANCELLED, Column.PLAN)


def test_a_merge_that_waits_at_the_service_says_where():
    w = World()
    card = w.card()
    w.start(card).finish(card).move(card, Column.COMPLETED, action="merge").accept(card)
    merge, step = w.attempt(card).id, "Waiting at the service, place 2"
    w.told(card, "in_progress", "", step=step, attempt_id=merge)
    assert w.attempt(card).step == step


def test_a_long_reason_is_cut_to_what_a_card_can_show():
    w = World()
    card = w.card()
    w.start(card).told(card, "waiting", message="\n Approve this:\n" + "x" * 1_000_000)
    assert w.attempt(card).step == "Approve this:"
    w.told(card, "waiting", message="y" * 1_000_000)
    assert w.attempt(card).step == "y" * 299 + "…"
    assert w.told(card, "waiting", message="y" * 1_000_000).kinds() == []
