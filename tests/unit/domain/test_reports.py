"""What services say, and what the board makes of it. Sequences are distilled from recorded traffic."""

from datetime import timedelta

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.decide import Message
from kanban_app.domain.failures import NO_REASON
from kanban_app.domain.model import Failure, Flag, RunStatus, StageState
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from tests.support.builders import START, World, flags_of

READY, ERRORED = Column.READY, Column.ERRORED


def running(w: World, stages: tuple[Stage, ...] = (Stage.PLAN, Stage.BUILD, Stage.TEST)) -> str:
    card = w.card(stages)
    w.start(card)
    return card


def composite(w: World) -> str:
    card = w.card((Stage.PLAN, Stage.BUILD))
    w.do(c.StartTask(card, workflow_type="adw_plan_build_iso")).accept(card)
    return card


def seen(w: World, card: str) -> tuple[Column, RunStatus, int]:
    return w.place(card), w.status(card), w.attempt(card).progress


def settled(w: World) -> object:
    """The board but for the times of signs of life."""
    return w.board.tasks, w.board.attempts, {k: (r.stages, r.flags) for k, r in w.board.runs.items()}


def unchanged(w: World, message: Message) -> None:
    before = settled(w)
    w.do(message)
    assert settled(w) == before


# Happy paths.


def test_orchestrator_moves_the_card_through_its_stages_to_ready():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card)
    w.told(card, "started").told(card, "in_progress", message="running in background")
    w.do(r.Accepted(w.attempt(card).id))
    w.told(card, "started", percent=0, step="Initializing")
    w.stage(card, Column.PLAN, from_column=Column.BACKLOG).stage(card, Column.PLAN, from_column=Column.BACKLOG)
    assert seen(w, card) == (Column.PLAN, RunStatus.RUNNING, 0)
    w.stage(card, Column.BUILD, from_column=Column.PLAN).stage(card, Column.BUILD, from_column=Column.PLAN)
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 33)
    w.stage(card, Column.TEST).told(card, "in_progress", percent=50, step="test 2/4")
    assert seen(w, card) == (Column.TEST, RunStatus.RUNNING, 83)
    assert w.attempt(card).step == "test 2/4"
    w.told(card, "completed", percent=100, step="Complete")
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)
    w.stage(card, READY, from_column=Column.TEST)
    assert w.kinds() == []
    assert {record.state for record in w.run(card).stages.values()} == {StageState.COMPLETED}


def test_composite_is_told_by_its_sub_scripts():
    w = World()
    card = composite(w)
    w.told(card, "in_progress", "adw_plan_iso", percent=90, step="Finalising")
    assert seen(w, card) == (Column.PLAN, RunStatus.RUNNING, 45)
    w.told(card, "completed", "adw_plan_iso")
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 50)
    w.told(card, "in_progress", "adw_build_iso", percent=50)
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 75)
    w.told(card, "completed", "adw_build_iso")
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)


def test_a_sub_scripts_completion_is_not_the_runs():
    """C39: the card does not jump to ready after the plan; nor does it at a script that is none of its stages."""
    w = World()
    card = running(w)
    w.told(card, "completed", "adw_plan_iso")
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 33)
    unchanged(w, r.StatusReported(w.run(card).adw_id, "adw_document_iso", "completed"))
    unchanged(w, r.StatusReported(w.run(card).adw_id, "somebodys_script", "completed"))
    unchanged(w, r.StatusReported(w.run(card).adw_id, "adw_plan_build_iso", "completed"))


@pytest.mark.parametrize("name", ["adw_orchestrator", "dynamic_plan_build_test"])
def test_the_orchestrators_own_completion_is_the_runs(name: str):
    w = World()
    card = running(w)
    w.told(card, "completed", name)
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)


def test_v0_is_mute_and_the_user_says_when_a_stage_is_done():
    w = World()
    card = w.card((Stage.PLAN, Stage.TEST))
    w.move(card, Column.PLAN).send(card, Vintage.V0)
    w.told(card, "started").told(card, "in_progress").do(r.Accepted(w.attempt(card).id))
    assert Flag.MUTE in flags_of(w, card)
    assert w.attempt(card).workflow_type == "adw_plan_iso"
    run = w.run(card).adw_id
    w.do(c.StageDone(w.attempt(card).id))
    assert (w.place(card), w.status(card)) == (Column.TEST, RunStatus.QUEUED)
    assert w.attempt(card).adw_id == run
    w.accept(card, Vintage.V0)
    assert (w.attempt(card).workflow_type, w.attempt(card).stages) == ("adw_test_iso", (Stage.TEST,))
    w.do(c.StageDone(w.attempt(card).id))
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)


