"""What a workflow process posts, turned into broadcasts and facts about its run (reference section 5.2). Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, cast

from kanban_app.domain.stages import Column
from kanban_app.tac7.codec import format_time
from kanban_app.tac7.wire import as_text

UPDATES: Final = "/api/workflow-updates"
STAGE_EVENT: Final = "/api/stage-event"
AGENT_STATE: Final = "/api/agent-state-update"
PHASE: Final = "/api/workflow-phase-transition"
OUTPUT_CHUNK: Final = "/api/agent-output-chunk"
SCREENSHOT: Final = "/api/screenshot-available"
SPEC: Final = "/api/spec-created"

ADW_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STAGE_NAMES: Final = frozenset({column.value for column in Column} | {"pr"})
_REQUIRED: Final = {
    "status_update": ("adw_id", "workflow_name", "status", "message", "timestamp"),
    "workflow_log": ("adw_id", "workflow_name", "message", "level", "timestamp"),
}
_LONGEST_PLACE: Final = 4096
_STEP_STAGE: Final = re.compile(r"Stage:\s*([\w-]+)")

Message = dict[str, Any]
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report says about its run. `status` is a final status together with the workflow that it is about."""

    adw_id: str
    workflow_name: str = ""
    status: str | None = None
    message: str = ""
    stage_begun: str | None = None
    stage_done: str | None = None
    moved_to: str | None = None
    workflow_done: bool = False
    branch: str | None = None
    worktree: str | None = None

    @property
    def is_turning_point(self) -> bool:
        """Whether a stage or the run ends or begins: what the run's files have by then is to be told before."""
        return bool(self.status or self.moved_to or self.stage_begun or self.stage_done)


@dataclass(frozen=True, slots=True)
class Reported:
    """An accepted report: what to broadcast, what is true now, and what its sender gets."""

    facts: Facts
    messages: tuple[Message, ...] = ()
    answer: Message = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Rejected:
    """A report that V1 refuses with 400; nothing follows from it."""

    error: str


def translate(path: str, body: Body, at: datetime) -> Reported | Rejected:
    """The meaning of a report that was posted to `path` at that time."""
    translator = _TRANSLATORS.get(path)
    return translator(body, at) if translator else Rejected(f"Unknown report path: {path[:100]}")


def _update(body: Body, _at: datetime) -> Reported | Rejected:
    kind, given = body.get("type"), body.get("data")
    if not kind or not given:
        return Rejected("Missing required fields: type and data")
    required = _REQUIRED.get(str(kind))
    if required is None:
        return Rejected(f"Unknown update type: {str(kind)[:100]}")
    if not isinstance(given, dict):
        return Rejected("data must be an object")
    data = cast(dict[str, Any], given)
    missing = [name for name in required if name not in data]
    if missing:
        return Rejected(f"Missing required fields for {kind}: {', '.join(missing)}")
    adw_id = _run_id(data)
    if adw_id is None:
        return Rejected("adw_id is not usable")
    facts = _status_facts(adw_id, data) if kind == "status_update" else Facts(adw_id)
    title = "Status update" if kind == "status_update" else "Workflow log"
    answer = {"status": "success", "message": f"{title} broadcast"}
    return Reported(facts, ({"type": kind, "data": data},), answer)


def _status_facts(adw_id: str, data: Body) -> Facts:
    status = as_text(data.get("status")).strip().lower()
    step = _STEP_STAGE.match(as_text(data.get("current_step")))
    stage = step.group(1).lower() if step else None
    return Facts(
        adw_id=adw_id,
        workflow_name=as_text(data.get("workflow_name")),
        status=status if status in {"completed", "failed"} else None,
        message=as_text(data.get("message")),
        stage_begun=stage if stage in _STAGE_NAMES else None,
    )


