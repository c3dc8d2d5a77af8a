"""What the oddities of trigger services (Q…) must not do to runs and cards."""

from datetime import timedelta

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.decide import Message
from kanban_app.domain.model import Flag, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType, Vintage
from tests.support.builders import World, flags_of


def running(w: World) -> str:
    card = w.card()
    w.start(card)
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


def continued(w: World) -> str:
    """A card whose run has failed in build and is being continued there."""
    card = running(w)
    w.stage(card, Column.BUILD).fail(card)
    w.move(card, Column.BUILD)
    return card


def test_q02_status_updates_before_the_answer_neither_start_nor_end_a_run_twice():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card).told(card, "started").told(card, "in_progress")
    assert w.status(card) is RunStatus.RUNNING
    unchanged(w, r.Accepted(w.attempt(card).id))


def test_q10_stages_that_are_announced_twice_or_late_move_nothing():
    w = World()
    card = running(w)
    w.stage(card, Column.BUILD).stage(card, Column.BUILD)
    assert w.kinds() == []
    unchanged(w, r.StageReported(w.run(card).adw_id, Column.PLAN, Column.BACKLOG))
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 33)


@pytest.mark.parametrize("word", ["started", "thinking", "", "pending"])
def test_q11_words_that_nobody_knows_look_like_progress(word: str):
    w = World()
    card = running(w)
    w.told(card, word, percent=30)
    assert seen(w, card) == (Column.PLAN, RunStatus.RUNNING, 10)


def test_q14_accepted_is_no_success_and_silence_is_said():
    w = World()
    card = running(w)
    w.silence(card)
    assert (w.status(card), Flag.SILENT in flags_of(w, card)) == (RunStatus.RUNNING, True)
    w.do(r.SignOfLife(w.run(card).adw_id))
    assert Flag.SILENT not in flags_of(w, card)


def test_q16_a_patch_announces_its_stage_by_step_and_ends_ready():
    w = World()
    card = w.card(task_type=TaskType.PATCH)
    w.start(card, Stage.BUILD)
    w.stage(card, Column.BUILD).told(card, "in_progress", percent=40)
    assert seen(w, card) == (Column.BUILD, RunStatus.RUNNING, 40)
    w.told(card, "completed")
    assert seen(w, card) == (Column.READY, RunStatus.COMPLETED, 100)


def test_q18_backlog_from_a_service_is_ignored():
    w = World()
    card = running(w)
    w.stage(card, Column.BUILD)
    unchanged(w, r.StageReported(w.run(card).adw_id, Column.BACKLOG, Column.BUILD))


@pytest.mark.parametrize("adw_id", ["../../etc", "a/b", "short", "cafe0001x", "cafe 001"])
def test_q22_only_harmless_run_ids_are_taken(adw_id: str):
    w = World()
    card = w.card()
    assert w.refused(c.StartTask(card, adw_id=adw_id)).code == "E-VAL-16"


@pytest.mark.parametrize("way", ["move", "start", "retry"])
def test_q23_a_run_that_is_active_is_not_started_again(way: str):
    w = World()
    card = running(w)
    again: dict[str, Message] = {
        "move": c.MoveTask(card, Column.BUILD),
        "start": c.StartTask(card),
        "retry": c.RetryTask(card),
    }
    assert w.refused(again[way]).code == "E-WF-2"


def test_q24_the_restart_heuristic_does_not_take_a_dependent_step_back_to_plan():
    """`Stage: plan` is announced for a run that was triggered at build."""
    w = World()
    card = continued(w)
    w.accept(card)
    unchanged(w, r.StageReported(w.run(card).adw_id, Column.PLAN))
    assert w.place(card) is Column.BUILD


def test_q25_a_start_from_the_first_stage_is_a_new_run_so_that_the_old_one_is_not_cleaned_away():
    w = World()
    card = running(w)
    old = w.run(card).adw_id
    w.fail(card).move(card, Column.PLAN)
    assert w.attempt(card).adw_id != old
    assert old in w.board.runs


# Two processes under one id: what the last one still says proves nothing of the next.