def test_v0_composite_goes_stage_by_stage_by_the_users_word():
    w = World()
    card = w.card((Stage.PLAN, Stage.BUILD))
    w.start(card, vintage=Vintage.V0)
    w.do(c.StageDone(w.attempt(card).id))
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 50)
    w.do(c.StageDone(w.attempt(card).id))
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)


def test_mute_runs_are_never_called_silent():
    w = World()
    card = w.card()
    w.start(card, vintage=Vintage.V0).silence(card)
    assert w.kinds() == []


def test_mute_ends_with_the_attempt_when_another_service_goes_on():
    w = World()
    card = w.card((Stage.PLAN, Stage.BUILD))
    w.do(c.StartTask(card, workflow_type="adw_plan_iso")).accept(card, Vintage.V0)
    w.do(c.StageDone(w.attempt(card).id))
    w.accept(card, Vintage.V1)
    assert Flag.MUTE not in flags_of(w, card)


# Late, doubled, strange.


def test_nothing_moves_a_card_back_within_an_attempt():
    w = World()
    card = running(w)
    adw_id = w.run(card).adw_id
    w.stage(card, Column.TEST).told(card, "in_progress", percent=70)
    for column in (Column.TEST, Column.PLAN, Column.BUILD, Column.BACKLOG, Column.REVIEW, Column.DOCUMENT):
        unchanged(w, r.StageReported(adw_id, column))
    unchanged(w, r.StatusReported(adw_id, "adw_plan_iso", "in_progress", percent=99, step="late"))
    unchanged(w, r.StatusReported(adw_id, "adw_plan_iso", "completed"))
    assert seen(w, card) == (Column.TEST, RunStatus.RUNNING, 90)


def test_an_unknown_stage_leaves_the_card_where_it_is():
    """C37: stages are bounded by the run's own list."""
    w = World()
    card = running(w, (Stage.PLAN, Stage.BUILD))
    w.stage(card, Column.BUILD)
    unchanged(w, r.StageReported(w.run(card).adw_id, Column.TEST))
    assert w.place(card) is Column.BUILD


def test_messages_of_an_earlier_attempt_do_not_count():
    w = World()
    card = running(w)
    w.stage(card, Column.BUILD)
    old, at = w.attempt(card), w.now
    w.fail(card).move(card, Column.BUILD).accept(card)
    unchanged(w, r.StatusReported(old.adw_id, "adw_orchestrator", "failed", "late", at=at))
    unchanged(w, r.StageReported(old.adw_id, ERRORED, at=at))
    unchanged(w, r.StageReported(old.adw_id, READY, attempt_id=old.id))
    unchanged(w, r.StatusReported(old.adw_id, "adw_orchestrator", "completed", attempt_id=old.id))
    w.do(r.StatusReported(old.adw_id, "adw_orchestrator", "completed", at=at, attempt_id=w.attempt(card).id))
    assert w.place(card) is READY


def test_messages_of_a_former_run_do_not_count():
    w = World()
    card = running(w)
    old = w.run(card).adw_id
    w.fail(card).move(card, Column.PLAN).accept(card)
    unchanged(w, r.StageReported(old, READY))
    unchanged(w, r.StatusReported(old, "adw_orchestrator", "completed"))


def test_messages_before_anything_was_sent_do_not_count():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN)
    unchanged(w, r.StageReported(w.attempt(card).adw_id, Column.BUILD))
    unchanged(w, r.StatusReported(w.attempt(card).adw_id, "adw_orchestrator", "failed"))


def test_runs_that_no_card_knows_are_written_down_and_change_no_card():
    w = World()
    w.card()
    w.do(r.SignOfLife("cafe0001"))
    assert w.kinds() == ["run.opened"]
    unchanged(w, r.StageReported("cafe0001", Column.BUILD))
    unchanged(w, r.StatusReported("cafe0001", "adw_plan_iso", "failed"))
    w.do(r.SignOfLife("cafe0002", silent=True))
    assert "cafe0002" not in w.board.runs


def test_what_a_card_takes_over_is_its_own():
    w = World()
    mine, other = w.card(), w.card()
    w.do(r.SignOfLife("cafe0001"), c.StartTask(mine, stages=(Stage.BUILD,), adw_id="cafe0001"))
    assert w.board.runs["cafe0001"].task_id == mine
    assert w.refused(c.StartTask(other, stages=(Stage.BUILD,), adw_id="cafe0001")).code == "E-WF-11"
    w.accept(mine).finish(mine)
    assert w.status(mine) is RunStatus.COMPLETED


