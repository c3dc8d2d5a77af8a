"""The mix of messages that a busy run sends: logs, agent events, status; about 300 bytes each."""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from benchmarks.stamps import Stamp

Json = dict[str, Any]
WORKFLOW: Final = "adw_plan_iso"
SIZE: Final = 300
TICK: Final = "tick"
"""A percentage: it makes no line in a log, so it has no number."""
MIX: Final = (
    "workflow_log",
    "thinking_block",
    "tool_use_pre",
    "tool_use_post",
    "workflow_log",
    TICK,
    "text_block",
    "tool_use_pre",
    "tool_use_post",
    "status_update",
)

_PROSE: Final = (
    "reading the module and its tests, comparing what they say with the plan, and writing down what has to change "
    "before the next step begins; nothing is decided yet that could not be taken back without much work later on, "
    "so the cheapest thing that could possibly be wrong is tried first, and the result is kept for the review "
)


def kind_at(index: int) -> str:
    """The kind of a run's message `index` (from 0)."""
    return MIX[index % len(MIX)]


def tick(adw_id: str, percent: int) -> str:
    """A `status_update` with a percentage, as text for the wire."""
    data = {"status": "in_progress", "progress_percent": percent, "current_step": "Working through the plan"}
    return json.dumps({"type": "status_update", "data": {"adw_id": adw_id, "workflow_name": WORKFLOW, **data}})


def line(kind: str, adw_id: str, stamp: Stamp) -> str:
    """A message whose log line begins with the stamp, as text for the wire."""
    return json.dumps(_message(kind, adw_id, f"{stamp} {_filler(kind)}", _call_of(kind, stamp)))


def line_text(stamp: Stamp) -> str:
    """The text of such a line, as a workflow logs it."""
    return f"{stamp} {_filler('workflow_log')}"


def _call_of(kind: str, stamp: Stamp) -> str:
    """The id of a tool's call, which its result has, too: that comes as the next message with a number."""
    return f"toolu_{stamp.number - (kind == 'tool_use_post'):06d}"


@cache
def _filler(kind: str) -> str:
    stamp = Stamp(1, 1e12)
    bare = len(json.dumps(_message(kind, "0" * 8, f"{stamp} ", _call_of(kind, stamp))))
    return _PROSE[: max(0, SIZE - bare)]


def _message(kind: str, adw_id: str, text: str, call: str) -> Json:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    data = _data(kind, text, call)
    return {"type": kind, "data": {"adw_id": adw_id, **data}, "timestamp": at}


def _data(kind: str, text: str, call: str) -> Json:
    match kind:
        case "thinking_block" | "text_block":
            return {"content": text}
        case "tool_use_pre":
            # The name of the tool is what the line begins with.
            return {"tool_name": text, "tool_input": {"file_path": "src/app.py"}, "tool_use_id": call}
        case "tool_use_post":
            return {"tool_name": "Read", "tool_output": text, "status": "success", "tool_use_id": call}
        case "status_update":
            return {"workflow_name": WORKFLOW, "status": "in_progress", "message": text}
        case _:
            return {"workflow_name": WORKFLOW, "message": text, "level": "INFO"}
