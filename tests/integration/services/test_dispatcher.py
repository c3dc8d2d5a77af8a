"""The outbox against a real store and a scripted service."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.commands import CancelRefused, CancelRun, Message, Sending, SignOfLife, Uncertain, Withdraw
from kanban_app.domain.model import Flag, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.services.keeper import Applied, Beside
from kanban_app.services.limits import Limits
from kanban_app.tac7 import session_events as s
from tests.support.board_bench import JOURNAL, RemoteRun, bench, connected


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


async def test_a_drop_on_the_first_stage_sends_one_trigger(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create("Export invoices")
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["Export invoices"]
        request = b.sender.triggers[0]
        assert (request.workflow_type, request.stages) == ("adw_orchestrator", tuple(Stage))
        assert request.issue_number == str(task.number)
        assert b.attempt(task).status is RunStatus.SENDING
        await b.answer(request.attempt_id)
        assert b.attempt(task).status is RunStatus.RUNNING


async def test_only_one_trigger_is_unanswered_at_a_time(database: Path) -> None:
    async with bench(database) as b:
        first, second = await b.create("one"), await b.create("two")
        await b.move(first, Column.PLAN)
        await b.move(second, Column.PLAN)
        await b.dispatch()
        assert len(b.sender.triggers) == 1
        await b.answer(b.attempt(first).id)
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["one", "two"]


async def test_runs_beyond_the_limit_wait_in_order(database: Path) -> None:
    async with bench(database, limits=Limits(2, 28, 600.0)) as b:
        tasks = [await b.create(f"card {n}") for n in range(4)]
        for task in tasks:
            await b.move(task, Column.PLAN)
            await b.dispatch()
            if b.attempt(task).status is RunStatus.SENDING:
                await b.answer(b.attempt(task).id)
        assert [b.attempt(t).status for t in tasks] == [
            RunStatus.RUNNING,
            RunStatus.RUNNING,
            RunStatus.QUEUED,
            RunStatus.QUEUED,
        ]
        assert [a.task_id for a in b.keeper.board.queue()] == [tasks[2].id, tasks[3].id]


async def test_the_rate_limit_counts_starts_before_a_restart(database: Path) -> None:
    limits = Limits(15, 2, 600.0)
    async with bench(database, limits=limits) as b:
        for n in range(2):
            await b.running(f"card {n}")
    async with bench(database, limits=limits) as b:
        task = await b.create("third")
        await b.move(task, Column.PLAN)
        pause = await b.dispatch()
        assert b.sender.triggers == []
        assert pause is not None
        assert 50 < pause <= 60


async def test_what_could_not_leave_goes_back_to_its_place(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        b.sender.refuses_to_send = True
        await b.move(task, Column.PLAN)
        pause = await b.dispatch()
        assert b.attempt(task).status is RunStatus.QUEUED
        assert pause is not None
        assert 0 < pause <= 1
        b.sender.refuses_to_send = False
        await asyncio.sleep(pause)
        await b.dispatch()
        assert len(b.sender.triggers) == 1


async def test_what_never_left_takes_no_place_of_the_minute(database: Path) -> None:
    async with bench(database, limits=Limits(15, 1, 600.0)) as b:
        task = await b.create()
        b.sender.refuses_to_send = True
        await b.move(task, Column.PLAN)
        pause = await b.dispatch()
        b.sender.refuses_to_send = False
        await asyncio.sleep(pause or 0)
        await b.dispatch()
        assert len(b.sender.triggers) == 1


async def test_what_is_withdrawn_at_the_last_moment_is_not_sent(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        attempt, report = b.attempt(task), b.keeper.report

        async def slow_report(messages: list[Message], beside: Beside | None = None) -> list[Applied]:
            if isinstance(messages[0], Sending):
                await b.board.execute(Withdraw(attempt.id), author="somebody quick")
            return await report(messages, beside)

        monkeypatch.setattr(b.keeper, "report", slow_report)
        await b.dispatch()
        assert b.sender.triggers == []
        assert b.keeper.board.attempts[attempt.id].status is RunStatus.CANCELLED


async def test_nothing_turns_round_while_the_line_is_busy(database: Path) -> None:
    """After E-TIME-1 the connection waits on for the late answer and takes no other trigger."""
    async with bench(database) as b:
        late, next_one = await b.create("late"), await b.create("next")
        await b.move(late, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerUncertain(b.attempt(late).id, "E-TIME-1")])
        await b.move(next_one, Column.PLAN)
        b.sender.is_free = False
        before = await b.store.last_seq()
        assert await b.dispatch() is None
        assert await b.store.last_seq() == before
        b.sender.is_free = True
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["late", "late"]


async def test_a_service_that_fails_at_it_is_asked_again_in_growing_intervals(database: Path) -> None:
    async with bench(database) as b, b.hub.subscribe() as viewer:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerRefused(b.attempt(task).id, "E-SYS-1")])
        assert b.attempt(task).status is RunStatus.UNCERTAIN
        assert await b.dispatch() is None
        assert len(b.sender.triggers) == 2
        await b.ingest.take([s.TriggerRefused(b.attempt(task).id, "E-SYS-1")])
        pause = await b.dispatch()
        assert len(b.sender.triggers) == 2
        assert pause is not None
        assert 0 < pause <= 1
        assert len(viewer.take().notices) == 1


async def test_a_start_too_many_waits_as_long_as_the_service_counts(database: Path) -> None:
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


@pytest.mark.parametrize(("vintage", "journal"), [(Vintage.V1, JOURNAL), (Vintage.OURS, "another service")])
async def test_a_doubt_is_settled_only_with_the_service_that_was_asked(
    database: Path, vintage: Vintage, journal: str
) -> None:
    async with bench(database, vintage=vintage) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.keeper.report([Uncertain(b.attempt(task).id, "E-LOAD-4", journal)])
        b.sender.connection = connected(Vintage.OURS)
        await b.dispatch()
        assert len(b.sender.triggers) == 1
        assert b.attempt(task).status is RunStatus.UNCERTAIN


async def test_a_stop_that_was_denied_can_be_asked_for_again(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id
        for count in (1, 2):
            await b.board.execute(CancelRun(adw_id), author="test")
            await b.dispatch()
            assert len(b.sender.cancels) == count
            await b.keeper.report([CancelRefused(adw_id, "not now", gone=False)])
            await b.dispatch()


async def test_a_silent_run_gives_its_place_to_the_next(database: Path) -> None:
    async with bench(database, limits=Limits(1, 28, 600.0)) as b:
        silent, waiting = await b.running("silent"), await b.create("waiting")
        await b.move(waiting, Column.PLAN)
        await b.dispatch()
        assert len(b.sender.triggers) == 1
        await b.keeper.report([SignOfLife(b.attempt(silent).adw_id, silent=True)])
        await b.dispatch()
        assert b.attempt(waiting).status is RunStatus.SENDING


async def test_the_time_without_the_app_is_no_silence(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
    await asyncio.sleep(0.1)
    async with bench(database, limits=Limits(15, 28, 0.1)) as b:
        pause = await b.dispatch()
        assert b.keeper.board.runs[b.attempt(task).adw_id].flags == frozenset()
        assert pause is not None


async def test_a_restart_while_sending_makes_the_start_uncertain_and_asks_again_with_the_same_id(
    database: Path,
) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        first = b.sender.triggers[0]
    async with bench(database) as b:
        assert b.attempt(task).status is RunStatus.UNCERTAIN
        await b.dispatch()
        again = b.sender.triggers[0]
        assert (again.attempt_id, again.adw_id) == (first.attempt_id, first.adw_id)
        assert (again.workflow_type, again.stages) == (first.workflow_type, first.stages)


async def test_other_services_are_never_sent_an_uncertain_start_again(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
    async with bench(database, vintage=Vintage.V1) as b:
        await b.dispatch()
        assert b.sender.triggers == []
        assert b.attempt(task).status is RunStatus.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "age_s", "expected"),
    [
        ("in_progress", -1, RunStatus.RUNNING),
        ("in_progress", 3600, RunStatus.UNCERTAIN),
        ("errored", -1, RunStatus.FAILED),
    ],
)
async def test_check_believes_only_what_is_newer_than_the_sending(
    database: Path, status: str, age_s: int, expected: RunStatus
) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        attempt = b.attempt(task)
        await b.keeper.report([Uncertain(attempt.id, "E-LOAD-4")])
        b.sender.runs[attempt.adw_id] = RemoteRun(status, datetime.now(UTC) - timedelta(seconds=age_s))
        await b.inquiry.check(attempt.id)
        assert b.attempt(task).status is expected


async def test_a_held_start_can_be_withdrawn_and_is_released_in_time(database: Path) -> None:
    async with bench(database, grace_s=30.0) as b:
        kept, taken_back = await b.create("kept"), await b.create("taken back")
        await b.move(kept, Column.PLAN)
        await b.move(taken_back, Column.PLAN)
        pause = await b.dispatch()
        assert pause is not None
        assert 29 < pause <= 30
        assert b.sender.triggers == []
        outcome = await b.board.execute(Withdraw(b.attempt(taken_back).id), author="test")
        assert outcome.ok
        assert b.task(taken_back.id).column is Column.BACKLOG
        assert b.task(taken_back.id).attempt_id is None


async def test_a_stop_is_sent_once_and_again_after_a_reconnect(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        await b.board.execute(CancelRun(b.attempt(task).adw_id), author="test")
        await b.dispatch()
        await b.dispatch()
        assert b.sender.cancels == [b.attempt(task).adw_id]
        b.dispatcher.reconnected()
        await b.dispatch()
        assert len(b.sender.cancels) == 2


async def test_a_run_that_says_nothing_is_flagged_and_unflagged_by_its_next_word(database: Path) -> None:
    async with bench(database, limits=Limits(15, 28, 0.0)) as b:
        task = await b.running()
        await b.dispatch()
        adw_id = b.attempt(task).adw_id
        assert Flag.SILENT in b.keeper.board.runs[adw_id].flags
        await b.hear(
            f'{{"type":"workflow_log","data":{{"adw_id":"{adw_id}","workflow_name":"w","message":"hello","level":"INFO"}}}}'
        )
        assert Flag.SILENT not in b.keeper.board.runs[adw_id].flags
