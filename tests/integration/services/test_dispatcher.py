"""The outbox against a real store and a scripted service."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kanban_app.domain.commands import CancelRun, FreePlace, Requeue, StageDone, StartTask, Withdraw
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.decide import Message
from kanban_app.domain.model import Flag, RunStatus
from kanban_app.domain.reported import CancelRefused, Sending, SignOfLife, Uncertain
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.services.keeper import Applied, Beside
from kanban_app.services.limits import Limits
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent, SessionBusy
from kanban_app.tac7.codec import FrameTooLarge
from kanban_app.tac7.requests import RequestRefused, TriggerRequest
from tests.support.board_bench import JOURNAL, bench, connected
from tests.support.waiting import eventually


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


async def test_q06_a_start_that_meets_a_health_check_keeps_its_place(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(database, vintage=Vintage.V1) as b:
        first, second = await b.create("first"), await b.create("second")
        for task in (first, second):
            await b.move(task, Column.PLAN)
        trigger, sent = b.sender.trigger, b.dispatcher.outlook().sent

        async def stand_still(attempt_id: str, request: TriggerRequest) -> None:
            b.sender.is_free = False
            raise SessionBusy

        monkeypatch.setattr(b.sender, "trigger", stand_still)
        assert await b.dispatch() is None
        assert b.attempt(first).status is RunStatus.QUEUED
        assert b.dispatcher.outlook().sent == sent
        monkeypatch.setattr(b.sender, "trigger", trigger)
        b.sender.is_free = True
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["first"]


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


async def test_a_run_that_waits_at_the_service_is_neither_silent_nor_stuck(database: Path) -> None:
    async with bench(database, limits=Limits(15, 28, 1e-6, 1e-6)) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        attempt_id = b.attempt(task).id
        b.dispatcher.wait_at_service(frozenset({attempt_id}))
        await b.answer(attempt_id)
        await b.dispatch()
        run = b.attempt(task).adw_id
        assert b.keeper.board.runs[run].flags == frozenset()
        assert len(b.keeper.board.active()) == 1
        b.dispatcher.use(Limits(15, 28, 600.0))
        b.dispatcher.wait_at_service(frozenset())
        assert await b.dispatch() is not None
        b.dispatcher.use(Limits(15, 28, 1e-6, 1e-6))
        await b.dispatch()
        assert b.keeper.board.runs[run].flags == {Flag.SILENT, Flag.STUCK}


async def test_a_turn_that_comes_late_is_no_silence(database: Path) -> None:
    async with bench(database, limits=Limits(15, 28, 600.0)) as b:
        task = await b.running()
        attempt, long_ago = b.attempt(task), datetime.now(UTC) - timedelta(hours=1)
        b.dispatcher.wait_at_service(frozenset({attempt.id}))
        old = replace(b.keeper.board.runs[attempt.adw_id], last_sign_at=long_ago)
        waited = replace(attempt, started_at=long_ago, sent_at=long_ago)
        b.keeper._board = b.keeper.board.with_run(old).with_attempt(waited)
        b.dispatcher._silence._listening_since = long_ago
        b.dispatcher.wait_at_service(frozenset())
        pause = await b.dispatch()
        assert b.keeper.board.runs[attempt.adw_id].flags == frozenset()
        assert pause
        assert pause > 599


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


async def test_silence_counts_only_while_connected(database: Path) -> None:
    """A long outage is no silence: else all runs would lose their slots, and more than the limit could run."""
    async with bench(database, limits=Limits(1, 28, 0.1)) as b:
        task, waiting = await b.running("cut off"), await b.create("waiting")
        await b.move(waiting, Column.PLAN)
        standing, b.sender.connection = b.sender.connection, Connection(ConnectionState.RECONNECTING, "ws://service")
        await asyncio.sleep(0.2)
        assert await b.dispatch() is None
        assert b.keeper.board.runs[b.attempt(task).adw_id].flags == frozenset()
        b.sender.connection = standing
        b.dispatcher.reconnected()
        pause = await b.dispatch()
        assert b.keeper.board.runs[b.attempt(task).adw_id].flags == frozenset()
        assert len(b.sender.triggers) == 1
        assert pause is not None
        await asyncio.sleep(pause)
        await b.dispatch()
        assert Flag.SILENT in b.keeper.board.runs[b.attempt(task).adw_id].flags


@pytest.mark.parametrize(
    ("vintage", "explicit", "expected"),
    [(Vintage.OURS, None, 600), (Vintage.V1, None, 120), (Vintage.OURS, 7.0, 7), (Vintage.V1, 7.0, 7)],
)
async def test_how_long_a_run_may_say_nothing(
    database: Path, vintage: Vintage, explicit: float | None, expected: float
) -> None:
    async with bench(database, vintage=vintage, limits=Limits(15, 28, explicit)) as b:
        await b.running()
        pause = await b.dispatch()
        assert pause is not None
        assert expected - 5 < pause <= expected


async def test_a_run_that_stays_in_a_stage_without_a_word_is_stuck(database: Path) -> None:
    async with bench(database, limits=Limits(15, 28, 0.05, 0.2)) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id

        def flags() -> frozenset[Flag]:
            return b.keeper.board.runs[adw_id].flags

        await asyncio.sleep(await b.dispatch() or 0)
        pause = await b.dispatch()
        assert flags() == {Flag.SILENT}
        assert pause is not None
        await asyncio.sleep(pause)
        assert await b.dispatch() is None
        assert flags() == {Flag.SILENT, Flag.STUCK}
        await b.keeper.report([SignOfLife(adw_id)])
        assert flags() == frozenset()


async def test_a_freed_place_lets_the_next_one_start(database: Path) -> None:
    async with bench(database, vintage=Vintage.V1, limits=Limits(1, 28, 600.0)) as b:
        doubtful, waiting = await b.create("doubtful"), await b.create("waiting")
        await b.move(doubtful, Column.PLAN)
        await b.dispatch()
        await b.keeper.report([Uncertain(b.attempt(doubtful).id, "E-LOAD-4")])
        await b.move(waiting, Column.PLAN)
        await b.dispatch()
        assert b.attempt(waiting).status is RunStatus.QUEUED
        await b.board.execute(FreePlace(b.attempt(doubtful).id), author="test")
        await b.dispatch()
        assert b.attempt(waiting).status is RunStatus.SENDING
        assert b.attempt(doubtful).status is RunStatus.UNCERTAIN


async def test_the_line_is_sent_in_its_order_and_keeps_it_over_a_restart(database: Path) -> None:
    async with bench(database) as b:
        tasks = [await b.create(f"card {n}") for n in range(3)]
        for task in tasks:
            await b.move(task, Column.PLAN)
        await b.board.execute(Requeue(b.attempt(tasks[2]).id, 1), author="test")
    async with bench(database) as b:
        for _ in tasks:
            await b.dispatch()
            await b.answer(b.sender.triggers[-1].attempt_id)
        assert [t.title for t in b.sender.triggers] == ["card 2", "card 0", "card 1"]


async def test_a_change_in_line_repaints_all_that_wait(database: Path) -> None:
    async with bench(database) as b, b.hub.subscribe() as viewer:
        tasks = [await b.create(f"card {n}") for n in range(3)]
        for task in tasks:
            await b.move(task, Column.PLAN)
        viewer.take()
        await b.dispatch()
        assert viewer.take().tasks == {task.id for task in tasks}


async def test_a_v0_service_is_not_asked_for_a_stage_that_needs_an_earlier_one(database: Path) -> None:
    """E-VAL-4, for a fresh run whose card begins with a later stage: V0 would take it, and abort."""
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.create(stages=(Stage.BUILD, Stage.TEST))
        await b.move(task, Column.BUILD)
        await b.dispatch()
        failure = b.attempt(task).failure
        assert b.sender.triggers == []
        assert b.attempt(task).status is RunStatus.REFUSED
        assert failure is not None
        assert (failure.code, failure.params["stage"], failure.params["first"]) == ("E-VAL-4", "build", "plan")


async def test_a_v0_service_gets_the_later_stage_of_a_run_that_it_has(database: Path) -> None:
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.running(stages=(Stage.PLAN, Stage.TEST))
        await b.board.execute(StageDone(b.attempt(task).id), author="test")
        await b.dispatch()
        assert [t.workflow_type for t in b.sender.triggers] == ["adw_plan_iso", "adw_test_iso"]
        assert len({t.adw_id for t in b.sender.triggers}) == 1


async def test_a_workflow_that_the_service_does_not_know_is_refused(database: Path) -> None:
    async with bench(database, vintage=Vintage.V0) as b:
        task = await b.create()
        await b.board.execute(StartTask(task.id, workflow_type="adw_orchestrator", stages=(Stage.PLAN,)), author="test")
        await b.dispatch()
        failure = b.attempt(task).failure
        assert b.sender.triggers == []
        assert failure is not None
        assert failure.code == "E-VAL-1"


@pytest.mark.parametrize(
    ("problem", "code"),
    [(FrameTooLarge(9 * 1024 * 1024, 8 * 1024 * 1024), "E-CONN-14"), (RequestRefused("E-VAL-2"), "E-VAL-2")],
)
async def test_what_cannot_be_sent_is_refused_and_takes_no_place_of_the_minute(
    database: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception, code: str
) -> None:
    async with bench(database, limits=Limits(15, 1, 600.0)) as b:
        task, following = await b.create("too large"), await b.create("fits")
        await b.move(task, Column.PLAN)

        async def refuse(*_: object) -> None:
            raise problem

        with monkeypatch.context() as patch:
            patch.setattr(b.sender, "trigger", refuse)
            await b.dispatch()
        failure = b.attempt(task).failure
        assert failure is not None
        assert (b.attempt(task).status, failure.code) == (RunStatus.REFUSED, code)
        await b.move(following, Column.PLAN)
        await b.dispatch()
        assert [t.title for t in b.sender.triggers] == ["fits"]


async def test_nothing_is_sent_to_a_service_of_unknown_kind(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        b.sender.connection = replace(b.sender.connection, vintage=None)
        assert await b.dispatch() is None
        await b.dispatcher._send(b.attempt(task))
        assert (b.sender.triggers, b.attempt(task).status) == ([], RunStatus.QUEUED)


async def test_a_stop_that_cannot_leave_is_sent_later(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(database) as b:
        task = await b.running()
        await b.board.execute(CancelRun(b.attempt(task).adw_id), author="test")

        async def refuse(*_: object) -> None:
            raise NotSent

        with monkeypatch.context() as patch:
            patch.setattr(b.sender, "cancel", refuse)
            await b.dispatch()
        assert b.sender.cancels == []
        await b.dispatch()
        b.dispatcher.stop_unanswered()
        await b.dispatch()
        assert len(b.sender.cancels) == 2


async def test_the_loop_goes_on_when_the_store_cannot_write(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(database, limits=Limits(15, 1, 600.0)) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        report, failed = b.keeper.report, asyncio.Event()

        async def report_later(messages: list[Message], beside: Beside | None = None) -> list[Applied]:
            if not failed.is_set():
                failed.set()
                raise StoreUnavailable("disk-full")
            return await report(messages, beside)

        monkeypatch.setattr(b.keeper, "report", report_later)
        running = asyncio.create_task(b.dispatcher.run())
        await asyncio.wait_for(failed.wait(), 5)
        b.dispatcher.wake()
        await eventually(lambda: bool(b.sender.triggers))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert b.attempt(task).status is RunStatus.SENDING


async def test_a_held_start_goes_out_when_its_time_has_come(database: Path) -> None:
    async with bench(database, grace_s=0.05) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        running = asyncio.create_task(b.dispatcher.run())
        await eventually(lambda: bool(b.sender.triggers))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert b.attempt(task).status is RunStatus.SENDING
