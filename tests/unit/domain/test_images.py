"""The images of cards: how many, under which names, undone exactly, forgotten in the end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kanban_app.domain import commands as c
from kanban_app.domain import events as e
from kanban_app.domain import reported as r
from kanban_app.domain.commands import Command
from kanban_app.domain.deeds import Deed, from_json, to_json
from kanban_app.domain.image import MOST_IMAGES, MOST_KEPT, Image, ImageKind, on_card
from kanban_app.domain.images import image_name, sound_images
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Stage
from kanban_app.domain.undoing import deed_of
from tests.support.builders import START, World


def image(name: str = "a.png", image_id: str = "") -> Image:
    return Image(image_id or name, name, ImageKind.PNG, 10, 4, 3)


def done(world: World, command: Command) -> Deed:
    before = world.board
    decided = world.say(command)
    assert not isinstance(decided, Refusal), decided
    deed = deed_of(command, before, world.board, decided)
    assert deed is not None
    return from_json(to_json(deed))


def names(world: World, card: str) -> list[str]:
    return [shown.name for shown in on_card(world.task(card).images)]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def card(world: World) -> str:
    card = world.card()
    world.do(c.AddImages(card, (image("a.png"), image("b.png"), image("c.png"))))
    return card


def test_a_card_begins_with_images(world: World) -> None:
    world.do(c.CreateTask(title="x", stages=(Stage.PLAN,), images=(image("a.png"), image("b.png"))))
    (card,) = world.board.tasks
    assert names(world, card) == ["a.png", "b.png"]


def test_what_comes_twice_is_there_once(world: World, card: str) -> None:
    world.do(c.AddImages(card, (image("a.png"),)))
    assert names(world, card) == ["a.png", "b.png", "c.png"]
    assert world.last == []


def test_an_edit_brings_and_takes_images_with_its_fields(world: World, card: str) -> None:
    edit = c.EditTask(card, {"title": "New"}, 1, (image("d.png"),), ("a.png", "unknown"))
    deed = done(world, edit)
    assert names(world, card) == ["b.png", "c.png", "d.png"]
    done(world, c.UndoOperation("op", deed))
    assert (names(world, card), world.task(card).title) == (["a.png", "b.png", "c.png"], "A card")


def test_images_alone_are_no_conflict_with_an_edit_of_somebody_else(world: World, card: str) -> None:
    world.do(c.EditTask(card, {"title": "Theirs"}, 1), c.EditTask(card, {}, 1, (image("d.png"),)))
    assert names(world, card)[-1] == "d.png"
    refusal = world.refused(c.EditTask(card, {"title": "Ours"}, 1, (image("e.png"),)))
    assert refusal.code == "E-EDIT-1"


def test_removed_and_back_in_its_place_and_removed_again(world: World, card: str) -> None:
    deed = done(world, c.RemoveImage(card, "b.png"))
    assert names(world, card) == ["a.png", "c.png"]
    back = done(world, c.UndoOperation("op", deed))
    assert names(world, card) == ["a.png", "b.png", "c.png"]
    done(world, c.UndoOperation("op", back))
    assert names(world, card) == ["a.png", "c.png"]


def test_an_addition_is_undone_and_done_again(world: World, card: str) -> None:
    back = done(world, c.UndoOperation("op", done(world, c.AddImages(card, (image("d.png"),)))))
    assert names(world, card) == ["a.png", "b.png", "c.png"]
    done(world, c.UndoOperation("op", back))
    assert names(world, card)[-1] == "d.png"


def test_a_name_is_undone(world: World, card: str) -> None:
    deed = done(world, c.RenameImage(card, "a.png", "  Login\nscreen "))
    assert names(world, card)[0] == "Login screen"
    done(world, c.UndoOperation("op", deed))
    assert names(world, card)[0] == "a.png"


def test_what_has_changed_since_is_not_undone(world: World, card: str) -> None:
    deed = done(world, c.RenameImage(card, "a.png", "New"))
    world.do(c.RenameImage(card, "a.png", "Newer"))
    assert world.refused(c.UndoOperation("op", deed)).code == "E-UNDO-1"


def test_no_more_than_so_many(world: World, card: str) -> None:
    more = tuple(image(f"{number}.png") for number in range(MOST_IMAGES))
    refusal = world.refused(c.AddImages(card, more))
    assert (refusal.code, refusal.params["name"]) == ("E-VAL-18", f"{MOST_IMAGES - 3}.png")
    assert world.refused(c.CreateTask(title="x", stages=(Stage.PLAN,), images=(*more, image()))).code == "E-VAL-18"
    world.do(c.AddImages(card, more[: MOST_IMAGES - 3]))
    deed = done(world, c.RemoveImage(card, "a.png"))
    world.do(c.AddImages(card, (image("last.png"),)))
    assert world.refused(c.UndoOperation("op", deed)).code == "E-VAL-18"


def test_those_removed_first_are_forgotten_first(world: World, card: str) -> None:
    for number in range(MOST_KEPT):
        name = f"{number}.png"
        world.do(c.AddImages(card, (image(name),)), c.RemoveImage(card, name))
    kept = world.task(card).images
    assert len(kept) == MOST_KEPT
    assert [shown.name for shown in on_card(kept)] == ["a.png", "b.png", "c.png"]
    assert kept[3].name == "3.png"


def test_what_was_removed_long_ago_is_forgotten_and_cannot_come_back(world: World, card: str) -> None:
    deed = done(world, c.RemoveImage(card, "a.png"))
    world.do(r.ForgetImages(world.now - timedelta(days=1)))
    assert world.last == []
    world.do(r.ForgetImages(world.now + timedelta(days=1)))
    assert world.last == [e.ImagesForgotten(card, ("a.png",))]
    assert world.refused(c.UndoOperation("op", deed)).code == "E-UNDO-1"


@pytest.mark.parametrize(
    "command",
    [c.AddImages("none", (image(),)), c.RemoveImage("none", "a.png"), c.RenameImage("none", "a.png", "b")],
)
def test_without_its_card(world: World, command: Command) -> None:
    assert world.refused(command).code == "E-SYS-3"


def test_without_the_image(world: World, card: str) -> None:
    world.do(c.RemoveImage(card, "a.png"))
    assert world.refused(c.RemoveImage(card, "a.png")).code == "E-SYS-3"
    assert world.refused(c.RenameImage(card, "a.png", "b")).code == "E-SYS-3"
    assert world.refused(c.RenameImage(card, "b.png", " \x07 ")).code == "E-VAL-8"
    world.do(c.RenameImage(card, "b.png", "b.png"))
    assert world.last == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("screen.png", "screen.png"),
        ("/home/me/../screen.png", "screen.png"),
        ("C:\\fakepath\\screen.png", "screen.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 300, "x" * 100),
        ("   ", ""),
    ],
)
def test_names(given: str, kept: str) -> None:
    assert image_name(given) == kept


def test_what_another_board_says_of_images_is_looked_at() -> None:
    good = Image("a" * 32, "x/../a.png", ImageKind.PNG, 10, 4, 3)
    bad = [image("b.png", image_id) for image_id in ("../../token", "A" * 32, "", "a" * 33)]
    many = [image(f"{number}.png", f"{number:032x}") for number in range(100)]
    assert sound_images([good, *bad]) == (replace(good, name="a.png"),)
    assert len(sound_images(many)) == MOST_IMAGES
    gone = [replace(one, removed_at=START) for one in many]
    assert len(sound_images([*gone, good])) == MOST_KEPT
