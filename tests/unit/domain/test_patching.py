"""Patching a run by a text, going on from a stage, and starting anew."""

from collections.abc import Callable

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.model import AttemptKind, RunStatus, StageState
from kanban_app.domain.placement import all_done
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, PATCH_WORKFLOW, TaskType, Vintage
from tests.support.builders import World, essence

P, B, T = Stage.PLAN, Stage.BUILD, Stage.TEST
TEXT = "Make the title larger"


def ready(w: World) -> str:
    card = w.card()
    w.start(card).finish(card)
    return card


def errored(w: World) -> str:
    card = w.card()
    w.start(card).stage(card, Column.TEST).fail(card)
    return card


def planned(w: World) -> str:
    """Only its plan was wanted, and is done."""
    card = w.card()
    w.do(c.StartTask(card, workflow_type="adw_plan_iso")).accept(card).finish(card)
    return card


def marked(w: World) -> str:
    card = ready(w)
    w.move(card, Column.COMPLETED, action="mark")
    return card


def cancelled(w: World) -> str:
    card = w.card()
    w.start(card).stage(card, Column.BUILD).cancelled(card)
    return card


def merged(w: World) -> str:
    card = ready(w)
    w.move(card, Column.COMPLETED, action="merge").accept(card).told(card, "completed", MERGE_WORKFLOW)
    return card


State = Callable[[World], str]


@pytest.mark.parametrize("state", [ready, errored, planned, marked, cancelled])
def test_a_patch_works_on_the_cards_run_in_build(state: State):
    w = World()
    card = state(w)
    run = w.run(card).adw_id
    w.do(c.PatchTask(card, f"  {TEXT}\x07 "))
    attempt = w.attempt(card)
    assert (attempt.kind, attempt.workflow_type, attempt.stages) == (AttemptKind.PATCH, PATCH_WORKFLOW, (B,))
    assert (attempt.options, attempt.adw_id) == ({"patch": TEXT}, run)
    assert (w.place(card), w.status(card)) == (Column.BUILD, RunStatus.QUEUED)


@pytest.mark.parametrize("state", [ready, marked])
@pytest.mark.parametrize("vintage", Vintage)
def test_a_card_whose_stages_are_done_is_ready_again_when_it_is_patched(state: State, vintage: Vintage):
    w = World()
    card = state(w)
    w.do(c.PatchTask(card, TEXT)).accept(card, vintage)
    assert (w.place(card), w.status(card), w.attempt(card).current) == (Column.BUILD, RunStatus.RUNNING, B)
    w.told(card, "in_progress", percent=40)
    assert w.attempt(card).progress == 40
    if vintage is Vintage.V0:
        w.do(c.StageDone(w.attempt(card).id))
    else:
        w.finish(card)
    assert (w.place(card), w.status(card), w.attempt(card).progress) == (Column.READY, RunStatus.COMPLETED, 100)


@pytest.mark.parametrize("state", [ready, errored, planned, cancelled])
@pytest.mark.parametrize("end", ["completed", "failed", "cancelled"])
def test_a_patch_neither_loses_nor_wins_stages(state: State, end: str):
    w = World(can_cancel=True)
    card = state(w)
    stages = w.run(card).stages
    w.do(c.PatchTask(card, TEXT)).accept(card).stage(card, Column.BUILD).told(card, "in_progress", percent=50)
    assert w.run(card).stages == stages
    w.told(card, end, message="over")
    assert w.run(card).stages == stages
    done = all_done(w.task(card), w.run(card))
    places = {"completed": Column.READY if done else Column.BUILD, "failed": Column.ERRORED, "cancelled": Column.BUILD}
    assert w.place(card) is places[end]


def test_the_end_of_a_patch_may_come_as_a_stage():
    """Q16: V1 says the end of a patch through its step only."""
    w = World()
    card = ready(w)
    w.do(c.PatchTask(card, TEXT)).accept(card).stage(card, Column.READY)
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.COMPLETED)


def test_a_patch_that_failed_is_tried_again_with_its_text():
    w = World()
    card = ready(w)
    w.do(c.PatchTask(card, TEXT)).accept(card).fail(card).do(c.RetryTask(card))
    assert (w.attempt(card).options, w.attempt(card).kind) == ({"patch": TEXT}, AttemptKind.PATCH)
    w.accept(card).finish(card)
    assert w.place(card) is Column.READY


