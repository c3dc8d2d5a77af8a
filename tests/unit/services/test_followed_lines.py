"""What the embedded service makes of agents' files is what the board's log shows."""

import json
from datetime import UTC, datetime

import pytest

from kanban_app.domain.records import LogEntry, LogKind, LogLevel
from kanban_app.services.translate import translate
from kanban_app.tac7.codec import Unknown, Unreadable, decode_server
from kanban_app.trigger_service.following.agent_lines import AgentLines
from kanban_app.trigger_service.following.log_lines import log_message
from kanban_app.trigger_service.reports import Message

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def shown(message: Message) -> LogEntry:
    read = decode_server(json.dumps(message))
    assert not isinstance(read, Unknown | Unreadable)
    line = translate(read, NOW, None).line
    assert line is not None
    return line


def blocks(*content: object, kind: str = "assistant") -> str:
    return json.dumps({"type": kind, "message": {"content": content}})


@pytest.mark.parametrize(
    ("line", "kind", "level", "text"),
    [
        (blocks({"type": "thinking", "thinking": "hm"}), LogKind.THINKING, LogLevel.INFO, "hm"),
        (blocks({"type": "text", "text": "I see"}), LogKind.TEXT, LogLevel.INFO, "I see"),
        (
            blocks({"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "a.py"}}),
            LogKind.TOOL_USE,
            LogLevel.INFO,
            "Read a.py",
        ),
        (
            blocks({"type": "tool_result", "tool_use_id": "t", "content": "gone", "is_error": True}, kind="user"),
            LogKind.TOOL_RESULT,
            LogLevel.ERROR,
            "gone",
        ),
        (
            json.dumps({"type": "result", "subtype": "success", "num_turns": 2, "result": "done"}),
            LogKind.LOG,
            LogLevel.SUCCESS,
            "Agent ended (2 turns): done",
        ),
        ("npm warning", LogKind.LOG, LogLevel.INFO, "npm warning"),
    ],
)
def test_lines_of_agents(line: str, kind: LogKind, level: LogLevel, text: str) -> None:
    (message,) = AgentLines("a1b2c3d4").messages("planner", line)
    entry = shown(message)
    assert (entry.kind, entry.level, entry.message) == (kind, level, text)


def test_call_and_result_of_a_tool_have_one_id_and_one_name() -> None:
    reader = AgentLines("a1b2c3d4")
    (call,) = reader.messages("planner", blocks({"type": "tool_use", "id": "t", "name": "Bash", "input": {}}))
    (result,) = reader.messages("planner", blocks({"type": "tool_result", "tool_use_id": "t", "content": "ok"}))
    first, second = shown(call).data, shown(result).data
    assert first is not None
    assert second is not None
    assert (first["id"], first["tool"]) == (second["id"], second["tool"]) == ("t", "Bash")


def test_lines_of_execution_logs_lose_their_prefix() -> None:
    message = log_message("a1b2c3d4", "ops", "2026-01-02 03:04:05 - WARNING - nearly ERROR", NOW)
    assert message is not None
    entry = shown(message)
    assert (entry.kind, entry.level, entry.message) == (LogKind.LOG, LogLevel.WARNING, "nearly ERROR")
