"""Undo and redo through the one door, with what is stored: once each, in order, over a restart."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from kanban_app.domain.commands import CreateTask, DeleteTask, EditTask
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column
from kanban_app.services.board import BoardService, Outcome
from tests.support.board_bench import Bench, bench


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path / "kanban.db") as made:
        yield made


def op() -> str:
    return str(uuid4())


async def undo(board: BoardService, of: str, *, redo: bool = False, own_id: str | None = None) -> Outcome:
    return await board.undo(of, author="anna", own_id=own_id or op(), redo=redo)


def code(outcome: Outcome) -> str:
    assert outcome.error, outcome
    return outcome.error["code"]


async def test_undone_and_done_again_each_once(board: Bench) -> None:
    task, moved = await board.create(), op()
    await board.move(task, Column.COMPLETED, moved)
    seen: list[Column] = []
    for redo in (False, False, True, True, False):
        outcome = await undo(board.board, moved, redo=redo)
        assert (outcome.ok, outcome.task_id) == (True, task.id)
        seen.append(board.task(task.id).column)
    assert seen == [Column.BACKLOG, Column.BACKLOG, Column.COMPLETED, Column.COMPLETED, Column.BACKLOG]
    told = [e for e in await board.store.events_since(0, 100) if e.kind == "operation.undone"]
    assert [(e.author, e.data["op_id"], e.data["redo"]) for e in told] == [
        ("anna", moved, False),
        ("anna", moved, True),
        ("anna", moved, False),
    ]


async def test_a_repeat_under_another_id_is_known_by_that_id(board: Bench) -> None:
    task, moved, own_id = await board.create(), op(), op()
    await board.move(task, Column.COMPLETED, moved)
    first = await undo(board.board, moved)
    assert await undo(board.board, moved, own_id=own_id) == first
    assert await board.board.operation(own_id) == first
    assert code(await undo(board.board, own_id)) == "E-UNDO-4"


async def test_it_holds_over_a_restart(board: Bench) -> None:
    task, edited = await board.create("Old"), op()
    await board.board.execute(EditTask(task.id, {"title": "New"}), author="test", op_id=edited)
    own_id = op()
    await undo(BoardService(board.keeper, board.store), edited, own_id=own_id)
    assert board.task(task.id).title == "Old"
    later = BoardService(board.keeper, board.store)
    assert (await undo(later, edited, own_id=own_id)).ok
    assert (await undo(later, edited)).ok
    assert board.task(task.id).title == "Old"
    assert (await undo(later, edited, redo=True)).ok
    assert board.task(task.id).title == "New"


async def test_a_deletion_and_its_start_hold_over_a_restart(board: Bench) -> None:
    task, deleted = await board.create(), op()
    await board.move(task, Column.PLAN)
    before = board.task(task.id)
    await board.board.execute(DeleteTask(task.id), author="test", op_id=deleted)
    await board.keeper.load()
    later = BoardService(board.keeper, board.store)
    assert (await undo(later, deleted)).ok
    await board.keeper.load()
    assert replace(board.task(task.id), updated_at=before.updated_at) == before
    assert [attempt.id for attempt in board.keeper.board.queue()] == [before.attempt_id]
    assert (await undo(BoardService(board.keeper, board.store), deleted, redo=True)).ok
    assert board.keeper.board.task(task.id) is None


async def test_two_at_the_same_time_are_one(board: Bench) -> None:
    task, deleted = await board.create(), op()
    await board.board.execute(DeleteTask(task.id), author="test", op_id=deleted)
    outcomes = await asyncio.gather(*(undo(board.board, deleted) for _ in range(5)))
    assert [outcome.ok for outcome in outcomes] == [True] * 5
    kinds = [event.kind for event in await board.store.events_since(0, 100)]
    assert kinds.count("task.restored") == 1


async def test_an_undo_can_be_undone_by_its_own_id(board: Bench) -> None:
    task, moved, own_id = await board.create(), op(), op()
    await board.move(task, Column.COMPLETED, moved)
    await undo(board.board, moved, own_id=own_id)
    await undo(board.board, own_id)
    assert board.task(task.id).column is Column.COMPLETED
    await undo(board.board, moved)
    assert board.task(task.id).column is Column.BACKLOG


async def test_what_was_refused_or_made_a_card_cannot_be_undone(board: Bench) -> None:
    task, refused, created, moved = await board.create(), op(), op(), op()
    await board.move(task, Column.ERRORED, refused)
    await board.board.execute(CreateTask(title="Made"), author="test", op_id=created)
    await board.move(task, Column.COMPLETED, moved)
    assert code(await undo(board.board, refused)) == "E-UNDO-4"
    assert code(await undo(board.board, created)) == "E-UNDO-4"
    assert code(await undo(board.board, moved, redo=True)) == "E-UNDO-4"
    assert code(await undo(board.board, op())) == "E-SYS-3"


async def test_a_refused_undo_can_be_tried_again(board: Bench) -> None:
    task, edited = await board.create("Old"), op()
    await board.board.execute(EditTask(task.id, {"title": "New"}), author="test", op_id=edited)
    await board.board.execute(EditTask(task.id, {"title": "Other"}), author="other")
    assert code(await undo(board.board, edited)) == "E-UNDO-1"
    await board.board.execute(EditTask(task.id, {"title": "New"}), author="other")
    assert (await undo(board.board, edited)).ok
    assert board.task(task.id).title == "Old"


async def test_a_start_that_is_undone_in_time_is_never_sent(board: Bench) -> None:
    task, moved = await board.create(), op()
    await board.move(task, Column.PLAN, moved)
    await undo(board.board, moved)
    await board.dispatch()
    assert board.sender.triggers == []
    await undo(board.board, moved, redo=True)
    await board.dispatch()
    assert len(board.sender.triggers) == 1
    assert board.keeper.board.status_of(board.task(task.id)) is RunStatus.SENDING


async def test_what_can_be_taken_back_is_foreseen(board: Bench) -> None:
    task, moved = await board.create("Seen"), op()
    await board.move(task, Column.PLAN, moved)
    way = board.board.way_back(moved)
    assert way == {"task_id": task.id, "title": "Moved to Plan", "card": f"#{task.number} Seen", "how": "at-once"}
    await board.dispatch()
    assert (board.board.way_back(moved) or {})["how"] == "not"
    assert board.board.way_back(op()) is None
