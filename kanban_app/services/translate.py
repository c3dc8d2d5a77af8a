"""What a service's message means: reports for the board, and a line for the run's log."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import singledispatch
from typing import Any, Final

from kanban_app.domain.plain_text import plain
from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.domain.reported import Report, RunDescribed, StageReported, StatusReported
from kanban_app.domain.stages import parse_column
from kanban_app.services.spending import RESULT
from kanban_app.tac7 import messages as m
from kanban_app.tac7.codec import parse_time
from kanban_app.tac7.reading import agent_line, log_level, normalise_log, stage_from_step, tool_failed
from kanban_app.tac7.results import details_of
from kanban_app.tac7.wire import as_text

LINE_LIMIT: Final = 20_000
# Of what a program printed last before it failed: enough to see why, and kept with the failure.
OUTPUT_LINES: Final = 20
OUTPUT_CHARS: Final = 500
CONFLICTS: Final = 50
CLEANUP: Final = "restart_cleanup"
"""What a service tells under the id of a run that another one has taken the place of."""
_STATUS_LEVELS: Final[dict[str, LogLevel]] = {"failed": LogLevel.ERROR, "completed": LogLevel.SUCCESS}


@dataclass(frozen=True, slots=True)
class Meaning:
    """`adw_id` is the run that the message is about; None when it is about none."""

    adw_id: str | None = None
    reports: tuple[Report, ...] = ()
    line: LogEntry | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """When a message arrived, and which attempt it says that it belongs to."""

    received_at: datetime
    attempt_id: str | None = None

    def time(self, *stamps: object) -> datetime:
        """The first readable one of the message's own times; the time of receipt where there is none."""
        parsed = (parse_time(stamp) for stamp in stamps if stamp is not None)
        return next((moment for moment in parsed if moment), self.received_at)


def translate(message: m.ServerMessage, received_at: datetime, attempt_id: str | None) -> Meaning:
    """The meaning of a message that is no answer to a request of ours."""
    meaning = _meaning(message, Origin(received_at.astimezone(UTC), attempt_id))
    return meaning if meaning.adw_id else Meaning()


def waiting_at_service(message: m.QueueStatus) -> list[StatusReported]:
    """What a service's line of waiting runs means for each of them; `attempt_id` is the start that waits."""
    return [
        StatusReported(
            adw_id=run.adw_id,
            workflow_name="",
            status="in_progress",
            message="",
            step=f"Waiting at the service, place {run.position}",
            attempt_id=run.request_id,
        )
        for run in message.data.waiting
        if run.adw_id and run.request_id and run.position
    ]


@singledispatch
def _meaning(message: Any, _origin: Origin) -> Meaning:
    data = getattr(message, "data", None)
    return Meaning(getattr(data, "adw_id", None) or None)


@_meaning.register
def _(message: m.StatusUpdate, origin: Origin) -> Meaning:
    data = message.data
    at = origin.time(data.timestamp, message.timestamp)
    if data.workflow_name == CLEANUP:
        return Meaning(data.adw_id, (), _line(data.adw_id, at, LogKind.STATUS, data.message, origin))
    reports: list[Report] = []
    column = stage_from_step(data.current_step)
    if column:
        reports.append(
            StageReported(
                adw_id=data.adw_id,
                column=column,
                message=data.message,
                at=at,
                attempt_id=origin.attempt_id,
                workflow_name=data.workflow_name,
            )
        )
    reports.append(
        StatusReported(
            adw_id=data.adw_id,
            workflow_name=data.workflow_name,
            status=data.status,
            message=data.message,
            percent=data.progress_percent,
            step="" if column else (data.current_step or ""),
            at=at,
            attempt_id=origin.attempt_id,
            last_output=tuple(_output(line) for line in (data.last_output or ())[-OUTPUT_LINES:]),
            conflicts=tuple(_output(path) for path in (data.conflicts or ())[:CONFLICTS]),
        )
    )
    is_tick = data.status == "in_progress" and data.progress_percent is not None
    if is_tick or not data.message:
        return Meaning(data.adw_id, tuple(reports))
    level = _STATUS_LEVELS.get(data.status, LogLevel.INFO)
    extra: dict[str, object] = {"status": data.status, "workflow": data.workflow_name}
    line = _line(data.adw_id, at, LogKind.STATUS, data.message, origin, level=level, data=extra)
    return Meaning(data.adw_id, tuple(reports), line)


@_meaning.register
def _(message: m.StageTransition, origin: Origin) -> Meaning:
    data = message.data
    at = origin.time(data.timestamp, message.timestamp)
    column, source = parse_column(data.to_stage), parse_column(data.from_stage)
    text = data.message or f"{data.from_stage} → {data.to_stage}"
    level = LogLevel.ERROR if data.to_stage == "errored" else LogLevel.INFO
    extra: dict[str, object] = {"from": data.from_stage, "to": data.to_stage}
    line = _line(data.adw_id, at, LogKind.STAGE, text, origin, level=level, data=extra)
    if column is None:
        text = f'Unknown stage "{data.to_stage}": the card stays where it is.'
        strange = _line(data.adw_id, at, LogKind.STAGE, text, origin, level=LogLevel.WARNING, data=extra)
        return Meaning(data.adw_id, (), strange)
    report = StageReported(data.adw_id, column, source, data.message, at, origin.attempt_id, data.workflow_name)
    return Meaning(data.adw_id, (report,), line)


@_meaning.register
def _(message: m.WorkflowLog, origin: Origin) -> Meaning:
    data = message.data
    level, text = normalise_log(data)
    at = origin.time(data.timestamp, message.timestamp)
    return Meaning(data.adw_id, (), _line(data.adw_id, at, LogKind.LOG, text, origin, level=level))


