"""The files of a run as V1 hands them out over HTTP, as the messages that its follower makes of them.

So the same line is known again, whichever way it comes (`tac7.history`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast

from kanban_app.tac7 import messages as m
from kanban_app.tac7.agent_messages import (
    AgentLogData,
    TextBlockData,
    ThinkingBlockData,
    ToolUsePostData,
    ToolUsePreData,
)
from kanban_app.tac7.codec import parse_time
from kanban_app.tac7.history import AGENT_OUTPUT, EXECUTION_LOG, SESSION_BEGINS
from kanban_app.tac7.results import details_of
from kanban_app.tac7.wire import as_optional_object, as_optional_text, as_text

Json = Mapping[str, object]
Localise = Callable[[datetime], datetime]
"""Gives a time without a zone, which is one of the service's clock on the wall, its zone."""

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """One line as a message, and its own time where it has one."""

    message: m.ServerMessage
    at: datetime | None


def execution_lines(adw_id: str, answer: Json, localise: Localise) -> Iterator[RemoteLine]:
    """The lines of `/api/execution-logs/{id}/{stage}`."""
    role = as_text(answer.get("stage_folder"))
    for entry in _entries(answer):
        yield _execution_line(adw_id, role, entry, localise)


def agent_lines(adw_id: str, answer: Json, localise: Localise) -> Iterator[RemoteLine]:
    """The lines of `/api/stage-logs/{id}/{stage}`: what the agents said and did."""
    for entry in _entries(answer):
        raw = as_optional_object(entry.get("raw_data")) or {}
        at = local_time(entry.get("timestamp") or raw.get("timestamp"), localise)
        for message in _messages_of(adw_id, raw):
            yield RemoteLine(message, at)


def local_time(value: object, localise: Localise) -> datetime | None:
    """A time of a log, which without a zone is local to the service, unlike all other times on the wire (Q13)."""
    if not isinstance(value, str):
        return parse_time(value)
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return parse_time(value)
    return (localise(moment) if moment.tzinfo is None else moment).astimezone(UTC)


def _execution_line(adw_id: str, role: str, entry: Json, localise: Localise) -> RemoteLine:
    level, text = as_text(entry.get("level")) or "INFO", as_text(entry.get("message"))
    raw = as_text(entry.get("raw_line")).strip()
    stamp = as_optional_text(entry.get("timestamp")) or ""
    if not raw:
        raw = f"{stamp} - {level} - {text}" if stamp else text
    found = _STAMP.match(raw)
    data = AgentLogData(adw_id=adw_id, message=raw, level=level, source=EXECUTION_LOG, agent_role=role)
    return RemoteLine(m.AgentLog(data=data), local_time(stamp or (found[0] if found else None), localise))


def _messages_of(adw_id: str, raw: Json) -> Iterator[m.ServerMessage]:
    """What the service's follower broadcasts for one line of agent output, and the result, which it leaves out."""
    session = as_optional_text(raw.get("session_id"))
    match raw.get("type"):
        case "system" if raw.get("subtype") == "init":
            tools = raw.get("tools")
            count = len(cast("list[object]", tools)) if isinstance(tools, list) else 0
            text = f"{SESSION_BEGINS} (model: {as_text(raw.get('model')) or 'unknown'}, tools: {count})"
            yield _agent_log(adw_id, text, "INFO", session)
        case "result":
            failed = raw.get("is_error") is True
            level = "ERROR" if failed else "SUCCESS"
            yield _agent_log(adw_id, _result_of(raw), level, session, details_of(raw) or None)
        case "assistant" | "user":
            for block in _blocks(raw):
                message = _block(adw_id, block)
                if message is not None:
                    yield message
        case _:
            return


def _block(adw_id: str, block: Json) -> m.ServerMessage | None:
    match block.get("type"):
        case "text":
            return m.TextBlock(data=TextBlockData(adw_id=adw_id, content=as_text(block.get("text"))))
        case "thinking":
            content = as_text(block.get("thinking"))
            return m.ThinkingBlock(data=ThinkingBlockData(adw_id=adw_id, content=content, reasoning_type="thinking"))
        case "tool_use":
            return m.ToolUsePre(
                data=ToolUsePreData(
                    adw_id=adw_id,
                    tool_name=as_text(block.get("name")),
                    tool_input=as_optional_object(block.get("input")),
                    tool_use_id=as_optional_text(block.get("id")),
                )
            )
        case "tool_result":
            status = "error" if block.get("is_error") is True else "success"
            return m.ToolUsePost(
                data=ToolUsePostData(
                    adw_id=adw_id,
                    tool_output=as_text(block.get("content")),
                    status=status,
                    tool_use_id=as_optional_text(block.get("tool_use_id")),
                )
            )
        case _:
            return None


def _agent_log(
    adw_id: str, text: str, level: str, session: str | None, details: dict[str, object] | None = None
) -> m.AgentLog:
    about = {"adw_id": adw_id, "source": AGENT_OUTPUT, "session_id": session, "details": details}
    return m.AgentLog(data=AgentLogData.model_validate({**about, "message": text, "level": level}))


def _result_of(raw: Json) -> str:
    """The last line of an agent: what it came to, in how many turns and at what price."""
    parts: list[str] = []
    turns, cost = raw.get("num_turns"), raw.get("total_cost_usd")
    if isinstance(turns, int):
        parts.append(f"{turns} turns")
    if isinstance(cost, int | float):
        parts.append(f"${cost:.2f}")
    extent = f" ({', '.join(parts)})" if parts else ""
    return f"Agent ended{extent}: {as_text(raw.get('result')) or as_text(raw.get('subtype'))}"


def _entries(answer: Json) -> Iterator[Json]:
    logs = answer.get("logs")
    items = cast("list[object]", logs) if isinstance(logs, list) else []
    return (cast("Json", item) for item in items if isinstance(item, dict))


def _blocks(raw: Json) -> list[Json]:
    message = as_optional_object(raw.get("message")) or {}
    content = message.get("content")
    items = cast("list[object]", content) if isinstance(content, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]