def _stage_event(body: Body, at: datetime) -> Reported | Rejected:
    adw_id = _run_id(body)
    if adw_id is None:
        return Rejected("adw_id is required" if not body.get("adw_id") else "adw_id is not usable")
    event = body.get("event_type")
    if body.get("to_stage"):
        origin, target = as_text(body.get("from_stage") or "unknown"), as_text(body["to_stage"])
        return _move(body, at, origin, target, Facts(adw_id))
    if not event:
        return Rejected("to_stage or event_type is required")
    return _typed_event(str(event), body, adw_id, at)


def _typed_event(event: str, body: Body, adw_id: str, at: datetime) -> Reported | Rejected:
    stage = as_text(body.get("stage_name"))
    previous = as_text(body.get("previous_stage") or Column.BACKLOG.value)
    following = body.get("next_stage")
    match event:
        case "workflow_started":
            return _move(body, at, Column.BACKLOG.value, stage, Facts(adw_id, stage_begun=stage))
        case "stage_started":
            return _move(body, at, previous, stage, Facts(adw_id, stage_begun=stage))
        case "stage_completed" if following:
            return _move(body, at, stage, as_text(following), Facts(adw_id, stage_done=stage))
        case "stage_completed" | "stage_skipped":
            return _quiet(event, Facts(adw_id, stage_done=stage))
        case "workflow_completed":
            facts = Facts(adw_id, stage_done=stage, workflow_done=True)
            return _move(body, at, stage, Column.READY.value, facts)
        case "stage_failed" | "workflow_failed":
            facts = Facts(adw_id, status="failed", message=_reason(body))
            return _move(body, at, stage, Column.ERRORED.value, facts)
        case _:
            return _quiet(event, Facts(adw_id))


def _quiet(event: str, facts: Facts) -> Reported:
    answer = {"status": "success", "message": f"Event {event[:100]} noted", "adw_id": facts.adw_id, "event_type": event}
    return Reported(facts, (), answer)


def _move(body: Body, at: datetime, origin: str, target: str, facts: Facts) -> Reported | Rejected:
    adw_id = facts.adw_id
    if target not in _STAGE_NAMES:
        return Rejected(f"Invalid stage: {target[:100]}. Valid stages: {', '.join(sorted(_STAGE_NAMES))}")
    data = {
        "adw_id": adw_id,
        "workflow_name": as_text(body.get("workflow_name") or "unknown"),
        "from_stage": origin or "unknown",
        "to_stage": target,
        "message": _reason(body),
        "timestamp": body.get("timestamp") or format_time(at),
    }
    answer = {"status": "success", "message": f"Stage transition to {target} broadcast", "adw_id": adw_id}
    answer |= {"to_stage": target, "db_persisted": True}
    return Reported(replace(facts, moved_to=target), ({"type": "stage_transition", "data": data},), answer)


def _reason(body: Body) -> str:
    """The error where there is one: boards show it beside the name of the stage."""
    return (as_text(body.get("error")) or as_text(body.get("message")))[:2000]


def _agent_state(body: Body, at: datetime) -> Reported | Rejected:
    adw_id = _run_id(body)
    if adw_id is None:
        return Rejected("adw_id is required" if not body.get("adw_id") else "adw_id is not usable")
    event = body.get("event_type")
    shape = _AGENT_EVENTS.get(str(event)) if event else None
    if shape is None:
        return Rejected(f"Unknown event_type: {str(event)[:100]}" if event else "event_type is required")
    kind, fields = shape
    given = body.get("data")
    data = cast(dict[str, Any], given) if isinstance(given, dict) else {}
    message = {"type": kind, "data": {"adw_id": adw_id, **fields(data)}, "timestamp": format_time(at)}
    answer = {"status": "success", "message": f"{event} broadcast", "adw_id": adw_id, "event_type": event}
    return Reported(_agent_facts(adw_id, str(event), data), (message,), answer)


def _agent_facts(adw_id: str, event: str, data: Body) -> Facts:
    snapshot = data.get("state_snapshot")
    if event != "state_change" or not isinstance(snapshot, dict):
        return Facts(adw_id)
    state = cast(dict[str, Any], snapshot)
    return Facts(adw_id, branch=as_place(state.get("branch_name")), worktree=as_place(state.get("worktree_path")))


