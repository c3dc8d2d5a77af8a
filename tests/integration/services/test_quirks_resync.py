"""What a V1 service does not repeat is asked for, on real sockets, and taken in once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from kanban_app import runtime
from kanban_app.assembly import wiring
from kanban_app.assembly.running import running
from kanban_app.config import Settings
from kanban_app.domain.commands import CreateTask, MoveTask
from kanban_app.domain.model import Attempt, Board, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.runtime import Launch
from kanban_app.services.container import ApiServices
from kanban_app.services.event_log import LogFilter
from kanban_app.services.remote_files import RemoteFile
from kanban_app.services.resync import Resync
from kanban_app.store.retention import Retention
from kanban_app.tac7.remote_logs import execution_lines
from tests.support.board_bench import bench
from tests.support.tac7_server import FakeService
from tests.support.waiting import eventually

SESSION = {"type": "system", "subtype": "init", "model": "opus", "tools": [], "session_id": "s1"}


@dataclass
class App:
    """The whole board, connected to a service that the test plays."""

    service: FakeService
    services: ApiServices

    @property
    def board(self) -> Board:
        return self.services.snapshot()

    async def started(self, *stages: Stage) -> Attempt:
        created = await self.services.board.execute(CreateTask(title="A card", stages=stages), author="test")
        task_id = created.task_id or ""
        await self.services.board.execute(MoveTask(task_id, Column(stages[0].value)), author="test")
        await eventually(lambda: self.attempt(task_id).status is RunStatus.RUNNING)
        return self.attempt(task_id)

    def attempt(self, task_id: str) -> Attempt:
        attempt = self.board.attempt_of(self.board.tasks[task_id])
        assert attempt
        return attempt

    def now(self, attempt: Attempt) -> Attempt:
        return self.board.attempts[attempt.id]

    async def log(self, attempt: Attempt) -> list[str]:
        page = await self.services.events.lines(attempt.adw_id, 0, 1000, LogFilter())
        return [line.message for line in page.entries]

    def record(self, attempt: Attempt, **fields: Any) -> None:
        """What the service says of the run from now on."""
        later = datetime.now(UTC) + timedelta(seconds=2)
        base = {"adw_id": attempt.adw_id, "status": "in_progress", "updated_at": f"{later:%Y-%m-%d %H:%M:%S}"}
        self.service.runs[attempt.adw_id] = base | fields

    def logs(self, attempt: Attempt, stage: str, texts: list[str], raw: list[dict[str, Any]] | None = None) -> None:
        folder = f"adw_{stage}_iso"
        lines = [{"level": "INFO", "message": text, "raw_line": text} for text in texts]
        path = f"{attempt.adw_id}/{stage}"
        self.service.answers[f"/api/execution-logs/{path}"] = {"logs": lines, "stage_folder": folder}
        entries = [{"timestamp": None, "raw_data": line} for line in raw or []]
        self.service.answers[f"/api/stage-logs/{path}"] = {"logs": entries, "stage_folder": folder}

    async def outage(self, meanwhile: Callable[[], None]) -> None:
        """The connection breaks; when it is back, what happened meanwhile has been asked for."""
        await self.service.kill()
        await eventually(lambda: self.services.reader.connection()["stale"])
        meanwhile()
        await self.service.start()
        await eventually(lambda: self.services.reader.connection()["state"] == "connected")
        await eventually(lambda: not self.services.reader.connection()["stale"])

    def asked(self, part: str) -> int:
        return sum(part in path for path in self.service.asked)


class Hasty(Resync):
    """Asks about a run that has said nothing for a tenth of a second."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, quiet_s=0.1)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncGenerator[App]:
    async with connected(tmp_path) as made:
        yield made


@asynccontextmanager
async def connected(tmp_path: Path, vintage: Vintage = Vintage.V1) -> AsyncGenerator[App]:
    async with FakeService(vintage) as service:
        settings = Settings(data_dir=tmp_path, tac7_url=service.url, trigger_grace_s=0)
        launch = Launch(settings, "127.0.0.1", 1, None, "internal")
        with patch.object(runtime.signal, "raise_signal"):
            async with running(launch) as parts:
                await eventually(lambda: parts.services.reader.connection()["state"] == "connected")
                yield App(service, parts.services)
        assert launch.exit_report.failure is None