def test_a_card_whose_patch_failed_goes_on_where_it_was():
    w = World()
    card = errored(w)
    w.do(c.PatchTask(card, TEXT)).accept(card).fail(card).do(c.ResumeTask(card, T)).accept(card).finish(card)
    assert w.place(card) is Column.READY


def test_an_uncertain_patch_is_started_again_as_what_it_is():
    w = World()
    card = ready(w)
    w.do(c.PatchTask(card, TEXT)).doubt(card).do(c.StartAgain(w.attempt(card).id))
    attempt = w.attempt(card)
    assert (attempt.kind, attempt.workflow_type, attempt.options) == (
        AttemptKind.PATCH,
        PATCH_WORKFLOW,
        {"patch": TEXT},
    )


def test_a_patch_that_waits_is_withdrawn_without_a_trace():
    w = World()
    card = ready(w)
    before = essence(w.board, card)
    w.do(c.PatchTask(card, TEXT)).do(c.Withdraw(w.attempt(card).id))
    assert essence(w.board, card) == before


def test_a_patched_card_can_be_patched_again():
    w = World()
    card = ready(w)
    for number in range(3):
        w.do(c.PatchTask(card, f"Patch number {number}")).accept(card).finish(card)
    texts = [a.options["patch"] for a in w.board.attempts.values() if a.is_aside]
    assert texts == ["Patch number 0", "Patch number 1", "Patch number 2"]
    assert w.place(card) is Column.READY


def test_a_patch_card_is_patched_like_any_other():
    w = World()
    card = w.card((B,), task_type=TaskType.PATCH)
    w.start(card, B).finish(card).do(c.PatchTask(card, TEXT)).accept(card).finish(card)
    assert (w.place(card), w.run(card).stages[B].state) == (Column.READY, StageState.COMPLETED)


@pytest.mark.parametrize("text", ["", "too short", "         x         ", "\x07" * 20, "x" * 10_001])
def test_a_patch_wants_words(text: str):
    w = World()
    assert w.refused(c.PatchTask(ready(w), text)).code == "E-VAL-15"


@pytest.mark.parametrize("text", ["x" * 10, "x" * 10_000])
def test_the_shortest_and_the_longest_patch(text: str):
    w = World()
    w.do(c.PatchTask(ready(w), text))


def refused_first(w: World) -> str:
    card = w.card()
    w.move(card, Column.PLAN).send(card).refuse(card)
    return card


def running(w: World) -> str:
    card = w.card()
    w.start(card)
    return card


def unsure(w: World) -> str:
    card = w.card()
    w.move(card, Column.PLAN).doubt(card)
    return card


def queued(w: World) -> str:
    card = w.card()
    w.move(card, Column.PLAN)
    return card


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (lambda w: w.card(), "E-MOVE-5"),
        (refused_first, "E-MOVE-5"),
        (running, "E-WF-2"),
        (queued, "E-WF-2"),
        (unsure, "E-MOVE-3"),
        (merged, "E-MOVE-4"),
        (lambda _: "nobody", "E-SYS-3"),
    ],
)
def test_patches_that_are_refused(state: State, code: str):
    w = World()
    assert w.refused(c.PatchTask(state(w), TEXT)).code == code


# Going on from a stage.


@pytest.mark.parametrize("state", [errored, cancelled, ready, running, unsure, planned, marked])
@pytest.mark.parametrize("stage", [P, B, T, Stage.REVIEW])
def test_resuming_is_a_drop_on_the_stage(state: State, stage: Stage):
    by_drop, by_menu = World(), World()
    one, other = state(by_drop), state(by_menu)
    for w, card in ((by_drop, one), (by_menu, other)):
        if w.place(card) is Column(stage.value) and not w.attempt(card).is_open:
            w.move(card, Column.BACKLOG)  # where the card lies already, a drop only reorders
    if by_drop.place(one) is Column(stage.value):
        assert isinstance(by_menu.say(c.ResumeTask(other, stage)), Refusal)
        return
    dropped = by_drop.say(c.MoveTask(one, Column(stage.value)))
    assert by_menu.say(c.ResumeTask(other, stage)) == dropped
    assert by_menu.board == by_drop.board