def _without_id(data: Body) -> Message:
    return {name: value for name, value in data.items() if name != "adw_id"}


def _log_fields(data: Body) -> Message:
    return {**_without_id(data), "message": as_text(data.get("message")), "level": as_text(data.get("level") or "INFO")}


def _chosen(*names: str) -> Callable[[Body], Message]:
    return lambda data: {name: data.get(name) for name in names}


def _tool_begins(data: Body) -> Message:
    tool_input = data.get("input") if "input" in data else data.get("tool_input")
    name = as_text(data.get("tool_name"))
    return {"tool_name": name, "tool_input": tool_input, "tool_use_id": data.get("tool_use_id")}


def _tool_ends(data: Body) -> Message:
    """`success: false` is what notifiers post for a failed tool; V1 does not read it (Q17)."""
    output = data.get("output") if "output" in data else data.get("tool_output")
    failed = data.get("success") is False or bool(data.get("error"))
    return {
        "tool_name": as_text(data.get("tool_name")),
        "tool_output": as_text(output),
        "status": as_text(data.get("status")) or ("error" if failed else "success"),
        "error": data.get("error"),
        "tool_use_id": data.get("tool_use_id"),
        "duration_ms": data.get("duration_ms"),
    }


def _detail(kind: str, *required: str, **defaults: Any) -> Callable[[Body, datetime], Reported | Rejected]:
    """A report that is broadcast as it came; `defaults` are for optional fields that are absent or null."""

    def translator(body: Body, at: datetime) -> Reported | Rejected:
        missing = [name for name in ("adw_id", *required) if not body.get(name)]
        if missing:
            return Rejected(f"Missing required fields: {', '.join(missing)}")
        adw_id = _run_id(body)
        if adw_id is None:
            return Rejected("adw_id is not usable")
        given = {name: value for name, value in body.items() if value is not None or name not in defaults}
        message = {"type": kind, "data": {**defaults, **given}, "timestamp": format_time(at)}
        answer = {"status": "success", "message": f"{kind} broadcast", "adw_id": adw_id}
        return Reported(Facts(adw_id), (message,), answer)

    return translator


def _run_id(data: Body) -> str | None:
    value = data.get("adw_id")
    return value if isinstance(value, str) and ADW_ID.fullmatch(value) else None


def as_place(value: object) -> str | None:
    """The branch or the worktree that a script has named, if it can be one: it goes into the environment of others."""
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_PLACE and "\0" not in value else None


_AGENT_EVENTS: Final[dict[str, tuple[str, Callable[[Body], Message]]]] = {
    "state_change": ("agent_updated", _without_id),
    "log_entry": ("agent_log", _log_fields),
    "file_operation": (
        "file_changed",
        _chosen("file_path", "operation", "diff", "summary", "lines_added", "lines_removed"),
    ),
    "thinking": ("thinking_block", _chosen("content", "reasoning_type", "duration_ms", "sequence")),
    "tool_execution_pre": ("tool_use_pre", _tool_begins),
    "tool_execution_post": ("tool_use_post", _tool_ends),
    "text_block": ("text_block", _chosen("content", "sequence")),
}
_TRANSLATORS: Final[dict[str, Callable[[Body, datetime], Reported | Rejected]]] = {
    UPDATES: _update,
    STAGE_EVENT: _stage_event,
    AGENT_STATE: _agent_state,
    PHASE: _detail("workflow_phase_transition", "phase_to", phase_from=None, workflow_name=None, metadata=None),
    OUTPUT_CHUNK: _detail(
        "agent_output_chunk", "agent_role", "content", line_number=None, total_lines=None, is_complete=False
    ),
    SCREENSHOT: _detail("screenshot_available", "screenshot_path", screenshot_type="review", metadata=None),
    SPEC: _detail("spec_created", "spec_path", spec_type="plan", metadata=None),
}
REPORT_PATHS: Final = tuple(_TRANSLATORS)
"""Where workflow processes post, below the address that they are given."""
