"""Merging as a run of its own: the card waits in Ready to merge, and only its own merge moves it on."""

from collections.abc import Callable
from typing import Any

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.model import AttemptKind, Flag, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import MERGE_WORKFLOW, ORCHESTRATOR, Vintage
from tests.support.builders import COMMIT, World, essence

MERGE = MERGE_WORKFLOW
CONFLICT = "Merge conflict in a.py, b.py"


def ready(w: World) -> str:
    card = w.card()
    w.start(card, vintage=Vintage.OURS)
    return w.finish(card) and card


def merge(w: World, card: str, **wish: str) -> World:
    return w.move(card, Column.COMPLETED, action="merge", **wish)


def merging(w: World, **wish: str) -> str:
    card = ready(w)
    merge(w, card, **wish).accept(card, Vintage.OURS)
    return card


def test_a_merge_is_an_attempt_without_stages_on_the_cards_run():
    w = World()
    card = ready(w)
    before = w.attempt(card)
    merge(w, card, method="rebase", target="main", expect=COMMIT)
    attempt = w.attempt(card)
    assert (attempt.kind, attempt.workflow_type, attempt.stages) == (AttemptKind.MERGE, MERGE, ())
    assert attempt.options == {"method": "rebase", "target": "main", "expect": COMMIT}
    assert (attempt.adw_id, attempt.previous_id) == (before.adw_id, before.id)
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.QUEUED)


def test_its_own_percentages_are_the_progress_and_its_end_completes_the_card():
    w = World()
    card = merging(w)
    assert (w.status(card), w.attempt(card).progress) == (RunStatus.RUNNING, 0)
    w.told(card, "in_progress", MERGE, percent=10, step="Trying").told(card, "in_progress", MERGE, percent=30)
    assert (w.attempt(card).progress, w.attempt(card).step, w.place(card)) == (30, "Trying", Column.READY)
    w.told(card, "in_progress", MERGE, percent=100)
    assert w.attempt(card).progress == 99
    w.told(card, "completed", MERGE, percent=100)
    assert (w.attempt(card).progress, w.status(card), w.place(card)) == (100, RunStatus.COMPLETED, Column.COMPLETED)
    assert w.kinds() == ["attempt.ended", "task.moved"]


def test_it_leaves_the_stages_of_the_run_alone():
    w = World()
    card = ready(w)
    stages = w.run(card).stages
    merge(w, card).accept(card).told(card, "in_progress", MERGE, percent=10).told(card, "completed", MERGE)
    assert w.run(card).stages == stages


LATE: list[Callable[[World, str], World]] = [
    lambda w, card: w.told(card, "completed", ORCHESTRATOR),
    lambda w, card: w.told(card, "completed", "dynamic_plan_build_test"),
    lambda w, card: w.told(card, "failed", ORCHESTRATOR, message="late"),
    lambda w, card: w.told(card, "in_progress", ORCHESTRATOR, percent=90),
    lambda w, card: w.told(card, "completed", "adw_test_iso"),
    lambda w, card: w.stage(card, Column.READY),
    lambda w, card: w.stage(card, Column.COMPLETED),
    lambda w, card: w.stage(card, Column.TEST),
    lambda w, card: w.stage(card, Column.ERRORED),
]


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("state", ["queued", "sending", "uncertain", "running", "failed", "completed"])
def test_what_an_older_attempt_still_says_never_settles_a_merge(late: Callable[[World, str], World], state: str):
    """Q27 and its like: `completed` of the run itself comes late, or once more."""
    w = World()
    card = ready(w)
    merge(w, card)
    match state:
        case "sending":
            w.send(card)
        case "uncertain":
            w.doubt(card)
        case "queued":
            pass
        case _:
            w.accept(card)
    if state in {"failed", "completed"}:
        w.told(card, state, MERGE, message="said")
    before = w.board
    late(w, card)
    assert w.board == before


def test_the_end_of_an_earlier_merge_settles_no_later_one():
    w = World()
    card = merging(w)
    first = w.attempt(card).id
    w.told(card, "failed", MERGE, message="dirty").do(c.RetryTask(card)).accept(card)
    w.told(card, "completed", MERGE, attempt_id=first)
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.RUNNING)
    w.told(card, "completed", MERGE, attempt_id=w.attempt(card).id)
    assert w.place(card) is Column.COMPLETED


def test_a_merge_of_somebody_else_moves_no_card():
    w = World()
    card = ready(w)
    w.told(card, "in_progress", MERGE, percent=10).told(card, "completed", MERGE)
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.COMPLETED)


def test_a_late_end_completes_no_card_that_has_been_reopened():
    w = World(can_cancel=True)
    card = merging(w)
    w.move(card, Column.BACKLOG).told(card, "completed", MERGE)
    assert w.place(card) is Column.BACKLOG


