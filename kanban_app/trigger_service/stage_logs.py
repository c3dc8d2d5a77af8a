"""What the agents of a stage have said and done, one entry a line of their output (reference 5.4 and 6.4). Blocks."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from kanban_app.tac7.wire import as_text
from kanban_app.trigger_service.layout import ProjectLayout
from kanban_app.trigger_service.project_files import MAX_READ, decoded, read_newest_lines, read_text
from kanban_app.trigger_service.stage_folders import AGENT_OUTPUT, find_folder

NEWEST: Final = 10_000
LONGEST_TEXT: Final = 20_000
_DEEPEST: Final = 20
_KINDS: Final = ("thinking", "tool_use", "tool_result", "text")

Entry = dict[str, Any]


def collect(layout: ProjectLayout, adw_id: str, stage: str) -> Entry | None:
    """The newest entries of a stage, oldest first; None where the project has nothing of that run's stage."""
    folder = find_folder(layout, adw_id, stage, AGENT_OUTPUT)
    if folder is None:
        return None
    lines = read_newest_lines(layout, folder / AGENT_OUTPUT) or []
    entries: list[str] = []
    result: object = None
    for raw in map(_raw_of, lines[-NEWEST:]):
        if raw is not None:
            entries.append(encoded(entry_of(raw)))
            result = _cut(raw, 0) if raw.get("type") == "result" else result
    if result is None:
        result = _result_in(read_text(layout, folder / "raw_output.json", MAX_READ))
    return answer(adw_id, stage, entries, result, folder.name)


def answer(adw_id: str, stage: str, entries: list[str], result: object, folder: str | None) -> Entry:
    """The answer to a question for a stage's log; `folder` is None where there is nothing.

    Its `logs` are JSON already: thousands of objects at once keep the garbage collector busy, and all others waiting.
    """
    return {
        "adw_id": adw_id,
        "stage": stage,
        "logs": entries,
        "result": result,
        "stage_folder": folder,
        "has_streaming_logs": bool(entries),
        "has_result": result is not None,
        "error": None if entries or result is not None else f"No agent output of stage {stage}",
    }


def encoded(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entry_of(raw: Mapping[str, Any]) -> Entry:
    """A line of agent output as V1 shows it; its texts are cut where they are longer than anyone reads."""
    kind = as_text(raw.get("type")) or "unknown"
    blocks = _blocks(raw)
    found = {as_text(block.get("type")): block for block in reversed(blocks)}
    subtype = next((name for name in _KINDS if name in found), None) or raw.get("subtype")
    tool = found.get("tool_use") or (raw if raw.get("tool_name") else None)
    entry: Entry = {
        "timestamp": raw.get("timestamp"),
        "level": _level(raw, blocks),
        "message": _message(raw, found.get(as_text(subtype)))[:LONGEST_TEXT],
        "entry_type": kind,
        "subtype": None if subtype is None else as_text(subtype),
        "raw_data": _cut(raw, 0),
    }
    if tool is not None:
        entry["tool_name"] = as_text(tool.get("name") or tool.get("tool_name"))
        entry["tool_input"] = _cut(tool.get("input") or tool.get("tool_input"), 0)
    return entry


def _raw_of(line: bytes) -> Mapping[str, Any] | None:
    """What no agent writes (half a line, a word of a shell) is shown as it is."""
    text = line.decode("utf-8", "replace").strip()
    if not text:
        return None
    value = decoded(text)
    if isinstance(value, dict):
        return cast(Mapping[str, Any], value)
    return {"type": "unreadable", "message": text[:LONGEST_TEXT]}


def _blocks(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    message = raw.get("message")
    content = cast(Mapping[str, Any], message).get("content") if isinstance(message, Mapping) else None
    items = cast(list[object], content) if isinstance(content, list) else []
    return [cast(Mapping[str, Any], item) for item in items if isinstance(item, Mapping)]


def _level(raw: Mapping[str, Any], blocks: Iterable[Mapping[str, Any]]) -> str:
    failed = raw.get("is_error") is True or raw.get("subtype") == "error"
    if failed or any(block.get("is_error") is True for block in blocks):
        return "ERROR"
    return "SUCCESS" if raw.get("type") == "result" else "INFO"


def _message(raw: Mapping[str, Any], block: Mapping[str, Any] | None) -> str:
    if block is None:
        said = raw.get("result") or raw.get("content") or raw.get("message")
        return as_text(said) if isinstance(said, str) else as_text(raw.get("subtype") or raw.get("type"))
    match block.get("type"):
        case "tool_use":
            return f"Tool: {as_text(block.get('name'))}"
        case "tool_result":
            return as_text(block.get("content"))
        case kind:
            return as_text(block.get(as_text(kind)))


def _cut(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        left_out = len(value) - LONGEST_TEXT
        return value if left_out <= 0 else f"{value[:LONGEST_TEXT]}… ({left_out} more characters)"
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {name: _cut(item, depth + 1) for name, item in cast(Mapping[str, Any], value).items()}
    if isinstance(value, list):
        return [_cut(item, depth + 1) for item in cast(list[Any], value)]
    return value


def _result_in(found: tuple[str, bool] | None) -> object:
    """The last line of an agent, from the array that it writes at its end."""
    value = decoded(found[0]) if found and found[1] else None
    items = cast(list[object], value) if isinstance(value, list) else [value]
    objects = [cast(Entry, item) for item in items if isinstance(item, dict)]
    results = [item for item in objects if item.get("type") == "result"]
    return _cut(results[-1], 0) if results else None