@_meaning.register
def _(message: m.AgentLog, origin: Origin) -> Meaning:
    data = message.data
    level, text = agent_line(data)
    at = origin.time(message.timestamp)
    extra: dict[str, object] | None = {RESULT: details_of(data.details)} if data.details else None
    return Meaning(data.adw_id, (), _line(data.adw_id, at, LogKind.LOG, text, origin, level=level, data=extra))


@_meaning.register
def _(message: m.ThinkingBlock, origin: Origin) -> Meaning:
    data = message.data
    return Meaning(
        data.adw_id, (), _line(data.adw_id, origin.time(message.timestamp), LogKind.THINKING, data.content, origin)
    )


@_meaning.register
def _(message: m.TextBlock, origin: Origin) -> Meaning:
    data = message.data
    return Meaning(
        data.adw_id, (), _line(data.adw_id, origin.time(message.timestamp), LogKind.TEXT, data.content, origin)
    )


@_meaning.register
def _(message: m.ToolUsePre, origin: Origin) -> Meaning:
    data = message.data
    target = _tool_target(data.tool_input or {})
    text = f"{data.tool_name or 'Tool'} {target}".strip()
    extra: dict[str, object] = {"tool": data.tool_name, "id": data.tool_use_id, "input": data.tool_input}
    line = _line(data.adw_id, origin.time(message.timestamp), LogKind.TOOL_USE, text, origin, data=extra)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.ToolUsePost, origin: Origin) -> Meaning:
    data = message.data
    failed = tool_failed(data)
    text = (data.error or data.tool_output or data.status or "done") if failed else (data.tool_output or "done")
    level = LogLevel.ERROR if failed else LogLevel.INFO
    extra: dict[str, object] = {"tool": data.tool_name, "id": data.tool_use_id, "failed": failed}
    if data.duration_ms is not None:
        extra["duration_ms"] = data.duration_ms
    at = origin.time(message.timestamp)
    line = _line(data.adw_id, at, LogKind.TOOL_RESULT, text, origin, level=level, data=extra)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.FileChanged, origin: Origin) -> Meaning:
    data = message.data
    counts = f" +{data.lines_added or 0} −{data.lines_removed or 0}" if data.lines_added or data.lines_removed else ""
    text = f"{data.operation or 'change'} {data.file_path}{counts}"
    extra: dict[str, object] = {"path": data.file_path, "operation": data.operation, "diff": data.diff}
    line = _line(data.adw_id, origin.time(message.timestamp), LogKind.FILE, text, origin, data=extra)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.AgentUpdated, _origin: Origin) -> Meaning:
    data = message.data
    state = data.state_snapshot or data.state or {}
    branch = state.get("branch_name")
    described = RunDescribed(data.adw_id, branch if isinstance(branch, str) else None, state.get("demo") is True)
    return Meaning(data.adw_id, (described,) if described.branch or described.demo else ())


@_meaning.register
def _(message: m.AgentOutputChunk, origin: Origin) -> Meaning:
    data = message.data
    line = _line(data.adw_id, origin.time(message.timestamp), LogKind.TEXT, data.content, origin)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.WorkflowPhaseTransition, origin: Origin) -> Meaning:
    data = message.data
    text = f"{data.phase_from} → {data.phase_to}" if data.phase_from else data.phase_to
    return Meaning(
        data.adw_id, (), _line(data.adw_id, origin.time(message.timestamp), LogKind.STAGE, f"Phase: {text}", origin)
    )


@_meaning.register
def _(message: m.ScreenshotAvailable, origin: Origin) -> Meaning:
    data = message.data
    extra: dict[str, object] = {"path": data.screenshot_path, "screenshot": data.screenshot_type}
    text = f"screenshot {data.screenshot_path}"
    line = _line(data.adw_id, origin.time(message.timestamp), LogKind.FILE, text, origin, data=extra)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.SpecCreated, origin: Origin) -> Meaning:
    data = message.data
    extra: dict[str, object] = {"path": data.spec_path, "spec": data.spec_type}
    text = f"{data.spec_type} {data.spec_path}"
    line = _line(data.adw_id, origin.time(message.timestamp), LogKind.FILE, text, origin, data=extra)
    return Meaning(data.adw_id, (), line)


@_meaning.register
def _(message: m.SystemLog, origin: Origin) -> Meaning:
    data = message.data
    run = as_text((data.context or {}).get("adw_id"))
    if not run:
        return Meaning()
    level = log_level(data.level) or LogLevel.INFO
    return Meaning(run, (), _line(run, origin.time(message.timestamp), LogKind.LOG, data.message, origin, level=level))


def _output(line: str) -> str:
    return plain(line[: 2 * OUTPUT_CHARS])[:OUTPUT_CHARS]


def _line(
    adw_id: str,
    at: datetime,
    kind: LogKind,
    text: str,
    origin: Origin,
    *,
    level: LogLevel = LogLevel.INFO,
    data: dict[str, object] | None = None,
) -> LogEntry:
    if len(text) > LINE_LIMIT:
        data = {**(data or {}), "cut_from": len(text)}
        text = text[:LINE_LIMIT] + " …"
    return LogEntry(adw_id, at, kind, level, text, data, origin.attempt_id)


def _tool_target(tool_input: dict[str, object]) -> str:
    """The part of a tool's input that says most: a path, a command or a pattern."""
    for key in ("file_path", "path", "command", "pattern", "query", "url", "description"):
        value = tool_input.get(key)
        if isinstance(value, str) and value:
            return value.splitlines()[0]
    return ""