@pytest.mark.parametrize(
    ("message", "conflicts", "code", "files"),
    [
        ("no such branch", (), "E-WF-7", None),
        ("", (), "E-WF-7", None),
        (CONFLICT, (), "E-WF-8", None),
        (CONFLICT, ("a.py", "b, c.py"), "E-WF-8", "a.py\nb, c.py"),
        ("the trial failed", ("a.py",), "E-WF-8", "a.py"),
        ("Precondition failed: no worktree", (), "E-WF-6", None),
        ("API Error: 529 overloaded_error", (), "E-WF-17", None),
    ],
)
def test_a_merge_that_fails_leaves_the_card_with_its_reason(
    message: str, conflicts: tuple[str, ...], code: str, files: str | None
):
    """C53, C54."""
    w = World()
    card = merging(w)
    w.told(card, "failed", MERGE, message=message, conflicts=conflicts)
    failure = w.attempt(card).failure
    assert failure is not None
    assert (w.place(card), w.status(card), failure.code) == (Column.READY, RunStatus.FAILED, code)
    assert failure.params.get("files") == files
    w.told(card, "failed", MERGE, message=message, conflicts=conflicts)
    assert w.kinds() == []


def test_a_reason_that_comes_after_the_failure_is_kept():
    w = World()
    card = merging(w)
    w.told(card, "failed", MERGE).told(card, "failed", MERGE, message=CONFLICT, conflicts=("a.py",))
    failure = w.attempt(card).failure
    assert failure is not None
    assert (failure.code, failure.params["files"], w.place(card)) == ("E-WF-8", "a.py", Column.READY)


def test_a_merge_can_be_tried_again_in_the_same_way():
    """What the preview has shown may have been mended since: `expect` is not asked for again."""
    w = World()
    card = merging(w, method="rebase", expect=COMMIT)
    run = w.run(card).adw_id
    w.told(card, "failed", MERGE, message=CONFLICT).do(c.RetryTask(card))
    attempt = w.attempt(card)
    assert (attempt.kind, attempt.options, attempt.adw_id) == (AttemptKind.MERGE, {"method": "rebase"}, run)
    assert w.place(card) is Column.READY
    w.accept(card).told(card, "completed", MERGE)
    assert w.place(card) is Column.COMPLETED


def test_retry_away_from_ready_to_merge_starts_nothing():
    w = World()
    card = merging(w)
    w.told(card, "failed", MERGE, message="dirty").move(card, Column.BACKLOG)
    assert w.refused(c.RetryTask(card)).code == "E-MOVE-6"


def test_a_waiting_merge_is_withdrawn_without_a_trace():
    w = World(grace_s=3)
    card = ready_with_grace(w)
    before = essence(w.board, card)
    merge(w, card)
    assert w.status(card) is RunStatus.HELD
    w.do(c.Withdraw(w.attempt(card).id))
    assert essence(w.board, card) == before


def ready_with_grace(w: World) -> str:
    card = w.card()
    w.move(card, Column.PLAN).do(r.Release(w.attempt(card).id)).accept(card)
    w.finish(card)
    return card


def test_a_merge_that_is_stopped_leaves_the_card():
    w = World(can_cancel=True)
    card = merging(w)
    w.do(c.CancelRun(w.run(card).adw_id)).told(card, "cancelled", MERGE, message="stopped")
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.CANCELLED)
    w.do(c.RetryTask(card))
    assert w.attempt(card).kind is AttemptKind.MERGE


def test_a_stop_that_is_denied_brings_a_parked_card_back():
    w = World(can_cancel=True)
    card = merging(w)
    w.move(card, Column.BACKLOG).do(r.CancelRefused(w.run(card).adw_id, "no", gone=False))
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.RUNNING)


def test_an_uncertain_merge_is_settled_like_any_start():
    w = World()
    card = ready(w)
    merge(w, card, method="squash").doubt(card)
    first = w.attempt(card)
    assert w.refused(c.MoveTask(card, Column.COMPLETED, action="merge")).code == "E-MOVE-3"
    w.do(c.StartAgain(first.id))
    again = w.attempt(card)
    assert (again.kind, again.workflow_type, again.options) == (AttemptKind.MERGE, MERGE, {"method": "squash"})
    assert (again.adw_id, w.place(card)) == (first.adw_id, Column.READY)
    w.doubt(card).told(card, "in_progress", MERGE, percent=10)
    assert w.status(card) is RunStatus.RUNNING


def test_its_own_end_also_counts_as_a_stage_when_it_says_whose_it_is():
    w = World()
    card = merging(w)
    own = w.attempt(card).id
    w.stage(card, Column.READY, attempt_id=own)
    assert w.kinds() == []
    w.stage(card, Column.COMPLETED, attempt_id=own)
    assert (w.place(card), w.status(card)) == (Column.COMPLETED, RunStatus.COMPLETED)


