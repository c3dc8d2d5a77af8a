"""What a line of an agent's `raw_output.jsonl` means (reference section 6.4). Any line means something or nothing; none
is an error (C36). Pure.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from kanban_app.tac7.codec import load
from kanban_app.tac7.history import AGENT_OUTPUT, SESSION_BEGINS
from kanban_app.tac7.results import details_of
from kanban_app.tac7.wire import as_optional_object, as_optional_text, as_text
from kanban_app.trigger_service.reports import Message

Json = Mapping[str, object]

_OUTPUT_CHARS: Final = 2000
_UNKNOWN_CHARS: Final = 500
_TOOL_NAMES: Final = 1000
# What whole messages say once more, piece by piece.
_PARTIAL: Final = frozenset({"stream_event"})
_FILE_FIELDS: Final = ("file_path", "operation", "diff", "summary", "lines_added", "lines_removed")


class AgentLines:
    """Turns the lines of one run's agents into messages. It keeps the names of tools: results do not bring them."""

    def __init__(self, adw_id: str) -> None:
        self._adw_id = adw_id
        self._tools: OrderedDict[str, str] = OrderedDict()

    def messages(self, agent: str, line: str) -> list[Message]:
        """The messages of a line that `agent` (the name of its folder) has written, without their time."""
        if not line.strip():
            return []
        try:
            value = load(line)
        except (ValueError, RecursionError):
            return [self._log(agent, None, "INFO", _cut(line, _OUTPUT_CHARS))]
        if not isinstance(value, dict):
            return [self._log(agent, None, "INFO", _cut(as_text(value), _OUTPUT_CHARS))]
        return self._of_object(agent, cast("Json", value))

    def _of_object(self, agent: str, raw: Json) -> list[Message]:
        kind = as_text(raw.get("type"))
        session = as_optional_text(raw.get("session_id"))
        if kind in {"assistant", "user"}:
            return [message for block in _blocks(raw) for message in self._of_block(agent, session, block)]
        if kind == "system":
            return [self._log(agent, session, *_system(raw))]
        if kind == "result":
            level = "ERROR" if _went_wrong(raw) else "SUCCESS"
            return [self._log(agent, session, level, _result(raw), details_of(raw))]
        if kind in _PARTIAL:
            return []
        direct = self._direct(agent, kind, {**raw, **(as_optional_object(raw.get("data")) or {})})
        return [direct] if direct is not None else self._of_block(agent, session, raw)

    def _direct(self, agent: str, kind: str, data: Json) -> Message | None:
        """A line that is a message already."""
        match kind:
            case "thinking_block":
                return self._thinking(agent, as_text(data.get("content", data.get("thinking"))))
            case "text_block":
                return self._text(agent, as_text(data.get("content", data.get("text"))))
            case "tool_use_pre":
                return self._tool_begins(agent, data, "tool_name", "tool_input", "tool_use_id")
            case "tool_use_post":
                failed = as_text(data.get("status") or "success") != "success" or bool(data.get("error"))
                content = data.get("tool_output", data.get("output", data.get("error")))
                return self._tool_ends(agent, data, content, failed=failed or data.get("is_error") is True)
            case "file_changed":
                return self._message(kind, agent, {name: data.get(name) for name in _FILE_FIELDS})
            case _:
                return None

    def _of_block(self, agent: str, session: str | None, block: Json) -> list[Message]:
        match block.get("type"):
            case "text":
                text = as_text(block.get("text"))
                return [self._text(agent, text)] if text else []
            case "thinking":
                return [self._thinking(agent, as_text(block.get("thinking")))]
            case "tool_use":
                return [self._tool_begins(agent, block, "name", "input", "id")]
            case "tool_result":
                failed = block.get("is_error") is True
                return [self._tool_ends(agent, block, block.get("content"), failed=failed)]
            case _:
                return [self._log(agent, session, "DEBUG", _cut(as_text(block), _UNKNOWN_CHARS))]

    def _thinking(self, agent: str, content: str) -> Message:
        fields = {"content": content, "reasoning_type": "thinking", "duration_ms": None, "sequence": None}
        return self._message("thinking_block", agent, fields)

    def _text(self, agent: str, content: str) -> Message:
        return self._message("text_block", agent, {"content": content, "sequence": None})

    def _tool_begins(self, agent: str, data: Json, name_key: str, input_key: str, id_key: str) -> Message:
        name, call = as_text(data.get(name_key)), as_optional_text(data.get(id_key))
        if name and call:
            self._tools[call] = name
            while len(self._tools) > _TOOL_NAMES:
                self._tools.popitem(last=False)
        given = data.get(input_key, data.get("input"))
        tool_input = as_optional_object(given)
        if tool_input is None and given is not None:
            tool_input = {"input": given}
        return self._message("tool_use_pre", agent, {"tool_name": name, "tool_input": tool_input, "tool_use_id": call})

    def _tool_ends(self, agent: str, data: Json, content: object, *, failed: bool) -> Message:
        call = as_optional_text(data.get("tool_use_id"))
        output = _cut(_readable(content), _OUTPUT_CHARS)
        fields = {
            "tool_name": as_text(data.get("tool_name")) or self._tools.get(call or "", ""),
            "tool_output": output,
            "status": "error" if failed else "success",
            "error": (as_text(data.get("error")) or output) if failed else None,
            "tool_use_id": call,
            "duration_ms": data.get("duration_ms"),
        }
        return self._message("tool_use_post", agent, fields)

    def _log(
        self, agent: str, session: str | None, level: str, text: str, details: dict[str, object] | None = None
    ) -> Message:
        fields: dict[str, Any] = {"message": text, "level": level, "source": AGENT_OUTPUT, "session_id": session}
        return self._message("agent_log", agent, {**fields, "details": details} if details else fields)

    def _message(self, kind: str, agent: str, fields: Mapping[str, Any]) -> Message:
        return {"type": kind, "data": {"adw_id": self._adw_id, **fields, "agent_role": agent}}


