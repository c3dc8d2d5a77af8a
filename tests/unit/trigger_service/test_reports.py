"""What posts become (reference section 5.2)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.trigger_service.reports import (
    AGENT_STATE,
    OUTPUT_CHUNK,
    PHASE,
    REPORT_PATHS,
    SCREENSHOT,
    SPEC,
    STAGE_EVENT,
    UPDATES,
    Facts,
    Rejected,
    Reported,
    translate,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STATUS = {"adw_id": "a", "workflow_name": "w", "status": "in_progress", "message": "m", "timestamp": "t"}


def reported(path: str, body: dict[str, Any]) -> Reported:
    result = translate(path, body, AT)
    assert isinstance(result, Reported), result
    return result


def move(body: dict[str, Any]) -> tuple[str, str] | None:
    messages = reported(STAGE_EVENT, {"adw_id": "a", **body}).messages
    return (messages[0]["data"]["from_stage"], messages[0]["data"]["to_stage"]) if messages else None


def test_updates_are_passed_on_verbatim() -> None:
    body = {"type": "status_update", "data": {**STATUS, "status": "banana", "message": None, "more": [1]}}
    assert reported(UPDATES, body).messages == (body,)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event_type": "workflow_started", "stage_name": "plan"}, ("backlog", "plan")),
        ({"event_type": "stage_started", "stage_name": "plan"}, ("backlog", "plan")),
        ({"event_type": "stage_started", "stage_name": "test", "previous_stage": "build"}, ("build", "test")),
        ({"event_type": "stage_completed", "stage_name": "plan", "next_stage": "build"}, ("plan", "build")),
        ({"event_type": "stage_completed", "stage_name": "plan"}, None),
        ({"event_type": "stage_skipped", "stage_name": "plan"}, None),
        ({"event_type": "something_new", "stage_name": "plan"}, None),
        ({"event_type": "workflow_completed", "stage_name": "test"}, ("test", "ready-to-merge")),
        ({"event_type": "stage_failed", "stage_name": "test"}, ("test", "errored")),
        ({"event_type": "workflow_failed", "stage_name": "test"}, ("test", "errored")),
        ({"to_stage": "pr"}, ("unknown", "pr")),
        ({"to_stage": "plan", "from_stage": "backlog"}, ("backlog", "plan")),
    ],
)
def test_stage_events_become_moves(event: dict[str, Any], expected: tuple[str, str] | None) -> None:
    assert move(event) == expected


def test_the_error_of_a_failed_stage_is_its_message() -> None:
    body = {"adw_id": "a", "event_type": "stage_failed", "stage_name": "test", "message": "Stage test failed"}
    told = reported(STAGE_EVENT, {**body, "error": "2 != 3"})
    assert told.messages[0]["data"]["message"] == "2 != 3"
    assert told.facts == Facts("a", status="failed", message="2 != 3", moved_to="errored")


@pytest.mark.parametrize("stage", ["merge", "Plan", "", "nowhere"])
def test_stages_that_nobody_knows_are_refused(stage: str) -> None:
    body = {"adw_id": "a", "event_type": "stage_started", "stage_name": stage}
    assert isinstance(translate(STAGE_EVENT, body, AT), Rejected)


@pytest.mark.parametrize(
    ("event", "data", "kind", "expected"),
    [
        ("thinking", {"content": "hm"}, "thinking_block", {"content": "hm", "duration_ms": None}),
        ("text_block", {"content": "so"}, "text_block", {"content": "so", "sequence": None}),
        ("tool_execution_pre", {"tool_name": "Bash", "input": {"x": 1}}, "tool_use_pre", {"tool_input": {"x": 1}}),
        ("tool_execution_post", {"output": "ok"}, "tool_use_post", {"tool_output": "ok", "status": "success"}),
        ("tool_execution_post", {"success": False}, "tool_use_post", {"status": "error"}),
        (
            "tool_execution_post",
            {"output": [1], "status": "odd"},
            "tool_use_post",
            {"tool_output": "[1]", "status": "odd"},
        ),
        ("file_operation", {"file_path": "x", "operation": "write"}, "file_changed", {"file_path": "x", "diff": None}),
        ("log_entry", {"message": "m"}, "agent_log", {"message": "m", "level": "INFO"}),
        ("state_change", {"status": "s", "adw_id": "other"}, "agent_updated", {"status": "s", "adw_id": "a"}),
        ("thinking", None, "thinking_block", {"content": None}),
    ],
)
def test_agent_events(event: str, data: Any, kind: str, expected: dict[str, Any]) -> None:
    (message,) = reported(AGENT_STATE, {"adw_id": "a", "event_type": event, "data": data}).messages
    assert message["type"] == kind
    assert message["timestamp"] == "2026-01-02T03:04:05Z"
    assert {name: message["data"][name] for name in expected} == expected


def test_a_snapshot_tells_branch_and_worktree() -> None:
    snapshot = {"branch_name": "adw/x", "worktree_path": "/w", "demo": True}
    body = {"adw_id": "a", "event_type": "state_change", "data": {"state_snapshot": snapshot}}
    assert reported(AGENT_STATE, body).facts == Facts("a", branch="adw/x", worktree="/w")


DETAILS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    PHASE: ("workflow_phase_transition", {"phase_to": "b"}, {"phase_from": None, "metadata": None}),
    OUTPUT_CHUNK: ("agent_output_chunk", {"agent_role": "planner", "content": "c"}, {"is_complete": False}),
    SCREENSHOT: ("screenshot_available", {"screenshot_path": "a.png"}, {"screenshot_type": "review"}),
    SPEC: ("spec_created", {"spec_path": "specs/a.md"}, {"spec_type": "plan"}),
}


@pytest.mark.parametrize("path", DETAILS)
def test_details_are_passed_on_as_they_came_with_the_defaults_of_what_is_left_out(path: str) -> None:
    kind, body, defaults = DETAILS[path]
    result = reported(path, {"adw_id": "a", **body, **dict.fromkeys(defaults), "more": [1]})
    data = {"adw_id": "a", **body, "more": [1]}
    (message,) = result.messages
    assert (message["type"], message["timestamp"]) == (kind, "2026-01-02T03:04:05Z")
    assert {name: message["data"][name] for name in (*data, *defaults)} == {**data, **defaults}
    assert result.answer == {"status": "success", "message": f"{kind} broadcast", "adw_id": "a"}
    assert result.facts == Facts("a")


@pytest.mark.parametrize(("path", "name"), [(path, name) for path in DETAILS for name in ("adw_id", *DETAILS[path][1])])
def test_details_without_a_required_field_are_refused(path: str, name: str) -> None:
    body = {"adw_id": "a", **DETAILS[path][1]}
    for odd in ({**body, name: ""}, {**body, name: None}, {key: body[key] for key in body if key != name}):
        assert translate(path, odd, AT) == Rejected(f"Missing required fields: {name}")


@pytest.mark.parametrize("adw_id", ["", None, 7, "../x", "a/b", "x" * 65, "a\n"])
def test_ids_that_could_be_paths_are_refused(adw_id: Any) -> None:
    for path, body in (
        (UPDATES, {"type": "status_update", "data": {**STATUS, "adw_id": adw_id}}),
        (STAGE_EVENT, {"adw_id": adw_id, "to_stage": "plan"}),
        (AGENT_STATE, {"adw_id": adw_id, "event_type": "thinking"}),
        *((path, {**body, "adw_id": adw_id}) for path, (_, body, _) in DETAILS.items()),
    ):
        assert isinstance(translate(path, body, AT), Rejected)


def test_an_unknown_path_is_refused() -> None:
    assert translate("/api/clarify", {}, AT) == Rejected("Unknown report path: /api/clarify")


def test_every_path_of_the_protocol_is_taken() -> None:
    assert len(REPORT_PATHS) == 7


@pytest.mark.parametrize("text", ["trees/a\0b", "x" * 5000, "", 7])
def test_what_no_environment_can_hold_is_no_place(text: Any) -> None:
    """Branch and worktree are handed to the run's next process: it could not be started any more."""
    snapshot = {"branch_name": text, "worktree_path": text}
    facts = reported(AGENT_STATE, {"adw_id": "a", "event_type": "state_change", "data": {"state_snapshot": snapshot}})
    assert facts.facts == Facts("a")
