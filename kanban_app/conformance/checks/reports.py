"""What workflow processes post (reference section 5.2): no run is needed for it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from kanban_app.conformance.context import Context, a_log, new_run_id
from kanban_app.conformance.line import Json, Line, data_of
from kanban_app.conformance.peer import ABSENT, object_in
from kanban_app.conformance.registry import check
from kanban_app.conformance.verdicts import Notes, Verdict, breach, not_offered, passed, shown

_UPDATES: Final = "/api/workflow-updates"
_STAGES: Final = "/api/stage-event"
_AGENTS: Final = "/api/agent-state-update"
_AT: Final = "2026-01-02T03:04:05Z"

# Event of a run -> the move that it announces; None where nothing is broadcast.
_MOVES: Final[tuple[tuple[dict[str, object], tuple[str, str] | None], ...]] = (
    ({"event_type": "workflow_started", "stage_name": "plan"}, ("backlog", "plan")),
    ({"event_type": "stage_started", "stage_name": "plan"}, ("backlog", "plan")),
    ({"event_type": "stage_completed", "stage_name": "plan", "next_stage": "build"}, ("plan", "build")),
    ({"event_type": "stage_started", "stage_name": "build", "previous_stage": "plan"}, ("plan", "build")),
    ({"event_type": "stage_completed", "stage_name": "build"}, None),
    ({"event_type": "stage_skipped", "stage_name": "test"}, None),
    ({"event_type": "conformance"}, None),
    ({"event_type": "stage_failed", "stage_name": "build"}, ("build", "errored")),
    ({"event_type": "workflow_completed", "stage_name": "build"}, ("build", "ready-to-merge")),
    ({"from_stage": "plan", "to_stage": "build"}, ("plan", "build")),
    ({"to_stage": "pr"}, ("unknown", "pr")),
)
_EVENTS: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "state_change": ("agent_updated", {"status": "in_progress", "current_step": "x"}),
    "log_entry": ("agent_log", {"message": "m", "level": "INFO"}),
    "file_operation": ("file_changed", {"file_path": "a.py", "operation": "write"}),
    "thinking": ("thinking_block", {"content": "hm"}),
    "tool_execution_pre": ("tool_use_pre", {"tool_name": "Bash", "input": {"a": 1}, "tool_use_id": "t1"}),
    "tool_execution_post": ("tool_use_post", {"tool_name": "Bash", "output": "no", "tool_use_id": "t1"}),
    "text_block": ("text_block", {"content": "hello"}),
}
_GRANULAR: Final[dict[str, tuple[str, dict[str, object]]]] = {
    "/api/workflow-phase-transition": ("workflow_phase_transition", {"phase_from": "a", "phase_to": "b"}),
    "/api/agent-output-chunk": ("agent_output_chunk", {"agent_role": "planner", "content": "c"}),
    "/api/screenshot-available": ("screenshot_available", {"screenshot_path": "review_img/a.png"}),
    "/api/spec-created": ("spec_created", {"spec_path": "specs/a.md"}),
}


async def _post(context: Context, path: str, body: Mapping[str, object]) -> int:
    answer, _ = await context.peer.ask_http("POST", path, dict(body))
    return answer.status_code if answer is not None else 0


async def _heard(context: Context, line: Line, adw_id: str) -> list[Json]:
    """All broadcasts about the run until now: a line of its own, posted last, marks the end."""
    end = uuid4().hex
    await _post(context, _UPDATES, a_log(end, adw_id))
    await line.until(lambda m: data_of(m).get("message") == end, context.pace.reply_s)
    about = line.messages(lambda m: data_of(m).get("adw_id") == adw_id)
    return [message for message in about if data_of(message).get("message") != end]


@check("report-update", "Q11", not_in_v0=True)
async def report_update(context: Context) -> Verdict:
    """A posted `status_update` is broadcast as it is, unknown status and keys included."""
    adw_id = new_run_id()
    data: Json = {"adw_id": adw_id, "workflow_name": "w", "status": "banana", "message": None, "timestamp": _AT, "x": 1}
    async with context.peer.line() as line:
        answer, _ = await context.peer.ask_http("POST", _UPDATES, {"type": "status_update", "data": data})
        if answer is None or answer.status_code in ABSENT:
            return not_offered(f"POST {_UPDATES}: HTTP {answer.status_code if answer is not None else 'nothing'}")
        heard = await _heard(context, line, adw_id)
    notes = Notes()
    told = object_in(answer.content) or {}
    notes.breach_unless(holds=answer.status_code == HTTPStatus.OK, text=f"HTTP {answer.status_code}")
    notes.breach_unless(holds=[data_of(m) for m in heard] == [data], text=f"broadcast {len(heard)} times, or changed")
    notes.deviation_unless(holds=isinstance(told.get("clients_count"), int), text="no clients_count")
    return notes.verdict(f"broadcast verbatim; {shown(told)}")


@check("report-stages", "Q10", not_in_v0=True)
async def report_stages(context: Context) -> Verdict:
    """Which event moves a card, and from where to where."""
    adw_id = new_run_id()
    notes = Notes()
    async with context.peer.line() as line:
        for event, _ in _MOVES:
            status = await _post(context, _STAGES, {"adw_id": adw_id, **event})
            if status in ABSENT:
                return not_offered(f"POST {_STAGES}: HTTP {status}")
            notes.breach_unless(holds=status == HTTPStatus.OK, text=f"{event}: HTTP {status}")
        moves = [m for m in await _heard(context, line, adw_id) if m.get("type") == "stage_transition"]
    got = [(data_of(m).get("from_stage"), data_of(m).get("to_stage")) for m in moves]
    expected = [move for _, move in _MOVES if move is not None]
    notes.breach_unless(holds=got == expected, text=f"moves {shown(got)}")
    return notes.verdict(f"{len(_MOVES)} events, {len(got)} moves")


@check("report-agents", "Q17", not_in_v0=True)
async def report_agents(context: Context) -> Verdict:
    """The events of an agent and the messages that they become; V1 calls a failed tool a success."""
    adw_id = new_run_id()
    notes = Notes()
    async with context.peer.line() as line:
        for event, (_, data) in _EVENTS.items():
            more = {"success": False} if event == "tool_execution_post" else {}
            body = {"adw_id": adw_id, "event_type": event, "data": {**data, **more}}
            status = await _post(context, _AGENTS, body)
            if status in ABSENT:
                return not_offered(f"POST {_AGENTS}: HTTP {status}")
            notes.breach_unless(holds=status == HTTPStatus.OK, text=f"{event}: HTTP {status}")
        heard = await _heard(context, line, adw_id)
    got = [str(m.get("type")) for m in heard]
    expected = [kind for kind, _ in _EVENTS.values()]
    notes.breach_unless(holds=got == expected, text=f"messages {shown(got)}")
    ends = [data_of(m).get("status") for m in heard if m.get("type") == "tool_use_post"]
    notes.deviation_unless(holds=ends != ["success"], text="a failed tool is reported as success")
    return notes.verdict(f"{len(got)} of {len(expected)} kinds")


@check("report-details", not_in_v0=True)
async def report_details(context: Context) -> Verdict:
    """The four further endpoints; no workflow script uses them."""
    adw_id = new_run_id()
    offered: dict[str, str] = {}
    notes = Notes()
    async with context.peer.line() as line:
        for path, (kind, body) in _GRANULAR.items():
            status = await _post(context, path, {"adw_id": adw_id, **body})
            if status in ABSENT:
                continue
            offered[path] = kind
            notes.breach_unless(holds=status == HTTPStatus.OK, text=f"{path}: HTTP {status}")
        heard = [str(m.get("type")) for m in await _heard(context, line, adw_id)]
    if not offered:
        return not_offered(f"none of {', '.join(_GRANULAR)}")
    notes.breach_unless(holds=heard == list(offered.values()), text=f"messages {shown(heard)}")
    return notes.verdict(f"{len(offered)} of {len(_GRANULAR)} endpoints")


@check("report-refusals", not_in_v0=True)
async def report_refusals(context: Context) -> Verdict:
    """A report that cannot be taken is refused, and nothing is broadcast."""
    cases: list[tuple[str, dict[str, object]]] = [
        (_UPDATES, {"type": "workflow_log"}),
        (_UPDATES, {"type": "conformance", "data": {"adw_id": "a"}}),
        (_UPDATES, {"type": "status_update", "data": {"adw_id": "a"}}),
        (_STAGES, {"to_stage": "plan"}),
        (_STAGES, {"adw_id": "a"}),
        (_STAGES, {"adw_id": "a", "to_stage": "Plan"}),
        (_STAGES, {"adw_id": "a", "to_stage": "merge"}),
        (_AGENTS, {"adw_id": "a"}),
        (_AGENTS, {"adw_id": "a", "event_type": "conformance"}),
    ]
    notes = Notes()
    for path, body in cases:
        status = await _post(context, path, body)
        if status in ABSENT:
            return not_offered(f"POST {path}: HTTP {status}")
        notes.breach_unless(holds=status == HTTPStatus.BAD_REQUEST, text=f"{body}: HTTP {status}")
    answer, _ = await context.peer.ask_http("POST", _UPDATES, content=b"{oops")
    status = answer.status_code if answer is not None else 0
    notes.breach_unless(holds=status in {400, 422}, text=f"malformed JSON: HTTP {status}")
    return (
        breach("; ".join(notes.breaches)) if notes.breaches else passed(f"{len(cases)} of {len(cases)} with HTTP 400")
    )
