"""No person fills a column beyond its limit, by whatever way; services are never held up."""

from collections.abc import Callable

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.commands import Command
from kanban_app.domain.deeds import Deed
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.undoing import deed_of
from tests.support.builders import World


def full(column: Column, cards: int = 1) -> World:
    """A world in which `column` is full, with a card of the backlog beside it, `task1`."""
    world = World()
    world.card()
    for _ in range(cards):
        card = world.card()
        if column is not Column.BACKLOG:
            world.move(card, column, action="mark" if column is Column.COMPLETED else None)
    count = len(world.board.column(column))
    return world.do(c.LimitColumn(column, count))


@pytest.mark.parametrize(
    "command",
    [
        c.MoveTask("task1", Column.PLAN),
        c.MoveTask("task1", Column.PLAN, index=0),
        c.StartTask("task1"),
        c.ResumeTask("task1", Stage.PLAN),
        c.RestartTask("task1"),
    ],
)
def test_a_full_column_takes_no_card(command: Command) -> None:
    refused = full(Column.PLAN).refused(command)
    assert (refused.code, refused.params) == ("E-LIMIT-1", {"column": "plan", "count": "1", "limit": "1"})


@pytest.mark.parametrize("command", [c.CreateTask(title="New", stages=(Stage.PLAN,)), c.DuplicateTask("task1")])
def test_a_full_backlog_takes_no_new_card(command: Command) -> None:
    assert full(Column.BACKLOG).refused(command).code == "E-LIMIT-1"


@pytest.mark.parametrize("leave", [c.ArchiveTask, c.DeleteTask])
def test_what_has_left_a_full_column_does_not_come_back(leave: Callable[[str], Command]) -> None:
    world = full(Column.BACKLOG)
    command, before = leave("task1"), world.board
    decided = world.say(command)
    assert not isinstance(decided, Refusal)
    deed = deed_of(command, before, world.board, decided)
    world.card()
    assert world.refused(c.RestoreTask("task1")).code == "E-LIMIT-1"
    assert isinstance(deed, Deed)
    assert world.refused(c.UndoOperation("op", deed)).code == "E-LIMIT-1"


def test_within_a_full_column_cards_change_their_order_and_leave() -> None:
    world = full(Column.BACKLOG)
    world.move("task1", Column.BACKLOG, index=1)
    world.do(c.EditTask("task1", {"title": "New"}))
    world.move("task1", Column.PLAN)


def test_a_start_is_taken_back_in_any_case() -> None:
    world = World()
    card = world.card()
    world.move(card, Column.PLAN)
    world.card()
    world.do(c.LimitColumn(Column.BACKLOG, 1))
    world.do(c.Withdraw(world.attempt(card).id))
    assert len(world.board.column(Column.BACKLOG)) == 2


def test_a_service_is_never_held_up() -> None:
    world = World()
    first, second = world.card(), world.card()
    world.start(first).stage(first, Column.BUILD)
    world.do(c.LimitColumn(Column.BUILD, 1))
    world.start(second).stage(second, Column.BUILD)
    assert world.order(Column.BUILD) == [first, second]


def test_a_lower_limit_leaves_what_is_there_and_none_is_no_limit() -> None:
    world = full(Column.BACKLOG, cards=3)
    world.do(c.LimitColumn(Column.BACKLOG, 2))
    assert len(world.board.column(Column.BACKLOG)) == 4
    world.do(c.LimitColumn(Column.BACKLOG, None))
    world.card()
    world.do(c.LimitColumn(Column.BACKLOG, None))
    assert world.kinds() == []


@pytest.mark.parametrize("limit", [0, -1, 1000])
def test_a_limit_is_a_count_of_cards(limit: int) -> None:
    assert World().refused(c.LimitColumn(Column.PLAN, limit)).code == "E-VAL-8"
