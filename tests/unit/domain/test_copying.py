"""Copies of cards, and labels that are put on and taken off."""

from dataclasses import replace

from kanban_app.domain import commands as c
from kanban_app.domain.image import Image, ImageKind
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import TaskType
from tests.support.builders import World


def test_a_copy_lies_below_its_original_and_has_all_but_its_run() -> None:
    world = World()
    card = world.card(task_type=TaskType.BUG, title="A bug", description="It fails.")
    other = world.card()
    world.do(c.LabelTask(card, "ui"), c.DuplicateTask(card))
    first, copy, last = world.order(Column.BACKLOG)
    assert (first, last) == (card, other)
    ours, theirs = world.task(copy), world.task(card)
    of_its_own = {"id": ours.id, "number": 3, "rank": ours.rank, "created_at": world.now, "updated_at": world.now}
    assert ours == replace(theirs, **of_its_own, version=1)


def test_the_copy_of_a_card_with_a_run_waits_in_the_backlog() -> None:
    world = World()
    card, other = world.card(), world.card()
    world.start(card).fail(card)
    world.do(c.DuplicateTask(card))
    assert world.order(Column.BACKLOG)[0] == other
    copy = world.task(world.order(Column.BACKLOG)[1])
    assert (copy.run_id, copy.attempt_id) == (None, None)


def test_labels_are_put_on_and_taken_off_once() -> None:
    world = World()
    card = world.card()
    world.do(c.LabelTask(card, " ui "), c.LabelTask(card, "ui"), c.LabelTask(card, "api"))
    assert world.task(card).labels == ("ui", "api")
    world.do(c.LabelTask(card, "ui", on=False))
    assert world.task(card).labels == ("api",)
    assert world.refused(c.LabelTask(card, "  ")).code == "E-VAL-8"
    world.do(*(c.LabelTask(card, f"label {number}") for number in range(19)))
    assert world.refused(c.LabelTask(card, "one too many")).code == "E-VAL-17"


def test_a_label_is_the_same_whatever_its_case_and_spaces() -> None:
    world = World()
    card = world.card()
    world.do(c.LabelTask(card, "To do"), c.LabelTask(card, "to  DO"))
    assert world.task(card).labels == ("To do",)
    world.do(c.LabelTask(card, "to  do", on=False))
    assert world.task(card).labels == ()
    assert world.refused(c.LabelTask(card, "\u200b")).code == "E-VAL-8"


def test_images_that_were_removed_are_none_of_the_copy() -> None:
    world = World()
    card = world.card()
    gone, kept = (Image(digit * 32, f"{digit}.png", ImageKind.PNG, 1, 1, 1) for digit in "ab")
    world.do(c.AddImages(card, (gone, kept)), c.RemoveImage(card, gone.id), c.DuplicateTask(card))
    copy = world.task(world.order(Column.BACKLOG)[1])
    assert copy.images == (kept,)
    assert [image.id for image in world.task(card).images] == [gone.id, kept.id]
