"""Starts that wait for other cards, with the outbox and a real store."""

from dataclasses import replace
from pathlib import Path

import pytest

from kanban_app.domain.commands import DeleteTask, EditTask, ImportCard, MoveTask, StartAnyway
from kanban_app.domain.model import RunStatus, Task
from kanban_app.domain.stages import Column
from tests.support.board_bench import Bench, bench


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


async def blocked(b: Bench) -> tuple[Task, Task]:
    """A card, and one that waits for it and was started."""
    first, second = await b.create("first"), await b.create("second")
    await b.board.execute(EditTask(second.id, {"blocked_by": [first.id]}), author="test")
    await b.move(second, Column.PLAN)
    return first, second


async def complete(b: Bench, task: Task) -> None:
    await b.board.execute(MoveTask(task.id, Column.COMPLETED, action="mark"), author="test")


def sent(b: Bench) -> list[str]:
    return [trigger.title for trigger in b.sender.triggers]


async def test_it_is_sent_by_itself_when_the_other_card_is_completed(database: Path) -> None:
    async with bench(database) as b:
        first, second = await blocked(b)
        assert await b.dispatch() is None, "there is nothing to wait for but a change"
        assert sent(b) == []
        await complete(b, first)
        await b.dispatch()
        assert sent(b) == ["second"]
        assert b.attempt(second).status is RunStatus.SENDING


async def test_others_go_past_it(database: Path) -> None:
    async with bench(database) as b:
        await blocked(b)
        await b.move(await b.create("third"), Column.PLAN)
        await b.dispatch()
        assert sent(b) == ["third"]


async def test_it_waits_over_a_restart(database: Path) -> None:
    async with bench(database) as b:
        first, _ = await blocked(b)
    async with bench(database) as b:
        await b.dispatch()
        assert sent(b) == []
        await b.board.execute(DeleteTask(first.id), author="test")
        await b.dispatch()
        assert sent(b) == ["second"]


async def test_the_decision_not_to_wait_holds_over_a_restart(database: Path) -> None:
    async with bench(database) as b:
        _, second = await blocked(b)
        await b.board.execute(StartAnyway(b.attempt(second).id), author="test")
    async with bench(database) as b:
        await b.dispatch()
        assert sent(b) == ["second"]


async def test_a_card_is_repainted_with_what_it_waits_for(database: Path) -> None:
    async with bench(database) as b:
        first, second = await blocked(b)
        behind = await b.create("behind")
        await b.move(behind, Column.PLAN)
        async with b.hub.subscribe() as viewer:
            await b.board.execute(EditTask(first.id, {"title": "Another name"}), author="test")
            assert second.id in viewer.take().tasks
            await complete(b, first)
            assert viewer.take().tasks == {first.id, second.id, behind.id}


async def test_a_card_is_repainted_when_what_it_waits_for_is_imported(database: Path) -> None:
    async with bench(database) as b:
        first = await b.create("first")
        waiting = replace(first, id="feedbeeffeed", number=3, blocked_by=("feedbeeffeee",))
        await b.board.execute(ImportCard(waiting), author="test")
        async with b.hub.subscribe() as viewer:
            await b.board.execute(ImportCard(replace(first, id="feedbeeffeee", number=2)), author="test")
            assert waiting.id in viewer.take().tasks
