"""Commands and messages through keeper, store and hub."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kanban_app.domain.commands import CreateTask, MoveTask
from kanban_app.domain.model import RunStatus
from kanban_app.domain.reported import StatusReported
from kanban_app.domain.spending import Spending
from kanban_app.domain.stages import Column, Stage
from kanban_app.services import ingest
from kanban_app.services.ingest import CURSOR_KEY, cursor_from_json
from kanban_app.services.quarantine import Quarantine
from kanban_app.services.reader import Reader
from kanban_app.services.translate import Meaning, translate
from kanban_app.store.database import Store
from kanban_app.store.failures import StoreUnavailable
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.codec import Unknown, Unreadable, decode_server
from tests.support.board_bench import Bench, bench


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "kanban.db"


def frame(kind: str, adw_id: str, **data: object) -> str:
    return json.dumps({"type": kind, "data": {"adw_id": adw_id, **data}})


def status(adw_id: str, word: str, percent: int | None = None, step: str | None = None) -> str:
    return frame(
        "status_update",
        adw_id,
        workflow_name="adw_orchestrator",
        status=word,
        message="",
        progress_percent=percent,
        current_step=step,
    )


def log_frame(adw_id: str, text: str, level: str = "INFO") -> str:
    return frame("workflow_log", adw_id, workflow_name="adw_orchestrator", message=text, level=level)


def test_the_last_output_of_a_failure_is_bounded_plain_text() -> None:
    printed = [*(f"line {number}" for number in range(100)), "\x1b[31m<b>" + "x" * 10_000]
    update = decode_server(frame("status_update", "abcd1234", workflow_name="w", status="failed", last_output=printed))
    assert not isinstance(update, Unknown | Unreadable)
    (report,) = translate(update, datetime.now(UTC), None).reports
    assert isinstance(report, StatusReported)
    assert (len(report.last_output), report.last_output[0]) == (20, "line 81")
    assert report.last_output[-1] == "<b>" + "x" * 497


async def test_a_card_that_waits_at_the_service_says_where_and_is_not_silent(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        attempt = b.attempt(task)
        waits = {"adw_id": attempt.adw_id, "request_id": attempt.id, "workflow_name": "w", "position": 3}
        others = {"adw_id": "0badcafe", "request_id": "another's", "workflow_name": "w", "position": 1}
        data = {"active": 15, "limit": 15, "waiting": [others, waits]}
        heard = b.keeper.board.runs[attempt.adw_id].last_sign_at
        await b.hear(json.dumps({"type": "queue_status", "data": data}))
        assert b.attempt(task).step == "Waiting at the service, place 3"
        assert b.keeper.board.runs[attempt.adw_id].last_sign_at != heard
        assert "0badcafe" not in b.keeper.board.runs
        assert b.quarantine.frames == []
        await b.hear(status(attempt.adw_id, "in_progress", step="Starting"))
        assert b.attempt(task).step == "Starting"


@pytest.mark.parametrize("word", ["completed", "failed", "in_progress"])
async def test_clearing_up_after_a_run_says_nothing_of_how_it_stands(database: Path, word: str) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        sending = b.attempt(task)
        said = {"workflow_name": "restart_cleanup", "status": word, "progress_percent": 50, "current_step": "Cleanup"}
        update = frame("status_update", sending.adw_id, message="Cleaned up", **said)
        await b.hear(update)
        assert b.attempt(task) == sending
        await b.answer(sending.id)
        running = b.attempt(task)
        await b.hear(update.replace("Cleaned", "Cleared"))
        assert b.attempt(task) == running
        assert b.task(task.id).column is Column.PLAN


async def test_the_same_operation_acts_once(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        command = MoveTask(task.id, Column.PLAN)
        outcomes = await asyncio.gather(*(b.board.execute(command, author="test", op_id="op-1") for _ in range(5)))
        assert len(b.keeper.board.attempts) == 1
        assert {o.attempt_id for o in outcomes} == {b.attempt(task).id}
    async with bench(database) as b:
        again = await b.board.execute(command, author="test", op_id="op-1")
        assert again == outcomes[0]
        assert len(b.keeper.board.attempts) == 1


async def test_a_refused_operation_is_remembered_as_refused(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        refused = await b.move(task, Column.ERRORED, "op-2")
        assert not refused.ok
        known = await b.board.operation("op-2")
        assert known == refused
        assert await b.board.operation("op-3") is None


async def test_nothing_changes_when_it_cannot_be_stored(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        with patch.object(Store, "write", side_effect=StoreUnavailable("disk-full")):
            outcome = await b.move(task, Column.PLAN, "op-4")
        assert outcome.error
        assert outcome.error["code"] == "E-SYS-12"
        assert b.task(task.id).column is Column.BACKLOG
        assert (await b.move(task, Column.PLAN, "op-4")).ok


async def test_a_run_goes_through_its_stages_and_ends_ready_to_merge(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running(stages=(Stage.PLAN, Stage.BUILD))
        adw_id = b.attempt(task).adw_id
        columns: list[Column] = []
        for step in (
            frame("stage_transition", adw_id, from_stage="backlog", to_stage="plan"),
            status(adw_id, "in_progress", 50, "Creating the plan"),
            frame("stage_transition", adw_id, from_stage="plan", to_stage="build"),
            status(adw_id, "in_progress", 50, "Implementing"),
            frame("stage_transition", adw_id, from_stage="build", to_stage="ready-to-merge"),
        ):
            await b.hear(step)
            columns.append(b.task(task.id).column)
        assert columns == [Column.PLAN, Column.PLAN, Column.BUILD, Column.BUILD, Column.READY]
        assert (b.attempt(task).status, b.attempt(task).progress) == (RunStatus.COMPLETED, 100)


async def test_progress_is_shown_at_once_and_stored_with_the_next_flush(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running(stages=(Stage.PLAN, Stage.BUILD))
        events_before = await b.store.last_seq()
        await b.hear(status(b.attempt(task).adw_id, "in_progress", 60, "Creating the plan"))
        assert (b.attempt(task).progress, b.attempt(task).step) == (30, "Creating the plan")
        assert await b.store.last_seq() == events_before
        await b.keeper.flush()
    async with bench(database) as b:
        assert b.attempt(task).progress == 30


async def test_log_lines_and_cursor_are_stored_together_and_numbered_without_holes(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id
        await b.hear(*(log_frame(adw_id, f"line {n}") for n in range(300)), seq=7)
        lines, last = await b.store.log_page(adw_id, limit=1000)
        assert [line.seq for line in lines] == list(range(1, last + 1))
        assert [line.message for line in lines if line.message.startswith("line")] == [f"line {n}" for n in range(300)]
        assert await b.store.setting(CURSOR_KEY) == {"journal": "journal-1", "seq": 306}


async def test_messages_wait_while_the_store_cannot_write(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id
        real, failures = Store.write, [StoreUnavailable("disk-full"), StoreUnavailable("disk-full")]

        def write(store: Store, *args: object) -> object:
            if failures:
                raise failures.pop()
            return real(store, *args)  # type: ignore[arg-type]

        with patch.object(Store, "write", write):
            await b.hear(log_frame(adw_id, "kept"))
        lines, _ = await b.store.log_page(adw_id)
        assert lines[-1].message == "kept"


async def test_a_message_that_cannot_be_taken_in_stops_no_other(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id

        def fragile(message: Any, received_at: datetime, attempt_id: str | None) -> Meaning:
            if message.data.message == "line 1":
                raise KeyError("a defect of ours")
            return translate(message, received_at, attempt_id)

        with patch.object(ingest, "translate", fragile):
            await b.hear(*(log_frame(adw_id, f"line {n}") for n in range(3)), seq=7)
            await b.hear(log_frame(adw_id, "line 1"), seq=10)
        lines, _ = await b.store.log_page(adw_id)
        assert [line.message for line in lines] == ["line 0", "line 2"]
        assert await b.store.setting(CURSOR_KEY) == {"journal": "journal-1", "seq": 10}


async def test_the_cursor_follows_the_service_where_it_stands(database: Path) -> None:
    """Back to an earlier number of a restored service, to another service, and from there to the first again."""
    async with bench(database) as b:
        await b.hear(log_frame("feedbeef", "one"), seq=50)
        await b.ingest.take([s.Resumed("journal-1", 20, 20)])
        assert await b.store.setting(CURSOR_KEY) == {"journal": "journal-1", "seq": 20}
        await b.ingest.take([s.Resumed("journal-2", 3, 0)])
        await b.hear(log_frame("feedbeef", "two"), seq=1)
        stored = await b.store.setting(CURSOR_KEY)
        assert cursor_from_json(stored) == s.Cursor("journal-2", 1, {"journal-1": 20})
        assert cursor_from_json(stored).of("journal-1") == s.Cursor("journal-1", 20, {"journal-2": 1})


async def test_lost_messages_are_told_in_the_logs_of_the_runs_under_way(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        await b.ingest.take([s.Gap(4, 7, lost=True), s.Gap(8, 10, lost=False)])
        lines, _ = await b.store.log_page(b.attempt(task).adw_id)
        assert ["2 of its messages" in line.message for line in lines] == [True]


async def test_a_command_whose_caller_goes_away_is_carried_out_whole(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        command = MoveTask(task.id, Column.PLAN)
        first = asyncio.create_task(b.board.execute(command, author="test", op_id="op-1"))
        while not b.keeper._lock.locked():  # noqa: ASYNC110 - a lock tells nobody that it was taken
            await asyncio.sleep(0)
        again = asyncio.create_task(b.board.execute(command, author="test", op_id="op-1"))
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        outcome = await again
        assert outcome.attempt_id == b.attempt(task).id
        assert len(b.keeper.board.attempts) == 1
        assert await b.store.load_board() == b.keeper.board


async def test_a_failed_stage_without_a_reason_gets_the_last_error_line(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        adw_id = b.attempt(task).adw_id
        await b.hear(
            log_frame(adw_id, "pytest: 2 of 41 tests failed", "ERROR"),
            frame("stage_transition", adw_id, from_stage="plan", to_stage="errored", message=""),
        )
        assert b.task(task.id).column is Column.ERRORED
        failure = b.attempt(task).failure
        assert failure
        assert failure.params["message"] == "pytest: 2 of 41 tests failed"


async def test_messages_of_unknown_runs_are_kept(database: Path) -> None:
    async with bench(database) as b:
        await b.hear(log_frame("feedbeef", "somebody else's run"))
        assert b.keeper.board.runs["feedbeef"].task_id is None
        lines, _ = await b.store.log_page("feedbeef")
        assert [line.message for line in lines] == ["somebody else's run"]


async def test_a_card_for_an_unknown_run_gets_its_log_and_what_follows(database: Path) -> None:
    async with bench(database) as b:
        await b.hear(log_frame("feedbeef", "somebody else's run"))
        outcome = await b.board.execute(CreateTask(adw_id="feedbeef", stages=(Stage.PLAN,)), author="test")
        assert b.keeper.board.runs["feedbeef"].task_id == outcome.task_id
        await b.hear(log_frame("feedbeef", "goes on"))
        assert reader(b).card(outcome.task_id or "")["run_id"] == "feedbeef"  # type: ignore[index]
        assert reader(b).run("feedbeef")["last_log"] == "goes on"  # type: ignore[index]
    async with bench(database) as b:
        assert b.keeper.board.runs["feedbeef"].task_id == outcome.task_id
        again = await b.board.execute(CreateTask(adw_id="feedbeef", stages=(Stage.PLAN,)), author="test")
        assert again.error
        assert again.error["code"] == "E-SYS-6"


async def test_nothing_that_a_service_sends_falls_through_unseen(database: Path) -> None:
    async with bench(database) as b:
        await b.ingest.take([Unreadable("{", "no JSON")])
        await b.hear(
            '{"type": "strange"}',
            frame("text_block", "feedbeef", content=7),
            frame("trigger_response", "feedbeef", status="accepted", workflow_name="", message="", logs_path=""),
        )
        held = [(one.code, one.kind, one.reason) for one in b.quarantine.frames]
        assert held == [
            ("E-PROTO-8", "trigger_response", "an answer that nothing waits for"),
            ("E-PROTO-6", "text_block", "data.content: expected text, got a whole number"),
            ("E-PROTO-5", "strange", "a type that the protocol does not have"),
            ("E-PROTO-4", "", "no JSON"),
        ]
        await b.quarantine.save(b.store)
        kept = Quarantine(lambda: None)
        await kept.load(b.store)
        assert (kept.frames, kept.counts) == (b.quarantine.frames, b.quarantine.counts)


async def test_a_late_answer_settles_a_start_in_doubt(database: Path) -> None:
    async with bench(database) as b:
        task = await b.create()
        await b.move(task, Column.PLAN)
        await b.dispatch()
        await b.ingest.take([s.TriggerUncertain(b.attempt(task).id, "E-LOAD-4")])
        await b.hear(frame("trigger_response", b.attempt(task).adw_id, status="accepted"))
        assert b.attempt(task).status is RunStatus.RUNNING


async def test_an_unknown_stage_is_told_in_the_log_and_the_card_stays(database: Path) -> None:
    async with bench(database) as b:
        task = await b.running()
        await b.hear(frame("stage_transition", b.attempt(task).adw_id, from_stage="plan", to_stage="lunch", message=""))
        lines, _ = await b.store.log_page(b.attempt(task).adw_id)
        assert lines[-1].message == 'Unknown stage "lunch": the card stays where it is.'
        assert b.task(task.id).column is Column.PLAN


async def test_refusals_and_doubts_of_the_service_reach_the_card(database: Path) -> None:
    async with bench(database) as b:
        refused, doubted = await b.create("refused"), await b.create("doubted")
        for task, event_type in ((refused, s.TriggerRefused), (doubted, s.TriggerUncertain)):
            await b.move(task, Column.PLAN)
            await b.dispatch()
            await b.ingest.take([event_type(b.attempt(task).id, "E-VAL-1" if task is refused else "E-TIME-1")])
        assert b.attempt(refused).status is RunStatus.REFUSED
        assert b.attempt(doubted).status is RunStatus.UNCERTAIN


async def test_viewers_get_merged_frames(database: Path) -> None:
    async with bench(database) as b, b.hub.subscribe() as viewer:
        task = await b.running()
        for n in range(50):
            await b.hear(log_frame(b.attempt(task).adw_id, f"line {n}"))
        frame_ = viewer.take()
        assert frame_.order
        assert frame_.tasks == {task.id}
        assert reader(b).live(task.id)["last_log"] == "line 49"


async def test_created_cards_survive_a_restart_in_their_order(database: Path) -> None:
    async with bench(database) as b:
        for n in range(5):
            await b.board.execute(CreateTask(title=f"card {n}", stages=(Stage.PLAN,)), author="test")
    async with bench(database) as b:
        assert [t.title for t in b.keeper.board.column(Column.BACKLOG)] == [f"card {n}" for n in range(5)]


def reader(b: Bench) -> Reader:
    return Reader(b.keeper, lambda: b.sender.connection, lambda: False)


async def test_what_an_agent_cost_is_kept_with_its_attempt(database: Path) -> None:
    details = {"total_cost_usd": 0.5, "num_turns": 3, "usage": {"input_tokens": 10, "output_tokens": 20}}
    async with bench(database) as b:
        task = await b.running()
        said = frame("agent_log", b.attempt(task).adw_id, message="Agent ended", level="SUCCESS", details=details)
        await b.hear(said, seq=1)
        await b.hear(said, seq=2)
        lines, _ = await b.store.log_page(b.attempt(task).adw_id)
        assert lines[-1].data == {"result": details}
    async with bench(database) as b:
        spent = b.attempt(task).spent
        assert spent == Spending(1.0, tokens_read=20, tokens_written=40, turns=6)
        assert b.attempt(task).author == "test"