@pytest.mark.parametrize("state", ["sending", "uncertain"])
@pytest.mark.parametrize("word", ["completed", "failed", "cancelled"])
def test_q23_the_end_of_an_earlier_process_does_not_settle_a_continued_start(state: str, word: str):
    w = World()
    card = continued(w)
    w.send(card) if state == "sending" else w.doubt(card)
    adw_id, at = w.attempt(card).adw_id, w.now + timedelta(seconds=5)
    unchanged(w, r.StatusReported(adw_id, "adw_orchestrator", word, at=at))
    unchanged(w, r.StageReported(adw_id, Column.ERRORED, Column.BUILD, at=at))
    unchanged(w, r.StageReported(adw_id, Column.TEST, at=at))


def test_q23_progress_with_a_newer_time_settles_a_continued_start():
    w = World()
    card = continued(w)
    w.doubt(card)
    attempt = w.attempt(card)
    assert attempt.sent_at is not None
    old = attempt.sent_at - timedelta(seconds=1)
    unchanged(w, r.StatusReported(attempt.adw_id, "adw_orchestrator", "in_progress", at=old))
    w.told(card, "in_progress")
    assert w.status(card) is RunStatus.RUNNING


def test_q23_what_names_the_attempt_settles_it_whatever_it_is():
    w = World()
    card = continued(w)
    w.doubt(card).stage(card, Column.TEST, attempt_id=w.attempt(card).id)
    assert (w.place(card), w.status(card)) == (Column.TEST, RunStatus.RUNNING)


@pytest.mark.parametrize("skew_s", [-300, 300], ids=["its clock is slow", "its clock is fast"])
def test_q13_a_clock_that_is_wrong_neither_loses_messages_of_a_continued_run_nor_takes_old_ones(skew_s: int):
    w = World(clock_skew_s=skew_s)
    card = continued(w)
    w.accept(card)
    sent_at = w.attempt(card).sent_at
    assert sent_at is not None
    by_its_clock = sent_at + timedelta(seconds=skew_s)
    adw_id = w.attempt(card).adw_id
    unchanged(w, r.StageReported(adw_id, Column.TEST, at=by_its_clock - timedelta(seconds=2)))
    w.do(r.StageReported(adw_id, Column.TEST, at=by_its_clock + timedelta(seconds=2)))
    assert w.place(card) is Column.TEST


# Merging: E-WF-7, E-WF-8.


@pytest.mark.parametrize("state", ["running", "completed"])
@pytest.mark.parametrize(
    ("message", "code"),
    [("no remote", "E-WF-7"), ("CONFLICT (content): Merge conflict in a.py", "E-WF-8"), ("", "E-WF-7")],
)
def test_a_merge_that_fails_leaves_the_card_where_it_is_and_says_why(state: str, message: str, code: str):
    w = World()
    card = running(w)
    if state == "completed":
        w.finish(card)
    before = (w.place(card), w.status(card))
    w.told(card, "started", "adw_merge_iso").told(card, "failed", "adw_merge_iso", message=message)
    assert (w.place(card), w.status(card)) == before
    notice = w.attempt(card).notice
    assert notice is not None
    assert notice.code == code
    assert message in notice.params["message"]
    w.told(card, "in_progress", "adw_merge_iso")
    assert w.attempt(card).notice is None


def test_a_merge_of_nobody_and_of_another_attempt_is_not_noted():
    w = World()
    card = running(w)
    unchanged(w, r.StatusReported("cafe0009", "adw_merge_iso", "failed", "no"))
    unchanged(w, r.StatusReported(w.run(card).adw_id, "adw_merge_iso", "failed", "no", attempt_id="another"))


# Standing still: E-WF-10.


def test_a_run_that_stands_still_is_stuck_until_its_next_word():
    w = World()
    card = running(w)
    adw_id = w.run(card).adw_id
    w.silence(card).do(r.StandsStill(adw_id))
    assert flags_of(w, card) >= {Flag.SILENT, Flag.STUCK}
    unchanged(w, r.StandsStill(adw_id))
    w.do(r.SignOfLife(adw_id))
    assert not flags_of(w, card) & {Flag.SILENT, Flag.STUCK}


def test_what_is_mute_unknown_or_over_is_never_stuck():
    w = World()
    card = w.card()
    w.start(card, vintage=Vintage.V0)
    unchanged(w, r.StandsStill(w.run(card).adw_id))
    other = running(w)
    w.finish(other)
    unchanged(w, r.StandsStill(w.run(other).adw_id))
    unchanged(w, r.StandsStill("cafe0009"))
