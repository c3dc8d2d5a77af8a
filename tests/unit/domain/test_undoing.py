"""Taking back what was done: exactly where nothing has come in between, not at all where something has."""

from collections.abc import Callable

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import reported as r
from kanban_app.domain.commands import Command
from kanban_app.domain.deeds import Deed, from_json, to_json
from kanban_app.domain.model import RunStatus
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.undoing import deed_of
from kanban_app.domain.workflows import Vintage
from tests.support.builders import World, essence
from tests.support.soundness import expect_sound

OP = "op"


def done(world: World, command: Command) -> Deed:
    """Carry a command out; its deed, as it comes back from the store."""
    before = world.board
    decided = world.say(command)
    assert not isinstance(decided, Refusal), decided
    deed = deed_of(command, before, world.board, decided)
    assert deed is not None
    return from_json(to_json(deed))


def undone(world: World, deed: Deed, *, stop: bool = False) -> Deed:
    return done(world, c.UndoOperation(OP, deed, stop))


def refused(world: World, deed: Deed, code: str, *, stop: bool = False) -> Refusal:
    refusal = world.refused(c.UndoOperation(OP, deed, stop))
    assert refusal.code == code
    return refusal


def test_an_undo_is_an_event_that_names_its_operation() -> None:
    world = World()
    card, _ = world.card(), world.card()
    undone(world, done(world, c.MoveTask(card, Column.BACKLOG, index=1)))
    assert world.kinds() == ["task.moved", "operation.undone"]
    assert world.last[-1].op_id == OP  # pyright: ignore[reportAttributeAccessIssue]


def test_a_reorder_is_undone_to_the_same_rank_and_done_again() -> None:
    world = World()
    card, other = world.card(), world.card()
    before = essence(world.board, card)
    back = undone(world, done(world, c.MoveTask(card, Column.BACKLOG, after=other, has_after=True)))
    assert essence(world.board, card) == before
    undone(world, back)
    assert world.order(Column.BACKLOG) == [other, card]


def test_a_place_that_somebody_has_taken_is_shared_in_order() -> None:
    world = World()
    card, other, third = world.card(), world.card(), world.card()
    deed = done(world, c.MoveTask(card, Column.BACKLOG, after=third, has_after=True))
    rank = deed.source.rank if deed.source else ""
    world.move(third, Column.BACKLOG, after=None, has_after=True)
    assert world.task(third).rank == rank
    undone(world, deed)
    assert world.order(Column.BACKLOG) == [card, third, other]
    expect_sound(world.board)


@pytest.mark.parametrize("grace_s", [0.0, 3.0])
def test_a_start_that_waits_is_withdrawn(grace_s: float) -> None:
    world = World(grace_s=grace_s)
    card = world.card()
    before = essence(world.board, card)
    deed = done(world, c.MoveTask(card, Column.PLAN))
    back = undone(world, deed)
    assert essence(world.board, card) == before
    assert world.board.attempts[deed.opened or ""].status is RunStatus.CANCELLED
    undone(world, back)
    assert world.place(card) is Column.PLAN
    assert world.status(card) is (RunStatus.HELD if grace_s else RunStatus.QUEUED)


def test_what_is_started_again_has_its_place_in_line() -> None:
    world = World()
    first, second = world.card(), world.card()
    world.move(first, Column.PLAN)
    world.move(second, Column.PLAN)
    undone(world, done(world, c.DeleteTask(first)))
    assert [attempt.task_id for attempt in world.board.queue()] == [first, second]
    expect_sound(world.board)


def test_a_run_that_has_started_is_stopped_only_when_that_is_asked_for() -> None:
    world = World(can_cancel=True)
    card = world.card()
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.accept(card)
    world.stage(card, Column.BUILD)
    refused(world, deed, "E-UNDO-2")
    back = undone(world, deed, stop=True)
    assert world.place(card) is Column.BACKLOG
    assert world.attempt(card).cancel_requested
    world.cancelled(card)
    assert (world.place(card), world.status(card)) == (Column.BACKLOG, RunStatus.CANCELLED)
    refused(world, back, "E-UNDO-4")


def test_a_run_of_a_service_that_cannot_stop_it_goes_on() -> None:
    world = World()
    card = world.card()
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.accept(card)
    refused(world, deed, "E-WF-15", stop=True)


def test_a_run_that_has_ended_is_not_taken_back() -> None:
    world = World(can_cancel=True)
    card = world.card()
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.accept(card).finish(card)
    refused(world, deed, "E-UNDO-3", stop=True)


def test_a_start_in_doubt_is_decided_first() -> None:
    world = World(can_cancel=True)
    card = world.card()
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.doubt(card, Vintage.V1)
    refused(world, deed, "E-MOVE-3", stop=True)


