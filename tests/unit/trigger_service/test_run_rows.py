"""Rows of runs: who has said what last, and both of V1's shapes in one (Q18, Q19)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.domain.run_record import RunRecord
from kanban_app.trigger_service.run_rows import KnownRun, row_of, written

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
V1_LIST = {
    *("adw_id", "issue_number", "issue_class", "issue_title", "issue_body", "branch_name", "plan_file", "model_set"),
    *("backend_port", "websocket_port", "frontend_port", "data_source", "worktree_path", "all_adws", "current_stage"),
    *("status", "is_stuck", "created_at", "updated_at"),
}
V1_ROW = {"id", "workflow_name", "issue_json", "orchestrator_state", "completed_at", "patch_history", "patch_file"}
V1_DERIVED = {"workflow_status", "workflow_stages", "completed"}


def a_launch(**changes: Any) -> Launch:
    launch = Launch(
        "r1",
        "abcd1234",
        "adw_sdlc_iso",
        LaunchState.RUNNING,
        "hash",
        "/runs/1",
        AT,
        stages=("plan", "build"),
        request={"issue_number": "7", "issue_type": "bug", "issue_json": {"title": "T", "body": "B"}},
        current_stage="build",
        branch="adw/x",
        worktree="/w",
    )
    return replace(launch, **changes)


def known(launch: Launch | None, record: RunRecord | None = None) -> KnownRun:
    return KnownRun("abcd1234", launch, record)


def record_of(launch: Launch | None, **fields: Any) -> RunRecord:
    return written(known(launch), fields, AT)


def test_a_launch_alone_has_all_of_v1s_keys() -> None:
    row = row_of(known(a_launch()), {})
    assert set(row) >= V1_LIST | V1_ROW | V1_DERIVED
    assert (row["status"], row["workflow_status"], row["current_stage"]) == ("in_progress", "running", "build")
    assert (row["issue_number"], row["issue_class"], row["issue_title"]) == ("7", "/bug", "T")
    assert [(stage["stage_name"], stage["status"]) for stage in row["workflow_stages"]] == [
        ("plan", "completed"),
        ("build", "running"),
    ]
    assert (row["created_at"], row["completed_at"], row["completed"]) == ("2026-01-02 03:04:05", None, False)


@pytest.mark.parametrize(
    ("state", "status", "workflow_status"),
    [
        (LaunchState.STARTING, "pending", "pending"),
        (LaunchState.COMPLETED, "completed", "completed"),
        (LaunchState.FAILED, "errored", "failed"),
        (LaunchState.CANCELLED, "cancelled", "cancelled"),
    ],
)
def test_states_in_v1s_words(state: LaunchState, status: str, workflow_status: str) -> None:
    row = row_of(known(a_launch(state=state, finished_at=LATER)), {})
    assert (row["status"], row["workflow_status"]) == (status, workflow_status)
    assert (row["completed_at"] is not None) == (status == "completed")


def test_a_record_alone_is_a_row_too() -> None:
    row = row_of(known(None, record_of(None, issue_title="T", status="pending")), {})
    assert set(row) >= V1_LIST | V1_ROW | V1_DERIVED
    assert (row["issue_title"], row["current_stage"], row["model_set"]) == ("T", "backlog", "base")
    assert (row["workflow_stages"], row["patch_history"]) == ([], [])


def test_what_a_board_writes_counts_until_the_run_gets_on() -> None:
    launch = a_launch(state=LaunchState.COMPLETED, finished_at=LATER, current_stage="ready-to-merge")
    record = record_of(launch, status="completed", current_stage="completed", issue_title="New", workflow_name="w")
    row = row_of(known(launch, record), {})
    assert (row["current_stage"], row["issue_title"], row["workflow_name"]) == ("completed", "New", "w")
    again = a_launch(request_id="r2", created_at=LATER, current_stage="plan", request={"issue_json": {"title": "T2"}})
    row = row_of(known(again, record), {})
    assert (row["status"], row["current_stage"], row["issue_title"]) == ("in_progress", "plan", "T2")
    assert row["workflow_name"] == "adw_sdlc_iso"


def test_a_start_that_says_nothing_of_the_ticket_or_its_place_takes_nothing_away() -> None:
    """V1 resets the stage to backlog and the title to nothing here (Q18)."""
    record = record_of(None, issue_title="T", issue_body="B", current_stage="build")
    row = row_of(known(a_launch(request={}, current_stage=None), record), {})
    assert (row["issue_title"], row["issue_body"], row["current_stage"]) == ("T", "B", "build")
    assert row["status"] == "in_progress"


def test_fields_add_up_and_null_leaves_them_alone() -> None:
    launch = a_launch()
    first = record_of(launch, issue_title="New", patch_history=[{"n": 1}])
    second = written(known(launch, first), {"is_stuck": True, "issue_title": None}, LATER)
    row = row_of(known(launch, second), {})
    assert (row["issue_title"], row["patch_history"], row["is_stuck"]) == ("New", [{"n": 1}], True)
    assert (second.created_at, second.updated_at) == (AT, LATER)


def test_what_was_overtaken_does_not_come_back_with_the_next_patch() -> None:
    before, now = a_launch(current_stage="plan"), a_launch(current_stage="build")
    record = record_of(before, current_stage="errored", status="stuck")
    record = written(known(now, record), {"issue_body": "more"}, LATER)
    row = row_of(known(now, record), {})
    assert (row["current_stage"], row["status"], row["issue_body"]) == ("build", "in_progress", "more")


def test_the_scripts_state_fills_what_nobody_else_has_told() -> None:
    stages = [{"stage_name": "plan", "status": "completed"}, "odd"]
    state = {
        "plan_file": "specs/p.md",
        "backend_port": 9200,
        "all_adws": ["a"],
        "branch_name": "other",
        "websocket_port": "odd",
        "orchestrator": {"execution": {"stages": stages}},
    }
    row = row_of(known(a_launch()), state)
    assert (row["plan_file"], row["backend_port"], row["all_adws"]) == ("specs/p.md", 9200, ["a"])
    assert (row["branch_name"], row["websocket_port"]) == ("adw/x", None)
    assert row["workflow_stages"] == [stages[0]]


@pytest.mark.parametrize("state", [{"orchestrator": 1}, {"orchestrator": {"execution": []}}, {"patch_history": "x"}])
def test_odd_states_do_no_harm(state: dict[str, Any]) -> None:
    assert row_of(known(a_launch()), state)["patch_history"] == []


def test_a_start_after_the_deletion_brings_a_run_back() -> None:
    gone = replace(record_of(a_launch()), deleted_at=LATER)
    assert known(None, gone).is_deleted
    assert known(a_launch(), gone).is_deleted
    back = known(a_launch(created_at=LATER + timedelta(seconds=1)), gone)
    assert not back.is_deleted
    assert written(back, {}, LATER).deleted_at is None


def test_a_record_of_odd_data_is_an_empty_one() -> None:
    record = RunRecord("abcd1234", AT, AT, {"fields": [1], "seen": 7})
    assert row_of(known(a_launch(), record), {})["issue_title"] == "T"
