"""What the oddities of trigger services (Q…) must not do to starts."""

from pathlib import Path

import pytest

from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column
from kanban_app.domain.workflows import Vintage
from kanban_app.services.limits import Limits
from kanban_app.tac7 import session_events as s
from tests.support.board_bench import bench


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


async def test_q01_a_start_too_many_waits_as_long_as_the_service_counts(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerRefused(b.attempt(task).id, "E-RATE-1")])
        assert b.attempt(task).status is RunStatus.QUEUED
        pause = await b.dispatch()
        assert pause is not None
        assert 50 < pause <= 60
        assert len(b.sender.triggers) == 1


async def test_q01_the_rest_after_a_start_too_many_holds_over_a_restart(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerRefused(b.attempt(task).id, "E-RATE-1")])
        await b.dispatch()
    async with bench(database) as b:
        pause = await b.dispatch()
        assert b.sender.triggers == []
        assert pause is not None
        assert 50 < pause <= 60


async def test_q01_what_was_asked_again_counts_for_the_minute_also_after_a_restart(database: Path) -> None:
    """The first sending of a repeated start may be long ago; each repeat is a message that the service counts."""
    limits = Limits(15, 2, 600.0)
    async with bench(database, limits=limits) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerUncertain(b.attempt(task).id, "E-LOAD-4")])
        await b.dispatch()
        assert len(b.sender.triggers) == 2
        await b.answer(b.attempt(task).id)
    async with bench(database, limits=limits) as b:
        await b.move(await b.create("third"), Column.PLAN)
        pause = await b.dispatch()
        assert b.sender.triggers == []
        assert pause is not None
        assert 50 < pause <= 60


async def test_q03_one_start_at_a_time_is_open(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        for n in range(3):
            await b.move(await b.create(f"card {n}"), Column.PLAN)
        await b.dispatch()
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["card 0"]


async def test_q31_id_number_and_ticket_go_out_together(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.running("Export invoices")
        request = b.sender.triggers[0]
        assert (request.adw_id, request.issue_number) == (b.attempt(task).adw_id, str(task.number))
        assert (request.title, request.issue_type) == ("Export invoices", "feature")
