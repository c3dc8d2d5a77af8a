"""The form of the columns: what became of a save is told, whatever else the page asks for."""

from collections.abc import AsyncIterator

import pytest

from kanban_app.web import wiring
from kanban_app.web.states.columns import ColumnsState
from tests.support.fake_services import FakeBoard
from tests.support.headless import Tab


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    wiring.connect(FakeBoard().services)
    async with Tab() as opened:
        yield opened
    wiring.connect(None)


async def test_a_form_that_is_filled_after_a_save_still_says_what_became_of_it(tab: Tab) -> None:
    await tab.send(ColumnsState.save({"title-plan": "Think", "op_id": "page-1"}))
    await tab.send(ColumnsState.load)
    state = await tab.state(ColumnsState)
    assert (state.saved, state.answered, state.titles["plan"]) == (True, "page-1", "Think")


async def test_so_it_does_of_a_refusal(tab: Tab) -> None:
    await tab.send(ColumnsState.save({"title-plan": "x" * 200_000, "op_id": "page-1"}))
    await tab.send(ColumnsState.load)
    state = await tab.state(ColumnsState)
    assert (state.saved, state.answered, state.trouble["code"]) == (False, "page-1", "E-VAL-8")
