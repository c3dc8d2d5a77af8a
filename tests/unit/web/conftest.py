"""A board with services in memory, and a tab that looks at it."""

from collections.abc import AsyncIterator

import pytest

from kanban_app.web import wiring
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


@pytest.fixture
def board() -> FakeBoard:
    made = FakeBoard()
    wiring.connect(made.services)
    return made


@pytest.fixture
async def tab(board: FakeBoard) -> AsyncIterator[Tab]:
    async with Tab() as opened:
        yield opened
    wiring.connect(None)
