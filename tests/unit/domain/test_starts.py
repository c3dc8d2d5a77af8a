"""Starting, retrying, stopping and settling by menu and API."""

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.model import AttemptKind, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage
from tests.support.builders import World, essence

P, B, T = Stage.PLAN, Stage.BUILD, Stage.TEST


def errored_in_build(w: World) -> str:
    card = w.card()
    w.start(card).stage(card, Column.BUILD).fail(card)
    return card


def test_start_goes_on_with_what_is_not_done():
    w = World()
    card = w.card()
    w.do(c.StartTask(card))
    assert (w.place(card), w.attempt(card).stages) == (Column.PLAN, (P, B, T))
    other = errored_in_build(w)
    run = w.run(other).adw_id
    w.do(c.StartTask(other))
    assert (w.place(other), w.attempt(other).stages, w.attempt(other).adw_id) == (Column.BUILD, (B, T), run)


def test_start_of_what_is_all_done_is_a_new_run():
    w = World()
    card = w.card()
    w.start(card).finish(card)
    run = w.run(card).adw_id
    w.do(c.StartTask(card))
    assert (w.place(card), w.attempt(card).kind) == (Column.PLAN, AttemptKind.START)
    assert w.attempt(card).adw_id != run


def test_start_with_wishes():
    w = World()
    card = w.card()
    w.do(c.StartTask(card, stages=(B, P, B), model_set="base", adw_id="Abcd1234"))
    attempt = w.attempt(card)
    assert (attempt.stages, attempt.model_set, attempt.adw_id) == ((P, B), "base", "Abcd1234")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.StartTask("task1", model_set="opus"), "E-VAL-2"),
        (c.StartTask("task1", adw_id="../etc"), "E-VAL-16"),
        (c.StartTask("task1", adw_id="12345678\n"), "E-VAL-16"),
        (c.StartTask("task1", stages=(Stage.REVIEW,)), "E-VAL-13"),
        (c.StartTask("task1", stages=(T,)), "E-VAL-4"),
        (c.StartTask("task1", workflow_type="adw_sdlc_zte_iso"), "E-VAL-1"),
        (c.StartTask("task1", workflow_type="adw_merge_iso", adw_id="12345678"), "E-MOVE-6"),
        (c.StartTask("task1", workflow_type="adw_orchestrator"), "E-VAL-12"),
        (c.StartTask("task1", workflow_type="adw_build_iso"), "E-VAL-4"),
        (c.StartTask("nobody"), "E-SYS-3"),
    ],
    ids=lambda value: str(value)[:70],
)
def test_starts_that_are_refused(command: c.StartTask, code: str):
    w = World()
    w.card()
    assert w.refused(command).code == code


def test_a_patch_cannot_be_started_with_a_planning_workflow():
    """C45."""
    w = World()
    card = w.card(task_type=TaskType.PATCH)
    assert w.refused(c.StartTask(card, workflow_type="adw_plan_build_iso")).code == "E-VAL-14"
    assert w.refused(c.StartTask(card, workflow_type="adw_orchestrator", stages=(P,))).code == "E-VAL-14"
    w.do(c.StartTask(card, workflow_type="adw_patch_iso"))


def test_a_dependent_workflow_continues_the_cards_run():
    w = World()
    card = errored_in_build(w)
    run = w.run(card).adw_id
    w.do(c.StartTask(card, workflow_type="adw_build_iso"))
    assert (w.attempt(card).adw_id, w.attempt(card).stages, w.place(card)) == (run, (B,), Column.BUILD)
    w.accept(card).finish(card)
    assert (w.place(card), w.status(card)) == (Column.BUILD, RunStatus.COMPLETED)


def test_a_plan_is_always_a_new_run():
    w = World()
    card = w.card((B, T))
    w.start(card, B).finish(card)
    run = w.run(card).adw_id
    w.do(c.StartTask(card, workflow_type="adw_plan_iso"))
    assert w.attempt(card).adw_id != run


def test_a_run_of_another_card_is_not_taken():
    w = World()
    a, b = errored_in_build(w), w.card()
    assert w.refused(c.StartTask(b, stages=(B,), adw_id=w.run(a).adw_id)).code == "E-WF-11"


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.UNCERTAIN])
def test_what_is_under_way_is_not_started_twice(status: RunStatus):
    w = World()
    card = w.card()
    w.move(card, Column.PLAN)
    if status is RunStatus.RUNNING:
        w.accept(card)
    elif status is RunStatus.UNCERTAIN:
        w.doubt(card)
    code = "E-MOVE-3" if status is RunStatus.UNCERTAIN else "E-WF-2"
    assert w.refused(c.StartTask(card)).code == w.refused(c.RetryTask(card)).code == code


