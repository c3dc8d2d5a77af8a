"""What services do with what they send, each quirk by its number in the reference."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kanban_app.tac7 import messages as m
from kanban_app.tac7.codec import Unreadable, decode_server
from kanban_app.tac7.diagnosis import Deviation, deviations
from kanban_app.tac7.health import read_health
from kanban_app.tac7.history import Listed, RunHistory, mark_of
from kanban_app.tac7.order import Age, UpdateOrder
from kanban_app.tac7.remote_logs import agent_lines, execution_lines, local_time
from kanban_app.tac7.server_messages import StatusUpdateData
from tests.support.traffic import recorded

HEALTHY = {
    "status": "healthy",
    "service": "adw-websocket-trigger",
    "active_connections": 4,
    "total_workflows_triggered": 9,
    "uptime_seconds": 120.5,
    "health_check": {"success": True, "warnings": [], "errors": [], "details": {}},
    "error": None,
}


def in_utc_plus_2(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone(timedelta(hours=2)))


def message(kind: str, **data: object) -> m.ServerMessage:
    decoded = decode_server(json.dumps({"type": kind, "data": {"adw_id": "0a1b2c3d", **data}}))
    assert isinstance(decoded, m.ServerMessage)
    return decoded


def recorded_agents() -> list[m.ServerMessage]:
    decoded = [decode_server(json.dumps(frame)) for frame in recorded("v1-agents")]
    return [one for one in decoded if isinstance(one, m.ServerMessage)]


def kept(history: RunHistory, told: list[m.ServerMessage]) -> list[m.ServerMessage]:
    marks = [(one, mark_of(one)) for one in told]
    return [one for one, mark in marks if mark is None or history.heard(mark, 0.0) is not None]


def test_q09_real_traffic_keeps_each_tool_call_once_and_every_thought_of_both_senders() -> None:
    told = recorded_agents()
    once = kept(RunHistory(), told)
    calls = [(one.type, one.data.tool_use_id) for one in once if isinstance(one, m.ToolUsePre | m.ToolUsePost)]
    assert len(calls) == len(set(calls)) == 6
    left_out = [one for one in told if one not in once]
    assert {one.type for one in left_out} == {"tool_use_pre", "tool_use_post"}


def test_q09_a_restarted_service_that_tells_real_files_again_brings_nothing_new() -> None:
    history = RunHistory()
    kept(history, recorded_agents())
    history.reconnected()
    followed = [one for one in recorded_agents() if mark_of(one) is not None]
    assert kept(history, followed) == []


def test_q09_what_is_known_survives_in_keys() -> None:
    told = [mark for one in recorded_agents() if (mark := mark_of(one))]
    history = RunHistory()
    keys = [key for mark in told if (key := history.heard(mark, 0.0))]
    assert len(set(keys)) == len(keys)
    after_restart = RunHistory(keys)
    assert [mark for mark in told if after_restart.heard(mark, 0.0)] == []


def test_q09_equal_lines_of_a_service_that_goes_on_are_all_kept() -> None:
    history = RunHistory()
    lines = ["2026-11-22 20:15:37 - INFO - begins", *["2026-11-22 20:15:38 - INFO - step"] * 3]
    told = [message("agent_log", message=text, source="execution.log", agent_role="adw_plan_iso") for text in lines]
    assert len(kept(history, told)) == 4
    history.reconnected()
    assert len(kept(history, told[1:])) == 3


def test_calls_of_a_script_that_gives_them_all_one_id_are_all_kept() -> None:
    told = [
        message("tool_use_pre", tool_name="Read", tool_input={"file_path": "a.py"}, tool_use_id="toolu_1"),
        message("tool_use_post", tool_name="Read", tool_output="42 lines", tool_use_id="toolu_1"),
        message("tool_use_pre", tool_name="Read", tool_input={"file_path": "b.py"}, tool_use_id="toolu_1"),
        message("tool_use_post", tool_name="Read", tool_output="43 lines", tool_use_id="toolu_1"),
    ]
    assert kept(RunHistory(), told) == told


def test_a_fetched_line_is_not_stored_again_when_its_broadcast_comes() -> None:
    history = RunHistory()
    line = message("agent_log", message="2026-11-22 20:15:37 - INFO - x", source="execution.log", agent_role="a")
    mark = mark_of(line)
    assert mark
    assert history.listed([Listed(mark, is_recent=True)] * 2, 0.0) != [None, None]
    assert [history.heard(mark, 1.0), history.heard(mark, 1.0)] == [None, None]
    assert history.heard(mark, 1.0) is not None


def update(second: int, step: str | None, status: str = "in_progress", text: str = "") -> StatusUpdateData:
    stamp = f"2026-11-22T20:15:{second:02}.000000Z"
    return StatusUpdateData(adw_id="a", status=status, message=text, timestamp=stamp, current_step=step)


def test_q10_the_second_copy_of_a_restart_with_an_older_time_is_ignored() -> None:
    order = UpdateOrder()
    assert order.judge(update(40, "Stage: plan", text="Restarted")) is Age.NEWS
    assert order.judge(update(38, "Stage: plan", text="Restarted")) is Age.COPY


def test_q10_what_arrives_late_changes_no_progress_but_an_end_always_counts() -> None:
    order = UpdateOrder()
    order.judge(update(40, "Testing"))
    assert order.judge(update(39, "Building")) is Age.LATE
    assert order.judge(update(39, "Error", "failed")) is Age.NEWS
    assert order.judge(update(39, None)) is Age.NEWS
    assert order.judge(update(41, "Reviewing")) is Age.NEWS


def test_q10_a_clock_that_is_far_behind_silences_nobody() -> None:
    order = UpdateOrder()
    late = StatusUpdateData(adw_id="a", status="in_progress", timestamp="2026-11-22T22:00:00Z", current_step="x")
    assert order.judge(late) is Age.NEWS
    assert order.judge(update(1, "y")) is Age.NEWS
    assert order.judge(update(2, "z")) is Age.NEWS


def test_q13_times_of_logs_are_local_and_all_others_are_utc() -> None:
    assert local_time("2026-11-22 20:15:37", in_utc_plus_2) == datetime(2026, 11, 22, 18, 15, 37, tzinfo=UTC)
    assert local_time("2026-11-22T20:15:37Z", in_utc_plus_2) == datetime(2026, 11, 22, 20, 15, 37, tzinfo=UTC)
    assert local_time(1795378537365, in_utc_plus_2) == datetime(2026, 11, 22, 20, 15, 37, 365000, tzinfo=UTC)
    assert local_time("soon", in_utc_plus_2) is None
    (line,) = execution_lines("a", {"logs": [{"raw_line": "2026-11-22 20:15:37 - INFO - x"}]}, in_utc_plus_2)
    assert line.at == datetime(2026, 11, 22, 18, 15, 37, tzinfo=UTC)


def test_q17_a_result_gets_the_name_of_its_call_and_a_failed_one_over_http_is_an_error() -> None:
    history = RunHistory()
    call = message("tool_use_pre", tool_name="Read", tool_use_id="t1")
    result = message("tool_use_post", tool_name="", tool_use_id="t1", status="success")
    assert isinstance(call, m.ToolUsePre)
    assert isinstance(result, m.ToolUsePost)
    assert history.tool_name(result) == ""
    assert history.tool_name(call) == "Read"
    assert history.tool_name(result) == "Read"
    block = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "no"}], "is_error": True}
    entry = {"raw_data": {"type": "user", "message": {"content": [block]}}}
    (line,) = agent_lines("a", {"logs": [entry]}, in_utc_plus_2)
    assert isinstance(line.message, m.ToolUsePost)
    assert line.message.data.status == "error"


def test_a_fetched_line_is_known_by_the_same_mark_as_its_broadcast() -> None:
    raw = {"type": "system", "subtype": "init", "model": "stand-in", "tools": [], "session_id": "standin"}
    (fetched,) = agent_lines("8e2476e3", {"logs": [{"raw_data": raw}]}, in_utc_plus_2)
    told = next(one for one in recorded_agents() if isinstance(one, m.AgentLog) and one.data.session_id)
    assert mark_of(fetched.message) == mark_of(told)
    script = next(one for one in recorded_agents() if isinstance(one, m.AgentLog) and one.data.agent_role)
    answer = {"stage_folder": script.data.agent_role, "logs": [{"raw_line": script.data.message + "\n"}]}
    (of_script,) = execution_lines("8e2476e3", answer, in_utc_plus_2)
    assert mark_of(of_script.message) == mark_of(script)


def test_the_end_of_an_agent_which_is_never_broadcast_says_turns_and_price() -> None:
    raw = {"type": "result", "subtype": "success", "num_turns": 12, "total_cost_usd": 0.4211, "result": "All done."}
    (line,) = agent_lines("a", {"logs": [{"raw_data": raw}]}, in_utc_plus_2)
    assert isinstance(line.message, m.AgentLog)
    assert (line.message.data.level, line.message.data.message) == (
        "SUCCESS",
        "Agent ended (12 turns, $0.42): All done.",
    )


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"logs": None},
        {"logs": [1, {}, {"raw_data": 7}]},
        {"logs": [{"raw_data": {"type": "assistant", "message": {"content": "text"}}}]},
    ],
)
def test_log_answers_of_any_shape_are_survived(answer: dict[str, Any]) -> None:
    list(execution_lines("a", answer, in_utc_plus_2))
    assert list(agent_lines("a", answer, in_utc_plus_2)) == []


def test_q30_counts_of_a_service_are_for_information_only() -> None:
    dead = read_health({**HEALTHY, "active_connections": 999})
    assert dead.is_healthy
    assert dead.trouble is None
    assert dead.connections == 999


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"status": "unhealthy", "health_check": None, "error": "Health check failed with 3 errors"}, "E-HEALTH-1"),
        ({"status": "unhealthy", "health_check": None, "error": "Health check failed: no uv"}, "E-HEALTH-2"),
        ({"status": "unhealthy", "health_check": None, "error": "Health check timed out"}, "E-TIME-4"),
        ({"health_check": {"warnings": ["no token"]}}, "E-HEALTH-3"),
        ({"service": "something-else"}, "E-HEALTH-9"),
        ({"status": None}, "E-HEALTH-2"),
    ],
)
def test_q32_the_status_in_the_answer_counts_and_its_error_is_shown(changes: dict[str, Any], code: str | None) -> None:
    report = read_health({**HEALTHY, **changes})
    assert (report.trouble.code if report.trouble else None) == code
    assert report.is_healthy is (code in {None, "E-HEALTH-3", "E-HEALTH-9"})


def test_a_younger_service_has_been_started_again() -> None:
    before, after = read_health(HEALTHY), read_health({**HEALTHY, "uptime_seconds": 3})
    assert after.is_younger_than(before)
    assert not before.is_younger_than(after)
    assert not read_health({}).is_younger_than(before)


def test_what_a_message_lacks_or_has_in_another_form_is_named() -> None:
    text = json.dumps(
        {"type": "status_update", "data": {"adw_id": 7, "status": "x", "workflow_name": "y", "message": None}}
    )
    assert deviations(text) == (
        Deviation("data.adw_id", "text", "a whole number"),
        Deviation("data.message", "text", "null"),
        Deviation("data.timestamp", "time", "nothing"),
    )
    assert str(deviations('{"type": "text_block", "data": []}')[0]) == "data: expected object, got a list"
    assert deviations('{"type": "text_block"}')[0].got == "nothing"


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '{"type": "strange"}', '{"type": []}', "[" * 100_000])
def test_what_is_no_known_message_has_no_deviations(text: str) -> None:
    assert deviations(text) == ()


@pytest.mark.parametrize("name", ["v1-agents", "v1-orchestrator", "v1-plan", "v1-fail", "v0-plan"])
def test_real_messages_deviate_in_nothing(name: str) -> None:
    frames = [json.dumps(frame) for frame in recorded(name) if isinstance(frame, dict) and "type" in frame]
    assert frames
    found = [(text, deviations(text)) for text in frames if not isinstance(decode_server(text), Unreadable)]
    assert [pair for pair in found if pair[1]] == []
