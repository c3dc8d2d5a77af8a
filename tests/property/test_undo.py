"""Whatever people do to their cards: undone in reverse, the board is exactly as it was, and done again as it became."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kanban_app.domain import commands as c
from kanban_app.domain.commands import Command
from kanban_app.domain.deeds import Deed, from_json, to_json
from kanban_app.domain.image import Image, ImageKind, on_card
from kanban_app.domain.model import Board
from kanban_app.domain.refusal import Refusal
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.undoing import deed_of
from tests.support.builders import START, World
from tests.support.soundness import expect_sound

STAGES = ((Stage.PLAN, Stage.BUILD), (Stage.BUILD,), tuple(Stage))


def wish(pick: random.Random, board: Board) -> Command:
    task_id = pick.choice([*board.tasks])
    after = pick.choice([None, *board.tasks])
    move = c.MoveTask(task_id, pick.choice([*Column]), after, has_after=True)
    changes: dict[str, object] = {
        "title": pick.choice(["One", "Two"]),
        "labels": pick.choice([(), ("ui",), ("ui", "api")]),
        "type": pick.choice(["bug", "chore", "patch"]),
        "stages": pick.choice(STAGES),
        "issue_number": pick.choice([None, "7"]),
        "due_on": pick.choice([None, "2026-12-31"]),
        "blocked_by": tuple(pick.sample([*board.tasks], pick.randint(0, 2))),
    }
    edit = c.EditTask(task_id, {name: changes[name] for name in pick.sample(sorted(changes), 2)})
    others = [
        edit,
        c.DeleteTask(task_id),
        c.ArchiveTask(task_id),
        c.RestoreTask(task_id),
        image_wish(pick, board, task_id),
        c.LabelTask(task_id, pick.choice(["ui", "UI", " api "]), on=pick.choice([True, False])),
    ]
    return pick.choice([move, move, move, *others])


def image_wish(pick: random.Random, board: Board, task_id: str) -> Command:
    known = [image.id for image in board.tasks[task_id].images]
    fresh = Image(f"image{len(known)}", "a.png", ImageKind.PNG, 1, 1, 1)
    chosen = pick.choice([*known, "none"])
    rename = c.RenameImage(task_id, chosen, pick.choice(["a.png", "b.png"]))
    both = c.EditTask(task_id, {"title": pick.choice(["One", "Two"])}, None, (fresh,), (chosen,))
    return pick.choice([c.AddImages(task_id, (fresh,)), c.RemoveImage(task_id, chosen), rename, both])


def look(board: Board) -> tuple[Any, ...]:
    """All that people see: which attempt waits, by its content, instead of its id; no versions and times."""
    cards = {}
    for task in board.tasks.values():
        attempt = board.attempt_of(task)
        waiting = attempt and (attempt.status, attempt.kind, attempt.stages, attempt.options, attempt.origin)
        gone = {"deleted_at": task.deleted_at and START, "archived_at": task.archived_at and START, "removed_by": ""}
        shown = replace(task, version=0, updated_at=START, attempt_id=None, **gone)
        cards[task.id] = (replace(shown, images=on_card(task.images)), waiting)
    return cards, {column: [task.id for task in board.column(column)] for column in Column}


def say(world: World, command: Command) -> Deed | None:
    """The deed of a command, as it is read back from the store; None when it was refused or has changed nothing."""
    before = world.board
    decided = world.say(command)
    if isinstance(decided, Refusal):
        return None
    expect_sound(world.board)
    deed = deed_of(command, before, world.board, decided)
    return from_json(to_json(deed)) if deed else None


def take_back(world: World, deeds: list[Deed]) -> list[Deed]:
    """Undo in reverse; what that has done, in the order in which it was done."""
    done = [say(world, c.UndoOperation("op", deed)) for deed in reversed(deeds)]
    assert None not in done, "nothing has come in between"
    return [deed for deed in done if deed]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 14), grace=st.sampled_from([0.0, 3.0]))
def test_undone_in_reverse_all_is_as_it_was(seed: int, count: int, grace: float) -> None:
    pick, world = random.Random(seed), World(grace_s=grace)
    for number in range(4):
        world.card(pick.choice(STAGES), title=f"Card {number}")
    for column in pick.sample([*Column][1:], 3):
        world.do(c.LimitColumn(column, pick.choice([1, 2])))
    before = look(world.board)
    deeds = [deed for _ in range(count) if (deed := say(world, wish(pick, world.board)))]
    after = look(world.board)
    undone = take_back(world, deeds)
    assert look(world.board) == before
    redone = take_back(world, undone)
    assert look(world.board) == after
    take_back(world, redone)
    assert look(world.board) == before
