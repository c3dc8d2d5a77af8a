"""Lines of agents as messages: every shape that is known, and whatever else a line can be."""

import json
from typing import Any

import pytest

from kanban_app.trigger_service.following.agent_lines import AgentLines

RUN = "a1b2c3d4"


def told(*lines: object) -> list[dict[str, Any]]:
    reader = AgentLines(RUN)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    return [message for text in texts for message in reader.messages("planner", text)]


def said(*blocks: object, kind: str = "assistant") -> dict[str, Any]:
    return {"type": kind, "message": {"content": list(blocks)}, "session_id": "s1"}


def only(*lines: object) -> tuple[str, dict[str, Any]]:
    (message,) = told(*lines)
    return message["type"], message["data"]


def test_what_an_agent_thinks_says_and_does_is_told_in_its_order() -> None:
    line = said(
        {"type": "thinking", "thinking": "Where is it?"},
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "t1", "name": "Read", "input": {"file_path": "a.py"}},
    )
    thinking, text, tool = told(line)
    assert thinking["type"] == "thinking_block"
    assert thinking["data"] == {
        "adw_id": RUN,
        "content": "Where is it?",
        "reasoning_type": "thinking",
        "duration_ms": None,
        "sequence": None,
        "agent_role": "planner",
    }
    assert (text["type"], text["data"]["content"]) == ("text_block", "I look.")
    assert tool["type"] == "tool_use_pre"
    assert (tool["data"]["tool_name"], tool["data"]["tool_use_id"]) == ("Read", "t1")
    assert tool["data"]["tool_input"] == {"file_path": "a.py"}


def test_a_result_is_joined_with_the_name_of_its_tool() -> None:
    call = said({"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}})
    result = said({"type": "tool_result", "tool_use_id": "t1", "content": "a\nb"}, kind="user")
    _, message = told(call, result)
    assert message["type"] == "tool_use_post"
    assert message["data"]["tool_name"] == "Bash"
    assert (message["data"]["status"], message["data"]["error"]) == ("success", None)


def test_a_failed_tool_is_told_as_failed() -> None:
    kind, data = only(said({"type": "tool_result", "tool_use_id": "x", "content": "no such file", "is_error": True}))
    assert kind == "tool_use_post"
    assert (data["status"], data["error"], data["tool_name"]) == ("error", "no such file", "")


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ("text", "text"),
        (None, ""),
        ({"a": 1}, '{"a": 1}'),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ([{"type": "image", "source": {"data": "x" * 9999}}], "(an image)"),
        (["plain", 7, None], "plain\n7\n"),
        (True, "true"),
    ],
)
def test_a_result_can_be_text_list_or_object(content: object, output: str) -> None:
    assert only(said({"type": "tool_result", "content": content}))[1]["tool_output"] == output


def test_long_output_is_cut_and_says_so() -> None:
    output = only(said({"type": "tool_result", "content": "x" * 3000}))[1]["tool_output"]
    assert output == "x" * 2000 + " … (1000 characters left out)"


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        (
            {"type": "system", "subtype": "init", "model": "sonnet", "tools": ["a", "b"]},
            "INFO",
            "Agent session initialized (model: sonnet, tools: 2)",
        ),
        (
            {"type": "system", "subtype": "init", "tools": 7},
            "INFO",
            "Agent session initialized (model: unknown, tools: 0)",
        ),
        (
            {"type": "system", "subtype": "hook_response", "hook_name": "Stop", "exit_code": 2, "stderr": "no"},
            "ERROR",
            "Stop ended with exit code 2: no",
        ),
        ({"type": "system", "subtype": "hook_response", "exit_code": 0}, "INFO", "Hook ended with exit code 0"),
        ({"type": "system", "subtype": "error", "message": "out of credit"}, "ERROR", "out of credit"),
        ({"type": "system", "subtype": "compacted"}, "INFO", "compacted"),
    ],
)
def test_lines_of_the_system(line: object, level: str, text: str) -> None:
    kind, data = only(line)
    assert (kind, data["level"], data["message"], data["source"]) == ("agent_log", level, text, "raw_output.jsonl")


def test_the_result_says_how_long_and_at_what_price() -> None:
    line = {"type": "result", "subtype": "success", "is_error": False, "duration_ms": 61500, "num_turns": 3}
    kind, data = only({**line, "result": "All done", "total_cost_usd": 0.125, "session_id": "s1"})
    assert (kind, data["level"], data["session_id"]) == ("agent_log", "SUCCESS", "s1")
    assert data["message"] == "Agent ended (3 turns, 61.5 s, $0.12): All done"
    assert data["details"] == {"subtype": "success", "duration_ms": 61500, "num_turns": 3, "total_cost_usd": 0.125}


@pytest.mark.parametrize("line", [{"is_error": True, "result": "refused"}, {"subtype": "error_max_turns"}])
def test_a_result_that_is_none_is_an_error(line: dict[str, object]) -> None:
    assert only({"type": "result", **line})[1]["level"] == "ERROR"


@pytest.mark.parametrize(
    ("line", "kind", "field", "value"),
    [
        ({"type": "thinking_block", "content": "hm"}, "thinking_block", "content", "hm"),
        ({"type": "text_block", "data": {"content": "hm"}}, "text_block", "content", "hm"),
        ({"type": "tool_use_pre", "tool_name": "Bash", "tool_input": {"a": 1}}, "tool_use_pre", "tool_input", {"a": 1}),
        ({"type": "tool_use_post", "tool_output": "x", "status": "error"}, "tool_use_post", "status", "error"),
        ({"type": "file_changed", "file_path": "a", "operation": "write"}, "file_changed", "operation", "write"),
        ({"type": "text", "text": "hm"}, "text_block", "content", "hm"),
        ({"type": "tool_use", "name": "Bash", "input": "ls"}, "tool_use_pre", "tool_input", {"input": "ls"}),
    ],
)
def test_direct_forms(line: object, kind: str, field: str, value: object) -> None:
    found, data = only(line)
    assert (found, data[field]) == (kind, value)


def test_plain_content_is_text() -> None:
    assert only({"type": "assistant", "message": {"content": "hello"}})[1]["content"] == "hello"
    assert only({"type": "user", "message": "hello"})[1]["content"] == "hello"


def test_what_is_said_once_more_piece_by_piece_is_left_out() -> None:
    assert told({"type": "stream_event", "event": {"delta": "x"}}, "", "   ") == []


def test_what_nobody_knows_is_kept_as_it_is() -> None:
    assert only("no JSON: npm warning")[1]["message"] == "no JSON: npm warning"
    assert only("[1, 2]")[1]["message"] == "[1, 2]"
    kind, data = only({"type": "rate_limit_event", "left": 3})
    assert (kind, data["level"]) == ("agent_log", "DEBUG")
    assert "rate_limit_event" in data["message"]


@pytest.mark.parametrize(
    "line", ["[" * 100_000, '{"a":' * 100_000, '{"type": "text", "text": "\\ud800"}', '{"a": NaN}']
)
def test_hostile_lines_can_be_sent_on(line: str) -> None:
    for message in told(line):
        json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
