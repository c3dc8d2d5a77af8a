"""A large operation leaves others their turns on the event loop."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from kanban_app.domain.audit import Act, Entry
from kanban_app.domain.commands import CreateTask
from kanban_app.domain.workflows import TaskType
from kanban_app.services import keeper
from kanban_app.services.keeper import AT_A_TIME
from tests.support.fake_services import ALL, FakeBoard


async def test_entries_of_a_large_operation_are_made_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, made = 0, Counter[int]()
    make: Any = keeper.entry_of

    def counted(act: Act, project: str) -> Entry:
        made[turn] += 1
        return make(act, project)

    async def others() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(keeper, "entry_of", counted)
    board = FakeBoard()
    commands = [CreateTask(f"Card {n}", "", TaskType.FEATURE, ALL) for n in range(5 * AT_A_TIME)]
    task = asyncio.create_task(others())
    assert await board.keeper.execute(commands, "api", lambda _results, _boards: (), lambda: False)
    task.cancel()
    assert sum(made.values()) == len(board.store.audit) == len(commands)
    assert max(made.values()) <= AT_A_TIME
