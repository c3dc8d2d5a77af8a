"""Out of the board and back: the archive, the bin, and what is gone for good."""

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain.commands import Command
from kanban_app.domain.deeds import Deed, from_json, to_json
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.undoing import deed_of
from tests.support.builders import World, essence


def done(world: World, command: Command) -> Deed:
    """Carry a command out; its deed, as it comes back from the store."""
    before = world.board
    decided = world.say(command)
    assert not isinstance(decided, Refusal), decided
    deed = deed_of(command, before, world.board, decided)
    assert deed is not None
    return from_json(to_json(deed))


def test_an_archived_card_is_in_no_column_and_keeps_all_that_it_has() -> None:
    world = World()
    card, other = world.card(), world.card()
    world.do(c.ArchiveTask(card))
    assert world.order(Column.BACKLOG) == [other]
    assert world.board.task(card) is None
    assert world.task(card).archived_at == world.now
    assert world.task(card).removed_by == "tester"
    world.do(c.ArchiveTask(card))
    assert world.kinds() == [], "once is enough"


def test_it_comes_back_where_it_was() -> None:
    world = World()
    first, card, last = world.card(), world.card(), world.card()
    world.do(c.ArchiveTask(card), c.RestoreTask(card))
    assert world.order(Column.BACKLOG) == [first, card, last]
    assert world.task(card).removed_by == ""


def test_a_card_with_an_active_run_stays() -> None:
    world = World(can_cancel=True)
    card = world.card()
    world.start(card)
    refused = world.refused(c.ArchiveTask(card))
    assert (refused.code, refused.offers) == ("E-ARCH-1", ("cancel-run",))


def test_a_start_that_waits_is_taken_back_first_and_undone_with_it() -> None:
    world = World()
    card = world.card()
    world.move(card, Column.PLAN)
    deed = done(world, c.ArchiveTask(card))
    assert world.kinds() == ["attempt.withdrawn", "task.moved", "task.archived"]
    world.do(c.UndoOperation("op", deed))
    assert world.place(card) is Column.PLAN
    assert world.attempt(card).is_open


@pytest.mark.parametrize(
    "command",
    [
        c.EditTask("task1", {"title": "New"}),
        c.MoveTask("task1", Column.PLAN),
        c.StartTask("task1"),
        c.ResumeTask("task1", Stage.PLAN),
        c.PatchTask("task1", "Make the title larger"),
        c.LabelTask("task1", "ui"),
        c.DuplicateTask("task1"),
        c.AddImages("task1", ()),
        c.RemoveImage("task1", "a" * 32),
        c.RenameImage("task1", "a" * 32, "b.png"),
    ],
)
def test_nothing_is_done_with_a_card_in_the_archive(command: Command) -> None:
    world = World()
    assert world.card() == "task1"
    world.do(c.ArchiveTask("task1"))
    assert world.refused(command).code == "E-ARCH-2"


def test_archiving_and_restoring_are_undone_and_done_again() -> None:
    world = World()
    card, _ = world.card(), world.card()
    before = essence(world.board, card)
    archived = done(world, c.ArchiveTask(card))
    since = world.task(card).archived_at
    back = done(world, c.UndoOperation("op", archived))
    assert essence(world.board, card) == before
    world.do(c.UndoOperation("op", back, redo=True))
    assert world.task(card).archived_at == since
    restored = done(world, c.RestoreTask(card))
    world.do(c.UndoOperation("op", restored))
    assert world.task(card).archived_at == since


def test_a_card_that_is_deleted_in_the_archive_comes_back_there_by_undo_and_to_the_board_by_hand() -> None:
    world = World()
    card = world.card()
    world.do(c.ArchiveTask(card))
    deleted = done(world, c.DeleteTask(card))
    world.do(c.UndoOperation("op", deleted))
    assert world.task(card).archived_at is not None
    assert world.task(card).deleted_at is None
    world.do(c.DeleteTask(card))
    restored = done(world, c.RestoreTask(card))
    assert world.order(Column.BACKLOG) == [card]
    world.do(c.UndoOperation("op", restored))
    assert world.task(card).archived_at is not None
    assert world.task(card).deleted_at is not None


def test_what_others_did_meanwhile_is_told() -> None:
    world = World()
    card, other = world.card(), world.card()
    moved = done(world, c.MoveTask(card, Column.BACKLOG, after=other, has_after=True))
    archived = done(world, c.ArchiveTask(card))
    assert world.refused(c.UndoOperation("op", moved)).params["what"] == "it was archived"
    world.do(c.RestoreTask(card))
    assert world.refused(c.UndoOperation("op", archived)).params["what"] == "it was brought back"


def test_gone_for_good_is_what_people_have_written_and_no_number_is_given_twice() -> None:
    world = World()
    card = world.card(title="A secret", description="More of it")
    world.start(card).finish(card)
    assert world.refused(c.PurgeTask(card)).code == "E-ARCH-3"
    deleted = done(world, c.DeleteTask(card))
    world.do(c.PurgeTask(card))
    left = world.task(card)
    assert (left.title, left.description, left.number) == ("", "", 1)
    assert left.run_id in world.board.runs
    for command in (c.RestoreTask(card), c.PurgeTask(card), c.DeleteTask(card)):
        assert world.refused(command).code == "E-SYS-3"
    assert world.refused(c.UndoOperation("op", deleted)).params["what"] == "it was deleted for good"
    assert world.task(world.card()).number == 2


def test_a_late_word_of_a_service_about_an_archived_card_brings_it_not_back() -> None:
    world = World()
    card = world.card()
    world.start(card).finish(card)
    world.do(c.ArchiveTask(card))
    world.stage(card, Column.BUILD)
    assert world.board.task(card) is None
