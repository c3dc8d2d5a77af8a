"""The running app as a whole: what breaks is told, and never leaves half of it alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from kanban_app import runtime
from kanban_app.assembly.running import Running, running
from kanban_app.config import Settings
from kanban_app.domain.commands import CreateTask, StartTask
from kanban_app.domain.model import Flag
from kanban_app.domain.reported import Accepted, Release, Sending, StatusReported
from kanban_app.domain.stages import Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import StartRefusal
from kanban_app.runtime import Launch
from kanban_app.services.dispatcher import Dispatcher
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from tests.support.scripted import POST, UNTIL_TOLD, scripted
from tests.support.waiting import eventually


def a_launch(tmp_path: Path) -> Launch:
    """An app whose service is not there: nothing listens on this port."""
    settings = Settings(data_dir=tmp_path, tac7_url="ws://127.0.0.1:9/ws/trigger")
    return Launch(settings, "127.0.0.1", 1, None, "internal")


@asynccontextmanager
async def app(launch: Launch) -> AsyncIterator[Running]:
    with patch.object(runtime.signal, "raise_signal"):
        async with running(launch) as parts:
            yield parts


async def test_a_part_that_breaks_ends_the_program_with_a_sentence(tmp_path: Path) -> None:
    launch = a_launch(tmp_path)

    async def broken(_dispatcher: Dispatcher) -> None:
        raise KeyError("a defect of ours")

    with patch.object(Dispatcher, "_step", broken):
        async with app(launch) as parts:
            await eventually(lambda: launch.exit_report.failure)
            # The rest goes on until the server has stopped.
            outcome = await parts.services.board.execute(CreateTask(title="kept", stages=(Stage.PLAN,)), author="test")
            assert outcome.ok
    assert "dispatcher" in (launch.exit_report.failure or "")


async def test_the_limit_of_runs_reaches_the_embedded_service(tmp_path: Path) -> None:
    launch = Launch(Settings(data_dir=tmp_path), "127.0.0.1", 1, None, "internal")
    async with app(launch) as parts:
        settings = parts.services.settings
        await settings.save(await settings.draft({"max_concurrent_runs": "3"}))
        assert parts.trigger_service is not None
        assert parts.trigger_service.max_runs == 3
    async with app(Launch(Settings(data_dir=tmp_path), "127.0.0.1", 1, None, "internal")) as parts:
        await parts.services.ping()
        assert parts.trigger_service is not None
        assert parts.trigger_service.max_runs == 3


async def test_who_waits_at_the_service_is_not_missed(tmp_path: Path) -> None:
    """While the one that runs, and says nothing either, is."""
    places = [tmp_path / name for name in ("service", "board")]
    for place in places:
        place.mkdir()
    async with scripted(places[0], POST + UNTIL_TOLD, max_runs=1) as service:
        url = f"ws://127.0.0.1:{service.port}/ws/trigger"
        settings = Settings(data_dir=places[1], tac7_url=url, run_silent_after_s=0.3)
        async with app(Launch(settings, "127.0.0.1", 1, None, "internal")) as parts:
            keeper = parts.services.board._keeper

            async def begun(title: str) -> str:
                created = await parts.services.board.execute(CreateTask(title=title, stages=(Stage.PLAN,)), author="t")
                opened = await parts.services.board.execute(StartTask(created.task_id or ""), author="t")
                return opened.attempt_id or ""

            runs = await begun("runs")
            await eventually(lambda: keeper.board.attempts[runs].started_at)
            waits = await begun("waits")
            await eventually(lambda: keeper.board.attempts[waits].step.startswith("Waiting at the service"))
            since = asyncio.get_running_loop().time()
            await eventually(lambda: asyncio.get_running_loop().time() > since + 1)
            flags = [keeper.board.runs[keeper.board.attempts[key].adw_id].flags for key in (runs, waits)]
            assert [Flag.SILENT in found for found in flags] == [True, False]
            for key in (runs, waits):
                (places[0] / f"{keeper.board.attempts[key].adw_id}.go").touch()
            await eventually(lambda: not any(keeper.board.attempts[key].is_open for key in (runs, waits)))


async def test_a_full_disk_stops_no_part_and_no_stop(tmp_path: Path) -> None:
    launch = a_launch(tmp_path)
    with patch("kanban_app.assembly.board.FLUSH_S", 0.01):
        async with app(launch) as parts:
            keeper = parts.services.board._keeper
            created = await parts.services.board.execute(CreateTask(title="x", stages=(Stage.PLAN,)), author="test")
            await parts.services.board.execute(StartTask(created.task_id or ""), author="test")
            attempt = next(iter(keeper.board.attempts.values()))
            await keeper.report([Release(attempt.id), Sending(attempt.id, "adw_plan_iso", attempt.stages, Vintage.V1)])
            await keeper.report([Accepted(attempt.id)])
            with patch.object(Store, "write", side_effect=StoreUnavailable("disk-full")):
                await keeper.report([StatusReported(attempt.adw_id, "adw_plan_iso", "in_progress", percent=40)])
                assert keeper._saved is not keeper.board
                await asyncio.sleep(0.1)
                assert keeper._saved is not keeper.board
            await eventually(lambda: keeper._saved is keeper.board)
    assert launch.exit_report.failure is None


async def test_a_store_that_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with (
        patch.object(Store, "load_board", side_effect=StoreUnavailable("io-error", "disk I/O error")),
        pytest.raises(StartRefusal, match="disk I/O error"),
    ):
        async with app(a_launch(tmp_path)):
            pass