def test_its_own_failure_as_a_stage_keeps_the_card_too():
    w = World()
    card = merging(w)
    w.stage(card, Column.ERRORED, attempt_id=w.attempt(card).id, message="its process has died")
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.FAILED)


def test_nothing_else_goes_on_while_it_merges():
    w = World()
    card = merging(w)
    merges = c.MoveTask(card, Column.COMPLETED, action="merge")
    for wish in (merges, c.MoveTask(card, Column.COMPLETED), c.PatchTask(card, "Change the title"), c.StartTask(card)):
        assert w.refused(wish).code == "E-WF-2"
    assert w.refused(c.MoveTask(card, Column.TEST)).code == "E-WF-2"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"method": "octopus"}, "method"),
        ({"target": "-x"}, "target"),
        ({"target": "a b"}, "target"),
        ({"target": ""}, "target"),
        ({"target": "a\n"}, "target"),
        ({"expect": "HEAD"}, "expect"),
        ({"expect": COMMIT[:7]}, "expect"),
    ],
)
def test_what_no_service_could_understand_is_refused(wish: dict[str, Any], field: str):
    w = World()
    card = ready(w)
    refusal = w.refused(c.MoveTask(card, Column.COMPLETED, action="merge", **wish))
    assert (refusal.code, refusal.params["field"]) == ("E-VAL-8", field)


@pytest.mark.parametrize(
    ("vintage", "merges", "wish", "what"),
    [
        (Vintage.V0, False, {}, "Merging"),
        (Vintage.V1, False, {}, None),
        (Vintage.V1, False, {"method": "squash"}, None),
        (Vintage.V1, False, {"method": "rebase"}, "Merging by rebase"),
        (Vintage.V1, False, {"target": "main"}, "Merging into a branch of one's choice"),
        (Vintage.V1, False, {"expect": COMMIT}, "Merging one commit only"),
        (Vintage.OURS, True, {"method": "rebase", "target": "main", "expect": COMMIT}, None),
        (None, False, {"method": "rebase"}, None),
    ],
)
def test_what_this_service_cannot_do_is_refused(
    vintage: Vintage | None, merges: bool, wish: dict[str, Any], what: str | None
):
    w = World(vintage=vintage, merges=merges)
    card = ready(w)
    command = c.MoveTask(card, Column.COMPLETED, action="merge", **wish)
    if what is None:
        w.do(command)
        return
    refusal = w.refused(command)
    assert (refusal.code, refusal.params) == ("E-SYS-4", {"what": what})


def test_a_start_that_names_the_workflow_merges():
    w = World()
    card = ready(w)
    w.do(c.StartTask(card, workflow_type=MERGE))
    assert (w.attempt(card).kind, w.place(card)) == (AttemptKind.MERGE, Column.READY)


def test_a_queued_merge_gives_way_to_a_drop_on_a_stage():
    w = World()
    card = ready(w)
    merge(w, card).move(card, Column.PLAN)
    assert (w.place(card), w.attempt(card).stages[0]) == (Column.PLAN, Stage.PLAN)


def test_a_mute_merge_can_only_be_said_not_to_run():
    w = World()
    card = ready(w)
    merge(w, card).accept(card, Vintage.V0)
    assert Flag.MUTE in w.run(card).flags
    assert w.refused(c.StageDone(w.attempt(card).id)).code == "E-WF-2"
    w.do(c.NotRunning(w.attempt(card).id))
    assert (w.place(card), w.status(card)) == (Column.READY, RunStatus.CANCELLED)


def test_to_retry_a_merge_that_was_done_never_runs_the_stages_anew():
    w = World()
    card = merging(w, method="rebase")
    w.told(card, "completed", MERGE)
    assert w.refused(c.RetryTask(card)).code == "E-MOVE-6"
    w.move(card, Column.READY).do(c.RetryTask(card))
    attempt = w.attempt(card)
    assert (attempt.kind, attempt.stages, attempt.options) == (AttemptKind.MERGE, (), {"method": "rebase"})


@pytest.mark.parametrize("action", [None, "mark"])
@pytest.mark.parametrize("wish", [{"method": "squash"}, {"target": "main"}, {"expect": COMMIT}])
def test_who_says_how_to_merge_and_not_to_merge_completes_nothing(action: str | None, wish: dict[str, Any]):
    w = World()
    card = ready(w)
    refusal = w.refused(c.MoveTask(card, Column.COMPLETED, action=action, **wish))
    assert (refusal.code, refusal.params["field"]) == ("E-VAL-8", "action")
    assert w.place(card) is Column.READY
