"""What a card shows in each state of its run."""

from typing import Any

import pytest

from kanban_app.domain.stages import Column, Stage
from kanban_app.services.estimates import CLOSED, waits
from kanban_app.services.views import CardView, card_view, column_views
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