def test_lost_messages_are_made_good_by_the_next_one():
    w = World()
    card = running(w)
    w.stage(card, Column.TEST)
    stages = w.run(card).stages
    assert (stages[Stage.PLAN].state, stages[Stage.BUILD].state) == (StageState.COMPLETED, StageState.COMPLETED)
    assert w.attempt(card).finished == (Stage.PLAN, Stage.BUILD)


# Failures.


def test_failure_with_a_reason():
    w = World()
    card = running(w)
    w.stage(card, Column.BUILD).told(card, "in_progress", percent=40, step="Compiling")
    w.told(card, "failed", message="no such file", step="Error", last_output=("a", "b"))
    failure = w.attempt(card).failure
    assert failure is not None
    assert (failure.code, failure.params["message"], failure.params["stage"]) == ("E-WF-4", "no such file", "build")
    assert failure.params["where"] == "At “Compiling”: "
    assert failure.params["last_output"] == "a\nb"
    assert seen(w, card) == (ERRORED, RunStatus.FAILED, 46)
    assert w.run(card).stages[Stage.BUILD].state is StageState.FAILED
    unchanged(w, r.StageReported(w.run(card).adw_id, ERRORED, Column.BUILD, "Stage build failed"))


def test_failure_without_a_reason_takes_the_one_that_comes_after():
    w = World()
    card = running(w)
    w.stage(card, ERRORED, from_column=Column.PLAN)
    failure = w.attempt(card).failure
    assert failure is not None
    assert (failure.code, failure.params) == ("E-WF-5", {"stage": "plan", "message": NO_REASON})
    ended = w.attempt(card).finished_at
    w.told(card, "failed", message="disk full")
    assert w.attempt(card).failure == type(failure)("E-WF-5", {"stage": "plan", "message": "disk full"})
    assert (w.attempt(card).finished_at, w.place(card)) == (ended, ERRORED)
    unchanged(w, r.StatusReported(w.run(card).adw_id, "adw_orchestrator", "failed", "another reason"))


@pytest.mark.parametrize("how", ["stage", "status"])
def test_failure_in_a_later_stage_than_known_means_that_earlier_ones_are_done(how: str):
    w = World()
    card = running(w)
    if how == "stage":
        w.stage(card, ERRORED, from_column=Column.BUILD, message="x")
    else:
        w.told(card, "failed", "adw_build_iso", message="x")
    assert w.attempt(card).current is Stage.BUILD
    assert w.run(card).stages[Stage.PLAN].state is StageState.COMPLETED
    w.move(card, Column.BUILD)
    assert w.status(card) is RunStatus.QUEUED


@pytest.mark.parametrize("source", [None, Column.BACKLOG, Column.PLAN, Column.DOCUMENT])
def test_failure_from_a_place_that_makes_no_sense_is_where_the_run_stood(source: Column | None):
    w = World()
    card = running(w)
    w.stage(card, Column.BUILD).stage(card, ERRORED, from_column=source)
    assert w.attempt(card).current is Stage.BUILD


def test_failure_after_completion_is_ignored():
    w = World()
    card = running(w)
    w.finish(card)
    unchanged(w, r.StatusReported(w.run(card).adw_id, "adw_orchestrator", "failed", "late"))
    unchanged(w, r.StageReported(w.run(card).adw_id, ERRORED))


@pytest.mark.parametrize("word", ["failed", "Error", "ERRORED "])
def test_words_for_failure(word: str):
    w = World()
    card = running(w)
    w.told(card, word)
    assert (w.place(card), w.status(card)) == (ERRORED, RunStatus.FAILED)


# Cancelling.


@pytest.mark.parametrize("word", ["cancelled", "canceled"])
def test_a_cancelled_run_stays_in_its_column(word: str):
    w = World(can_cancel=True)
    card = running(w)
    w.stage(card, Column.BUILD).do(c.CancelRun(w.run(card).adw_id)).told(card, word)
    assert seen(w, card) == (Column.BUILD, RunStatus.CANCELLED, 33)
    assert not w.attempt(card).cancel_requested


def test_what_dies_of_the_cancel_counts_as_cancelled():
    w = World(can_cancel=True)
    card = running(w)
    w.do(c.CancelRun(w.run(card).adw_id)).fail(card, "terminated")
    assert seen(w, card) == (Column.PLAN, RunStatus.CANCELLED, 0)


