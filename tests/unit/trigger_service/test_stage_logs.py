"""Lines of agent output as entries of V1's stage logs (reference 6.4)."""

from typing import Any

import pytest

from kanban_app.trigger_service.stage_logs import LONGEST_TEXT, entry_of


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"type": "assistant", "message": {"content": list(blocks)}}


THINKING = {"type": "thinking", "thinking": "hm"}
TOOL = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls"}}
TEXT = {"type": "text", "text": "so"}


@pytest.mark.parametrize(
    ("raw", "level", "kind", "subtype", "message"),
    [
        ({"type": "system", "subtype": "init"}, "INFO", "system", "init", "init"),
        ({"type": "system", "subtype": "error", "message": "no"}, "ERROR", "system", "error", "no"),
        (assistant(TEXT), "INFO", "assistant", "text", "so"),
        (assistant(TEXT, TOOL, THINKING), "INFO", "assistant", "thinking", "hm"),
        (assistant(TEXT, TOOL), "INFO", "assistant", "tool_use", "Tool: Bash"),
        (assistant(), "INFO", "assistant", None, "assistant"),
        ({"type": "result", "subtype": "success", "result": "done"}, "SUCCESS", "result", "success", "done"),
        ({"type": "result", "is_error": True, "result": "broke"}, "ERROR", "result", None, "broke"),
        ({"type": "user", "message": {"content": "text"}}, "INFO", "user", None, "user"),
        ({"type": "user", "message": "text"}, "INFO", "user", None, "text"),
        ({"type": "thinking_block", "content": "hm"}, "INFO", "thinking_block", None, "hm"),
        ({}, "INFO", "unknown", None, ""),
        ({"type": 7, "message": {"content": [None, 1, {"type": ["x"]}]}}, "INFO", "7", None, "7"),
    ],
)
def test_kinds(raw: dict[str, Any], level: str, kind: str, subtype: str | None, message: str) -> None:
    entry = entry_of(raw)
    assert (entry["level"], entry["entry_type"], entry["subtype"], entry["message"]) == (level, kind, subtype, message)
    assert entry["raw_data"] == raw


def test_a_tool_is_named_with_its_input() -> None:
    entry = entry_of(assistant(TOOL))
    assert (entry["tool_name"], entry["tool_input"]) == ("Bash", {"command": "ls"})
    assert "tool_name" not in entry_of(assistant(TEXT))


def test_a_failed_tool_is_an_error() -> None:
    block = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "no"}], "is_error": True}
    entry = entry_of({"type": "user", "message": {"content": [block]}})
    assert (entry["level"], entry["subtype"]) == ("ERROR", "tool_result")
    assert "no" in entry["message"]


def test_long_texts_are_cut_and_say_so() -> None:
    entry = entry_of(assistant({"type": "text", "text": "x" * (LONGEST_TEXT + 5)}))
    assert len(entry["message"]) == LONGEST_TEXT
    (block,) = entry["raw_data"]["message"]["content"]
    assert block["text"].endswith("x… (5 more characters)")


def test_deep_nesting_is_cut() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    assert "…" in str(entry_of({"type": "system", "data": deep})["raw_data"])