def test_a_completed_card_starts_only_from_its_first_stage():
    w = World()
    card = errored_in_build(w)
    w.move(card, Column.COMPLETED)
    assert w.refused(c.StartTask(card)).code == "E-MOVE-4"
    assert w.refused(c.RetryTask(card)).code == "E-MOVE-4"
    w.do(c.StartTask(card, stages=(P, B, T)))
    assert w.place(card) is Column.PLAN


# Retrying.


def test_retry_runs_from_the_failed_stage_on():
    w = World()
    card = errored_in_build(w)
    run = w.run(card).adw_id
    w.do(c.RetryTask(card))
    assert (w.place(card), w.attempt(card).stages, w.attempt(card).adw_id) == (Column.BUILD, (B, T), run)


def test_retry_of_a_failed_first_stage_is_a_new_run():
    w = World()
    card = w.card()
    w.start(card).fail(card)
    run = w.run(card).adw_id
    w.do(c.RetryTask(card))
    assert w.attempt(card).adw_id != run


def test_retry_of_a_refused_start_is_that_start():
    w = World()
    card = w.card()
    w.start(card).finish(card).move(card, Column.BUILD).send(card).refuse(card)
    w.do(c.RetryTask(card))
    assert (w.place(card), w.attempt(card).stages) == (Column.BUILD, (B, T))


def test_retry_of_a_stage_that_the_card_has_no_more():
    w = World()
    card = errored_in_build(w)
    w.do(c.EditTask(card, {"stages": (P, T)}), c.RetryTask(card))
    assert w.attempt(card).stages == (T,)


# Withdrawing and stopping.


@pytest.mark.parametrize("grace_s", [0, 3])
def test_withdraw_restores_place_order_and_run(grace_s: int):
    w = World(grace_s=grace_s)
    a, card, b = w.card(), w.card(), w.card()
    before = essence(w.board, card)
    w.move(card, Column.PLAN)
    w.do(c.Withdraw(w.attempt(card).id))
    assert essence(w.board, card) == before
    assert w.order(Column.BACKLOG) == [a, card, b]


def test_withdraw_when_its_place_was_taken():
    w = World()
    a, card = w.card(), w.card()
    w.move(card, Column.PLAN)
    late = w.card()
    w.do(c.Withdraw(w.attempt(card).id))
    assert w.order(Column.BACKLOG) == [a, card, late]
    assert w.task(card).rank != w.task(late).rank


def test_withdraw_is_too_late_once_it_is_sent():
    w = World()
    card = w.card()
    w.start(card)
    attempt = w.attempt(card).id
    assert w.refused(c.Withdraw(attempt)).code == "E-WF-2"
    w.finish(card)
    assert w.refused(c.Withdraw(attempt)).code == "E-WF-19"
    assert w.refused(c.Withdraw("nobody")).code == "E-SYS-3"


def test_cancel_in_every_state():
    w = World(can_cancel=True)
    card = w.card()
    before = essence(w.board, card)
    w.move(card, Column.PLAN)
    run = w.attempt(card).adw_id
    w.do(c.CancelRun(run))
    assert essence(w.board, card) == before
    assert w.refused(c.CancelRun(run)).code == "E-WF-19"
    assert w.refused(c.CancelRun("nobody00")).code == "E-WF-11"
    w.move(card, Column.PLAN).doubt(card)
    assert w.refused(c.CancelRun(w.run(card).adw_id)).code == "E-MOVE-3"
    w.told(card, "in_progress").do(c.CancelRun(w.run(card).adw_id))
    assert w.attempt(card).cancel_requested
    w.do(c.CancelRun(w.run(card).adw_id))
    assert w.kinds() == []


@pytest.mark.parametrize("command", [c.StartAgain, c.NotRunning, c.StageDone])
def test_decisions_need_something_to_decide(
    command: type[c.StartAgain] | type[c.NotRunning] | type[c.StageDone],
):
    w = World()
    card = w.card()
    w.start(card)
    attempt = w.attempt(card).id
    assert w.refused(command(attempt)).code == "E-WF-2"
    w.finish(card)
    assert w.refused(command(attempt)).code == "E-WF-19"
    assert w.refused(command("nobody")).code == "E-SYS-3"


def test_a_mute_run_can_be_declared_dead():
    w = World()
    card = w.card()
    w.start(card, vintage=Vintage.V0).do(c.NotRunning(w.attempt(card).id))
    assert (w.place(card), w.status(card)) == (Column.PLAN, RunStatus.CANCELLED)


def test_the_next_stage_of_a_mute_run_keeps_its_models():
    w = World()
    card = w.card((P, T))
    w.do(c.StartTask(card, model_set="base")).accept(card, Vintage.V0).do(c.StageDone(w.attempt(card).id))
    assert (w.task(card).model_set, w.attempt(card).model_set) == ("heavy", "base")
