"""Asking the service about unsettled starts: what its records prove, and when it is asked."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.commands import NotRunning
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.model import Attempt, Flag, RunStatus, Task
from kanban_app.domain.reported import SignOfLife, StageReported, StatusReported, Uncertain
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.errors import BoardError
from kanban_app.services import inquiry
from kanban_app.store.failures import StoreUnavailable
from tests.support.board_bench import Bench, RemoteRun, bench
from tests.support.waiting import eventually


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


def now() -> datetime:
    return datetime.now(UTC)


async def uncertain(b: Bench) -> tuple[Task, Attempt]:
    task = await b.create()
    await b.move(task, Column.PLAN)
    await b.dispatch()
    await b.keeper.report([Uncertain(b.attempt(task).id, "E-LOAD-4")])
    return task, b.attempt(task)


async def continued(b: Bench) -> tuple[Task, Attempt]:
    """An uncertain start on a run that has had a process before."""
    task = await b.running()
    adw_id = b.attempt(task).adw_id
    await b.keeper.report(
        [StageReported(adw_id, Column.BUILD), StatusReported(adw_id, "adw_orchestrator", "failed", "no", at=now())]
    )
    await b.move(task, Column.BUILD)
    await b.dispatch()
    await b.keeper.report([Uncertain(b.attempt(task).id, "E-LOAD-4")])
    return task, b.attempt(task)


def whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("status", "age_s", "expected"),
    [
        ("in_progress", -1, RunStatus.RUNNING),
        ("In_Progress ", -1, RunStatus.RUNNING),
        ("in_progress", 3600, RunStatus.UNCERTAIN),
        ("errored", -1, RunStatus.FAILED),
        ("completed", -1, RunStatus.COMPLETED),
        ("cancelled", -1, RunStatus.CANCELLED),
        ("completed", 3600, RunStatus.UNCERTAIN),
        ("pending", -1, RunStatus.UNCERTAIN),
        ("", -1, RunStatus.UNCERTAIN),
        ("backlog", -1, RunStatus.UNCERTAIN),
    ],
)
async def test_only_what_is_newer_and_says_something_settles(
    database: Path, status: str, age_s: int, expected: RunStatus
) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task, attempt = await uncertain(b)
        b.sender.runs[attempt.adw_id] = RemoteRun(status, now() - timedelta(seconds=age_s))
        view = await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is expected
        assert view["settled"] is (expected is not RunStatus.UNCERTAIN)
        assert view["status"] == status


async def test_a_record_without_a_time_proves_nothing(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task, attempt = await uncertain(b)
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", None)
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is RunStatus.UNCERTAIN


async def test_times_in_whole_seconds_are_enough_where_nothing_has_run_before(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task, attempt = await uncertain(b)
        assert attempt.sent_at is not None
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", whole_second(attempt.sent_at))
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is RunStatus.RUNNING


async def test_on_a_continued_run_the_same_second_may_be_the_last_process(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task, attempt = await continued(b)
        assert attempt.sent_at is not None
        same = attempt.sent_at - timedelta(microseconds=1)
        for status in ("in_progress", "errored", "completed"):
            b.sender.runs[attempt.adw_id] = RemoteRun(status, same)
            await b.inquiry.check(attempt.id)
            assert b.attempt(task).status is RunStatus.UNCERTAIN
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", attempt.sent_at + timedelta(seconds=1))
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is RunStatus.RUNNING


@pytest.mark.parametrize("skew_s", [-3600.0, 3600.0])
async def test_q13_a_clock_that_is_wrong_is_reckoned_with(database: Path, skew_s: float) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        b.sender.connection = replace(b.sender.connection, clock_skew_s=skew_s)
        task, attempt = await uncertain(b)
        by_its_clock = now() + timedelta(seconds=skew_s)
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", by_its_clock - timedelta(seconds=60))
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is RunStatus.UNCERTAIN
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", by_its_clock)
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is RunStatus.RUNNING


async def test_a_silent_run_is_alive_only_by_what_is_newer_than_its_last_word(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.running()
        attempt = b.attempt(task)
        await b.keeper.report([SignOfLife(attempt.adw_id)])
        last = b.keeper.board.runs[attempt.adw_id].last_sign_at
        assert last is not None
        await b.keeper.report([SignOfLife(attempt.adw_id, silent=True)])
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", last)
        view = await b.inquiry.check(attempt.id)
        assert (view["settled"], view["offers"]) == (False, ["not-running", "release"])
        assert view["message"].startswith("The service says “in_progress”, last changed at ")
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", last + timedelta(seconds=1))
        assert (await b.inquiry.check(attempt.id))["settled"]
        assert Flag.SILENT not in b.keeper.board.runs[attempt.adw_id].flags


async def test_what_asking_has_come_to_is_said(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        _task, attempt = await uncertain(b)
        nothing = await b.inquiry.check(attempt.id)
        assert nothing["message"] == "The service says nothing about this start yet."
        assert (nothing["offers"], nothing["at"]) == (["start-again", "not-running", "release"], None)
        at = now()
        b.sender.runs[attempt.adw_id] = RemoteRun("errored", at)
        ended = await b.inquiry.check(attempt.id)
        assert (ended["title"], ended["message"]) == ("Settled", "The service says that it has ended: errored.")
        assert (ended["offers"], ended["at"]) == ([], int(at.timestamp() * 1000))
        assert (await b.inquiry.check(attempt.id))["title"] == "This start has ended"
        assert (await b.inquiry.check("nobody"))["title"] == "This start has ended"
        healthy = await b.running("healthy")
        view = await b.inquiry.check(b.attempt(healthy).id)
        assert (view["settled"], view["message"]) == (True, "There is nothing to decide about it.")


async def test_where_the_service_remembers_the_request_it_is_sent_again(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.keeper.report([Uncertain(b.attempt(task).id, "E-LOAD-4", "journal-1")])
        assert (await b.inquiry.check(b.attempt(task).id))["title"] == "Asked again"
        await b.dispatch()
        assert len(b.sender.triggers) == 2


# By itself.


async def test_an_uncertain_start_is_asked_about_at_once_then_in_growing_intervals_and_not_for_ever(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        _task, attempt = await uncertain(b)
        monkeypatch.setattr(inquiry, "FIRST_PAUSE_S", 0.001)
        pauses: list[float] = []
        while (pause := await b.inquiry._step()) is not None:
            if pause:
                pauses.append(pause)
                await asyncio.sleep(min(pause, 0.01))
                b.inquiry._turns[attempt.id].due = 0
        assert b.sender.asked == [attempt.adw_id] * inquiry.MOST_TRIES
        assert pauses[5] > pauses[0]
        b.inquiry.reconnected()
        assert await b.inquiry._step() == 0.0
        assert len(b.sender.asked) == inquiry.MOST_TRIES + 1


async def test_the_loop_settles_what_the_service_knows_by_itself(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        running = asyncio.create_task(b.inquiry.run())
        task, attempt = await uncertain(b)
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", now() + timedelta(seconds=1))
        b.inquiry.reconnected()
        await eventually(lambda: b.attempt(task).status is RunStatus.RUNNING)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize("vintage", [Vintage.V0, Vintage.OURS])
async def test_services_that_have_no_answer_are_not_asked(database: Path, vintage: Vintage) -> None:
    async with bench(database, vintage=vintage) as b:
        await uncertain(b)
        assert await b.inquiry._step() is None
        assert b.sender.asked == []


async def test_nobody_is_asked_without_a_connection(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        await uncertain(b)
        b.sender.connection = Connection(ConnectionState.RECONNECTING, "ws://service")
        assert await b.inquiry._step() is None
        assert b.sender.asked == []


async def test_what_is_decided_is_not_asked_about_any_more(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        _task, attempt = await uncertain(b)
        await b.inquiry._step()
        await b.board.execute(NotRunning(attempt.id), author="test")
        assert await b.inquiry._step() is None
        assert b.inquiry._turns == {}


@pytest.mark.parametrize("problem", [BoardError("E-CONN-1", {"url": "http://service"}), StoreUnavailable("disk-full")])
async def test_a_service_or_a_store_that_fails_ends_no_asking(database: Path, problem: Exception) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task, attempt = await uncertain(b)
        b.sender.fetch_problem = problem
        assert await b.inquiry._step() == 0.0
        assert b.attempt(task).status is RunStatus.UNCERTAIN
        b.sender.fetch_problem = None
        b.sender.runs[attempt.adw_id] = RemoteRun("in_progress", now() + timedelta(seconds=1))
        b.inquiry.reconnected()
        await b.inquiry._step()
        assert b.attempt(task).status is RunStatus.RUNNING
        assert b.attempt(task).current is Stage.PLAN
