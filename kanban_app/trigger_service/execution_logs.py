"""A stage's log lines in V1's shape, read from what the runners have spooled."""

import re
from collections import deque
from pathlib import Path
from typing import Any, Final

from kanban_app.tac7.wire import as_text
from kanban_app.trigger_service.reports import Reported, translate
from kanban_app.trigger_service.spool import SpooledReport, read_spool

STAGES: Final = ("plan", "build", "test", "review", "document", "patch")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8}")
_NEWEST: Final = 10_000


def fault_of(adw_id: str, stage: str) -> str | None:
    """Why V1 would refuse the question."""
    if not _ID.fullmatch(adw_id):
        return "Invalid ADW id: it has 8 characters"
    return None if stage in STAGES else f"Invalid stage. Must be one of: {', '.join(STAGES)}"


def collect(runs_dir: Path, adw_id: str, stage: str) -> dict[str, Any] | None:
    """The newest lines of a stage, oldest first, over all launches of the run; None for an unknown run. Blocks."""
    folder = runs_dir / adw_id
    if not folder.is_dir():
        return None
    wanted = "build" if stage == "patch" else stage
    lines: deque[dict[str, Any]] = deque(maxlen=_NEWEST)
    for run_dir in sorted(folder.iterdir(), key=_number):
        _collect_launch(run_dir, wanted, lines)
    error = None if lines else f"No log of stage {stage}"
    return {
        "adw_id": adw_id,
        "stage": stage,
        "logs": list(lines),
        "stage_folder": f"adw_{stage}_iso" if lines else None,
        "has_logs": bool(lines),
        "error": error,
    }


def _collect_launch(run_dir: Path, wanted: str, lines: deque[dict[str, Any]]) -> None:
    stage = ""
    for report in read_spool(run_dir):
        reported = translate(report.path, report.body, report.at)
        if not isinstance(reported, Reported):
            continue
        stage = reported.facts.stage_begun or stage
        if stage == wanted:
            lines.extend(_line(report, message) for message in reported.messages if message["type"] == "workflow_log")


def _line(report: SpooledReport, message: dict[str, Any]) -> dict[str, Any]:
    data = message["data"]
    level, text = as_text(data["level"]), as_text(data["message"])
    moment = report.at.strftime("%Y-%m-%d %H:%M:%S")
    return {"timestamp": moment, "level": level, "message": text, "raw_line": f"{moment} - {level} - {text}"}


def _number(path: Path) -> int:
    first = path.name.split("-")[0]
    return int(first) if first.isdigit() else 0
