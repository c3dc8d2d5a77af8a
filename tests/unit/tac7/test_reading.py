import pytest

from kanban_app.domain.records import LogLevel
from kanban_app.domain.stages import Column
from kanban_app.tac7.agent_messages import AgentLogData, ToolUsePostData
from kanban_app.tac7.reading import (
    Progress,
    agent_line,
    normalise_log,
    percent,
    progress_of_status,
    stage_from_step,
    tool_failed,
)
from kanban_app.tac7.server_messages import WorkflowLogData


@pytest.mark.parametrize(
    ("level", "message", "expected"),
    [
        ("WARN", "careful", (LogLevel.WARNING, "careful")),
        ("Patch plan created", "info", (LogLevel.INFO, "Patch plan created")),
        ("It broke", "error", (LogLevel.ERROR, "It broke")),
        ("odd", "text", (LogLevel.INFO, "text")),
        ("only this", "", (LogLevel.INFO, "only this")),
        ("INFO", "error", (LogLevel.INFO, "error")),
    ],
)
def test_swapped_fields_are_swapped_back(level: str, message: str, expected: tuple[LogLevel, str]) -> None:
    assert normalise_log(WorkflowLogData(level=level, message=message)) == expected


@pytest.mark.parametrize(
    ("step", "column"),
    [
        ("Stage: plan", Column.PLAN),
        ("Stage:implement", Column.BUILD),
        ("Stage: ready-to-merge", Column.READY),
        ("Stage: nowhere", None),
        ("plan 1/4", None),
        (None, None),
    ],
)
def test_steps_that_announce_a_stage(step: str | None, column: Column | None) -> None:
    assert stage_from_step(step) is column


def test_unknown_words_mean_under_way() -> None:
    assert progress_of_status("banana") is Progress.UNDER_WAY
    assert progress_of_status(" Failed") is Progress.FAILED


def test_percentages_stay_in_their_range() -> None:
    assert [percent(value) for value in (-5, 50, 400, None)] == [0, 50, 100, None]


def test_the_line_knows_its_level_better_than_the_service() -> None:
    data = AgentLogData(message="2026-11-22 20:15:37 - DEBUG - no ERROR here", level="ERROR")
    assert agent_line(data) == (LogLevel.DEBUG, "no ERROR here")
    assert agent_line(AgentLogData(message="plain", level="SUCCESS")) == (LogLevel.SUCCESS, "plain")


@pytest.mark.parametrize(
    ("data", "failed"),
    [
        (ToolUsePostData(status="success", tool_output="42 lines"), False),
        (ToolUsePostData(status="success", tool_output="<tool_use_error>no</tool_use_error>"), True),
        (ToolUsePostData(status="success", tool_output="FileNotFoundError: x"), True),
        (ToolUsePostData(status="success", tool_output="Exit code 2"), True),
        (ToolUsePostData(status="success", tool_output="Exit code 0"), False),
        (ToolUsePostData(status="error"), True),
        (ToolUsePostData(error="no"), True),
        (ToolUsePostData(), False),
    ],
)
def test_failures_that_are_reported_as_success(data: ToolUsePostData, failed: bool) -> None:
    assert tool_failed(data) is failed
