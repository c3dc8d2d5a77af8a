"""What a service's message says, past the oddities of the vintages. Pure helpers for those who take messages in."""

import re
from enum import StrEnum
from typing import Final

from kanban_app.domain.records import LogLevel
from kanban_app.domain.stages import Column, parse_column
from kanban_app.tac7.agent_messages import AgentLogData, ToolUsePostData
from kanban_app.tac7.server_messages import WorkflowLogData

_LEVELS: Final[dict[str, LogLevel]] = {
    "debug": LogLevel.DEBUG,
    "info": LogLevel.INFO,
    "success": LogLevel.SUCCESS,
    "warn": LogLevel.WARNING,
    "warning": LogLevel.WARNING,
    "error": LogLevel.ERROR,
    "critical": LogLevel.ERROR,
    "fatal": LogLevel.ERROR,
}
_STEP: Final = re.compile(r"\s*Stage:\s*([\w-]+)", re.IGNORECASE)
_LOG_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:[.,]\d+)? - (\w+) - (.*)", re.DOTALL)
_TOOL_ERROR: Final = re.compile(r"\s*(?:<tool_use_error>|(?:\w*error|traceback|exit code [1-9]\d*)\b)", re.IGNORECASE)


class Progress(StrEnum):
    """What a `status_update.status` means. Unknown words mean that something is under way (Q11)."""

    STARTED = "started"
    UNDER_WAY = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


def progress_of_status(status: str) -> Progress:
    try:
        return Progress(status.strip().lower())
    except ValueError:
        return Progress.UNDER_WAY


def percent(value: int | None) -> int | None:
    """A `progress_percent` within 0 to 100."""
    return None if value is None else max(0, min(100, value))


def stage_from_step(step: str | None) -> Column | None:
    """The place that a `current_step` of the form "Stage: plan" announces (Q16); None for any other step."""
    found = _STEP.match(step or "")
    return parse_column(found[1]) if found else None


def log_level(text: str) -> LogLevel | None:
    return _LEVELS.get(text.strip().lower())


def normalise_log(data: WorkflowLogData) -> tuple[LogLevel, str]:
    """Level and message of a line, swapped back where the patch workflow has mixed them up (Q15)."""
    level = log_level(data.level)
    if level is not None:
        return level, data.message
    swapped = log_level(data.message)
    if swapped is not None:
        return swapped, data.level
    return LogLevel.INFO, data.message or data.level


def agent_line(data: AgentLogData) -> tuple[LogLevel, str]:
    """Level and text of an `agent_log`; the prefix of an execution.log line names the level better than the service."""
    found = _LOG_LINE.fullmatch(data.message)
    if found and (level := log_level(found[1])) is not None:
        return level, found[2]
    return log_level(data.level) or LogLevel.INFO, data.message


def tool_failed(data: ToolUsePostData) -> bool:
    """Whether a tool went wrong; services mark failures as success (Q17), so the output is looked at too."""
    if data.error or (data.status or "success") != "success":
        return True
    return _TOOL_ERROR.match(data.tool_output or "") is not None