def test_what_completes_before_the_cancel_is_ready():
    w = World(can_cancel=True)
    card = running(w)
    w.do(c.CancelRun(w.run(card).adw_id)).finish(card)
    assert seen(w, card) == (READY, RunStatus.COMPLETED, 100)


def test_cancel_where_the_service_cannot():
    w = World()
    card = running(w)
    assert w.refused(c.CancelRun(w.run(card).adw_id)).code == "E-WF-15"
    unchanged(w, r.CancelRefused(w.run(card).adw_id, "nobody asked", gone=True))


# Starting: the answer, or a message in its place.


@pytest.mark.parametrize("state", ["sending", "uncertain"])
@pytest.mark.parametrize("message", ["stage", "status"])
def test_a_message_of_the_run_settles_the_start(state: str, message: str):
    w = World()
    card = w.card()
    w.move(card, Column.PLAN)
    w.send(card) if state == "sending" else w.doubt(card)
    w.stage(card, Column.BUILD) if message == "stage" else w.told(card, "in_progress", "adw_build_iso")
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 33)
    assert w.attempt(card).failure is None
    unchanged(w, r.Accepted(w.attempt(card).id))


def test_started_alone_proves_only_that_the_request_arrived():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card).told(card, "started")
    assert w.status(card) is RunStatus.SENDING
    w.refuse(card)
    assert (w.place(card), w.status(card)) == (Column.PLAN, RunStatus.REFUSED)


def test_a_launch_that_failed_is_told_by_the_answer():
    """Started, failed, then the answer `error`: it is refused, and did not run."""
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card).told(card, "started")
    w.told(card, "failed", message="Failed to start workflow: no uv")
    assert w.status(card) is RunStatus.SENDING
    w.refuse(card)
    assert (w.place(card), w.status(card)) == (Column.PLAN, RunStatus.REFUSED)


def test_started_settles_what_is_uncertain():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).told(card, "started")
    assert w.status(card) is RunStatus.RUNNING


def test_doubt_and_what_can_be_done_about_it():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card)
    failure = w.attempt(card).failure
    assert failure is not None
    assert failure.code == "E-LOAD-4"
    w.do(c.NotRunning(w.attempt(card).id))
    assert (w.place(card), w.status(card)) == (Column.PLAN, RunStatus.CANCELLED)


def test_an_uncertain_start_can_be_sent_again_and_is_answered():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card).send(card)
    # Until the answer comes it may be running since its first sending.
    assert (w.status(card), w.attempt(card).failure) == (RunStatus.SENDING, Failure("E-LOAD-4"))
    w.do(r.Accepted(w.attempt(card).id))
    assert w.status(card) is RunStatus.RUNNING


@pytest.mark.parametrize("continuing", [False, True], ids=["first stage", "later stage"])
def test_start_again_is_a_new_attempt_on_a_new_run_unless_it_continues_one(continuing: bool):
    w = World()
    card = running(w) if continuing else w.card()
    if continuing:
        w.stage(card, Column.BUILD).fail(card).move(card, Column.BUILD)
    else:
        w.move(card, Column.PLAN)
    w.doubt(card)
    old = w.attempt(card)
    w.do(c.StartAgain(old.id))
    new = w.attempt(card)
    assert (new.id != old.id, new.status, new.stages) == (True, RunStatus.QUEUED, old.stages)
    assert (new.adw_id == old.adw_id) is continuing
    assert w.board.attempts[old.id].status is RunStatus.CANCELLED


def test_certainly_unsent_waits_in_its_old_place():
    w = World()
    a, b = w.card(), w.card()
    w.move(a, Column.PLAN).move(b, Column.PLAN).send(a)
    w.do(r.Unsent(w.attempt(a).id))
    assert [x.task_id for x in w.board.queue()] == [a, b]
    assert w.attempt(a).sent_at is None


def test_what_may_be_running_does_not_go_back_into_the_queue():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).doubt(card)
    first_sent = w.attempt(card).sent_at
    w.send(card).do(r.Unsent(w.attempt(card).id))
    assert (w.status(card), w.attempt(card).failure) == (RunStatus.UNCERTAIN, Failure("E-LOAD-4"))
    assert w.attempt(card).sent_at == first_sent
    w.refused(c.Withdraw(w.attempt(card).id))