def line(attempt: Attempt, stage: str, text: str) -> dict[str, Any]:
    data = {"adw_id": attempt.adw_id, "message": text, "level": "INFO", "source": "execution.log"}
    return {
        "type": "agent_log",
        "data": {**data, "agent_role": f"adw_{stage}_iso"},
        "timestamp": "2026-11-22T20:00:00Z",
    }


def stamped(second: int, text: str) -> str:
    return f"2026-11-22 20:15:{second:02} - INFO - {text}"


async def test_q08_what_happened_during_an_outage_is_fetched_once_and_in_order(app: App) -> None:
    attempt = await app.started(Stage.PLAN, Stage.BUILD)
    plan = [stamped(n, text) for n, text in enumerate(["begins", "reads", "reads", "writes"])]
    for text in plan[:2]:
        await app.service.broadcast(line(attempt, "plan", text))
    await eventually(lambda: "reads" in (app.services.reader.run(attempt.adw_id) or {"last_log": ""})["last_log"])

    def meanwhile() -> None:
        app.record(attempt, current_stage="build")
        app.logs(attempt, "plan", plan, [SESSION, said("thinking", "Hm"), said("text", "Done")])
        app.logs(attempt, "build", [stamped(9, "builds")])

    await app.outage(meanwhile)
    assert app.now(attempt).current is Stage.BUILD
    expected = ["begins", "reads", "reads", "writes", "builds"]
    assert [text for text in await app.log(attempt) if text in expected] == expected
    assert {"Hm", "Done"} <= set(await app.log(attempt))
    # The service was only away: it goes on where it was.
    await app.service.broadcast(line(attempt, "build", stamped(10, "builds")))
    await eventually(lambda: app.board.runs[attempt.adw_id].last_sign_at)
    await app.outage(lambda: app.logs(attempt, "build", [stamped(9, "builds"), stamped(10, "builds")]))
    assert [text for text in await app.log(attempt) if text == "builds"] == ["builds", "builds"]


async def test_q08_an_end_during_an_outage_is_noticed_with_its_reason(app: App) -> None:
    attempt = await app.started(Stage.PLAN, Stage.BUILD)
    failed = {"stage_name": "plan", "status": "failed", "error": "no plan could be made"}
    fields = {"status": None, "workflow_status": "failed", "workflow_stages": [failed]}
    await app.outage(lambda: app.record(attempt, **fields))
    ended = app.now(attempt)
    assert ended.status is RunStatus.FAILED
    assert ended.failure
    assert ended.failure.params["message"] == "no plan could be made"


