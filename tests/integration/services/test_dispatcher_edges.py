"""What the outbox does where something is in its way: no known service, no store, requests that cannot be sent."""

import asyncio
from pathlib import Path
from unittest.mock import patch

import pytest

from kanban_app.domain.commands import CancelRun, StartTask
from kanban_app.domain.model import RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.requests import RequestRefused
from tests.support.board_bench import bench, connected
from tests.support.waiting import eventually


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


async def test_a_store_that_cannot_write_stops_the_outbox_only_for_a_while(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        running = asyncio.create_task(b.dispatcher.run())
        with patch.object(Store, "write", side_effect=StoreUnavailable("disk-full")) as write:
            b.dispatcher.wake()
            await eventually(lambda: write.called)
            assert b.sender.triggers == []
        await eventually(lambda: b.sender.triggers)
        running.cancel()


async def test_a_stop_without_an_answer_is_sent_again_and_without_a_connection_later(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        await b.board.execute(CancelRun(b.attempt(task).adw_id), author="test")
        with patch.object(b.sender, "cancel", side_effect=NotSent):
            await b.dispatch()
        await b.dispatch()
        b.dispatcher.stop_unanswered()
        await b.dispatch()
        assert b.sender.cancels == [b.attempt(task).adw_id] * 2


@pytest.mark.parametrize(
    ("problem", "code"),
    [(FrameTooLarge(9 * 2**20, 8 * 2**20), "E-CONN-14"), (RequestRefused("E-VAL-3", {"value": "odd"}), "E-VAL-3")],
)
async def test_what_cannot_be_sent_is_refused_with_its_reason(database: Path, problem: Exception, code: str) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        with patch.object(b.sender, "trigger", side_effect=problem):
            await b.dispatch()
        attempt = b.attempt(task)
        assert attempt.status is RunStatus.REFUSED
        assert attempt.failure
        assert attempt.failure.code == code


async def test_nothing_is_sent_to_a_service_that_is_not_known_yet(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        b.dispatcher._is_ready = lambda: True
        known = b.sender.connection
        b.sender.connection = type(known)(known.state, known.url)
        await b.dispatch()
        assert b.sender.triggers == []
        assert b.attempt(task).status is RunStatus.QUEUED


@pytest.mark.parametrize(("workflow", "code"), [("adw_orchestrator", "E-VAL-1"), ("adw_plan_iso", None)])
async def test_a_workflow_that_the_service_does_not_have_is_refused_here(
    database: Path, workflow: str, code: str | None
) -> None:
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.create(stages=(Stage.PLAN,))
        await b.board.execute(StartTask(task.id, stages=(Stage.PLAN,), workflow_type=workflow), author="test")
        await b.dispatch()
        failure = b.attempt(task).failure
        assert (failure.code if failure else None) == code
        assert len(b.sender.triggers) == (0 if code else 1)


async def test_a_stage_that_needs_a_run_is_no_beginning_on_v0(database: Path) -> None:
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.create(stages=(Stage.BUILD, Stage.TEST))
        await b.move(task, Column.BUILD)
        await b.dispatch()
        failure = b.attempt(task).failure
        assert failure
        assert failure.code == "E-VAL-4"
        assert b.sender.triggers == []


async def test_a_service_of_another_kind_gets_what_it_understands(database: Path) -> None:
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.create(stages=(Stage.PLAN, Stage.BUILD))
        await b.move(task, Column.PLAN)
        b.sender.connection = connected(Vintage.V1)
        await b.dispatch()
        assert b.sender.triggers[0].workflow_type == "adw_orchestrator"