def test_a_start_that_the_service_refused_leaves_the_move_to_be_undone() -> None:
    world = World()
    card = world.card()
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.send(card).refuse(card)
    undone(world, deed)
    assert world.place(card) is Column.BACKLOG


def test_a_dying_run_does_not_take_a_card_along_that_was_moved_back() -> None:
    world = World(can_cancel=True)
    card = world.card()
    world.start(card).fail(card)
    deed = done(world, c.MoveTask(card, Column.PLAN))
    world.accept(card)
    undone(world, deed, stop=True)
    world.stage(card, Column.BUILD)
    assert world.place(card) is Column.ERRORED
    world.do(r.CancelRefused(world.attempt(card).adw_id, "no", gone=False))
    assert world.place(card) is Column.BUILD
    expect_sound(world.board)


def test_a_replaced_start_comes_back() -> None:
    world = World()
    card = world.card((Stage.BUILD, Stage.TEST))
    world.move(card, Column.BUILD)
    before = essence(world.board, card)
    undone(world, done(world, c.MoveTask(card, Column.BACKLOG)))
    assert essence(world.board, card) == before
    assert world.status(card) is RunStatus.QUEUED


def test_an_edit_is_undone_beside_what_others_have_edited() -> None:
    world = World()
    card = world.card(title="Old")
    deed = done(world, c.EditTask(card, {"title": "New", "labels": ["ui"]}))
    world.do(c.EditTask(card, {"description": "by another"}))
    undone(world, deed)
    task = world.task(card)
    assert (task.title, task.labels, task.description, task.version) == ("Old", (), "by another", 4)


@pytest.mark.parametrize(
    ("first", "other", "what"),
    [
        (lambda card: c.EditTask(card, {"title": "New"}), lambda card: c.EditTask(card, {"title": "X"}), "edited"),
        (lambda card: c.EditTask(card, {"title": "New"}), c.DeleteTask, "deleted"),
        (lambda card: c.MoveTask(card, Column.BACKLOG), lambda card: c.MoveTask(card, Column.COMPLETED), "moved"),
        (lambda card: c.MoveTask(card, Column.COMPLETED), lambda card: c.MoveTask(card, Column.PLAN), "started"),
        (c.DeleteTask, c.RestoreTask, "brought back"),
    ],
    ids=["edited", "deleted", "moved", "started", "restored"],
)
def test_what_has_happened_since_is_told_and_nothing_changes(
    first: Callable[[str], Command], other: Callable[[str], Command], what: str
) -> None:
    world = World()
    card, _ = world.card(), world.card()
    deed = done(world, first(card))
    world.do(other(card))
    assert what in refused(world, deed, "E-UNDO-1").params["what"]


def test_a_deletion_is_undone_once() -> None:
    world = World()
    card = world.card()
    deed = done(world, c.DeleteTask(card))
    undone(world, deed)
    refused(world, deed, "E-UNDO-1")
    world.do(c.DeleteTask(card))
    refused(world, deed, "E-UNDO-1")


def test_a_deletion_takes_its_start_back_and_undo_waits_again() -> None:
    world = World()
    card = world.card()
    world.move(card, Column.PLAN)
    before = essence(world.board, card)
    deed = done(world, c.DeleteTask(card))
    undone(world, deed)
    assert essence(world.board, card) == before


def test_what_the_edited_card_no_longer_runs_is_not_started_again() -> None:
    world = World()
    card = world.card()
    world.move(card, Column.PLAN)
    deed = done(world, c.MoveTask(card, Column.BACKLOG))
    world.do(c.EditTask(card, {"stages": ["test"]}))
    assert "edited" in refused(world, deed, "E-UNDO-1").params["what"]


def test_ready_to_merge_is_only_for_what_is_done() -> None:
    world = World()
    card = world.card()
    world.start(card).finish(card)
    deed = done(world, c.MoveTask(card, Column.COMPLETED, action="mark"))
    world.do(c.EditTask(card, {"stages": ["plan", "build", "test", "review"]}))
    refused(world, deed, "E-MOVE-1")


def test_what_cannot_be_taken_back_has_no_deed() -> None:
    world = World(merges=True)
    card = world.card()
    before = world.board
    assert deed_of(c.StartTask(card), before, before, world.do(c.StartTask(card)).last) is None
    assert deed_of(c.RestoreTask(card), before, before, []) is None
    assert deed_of(c.MoveTask(card, Column.COMPLETED, action="merge"), before, before, world.last) is None


def test_a_card_that_nobody_knows() -> None:
    refused(World(), Deed("nobody"), "E-SYS-3")


def test_an_archived_card_that_was_deleted_comes_back_as_it_was() -> None:
    world = World()
    card = world.card()
    done(world, c.ArchiveTask(card))
    before = essence(world.board, card)
    deed = done(world, c.DeleteTask(card))
    undone(world, deed)
    assert essence(world.board, card) == before
    assert world.board.tasks[card].removed_by == "tester"