async def test_q09_a_restarted_service_that_tells_all_again_adds_nothing(app: App) -> None:
    attempt = await app.started(Stage.PLAN)
    told = [line(attempt, "plan", stamped(n // 2, text)) for n, text in enumerate(["begins", "a", "a", "b", "a"])]
    for message in told:
        await app.service.broadcast(message)
    await app.outage(lambda: None)
    for message in [*told, line(attempt, "plan", stamped(3, "a")), line(attempt, "plan", stamped(4, "ends"))]:
        await app.service.broadcast(message)
    await eventually(lambda: (app.services.reader.run(attempt.adw_id) or {"last_log": ""})["last_log"] == "ends")
    lines = [text for text in await app.log(attempt) if text in {"begins", "a", "b", "ends"}]
    assert lines == ["begins", "a", "a", "b", "a", "a", "ends"]


async def test_q18_a_record_put_back_to_the_backlog_moves_nothing(app: App) -> None:
    attempt = await app.started(Stage.PLAN, Stage.BUILD)
    move = {"adw_id": attempt.adw_id, "from_stage": "plan", "to_stage": "build", "workflow_name": "dynamic_plan_build"}
    await app.service.broadcast({"type": "stage_transition", "data": {**move, "message": "", "timestamp": None}})
    await eventually(lambda: app.now(attempt).current is Stage.BUILD)
    for stage in ("backlog", "plan", "ready-to-merge"):
        await app.outage(lambda stage=stage: app.record(attempt, current_stage=stage))
        now = app.now(attempt)
        assert (now.current, now.status) == (Stage.BUILD, RunStatus.RUNNING)
        assert app.board.tasks[attempt.task_id].column is Column.BUILD


async def test_q19_both_shapes_of_a_run_say_where_it_is(app: App) -> None:
    attempt = await app.started(Stage.PLAN, Stage.BUILD, Stage.TEST)
    await app.outage(lambda: app.record(attempt, current_stage="build"))
    assert app.now(attempt).current is Stage.BUILD
    listed = [{"stage_name": "build", "status": "completed"}, {"stage_name": "test", "status": "running"}]
    derived = {"status": None, "workflow_status": "running", "workflow_stages": listed, "completed": False}
    await app.outage(lambda: app.record(attempt, **derived))
    assert app.now(attempt).current is Stage.TEST


async def test_q21_a_run_that_says_nothing_is_asked_about_and_an_idle_board_asks_nothing(tmp_path: Path) -> None:
    with patch.object(wiring, "Resync", Hasty):
        async with connected(tmp_path) as app:
            attempt = await app.started(Stage.PLAN, Stage.BUILD)
            app.record(attempt, current_stage="build")
            await eventually(lambda: app.now(attempt).current is Stage.BUILD)
            app.record(attempt, status="completed")
            await eventually(lambda: app.now(attempt).status is RunStatus.COMPLETED)
            asked = len(app.service.asked)
            await asyncio.sleep(0.3)
            assert len(app.service.asked) == asked


async def test_q21_nothing_is_asked_while_a_start_waits_for_its_answer(tmp_path: Path) -> None:
    with patch.object(wiring, "Resync", Hasty):
        async with connected(tmp_path) as app:
            app.service.manners.ignore_triggers = True
            task = await app.services.board.execute(CreateTask(title="x", stages=(Stage.PLAN,)), author="test")
            await app.services.board.execute(MoveTask(task.task_id or "", Column.PLAN), author="test")
            await eventually(lambda: app.attempt(task.task_id or "").status is RunStatus.SENDING)
            await asyncio.sleep(0.3)
            assert app.service.asked == []


async def test_calls_that_a_service_does_not_have_are_made_once_a_connection(app: App) -> None:
    attempt = await app.started(Stage.PLAN, Stage.BUILD)
    await app.outage(lambda: app.record(attempt, current_stage="build"))
    assert app.asked("/api/execution-logs/") == 1
    assert app.asked("/api/stage-logs/") == 1
    await app.outage(lambda: None)
    assert app.asked("/api/execution-logs/") == 2


async def test_a_v0_service_is_asked_nothing(tmp_path: Path) -> None:
    async with connected(tmp_path, Vintage.V0) as app:
        await app.started(Stage.PLAN)
        await app.outage(lambda: None)
        assert app.service.asked == []


async def test_a_card_without_a_run_is_never_stale(app: App) -> None:
    await app.service.kill()
    await eventually(lambda: app.services.reader.connection()["state"] == "reconnecting")
    assert not app.services.reader.connection()["stale"]
    assert app.services.reader.connection()["notices"] == []


def said(kind: str, text: str) -> dict[str, Any]:
    return {"type": "assistant", "session_id": "s1", "message": {"content": [{"type": kind, kind: text}]}}


async def test_q09_what_retention_has_removed_is_not_new_when_the_run_is_taken_up_again(tmp_path: Path) -> None:
    """Whole logs come again with each catching up, also after the app was started anew."""
    async with bench(tmp_path / "kanban.db", vintage=Vintage.V1) as b:
        adw_id = b.attempt(await b.running()).adw_id
        file = fetched(adw_id, ["again", *(f"line {n % 90}" for n in range(200))])
        assert await b.ingest.merge(adw_id, [file]) == 201
        retention = Retention(b.store)
        extent = (await retention.extents())[adw_id]
        assert await retention.remove_lines(adw_id, extent.removable) == extent.removable
    async with bench(tmp_path / "kanban.db", vintage=Vintage.V1) as b:
        texts = ["again", *(f"line {n % 90}" for n in range(200))]
        assert await b.ingest.merge(adw_id, [fetched(adw_id, texts)]) == 0
        assert await b.ingest.merge(adw_id, [fetched(adw_id, [*texts, "again", "new"])]) == 2
    async with bench(tmp_path / "kanban.db", vintage=Vintage.V1) as b:
        assert await b.ingest.merge(adw_id, [fetched(adw_id, [*texts, "again", "new"])]) == 0


def fetched(adw_id: str, texts: list[str]) -> RemoteFile:
    lines = [{"level": "INFO", "message": text, "raw_line": text} for text in texts]
    answer = {"logs": lines, "stage_folder": "adw_plan_iso"}
    return RemoteFile(adw_id, answer, execution_lines, datetime.now(UTC))