def test_resuming_where_the_card_lies_needs_no_move():
    w = World()
    card = cancelled(w)
    run, before = w.run(card).adw_id, w.task(card).rank
    w.do(c.ResumeTask(card, B))
    assert (w.kinds(), w.attempt(card).stages, w.attempt(card).adw_id) == (["attempt.opened"], (B, T), run)
    assert (w.place(card), w.task(card).rank) == (Column.BUILD, before)


# Starting anew.


@pytest.mark.parametrize("state", [ready, errored, cancelled, planned, marked, merged])
@pytest.mark.parametrize("remove_old", [False, True])
def test_a_restart_is_a_new_run_from_the_first_stage(state: State, remove_old: bool):
    w = World(vintage=Vintage.OURS, merges=True)
    card = state(w)
    old = w.run(card).adw_id
    w.do(c.RestartTask(card, remove_old))
    attempt = w.attempt(card)
    assert attempt.adw_id != old
    assert (attempt.kind, attempt.stages, w.place(card)) == (AttemptKind.START, (P, B, T), Column.PLAN)
    assert attempt.options == ({"replaces": old} if remove_old else {})


def test_a_withdrawn_restart_leaves_the_old_run():
    w = World()
    card = errored(w)
    before = essence(w.board, card)
    w.do(c.RestartTask(card, remove_old=True)).do(c.Withdraw(w.attempt(card).id))
    assert essence(w.board, card) == before


def test_a_retry_removes_nothing():
    w = World()
    card = errored(w)
    w.do(c.RestartTask(card, remove_old=True)).accept(card).fail(card).do(c.RetryTask(card))
    assert w.attempt(card).options == {}


@pytest.mark.parametrize("vintage", [Vintage.V0, Vintage.V1])
def test_only_a_service_that_looks_first_is_asked_to_remove(vintage: Vintage):
    w = World(vintage=vintage)
    card = errored(w)
    assert w.refused(c.RestartTask(card, remove_old=True)).code == "E-SYS-4"
    w.do(c.RestartTask(card))


@pytest.mark.parametrize(
    ("state", "code"), [(running, "E-WF-2"), (queued, "E-WF-2"), (unsure, "E-MOVE-3"), (lambda _: "nobody", "E-SYS-3")]
)
def test_restarts_that_are_refused(state: State, code: str):
    w = World()
    assert w.refused(c.RestartTask(state(w))).code == code


def test_there_is_nothing_to_remove_before_the_first_run():
    w = World()
    assert w.refused(c.RestartTask(w.card(), remove_old=True)).code == "E-MOVE-5"


def test_a_run_that_never_began_is_not_what_is_to_be_removed():
    w = World()
    card = errored(w)
    old = w.run(card).adw_id
    for _ in range(2):
        w.do(c.RestartTask(card, remove_old=True))
        assert w.attempt(card).options == {"replaces": old}
        w.send(card).refuse(card)
    w.do(c.RestartTask(card)).accept(card).fail(card)
    newer = w.run(card).adw_id
    assert newer != old
    w.do(c.RestartTask(card, remove_old=True))
    assert w.attempt(card).options == {"replaces": newer}
    assert w.refused(c.RestartTask(refused_first(w), remove_old=True)).code == "E-MOVE-5"


ORCHESTRATORS = (ORCHESTRATOR, "dynamic_plan_build_test")


@pytest.mark.parametrize("name", ORCHESTRATORS)
@pytest.mark.parametrize("word", ["completed", "failed", "in_progress", "waiting"])
def test_last_words_of_the_run_are_not_those_of_its_patch(name: str, word: str):
    """Q10: V1 says most things twice, the second time when a patch may have begun."""
    w = World()
    card = ready(w)
    w.do(c.PatchTask(card, TEXT)).accept(card)
    before = w.board
    w.told(card, word, name, message="late", percent=90)
    for column in (Column.READY, Column.COMPLETED, Column.ERRORED, Column.TEST):
        w.stage(card, column, workflow_name=name)
    assert w.board == before
    w.stage(card, Column.READY, workflow_name=PATCH_WORKFLOW)
    assert w.place(card) is Column.READY
