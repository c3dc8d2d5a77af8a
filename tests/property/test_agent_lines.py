"""Whatever an agent writes can be told."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kanban_app.tac7.codec import Unknown, Unreadable, decode_server
from kanban_app.trigger_service.following.agent_lines import AgentLines

_KEYS = st.sampled_from(
    [
        *(
            "type",
            "subtype",
            "message",
            "content",
            "text",
            "thinking",
            "tool_use_id",
            "is_error",
            "input",
            "id",
            "name",
        ),
        *("data", "result", "num_turns", "duration_ms", "total_cost_usd", "tool_name", "exit_code", "tools", "error"),
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=15,
)
_TYPES = st.sampled_from(
    [
        *("assistant", "user", "system", "result", "text", "thinking", "tool_use", "tool_result", "thinking_block"),
        *("tool_use_pre", "tool_use_post", "file_changed", "odd"),
    ]
)


@given(st.dictionaries(_KEYS, _JSON, max_size=6), _TYPES)
def test_any_line_becomes_messages_that_our_client_reads(line: dict[str, object], kind: str) -> None:
    block = {**line, "type": kind}
    reader = AgentLines("a1b2c3d4")
    lines = (block, {"type": "assistant", "message": {"content": [block]}})
    for message in [message for each in lines for message in reader.messages("planner", json.dumps(each))]:
        read = decode_server(json.dumps(message, ensure_ascii=False, allow_nan=False))
        assert not isinstance(read, Unknown | Unreadable)
        assert message["data"]["adw_id"] == "a1b2c3d4"
