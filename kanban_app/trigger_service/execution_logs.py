"""A stage's log lines in V1's shape: out of its script's `execution.log`, else out of what the runners have spooled."""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kanban_app.tac7.wire import as_text
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.project_files import read_newest_lines
from kanban_app.trigger_service.reports import Message, Reported, translate
from kanban_app.trigger_service.spool import SpooledReport, read_spool
from kanban_app.trigger_service.stage_folders import EXECUTION_LOG, find_folder
from kanban_app.trigger_service.stage_logs import LONGEST_TEXT, NEWEST, answer, encoded, entry_of

_LINE: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:[.,]\d+)? - ([A-Z]+) - (.*)", re.DOTALL)
_AGENT_MESSAGES: Final = {
    "thinking_block": "thinking",
    "text_block": "text",
    "tool_use_pre": "tool_use",
    "tool_use_post": "tool_result",
}

Entry = dict[str, Any]


def collect_file(layout: ProjectLayout, adw_id: str, stage: str) -> Entry | None:
    """The newest lines that the stage's script has logged; None where the project has nothing of that run's stage."""
    folder = find_folder(layout, adw_id, stage, EXECUTION_LOG)
    if folder is None:
        return None
    lines = read_newest_lines(layout, folder / EXECUTION_LOG) or []
    entries = [encoded(_entry(line.decode("utf-8", "replace"))) for line in lines[-NEWEST:] if line.strip()]
    return _answer(adw_id, stage, entries, folder.name)


def collect_spool(runs_dir: Path, adw_id: str, stage: str) -> Entry | None:
    """The newest lines of a stage, over all launches of the run; None for an unknown run."""
    reports = _spooled(runs_dir, adw_id, stage)
    if reports is None:
        return None
    told = ((report, message) for report, message in reports if message["type"] == "workflow_log")
    entries = deque((encoded(_line(report, message)) for report, message in told), maxlen=NEWEST)
    return _answer(adw_id, stage, list(entries), f"adw_{stage}_iso")


def collect_agents(runs_dir: Path, adw_id: str, stage: str) -> Entry | None:
    """The same for what the workflow told of its agents, as `stage_logs` shows it."""
    reports = _spooled(runs_dir, adw_id, stage)
    if reports is None:
        return None
    told = ((report, message) for report, message in reports if message["type"] in _AGENT_MESSAGES)
    entries = deque((encoded(_agent_entry(report, message)) for report, message in told), maxlen=NEWEST)
    return answer(adw_id, stage, list(entries), None, f"adw_{stage}_iso" if entries else None)


def _answer(adw_id: str, stage: str, entries: list[str], folder: str) -> Entry:
    return {
        "adw_id": adw_id,
        "stage": stage,
        "logs": entries,
        "stage_folder": folder if entries else None,
        "has_logs": bool(entries),
        "error": None if entries else f"No log of stage {stage}",
    }


def _entry(line: str) -> Entry:
    """Lines of another form have no time of their own."""
    line = line[:LONGEST_TEXT].rstrip()
    found = _LINE.fullmatch(line)
    if found is None:
        return {"level": "INFO", "message": line, "raw_line": line}
    return {"timestamp": found[1], "level": found[2], "message": found[3], "raw_line": line}


def _spooled(runs_dir: Path, adw_id: str, stage: str) -> Iterator[tuple[SpooledReport, Message]] | None:
    folder = runs_dir / adw_id
    if not folder.is_dir():
        return None
    wanted = "build" if stage == "patch" else stage
    run_dirs = sorted(folder.iterdir(), key=_number)
    return (told for run_dir in run_dirs for told in _messages_of(run_dir, wanted))


def _messages_of(run_dir: Path, wanted: str) -> Iterator[tuple[SpooledReport, Message]]:
    stage = ""
    for report in read_spool(run_dir):
        reported = translate(report.path, report.body, report.at)
        if not isinstance(reported, Reported):
            continue
        stage = reported.facts.stage_begun or stage
        if stage == wanted:
            yield from ((report, message) for message in reported.messages)


def _line(report: SpooledReport, message: Message) -> Entry:
    data = message["data"]
    level, text = as_text(data["level"]), as_text(data["message"])
    moment = report.at.strftime("%Y-%m-%d %H:%M:%S")
    return {"timestamp": moment, "level": level, "message": text, "raw_line": f"{moment} - {level} - {text}"}


def _agent_entry(report: SpooledReport, message: Message) -> Entry:
    kind, data = message["type"], message["data"]
    failed = data.get("status") == "error"
    said = data.get("content") or data.get("tool_output") or data.get("tool_name")
    told = {"type": kind, "subtype": _AGENT_MESSAGES[kind], "timestamp": report.at.strftime("%Y-%m-%d %H:%M:%S")}
    return entry_of({**data, **told, "content": said, "is_error": failed})


def _number(path: Path) -> int:
    first = path.name.split("-")[0]
    return int(first) if first.isdigit() else 0
