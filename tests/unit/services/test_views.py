"""What a card shows in each state of its run."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import TaskType
from kanban_app.services.estimates import CLOSED, Outlook, waits
from kanban_app.services.view_shapes import CardView
from kanban_app.services.views import card_view, column_views, run_view
from tests.support.builders import World


def shown(world: World, card: str, *, can_cancel: bool = True) -> CardView:
    line = waits(world.board, CLOSED, world.now)
    return card_view(world.board, world.task(card), can_cancel=can_cancel, line=line)


@pytest.fixture
def world() -> World:
    return World()


def test_an_idle_card_can_be_started(world: World) -> None:
    view = shown(world, world.card())
    assert (view["status"], view["status_text"], view["failure"], view["decisions"]) == ("idle", "", None, [])
    assert (view["can_start"], view["can_cancel"], view["can_retry"]) == (True, False, False)


def test_a_waiting_card_says_its_place(world: World) -> None:
    first, second = world.card(), world.card()
    world.move(first, Column.PLAN).move(second, Column.PLAN)
    view = shown(world, second)
    assert (view["status"], view["status_text"], view["queue_place"]) == ("queued", "Waiting, place 2 in line", 2)
    assert view["decisions"] == ["withdraw"]


def test_a_failed_card_says_where_and_why(world: World) -> None:
    card = world.card()
    world.start(card).fail(card, "two tests failed")
    view = shown(world, card)
    assert view["status_text"] == "Failed in plan"
    assert view["failure"]
    assert "two tests failed" in view["failure"]["message"]
    assert view["can_retry"]


def test_a_doubtful_start_offers_decisions_until_it_is_asked_about_again(world: World) -> None:
    card = world.card()
    world.move(card, Column.PLAN).doubt(card)
    doubtful = shown(world, card)
    assert doubtful["failure"]
    assert doubtful["decisions"] == ["check", "start-again", "not-running", "release"]
    world.send(card)
    asked = shown(world, card)
    assert (asked["status"], asked["failure"], asked["decisions"]) == ("sending", None, [])


@pytest.mark.parametrize(("can_cancel", "offered"), [(True, True), (False, False)])
def test_a_stop_is_offered_only_where_the_service_can(world: World, can_cancel: bool, offered: bool) -> None:
    card = world.card()
    world.start(card)
    assert shown(world, card, can_cancel=can_cancel)["can_cancel"] is offered


def test_stages_show_their_state_and_share(world: World) -> None:
    card = world.card()
    world.start(card).stage(card, Column.BUILD).told(card, "in_progress", percent=40)
    states = {s["id"]: (s["state"], s["percent"]) for s in shown(world, card)["stage_states"]}
    assert states["plan"] == ("completed", 100)
    assert states["build"] == ("running", 40)
    assert states["test"] == ("pending", 0)


def test_columns_come_in_the_order_of_the_screen(world: World) -> None:
    ids: list[Any] = [world.card(), world.card()]
    views = column_views(world.board)
    assert [view["id"] for view in views] == [column.value for column in Column]
    assert (views[0]["ids"], views[0]["count"]) == (ids, 2)
    assert Stage.PLAN.value == views[1]["id"]


def shown_in(world: World, card: str, outlook: Outlook) -> CardView:
    line = waits(world.board, outlook, datetime.now(UTC))
    return card_view(world.board, world.task(card), can_cancel=False, line=line)


def test_a_waiting_card_says_how_long_and_for_what(world: World) -> None:
    world.now = datetime.now(UTC) - timedelta(seconds=3 * 250)
    for _ in range(3):
        ended = world.card()
        world.start(ended)
        world.now += timedelta(seconds=239)
        world.finish(ended)
    running, waiting = world.card(), world.card()
    world.now = datetime.now(UTC)
    world.start(running).move(waiting, Column.PLAN)
    view = shown_in(world, waiting, Outlook(is_open=True, max_runs=1, per_minute=28))
    assert view["status_text"] == "Waiting, place 1 in line, about 4 min"
    assert view["wait_s"] is not None
    assert 210 < view["wait_s"] < 270
    assert view["starts_at"] is not None
    assert view["due_at"] is None
    assert view["notice"] is not None
    assert (view["notice"]["code"], view["notice"]["message"]) == (
        "E-LOAD-1",
        "1 is active. This one starts when a place is free.",
    )


def test_a_waiting_card_says_that_doubts_hold_it_back(world: World) -> None:
    doubtful, waiting = world.card(), world.card()
    world.move(doubtful, Column.PLAN).doubt(doubtful).move(waiting, Column.PLAN)
    view = shown_in(world, waiting, Outlook(is_open=True, max_runs=1, per_minute=28))
    assert (view["status_text"], view["wait_s"]) == ("Waiting, place 1 in line", None)
    assert view["notice"] is not None
    assert view["notice"]["message"].startswith("1 is active, 1 of them uncertain: decide on these first.")


def test_a_card_that_waits_for_the_minute_says_the_seconds(world: World) -> None:
    card = world.card()
    world.move(card, Column.PLAN)
    sent = (datetime.now(UTC) - timedelta(seconds=40),)
    view = shown_in(world, card, Outlook(is_open=True, max_runs=15, per_minute=1, sent=sent))
    assert view["status_text"] == "Waiting, place 1 in line, starts in 20 s"
    assert view["due_at"] == view["starts_at"] is not None
    assert view["notice"] is not None
    assert (view["notice"]["code"], view["notice"]["message"]) == ("E-RATE-2", "Starts in 20 s.")


def test_a_run_without_news_says_so_and_one_that_stands_still_wants_a_person(world: World) -> None:
    card = world.card()
    world.start(card).silence(card)
    quiet = shown(world, card)
    assert quiet["notice"] is not None
    assert (quiet["notice"]["code"], quiet["notice"]["title"]) == ("E-WF-9", "No news from the run")
    assert quiet["decisions"] == ["check", "not-running", "release"]
    world.do(r.StandsStill(world.run(card).adw_id))
    stuck = shown(world, card)
    assert stuck["notice"] is not None
    assert (stuck["notice"]["code"], stuck["notice"]["title"]) == ("E-WF-10", "Action needed")
    assert "plan" in stuck["notice"]["message"]
    world.do(r.SignOfLife(world.run(card).adw_id))
    assert shown(world, card)["notice"] is None


def test_a_merge_that_failed_is_told_on_a_card_that_stays_ready(world: World) -> None:
    card = world.card()
    world.start(card).finish(card).told(card, "failed", "adw_merge_iso", message="CONFLICT in a.py")
    view = shown(world, card)
    assert (view["column"], view["failure"]) == ("ready-to-merge", None)
    assert view["notice"] is not None
    assert (view["notice"]["code"], view["notice"]["title"]) == ("E-WF-8", "Merge conflict")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("in_progress", "Merging"),
        ("completed", "Merged"),
        ("failed", "Not merged"),
        ("cancelled", "Merge cancelled"),
        ("waiting", "Waiting for approval"),
    ],
)
def test_a_merge_has_words_of_its_own(world: World, said: str, words: str) -> None:
    card = world.card()
    world.start(card).finish(card).move(card, Column.COMPLETED, action="merge").accept(card)
    world.told(card, said, "adw_merge_iso", message="said")
    view = shown(world, card)
    assert (view["status_text"], view["kind"]) == (words, "merge")
    assert view["can_merge"] is (said in {"failed", "cancelled"})


@pytest.mark.parametrize(
    ("said", "words", "build"),
    [
        ("in_progress", "Patching", "running"),
        ("completed", "Patched", "completed"),
        ("failed", "Patch failed", "completed"),
    ],
)
def test_a_patch_shows_where_it_is_and_leaves_the_stages(world: World, said: str, words: str, build: str) -> None:
    card = world.card()
    world.start(card).finish(card)
    assert shown(world, card)["can_patch"]
    world.do(c.PatchTask(card, "Make the title larger")).accept(card).told(card, said, message="said", percent=40)
    view = shown(world, card)
    assert view["status_text"] == words
    assert [stage["state"] for stage in view["stage_states"]] == ["completed", build, "completed"]
    assert view["can_patch"] is (said != "in_progress")


def test_a_patch_card_keeps_its_words(world: World) -> None:
    card = world.card((Stage.BUILD,), task_type=TaskType.PATCH)
    world.start(card, Stage.BUILD)
    assert shown(world, card)["status_text"] == "Building"


def test_an_attempt_tells_what_was_wished(world: World) -> None:
    card = world.card()
    world.start(card).finish(card).move(card, Column.COMPLETED, action="merge", method="rebase")
    attempts = run_view(world.board, world.run(card), "")["attempts"]
    assert [(a["kind"], a["options"]) for a in attempts] == [("start", {}), ("merge", {"method": "rebase"})]


@pytest.mark.parametrize("anew", [False, True])
def test_what_was_withdrawn_is_not_how_a_run_stands(*, anew: bool):
    w = World()
    card = w.card()
    w.start(card).finish(card)
    run = w.run(card)
    w.do(c.PatchTask(card, "Make the title larger"))
    w.do(c.Withdraw(w.attempt(card).id))
    if anew:
        w.do(c.RestartTask(card))
    view = run_view(w.board, w.board.runs[run.adw_id], "")
    assert (view["status"], view["progress"]) == ("completed", 100)
    assert [attempt["status"] for attempt in view["attempts"]] == ["completed", "cancelled"]
