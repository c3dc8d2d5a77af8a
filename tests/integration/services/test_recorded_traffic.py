"""What real services of both vintages have sent, replayed to the whole app: session, translation, reducer, store."""

import json
import logging
from dataclasses import dataclass
from typing import Any, Final

import pytest

from kanban_app.domain.commands import CreateTask, StartTask
from kanban_app.domain.model import Attempt, Flag, RunStatus
from kanban_app.domain.stages import Column, Stage
from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import Unknown, Unreadable, decode_server
from tests.support.fault_service.core import Broadcast, Core
from tests.support.soundness import expect_sound
from tests.support.traffic import names, recorded
from tests.support.virtual_board import VirtualBoard, virtual_board

Json = dict[str, Any]
LINES: Final = {
    *("workflow_log", "agent_log", "thinking_block", "text_block", "tool_use_pre", "tool_use_post", "file_changed"),
    "stage_transition",
}


@dataclass(frozen=True)
class Replay:
    """One recording of a run, and what the card must have come to."""

    name: str
    workflow: str
    stages: tuple[Stage, ...]
    status: RunStatus
    column: Column
    finished: tuple[Stage, ...]

    @property
    def vintage(self) -> Vintage:
        return Vintage(self.name[:2])


PLAN, BUILD, TEST = Stage.PLAN, Stage.BUILD, Stage.TEST
RUNNING, COMPLETED, FAILED = RunStatus.RUNNING, RunStatus.COMPLETED, RunStatus.FAILED
FOUR: Final = (PLAN, BUILD, TEST, Stage.REVIEW)
REPLAYS: Final = (
    Replay("v0-plan", "adw_plan_iso", (PLAN,), RUNNING, Column.PLAN, ()),
    Replay("v0-sdlc", "adw_sdlc_iso", tuple(Stage), RUNNING, Column.PLAN, ()),
    Replay("v1-plan", "adw_plan_iso", (PLAN,), COMPLETED, Column.READY, (PLAN,)),
    Replay("v1-plan_build", "adw_plan_build_iso", (PLAN, BUILD), COMPLETED, Column.READY, (PLAN, BUILD)),
    Replay("v1-orchestrator-whole", "adw_orchestrator", (PLAN, BUILD, TEST), COMPLETED, Column.READY, ()),
    Replay("v1-fail", "adw_plan_build_test_iso", (PLAN, BUILD, TEST), FAILED, Column.ERRORED, (PLAN,)),
)


class RecordedService(Core):
    """Answers the first trigger with what was recorded from there on, under the run's id of today."""

    def replay(self, frames: list[Json], recorded_id: str) -> None:
        self._frames = frames
        self._recorded_id = recorded_id

    def _trigger(self, data: Json, request_id: str | None) -> list[str | Broadcast]:
        texts = [json.dumps(frame).replace(self._recorded_id, str(data["adw_id"])) for frame in self._frames]
        last = next(i for i, frame in enumerate(self._frames) if frame["type"] in {"trigger_response", "error"})
        return [*texts[: last + 1], *(Broadcast(text) for text in texts[last + 1 :])]


def connect_to_recording(b: VirtualBoard, frames: list[Json]) -> None:
    service = RecordedService(b.core.vintage, b.loop.wall)
    recorded_id = next((f["data"]["adw_id"] for f in frames if f["type"] == "trigger_response"), "no id at all")
    service.replay(frames, recorded_id)
    b.core = b.wire.core = service
    b.start()
    b.advance(1.0)


def started(b: VirtualBoard, stages: tuple[Stage, ...], workflow: str | None) -> str:
    created = b.do(CreateTask(title="A card", stages=stages))
    assert created.ok
    assert b.do(StartTask(created.task_id or "", stages=stages, workflow_type=workflow)).ok
    return created.task_id or ""


def attempt_of(b: VirtualBoard, card: str) -> Attempt:
    attempt = b.board.attempt_of(b.board.tasks[card])
    assert attempt
    return attempt


