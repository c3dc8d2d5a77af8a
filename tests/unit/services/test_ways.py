"""Which buttons stand at a card, for every way in which a run can go wrong."""

import pytest

from kanban_app.catalogue import Act
from kanban_app.domain import reported as r
from kanban_app.domain.model import Failure, Flag
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import describe
from kanban_app.services.view_shapes import CardView
from kanban_app.services.views import card_view
from kanban_app.services.ways import MOST, ways_on
from tests.support.builders import World


def shown(w: World, card: str, *, can_cancel: bool = False) -> CardView:
    return card_view(w.board, w.task(card), can_cancel=can_cancel, line={})


def running() -> tuple[World, str]:
    w = World()
    card = w.card()
    w.start(card)
    return w, card


def refused(code: str) -> CardView:
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card)
    w.do(r.Refused(w.attempt(card).id, Failure(code, {"message": "no"})))
    return shown(w, card)


def test_all_is_well():
    w = World()
    card = w.card()
    assert shown(w, card)["ways"] == []
    w.start(card)
    assert shown(w, card)["ways"] == []
    w.finish(card)
    assert shown(w, card)["ways"] == []


def test_a_failure_in_the_first_stage_is_tried_again():
    w, card = running()
    assert shown(w.fail(card), card)["ways"] == ["retry", "open-log"]


def test_a_failure_with_stages_behind_it_can_start_over():
    w, card = running()
    w.stage(card, Column.BUILD).fail(card)
    assert shown(w, card)["ways"] == ["retry", "open-log", "start-over"]


@pytest.mark.parametrize(
    ("code", "third"),
    [("E-VAL-2", ["edit"]), ("E-WF-3", ["edit"]), ("E-CONN-14", ["edit"]), ("E-WF-1", []), ("E-VAL-1", [])],
)
def test_a_refused_start_can_be_corrected_where_that_helps(code: str, third: list[str]):
    assert refused(code)["ways"] == ["retry", "open-log", *third]


def test_a_doubt_has_its_decisions_and_no_button_twice():
    w = World()
    card = w.card()
    w.move(card, Column.PLAN).send(card)
    w.do(r.Uncertain(w.attempt(card).id, "E-LOAD-4"))
    view = shown(w, card)
    assert (view["ways"], view["decisions"]) == ([], ["check", "start-again", "not-running", "release"])


def test_a_run_without_news_has_its_log():
    w, card = running()
    w.do(r.SignOfLife(w.attempt(card).adw_id, silent=True))
    assert Flag.SILENT in w.run(card).flags
    view = shown(w, card)
    assert (view["ways"], view["decisions"]) == (["open-log"], ["check", "not-running", "release"])


def test_a_mute_run_has_decisions_only():
    w = World()
    card = w.card((Stage.PLAN,))
    w.start(card, vintage=Vintage.V0)
    assert shown(w, card)["ways"] == []


def test_a_refused_wish_offers_what_is_possible_and_nothing_that_it_offers_already():
    w, card = running()
    error = describe("E-WF-2", {"status": "running"})
    assert ways_on(error, shown(w, card), offered=["cancel-run"]) == [Act.OPEN_LOG]
    assert ways_on(describe("E-EDIT-2"), shown(w, card)) == []
    assert ways_on(describe("E-EDIT-2"), shown(w, card, can_cancel=True)) == [Act.CANCEL_RUN]
    assert ways_on(describe("E-MOVE-3"), shown(w, card), offered=["check"]) == []
    assert ways_on(describe("E-WF-3"), shown(w, card), offered=["a", "b", "c"]) == []


def test_without_a_card_only_what_is_about_the_page_is_offered():
    assert ways_on(describe("E-SYS-3", {"what": "This card"}), None) == [Act.RELOAD]
    assert ways_on(describe("E-CONN-20"), None) == [Act.RETRY_NOW, Act.OPEN_SETTINGS]
    assert ways_on(describe("E-VAL-12"), None) == []


def test_there_are_never_more_than_a_few():
    w, card = running()
    w.stage(card, Column.BUILD).fail(card, "Failed to fetch issue 7")
    assert len(shown(w, card)["ways"]) == MOST


def merging(w: World) -> str:
    card = w.card()
    w.start(card).finish(card).move(card, Column.COMPLETED, action="merge").accept(card)
    return card


@pytest.mark.parametrize(
    ("message", "third"),
    [("dirty", []), ("CONFLICT in a.py", []), ("Precondition failed: no worktree", ["start-over"])],
)
def test_a_merge_that_failed_is_merged_again(message: str, third: list[str]):
    w = World()
    card = merging(w)
    w.told(card, "failed", "adw_merge_iso", message=message)
    assert shown(w, card)["ways"] == ["merge", "open-log", *third]
    w.move(card, Column.BACKLOG)
    assert "merge" not in shown(w, card)["ways"]
    assert "retry" not in shown(w, card)["ways"]


def test_a_merge_of_somebody_else_that_failed_is_merged_from_here():
    w = World()
    card = w.card()
    w.start(card).finish(card).told(card, "failed", "adw_merge_iso", message="CONFLICT in a.py")
    assert shown(w, card)["ways"] == ["merge", "open-log"]


def test_a_stopped_merge_is_merged_again():
    w = World()
    card = merging(w)
    w.told(card, "cancelled", "adw_merge_iso", message="stopped")
    assert shown(w, card)["ways"] == ["merge", "open-log"]


def test_a_service_that_cannot_merge_is_not_asked_to():
    w = World()
    card = w.card()
    w.start(card).finish(card)
    assert card_view(w.board, w.task(card), can_cancel=False, line={})["can_merge"]
    assert not card_view(w.board, w.task(card), can_cancel=False, can_merge=False, line={})["can_merge"]