def test_what_is_to_be_stopped_and_was_not_sent_is_withdrawn():
    w = World(can_cancel=True)
    card = w.card()
    w.move(card, Column.PLAN).send(card).do(c.CancelRun(w.attempt(card).adw_id))
    assert w.status(card) is RunStatus.SENDING
    w.do(r.Unsent(w.attempt(card).id))
    assert (w.place(card), w.status(card)) == (Column.BACKLOG, RunStatus.IDLE)


def test_held_waits_for_its_release():
    w = World(grace_s=3)
    card = w.card()
    w.move(card, Column.PLAN)
    attempt = w.attempt(card)
    assert (attempt.status, attempt.due_at) == (RunStatus.HELD, w.now + timedelta(seconds=3))
    unchanged(w, r.Sending(attempt.id, "adw_orchestrator", attempt.stages, Vintage.V1))
    w.do(r.Release(attempt.id))
    assert (w.status(card), w.attempt(card).due_at) == (RunStatus.QUEUED, None)
    unchanged(w, r.Release(attempt.id))


def test_reports_about_attempts_that_nobody_knows():
    w = World()
    unknown = "nobody"
    for message in (r.Release(unknown), r.Accepted(unknown), r.Unsent(unknown), r.Uncertain(unknown, "E-LOAD-4")):
        unchanged(w, message)


# Signs of life.


def test_silence_is_flagged_once_and_ends_with_the_next_sign():
    w = World()
    card = running(w)
    w.silence(card)
    assert flags_of(w, card) == {Flag.SILENT}
    unchanged(w, r.SignOfLife(w.run(card).adw_id, silent=True))
    w.do(r.SignOfLife(w.run(card).adw_id))
    assert (flags_of(w, card), w.run(card).last_sign_at) == (frozenset(), w.now)


def test_silence_ends_with_the_attempt():
    w = World()
    card = running(w)
    w.silence(card).do(c.NotRunning(w.attempt(card).id))
    assert (w.status(card), flags_of(w, card)) == (RunStatus.CANCELLED, frozenset())
    unchanged(w, r.SignOfLife(w.run(card).adw_id, silent=True))


def test_a_run_is_described():
    w = World()
    card = running(w)
    adw_id = w.run(card).adw_id
    w.do(r.RunDescribed(adw_id, "feature-1", demo=True))
    assert (w.run(card).branch, flags_of(w, card)) == ("feature-1", {Flag.DEMO})
    unchanged(w, r.RunDescribed(adw_id, "feature-1", demo=True))
    unchanged(w, r.RunDescribed(adw_id, None, demo=False))
    w.fail(card).move(card, Column.PLAN)
    assert Flag.DEMO in w.board.runs[adw_id].flags


# Progress (contracts, section 4).


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([(Column.PLAN, 0)], 0),
        ([(Column.PLAN, 50)], 16),
        ([(Column.PLAN, 100)], 33),
        ([(Column.BUILD, None)], 33),
        ([(Column.PLAN, 99), (Column.BUILD, None)], 33),
        ([(Column.BUILD, 50)], 50),
        ([(Column.BUILD, 50), (Column.BUILD, 10)], 50),
        ([(Column.TEST, 99)], 99),
        ([(Column.TEST, 100)], 99),
        ([(Column.TEST, 1000)], 99),
        ([(Column.PLAN, -7)], 0),
    ],
    ids=str,
)
def test_progress_is_floored_monotone_and_100_only_when_completed(
    reports: list[tuple[Column, int | None]], expected: int
):
    w = World()
    card = running(w)
    for column, percent in reports:
        w.stage(card, column).told(card, "in_progress", percent=percent)
    assert w.attempt(card).progress == expected


def test_progress_stays_when_it_ends_badly_and_begins_anew_with_the_next_attempt():
    w = World()
    card = running(w)
    w.stage(card, Column.TEST).told(card, "in_progress", percent=50).fail(card)
    assert w.attempt(card).progress == 83
    w.move(card, Column.TEST).accept(card)
    assert w.attempt(card).progress == 0


def test_a_card_whose_list_has_grown_is_not_ready_when_its_attempt_is_done():
    w = World()
    card = running(w, (Stage.PLAN, Stage.BUILD))
    w.do(c.EditTask(card, {"stages": (Stage.PLAN, Stage.BUILD, Stage.TEST)})).stage(card, Column.BUILD).finish(card)
    assert seen(w, card) == (Column.BUILD, RunStatus.COMPLETED, 100)
    w.do(c.StartTask(card))
    assert w.attempt(card).stages == (Stage.TEST,)
    assert w.now > START
