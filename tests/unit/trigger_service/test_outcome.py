"""What the end of a run means."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kanban_app.domain.launch import Launch, LaunchState
from kanban_app.trigger_service.outcome import Outcome, Progress, judge, noted
from kanban_app.trigger_service.reports import Facts
from kanban_app.trigger_service.spool import RunEnd

AT = datetime(2026, 1, 2, tzinfo=UTC)
LAUNCH = Launch("r", "a", "adw_plan_build_iso", LaunchState.RUNNING, "h", "/d", AT, stages=("plan", "build"))
DONE = Progress(status="completed", message="done")


def kinds(outcome: Outcome) -> list[Any]:
    return [m["data"].get("status") or m["data"]["to_stage"] for m in outcome.messages]


@pytest.mark.parametrize(
    ("progress", "end", "state", "told"),
    [
        (DONE, RunEnd(0), LaunchState.COMPLETED, []),
        (DONE, None, LaunchState.COMPLETED, []),
        (DONE, RunEnd(2), LaunchState.FAILED, ["failed", "errored"]),
        (
            Progress(finished=frozenset({"plan", "build"})),
            RunEnd(0),
            LaunchState.COMPLETED,
            ["completed", "ready-to-merge"],
        ),
        (Progress(finished=frozenset({"plan"})), RunEnd(0), LaunchState.COMPLETED, ["completed", "ready-to-merge"]),
        (Progress(finished=frozenset({"plan", "build"})), None, LaunchState.FAILED, ["failed", "errored"]),
        (Progress(), RunEnd(0), LaunchState.COMPLETED, ["completed", "ready-to-merge"]),
        (Progress(), RunEnd(1), LaunchState.FAILED, ["failed", "errored"]),
        (Progress(), None, LaunchState.FAILED, ["failed", "errored"]),
        (Progress(status="failed", message="no"), RunEnd(1), LaunchState.FAILED, []),
        (Progress(status="failed", message="no"), RunEnd(0), LaunchState.FAILED, []),
    ],
)
def test_ends(progress: Progress, end: RunEnd | None, state: LaunchState, told: list[str]) -> None:
    outcome = judge(LAUNCH, progress, end, (), AT)
    assert outcome.state is state
    assert kinds(outcome) == told


@pytest.mark.parametrize("launch", [replace(LAUNCH, workflow_type="adw_orchestrator"), replace(LAUNCH, demo=True)])
@pytest.mark.parametrize("finished", [frozenset[str](), frozenset({"plan"})])
def test_what_has_to_report_fails_when_it_says_nothing(launch: Launch, finished: frozenset[str]) -> None:
    outcome = judge(launch, Progress(finished=finished), RunEnd(0), (), AT)
    assert (outcome.state, kinds(outcome)) == (LaunchState.FAILED, ["failed", "errored"])
    assert "without reporting that it completed" in outcome.message


@pytest.mark.parametrize("stages", [("test",), ()])
def test_the_silent_end_of_less_than_a_card_moves_no_card(stages: tuple[str, ...]) -> None:
    outcome = judge(replace(LAUNCH, workflow_type="adw_test_iso", stages=stages), Progress(), RunEnd(0), (), AT)
    assert (outcome.state, kinds(outcome)) == (LaunchState.COMPLETED, ["completed"])


def test_the_bad_end_of_a_merge_moves_no_card() -> None:
    outcome = judge(replace(LAUNCH, workflow_type="adw_merge_iso", stages=()), Progress(), RunEnd(1), (), AT)
    assert (outcome.state, kinds(outcome)) == (LaunchState.FAILED, ["failed"])


def test_a_silent_stage_fails_in_its_own_place() -> None:
    progress = Progress().after(Facts("a", workflow_name="adw_plan_iso", status="completed"), LAUNCH)
    outcome = judge(LAUNCH, progress, RunEnd(1), (), AT)
    assert outcome.messages[1]["data"]["from_stage"] == "build"


def test_the_script_of_a_stage_names_the_stage_at_work() -> None:
    facts = Facts("a", workflow_name="adw_build_iso")
    assert Progress().after(facts, LAUNCH).stage == "build"
    assert noted(LAUNCH, facts).current_stage == "build"


def test_names_of_workflows_are_compared_without_case() -> None:
    launch = replace(LAUNCH, workflow_type="adw_sdlc_ZTE_iso")
    facts = Facts("a", workflow_name="adw_sdlc_zte_iso", status="completed", message="shipped")
    assert Progress().after(facts, launch).status == "completed"


@pytest.mark.parametrize(
    ("progress", "end", "state"),
    [
        (Progress(), RunEnd(143), LaunchState.CANCELLED),
        (Progress(), RunEnd(0), LaunchState.CANCELLED),
        (Progress(), None, LaunchState.CANCELLED),
        (DONE, RunEnd(0), LaunchState.COMPLETED),
        (DONE, RunEnd(143), LaunchState.CANCELLED),
    ],
)
def test_a_cancelled_run_is_cancelled_unless_it_was_quicker(
    progress: Progress, end: RunEnd | None, state: LaunchState
) -> None:
    launch = replace(LAUNCH, cancel_requested=True, message="Cancelled by the user")
    assert judge(launch, progress, end, (), AT).state is state


def test_a_termination_from_outside_is_a_cancellation() -> None:
    outcome = judge(LAUNCH, Progress(), RunEnd(143, cancelled=True), (), AT)
    assert (outcome.state, kinds(outcome)) == (LaunchState.CANCELLED, ["cancelled"])


@pytest.mark.parametrize("end", [RunEnd(137, signal=9), RunEnd(1), None])
def test_a_merge_that_dies_leaves_its_card_where_it_is(end: RunEnd | None) -> None:
    outcome = judge(replace(LAUNCH, workflow_type="adw_merge_iso", stages=()), Progress(), end, (), AT)
    assert (outcome.state, kinds(outcome)) == (LaunchState.FAILED, ["failed"])


def test_late_reports_do_not_change_why_a_run_was_cancelled() -> None:
    launch = replace(LAUNCH, cancel_requested=True, message="Cancelled by the user")
    assert noted(launch, Facts("a", message="Progress: 10%")).message == "Cancelled by the user"


def test_words_name_signal_code_and_last_line() -> None:
    killed = judge(LAUNCH, Progress(stage="build"), RunEnd(137, signal=9), ("a", "b"), AT)
    assert killed.message == "adw_plan_build_iso was ended by signal 9 (SIGKILL); last output: b"
    data = killed.messages[0]["data"]
    assert (data["exit_code"], data["last_output"], data["current_step"]) == (137, ["a", "b"], "Error")
    assert killed.messages[1]["data"]["from_stage"] == "build"


def test_a_part_that_completed_is_not_the_whole() -> None:
    progress = Progress()
    for name in ("adw_plan_iso", "adw_build_iso"):
        assert progress.status is None
        progress = progress.after(Facts("a", workflow_name=name, status="completed"), LAUNCH)
    assert progress.status is None
    assert judge(LAUNCH, progress, RunEnd(0), (), AT).state is LaunchState.COMPLETED


def test_reports_of_another_run_change_nothing() -> None:
    facts = Facts("other", status="failed", moved_to="errored", branch="x")
    assert Progress().after(facts, LAUNCH) == Progress()
    assert noted(LAUNCH, facts) is LAUNCH


def test_aliases_of_stages_count() -> None:
    progress = Progress().after(Facts("a", stage_done="implement"), LAUNCH)
    assert progress.finished == {"build"}