def _system(raw: Json) -> tuple[str, str]:
    """Level and text of a `system` line."""
    match raw.get("subtype"):
        case "init":
            tools = raw.get("tools")
            count = len(cast("list[object]", tools)) if isinstance(tools, list) else 0
            return "INFO", f"{SESSION_BEGINS} (model: {as_text(raw.get('model')) or 'unknown'}, tools: {count})"
        case "hook_response":
            code = raw.get("exit_code")
            name = as_text(raw.get("hook_name")) or "Hook"
            said = as_text(raw.get("stderr")) or as_text(raw.get("message"))
            text = f"{name} ended with exit code {as_text(code)}" if code is not None else f"{name} ended"
            return "ERROR" if code else "INFO", _cut(f"{text}: {said}" if said else text, _OUTPUT_CHARS)
        case "error":
            text = as_text(raw.get("message")) or as_text(raw.get("error")) or as_text(raw)
            return "ERROR", _cut(text, _OUTPUT_CHARS)
        case subtype:
            text = as_text(raw.get("message")) or as_text(subtype) or as_text(raw)
            return "INFO", _cut(text, _OUTPUT_CHARS)


def _went_wrong(raw: Json) -> bool:
    return raw.get("is_error") is True or as_text(raw.get("subtype")).startswith("error")


def _result(raw: Json) -> str:
    """The last line of an agent: what it came to, in how many turns, how long and at what price."""
    parts: list[str] = []
    turns, duration, cost = raw.get("num_turns"), raw.get("duration_ms"), raw.get("total_cost_usd")
    if isinstance(turns, int):
        parts.append(f"{turns} turns")
    if isinstance(duration, int | float):
        parts.append(f"{duration / 1000:.1f} s")
    if isinstance(cost, int | float):
        parts.append(f"${cost:.2f}")
    extent = f" ({', '.join(parts)})" if parts else ""
    text = as_text(raw.get("result")) or as_text(raw.get("subtype"))
    return _cut(f"Agent ended{extent}: {text}", 2 * _OUTPUT_CHARS)


def _blocks(raw: Json) -> Iterable[Json]:
    message = raw.get("message")
    if isinstance(message, str):
        return [{"type": "text", "text": message}]
    content = (as_optional_object(message) or raw).get("content")
    if isinstance(content, dict):
        return [cast("Json", content)]
    if not isinstance(content, list):
        return [{"type": "text", "text": content}]
    items = cast("list[object]", content)
    return [cast("Json", item) if isinstance(item, dict) else {"type": "text", "text": item} for item in items]


def _readable(content: object) -> str:
    """What a tool has answered, as text: a list of texts is these texts, anything else that is no text is JSON."""
    if not isinstance(content, list):
        return as_text(content)
    items = cast("list[object]", content)
    return "\n".join(_readable_part(item) for item in items)


def _readable_part(item: object) -> str:
    part = as_optional_object(item) or {}
    match part.get("type"):
        case "text":
            return as_text(part.get("text"))
        case "image":
            return "(an image)"
        case _:
            return as_text(item)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text) - limit} characters left out)"
