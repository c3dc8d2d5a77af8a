"""What agents say that they have used, and for which attempt it counts."""

from datetime import timedelta
from typing import Any

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.spending import Spending, spending_of
from kanban_app.domain.stages import Column
from tests.support.builders import World

RESULT: dict[str, Any] = {
    "num_turns": 12,
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 100, "cache_read_input_tokens": 4000, "output_tokens": 70, "service_tier": "standard"},
}


def test_a_result_in_numbers() -> None:
    assert spending_of(RESULT) == Spending(0.25, tokens_read=4100, tokens_written=70, turns=12)
    assert spending_of({}) == Spending()
    assert not spending_of({"subtype": "success"}).is_known


@pytest.mark.parametrize("odd", [None, "0.25", True, -1, float("nan"), float("inf"), 10**400, [], {}])
def test_what_is_no_sensible_number_counts_for_nothing(odd: Any) -> None:
    assert spending_of({"num_turns": odd, "total_cost_usd": odd, "usage": {"output_tokens": odd}}) == Spending()
    assert spending_of({"usage": odd}) == Spending()


def test_sums() -> None:
    first, second = Spending(0.1, 10, 1, 1), Spending(0.2, 5, 2, 3)
    assert first.plus(second) == Spending(0.3, 15, 3, 4)
    assert Spending().plus(Spending(tokens_read=5)) == Spending(tokens_read=5)
    assert Spending(0.0).plus(Spending()) == Spending(0.0)


def ended(world: World, task_id: str, cost: float = 0.25, **fields: Any) -> r.AgentEnded:
    told = {"adw_id": world.attempt(task_id).adw_id, "spent": Spending(cost), "at": world.now, **fields}
    return r.AgentEnded(**told)


def test_the_account_of_an_attempt_grows_with_each_agent() -> None:
    world = World()
    task_id = world.card()
    world.start(task_id)
    world.do(ended(world, task_id), ended(world, task_id, 0.5))
    assert world.attempt(task_id).spent == Spending(0.75)
    world.finish(task_id)
    world.do(ended(world, task_id, 1.0))
    assert world.attempt(task_id).spent == Spending(1.75)


def test_an_agent_counts_for_the_attempt_that_it_worked_for() -> None:
    world = World()
    task_id = world.card()
    first = world.start(task_id).attempt(task_id)
    world.fail(task_id)
    then = world.now
    second = world.move(task_id, Column.PLAN).accept(task_id).attempt(task_id)
    world.do(r.AgentEnded(first.adw_id, Spending(1.0), then))
    world.do(r.AgentEnded(second.adw_id, Spending(2.0), then, first.id))
    assert world.board.attempts[first.id].spent == Spending(1.0)
    assert world.attempt(task_id).spent == Spending(2.0)


def test_on_one_run_the_time_decides_unless_the_attempt_is_named() -> None:
    world = World(clock_skew_s=5.0)
    task_id = world.card()
    first = world.start(task_id).attempt(task_id)
    world.stage(task_id, Column.BUILD)
    world.fail(task_id)
    then = world.now + timedelta(seconds=5)
    second = world.do(c.RetryTask(task_id)).accept(task_id).attempt(task_id)
    assert second.adw_id == first.adw_id
    world.do(r.AgentEnded(first.adw_id, Spending(1.0), then))
    world.do(r.AgentEnded(first.adw_id, Spending(2.0), then, second.id))
    assert world.board.attempts[first.id].spent == Spending(1.0)
    assert world.board.attempts[second.id].spent == Spending(2.0)


def test_what_says_nothing_or_is_of_nobody_changes_nothing() -> None:
    world = World()
    task_id = world.card()
    world.start(task_id)
    assert world.say(ended(world, task_id, spent=Spending())) == []
    assert world.say(r.AgentEnded("ffffffff", Spending(1.0), world.now)) == []


def test_who_asked_for_an_attempt_is_kept() -> None:
    world = World()
    task_id = world.card()
    assert world.start(task_id).attempt(task_id).author == "tester"