@pytest.fixture(autouse=True)
def nothing_is_reported(caplog: pytest.LogCaptureFixture) -> Any:
    """No exception, no complaint: neither escaped nor logged."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.name)
def test_a_recorded_run(replay: Replay) -> None:
    frames = recorded(replay.name)
    with virtual_board(replay.vintage, trigger_grace_s=0.0) as b:
        connect_to_recording(b, frames)
        card = started(b, replay.stages, replay.workflow)
        b.advance(5.0)
        attempt = attempt_of(b, card)
        assert (attempt.status, b.board.tasks[card].column) == (replay.status, replay.column)
        assert set(replay.finished) <= set(attempt.finished)
        assert (Flag.MUTE in b.board.runs[attempt.adw_id].flags) is (replay.vintage is Vintage.V0)
        expect_sound(b.board)
        assert len(b.wire.sockets) == 1
        assert b.failures == []


@pytest.mark.parametrize("replay", [one for one in REPLAYS if one.vintage is Vintage.V1], ids=lambda one: one.name)
def test_every_recorded_line_is_in_the_log_in_its_order(replay: Replay) -> None:
    frames = recorded(replay.name)
    with virtual_board(replay.vintage, trigger_grace_s=0.0) as b:
        connect_to_recording(b, frames)
        attempt = attempt_of(b, started(b, replay.stages, replay.workflow))
        b.advance(5.0)
        log = b.store.logs[attempt.adw_id]
        assert [line.seq for line in log] == list(range(1, len(log) + 1))
        said = [frame["data"]["message"] for frame in frames if frame["type"] == "workflow_log"]
        shown = [line.message for line in log if line.message in said]
        assert shown == said
        texts = [line for line in log if line.kind.value != "status"]
        assert len(texts) == len([frame for frame in frames if frame["type"] in LINES]) - told_again(frames)


def told_again(frames: list[Json]) -> int:
    """Calls and results of tools that the workflow has posted and the service's follower tells again (Q9)."""
    tools = [(f["type"], f["data"]["tool_use_id"]) for f in frames if f["type"] in {"tool_use_pre", "tool_use_post"}]
    return len(tools) - len(set(tools))


def test_a_recorded_failure_has_its_reason_and_its_stage() -> None:
    with virtual_board(Vintage.V1, trigger_grace_s=0.0) as b:
        connect_to_recording(b, recorded("v1-fail"))
        attempt = attempt_of(b, started(b, (PLAN, BUILD, TEST), "adw_plan_build_test_iso"))
        b.advance(5.0)
        failure = b.board.attempts[attempt.id].failure
        assert failure
        assert failure.params["stage"] == "build"
        assert "build broke" in failure.params["message"]


@pytest.mark.parametrize("replay", REPLAYS, ids=lambda replay: replay.name)
def test_a_recorded_run_said_twice_changes_no_card(replay: Replay) -> None:
    """Q9: after a restart the service's follower broadcasts the whole history again."""
    frames = recorded(replay.name)
    with virtual_board(replay.vintage, trigger_grace_s=0.0) as b:
        connect_to_recording(b, frames)
        card = started(b, replay.stages, replay.workflow)
        b.advance(5.0)
        before = attempt_of(b, card)
        for frame in frames:
            if frame["type"] not in {"trigger_response", "error"}:
                b.wire.say(Broadcast(json.dumps(frame).replace(b.core._recorded_id, before.adw_id)))  # pyright: ignore[reportAttributeAccessIssue]
        b.advance(5.0)
        assert attempt_of(b, card) == before
        assert b.board.tasks[card].column is replay.column


def test_a_recorded_refusal_for_the_rate_waits_and_starts_later() -> None:
    """Q1: the refusal looks like a fault of the service."""
    refusal = next(frame for frame in recorded("v1-rate-limit") if "rate_limit_error" in frame["data"]["message"])
    with virtual_board(Vintage.V1, trigger_grace_s=0.0) as b:
        connect_to_recording(b, [refusal])
        card = started(b, (PLAN,), None)
        b.advance(5.0)
        assert attempt_of(b, card).status is RunStatus.QUEUED
        b.core.replay(recorded("v1-plan"), "f2206dbf")  # pyright: ignore[reportAttributeAccessIssue]
        b.advance(70.0)
        assert attempt_of(b, card).status is RunStatus.COMPLETED


@pytest.mark.parametrize("name", names())
def test_every_recorded_frame_out_of_place(name: str) -> None:
    """Each frame of each recording, unasked for: the connection stands, the board does not move, all is understood."""
    frames = recorded(name)
    with virtual_board(Vintage(name[:2]), trigger_grace_s=0.0) as b:
        b.start()
        b.advance(1.0)
        created = b.do(CreateTask(title="A card", stages=(PLAN,)))
        before = b.board.tasks[created.task_id or ""]
        for frame in frames:
            assert not isinstance(decode_server(json.dumps(frame)), Unknown | Unreadable)
            b.wire.say(Broadcast(json.dumps(frame)))
        b.advance(5.0)
        assert b.board.tasks[before.id] == before
        assert b.core.peers == 1
        assert b.failures == []
