"""Messages of a service about what the agents of a run do (reference sections 3.1 and 3.2)."""

from typing import ClassVar, Literal

from kanban_app.tac7.wire import (
    Flag,
    OptionalInt,
    OptionalObject,
    OptionalText,
    OptionalTexts,
    ServerEnvelope,
    Stamp,
    Text,
    WirePart,
)


class AgentData(WirePart):
    """At least the run; the rest is whatever was posted."""

    adw_id: Text = ""


class AgentUpdatedData(AgentData):
    """Two shapes: of state saves (`status` … `state_snapshot`) and of the file monitor (`state`, `changed_fields`)."""

    optional_keys: ClassVar[frozenset[str]] = frozenset(
        {"status", "workflow_name", "current_step", "message", "state_snapshot", "state", "changed_fields"}
    )

    status: OptionalText = None
    workflow_name: OptionalText = None
    current_step: OptionalText = None
    message: OptionalText = None
    state_snapshot: OptionalObject = None
    state: OptionalObject = None
    changed_fields: OptionalTexts = None


class AgentUpdated(ServerEnvelope):
    type: Literal["agent_updated"] = "agent_updated"
    data: AgentUpdatedData


class AgentLogData(AgentData):
    """`details` is our extension: what an agent's last line says of its work, see `tac7.results`."""

    optional_keys: ClassVar[frozenset[str]] = frozenset({"source", "agent_role", "session_id", "details"})

    message: Text = ""
    level: Text = "INFO"
    source: OptionalText = None
    agent_role: OptionalText = None
    session_id: OptionalText = None
    details: OptionalObject = None


class AgentLog(ServerEnvelope):
    type: Literal["agent_log"] = "agent_log"
    data: AgentLogData


class ThinkingBlockData(AgentData):
    content: Text = ""
    reasoning_type: OptionalText = None
    duration_ms: OptionalInt = None
    sequence: OptionalInt = None


class ThinkingBlock(ServerEnvelope):
    type: Literal["thinking_block"] = "thinking_block"
    data: ThinkingBlockData


class TextBlockData(AgentData):
    content: Text = ""
    sequence: OptionalInt = None


class TextBlock(ServerEnvelope):
    type: Literal["text_block"] = "text_block"
    data: TextBlockData


class ToolUsePreData(AgentData):
    tool_name: Text = ""
    tool_input: OptionalObject = None
    tool_use_id: OptionalText = None


class ToolUsePre(ServerEnvelope):
    type: Literal["tool_use_pre"] = "tool_use_pre"
    data: ToolUsePreData


class ToolUsePostData(AgentData):
    """`tool_name` is often empty and `status` often wrongly "success" (Q17): see `tac7.reading.tool_failed`."""

    tool_name: Text = ""
    tool_output: OptionalText = None
    status: OptionalText = None
    error: OptionalText = None
    tool_use_id: OptionalText = None
    duration_ms: OptionalInt = None


class ToolUsePost(ServerEnvelope):
    type: Literal["tool_use_post"] = "tool_use_post"
    data: ToolUsePostData


class FileChangedData(AgentData):
    """`operation` is read, write, modify or delete."""

    file_path: Text = ""
    operation: Text = ""
    diff: OptionalText = None
    summary: OptionalText = None
    lines_added: OptionalInt = None
    lines_removed: OptionalInt = None


class FileChanged(ServerEnvelope):
    type: Literal["file_changed"] = "file_changed"
    data: FileChangedData


class PhaseTransitionData(AgentData):
    optional_keys: ClassVar[frozenset[str]] = frozenset({"phase_from", "workflow_name", "metadata"})

    phase_from: OptionalText = None
    phase_to: Text = ""
    workflow_name: OptionalText = None
    metadata: OptionalObject = None


class WorkflowPhaseTransition(ServerEnvelope):
    type: Literal["workflow_phase_transition"] = "workflow_phase_transition"
    data: PhaseTransitionData


class OutputChunkData(AgentData):
    optional_keys: ClassVar[frozenset[str]] = frozenset({"line_number", "total_lines"})

    agent_role: Text = ""
    content: Text = ""
    line_number: OptionalInt = None
    total_lines: OptionalInt = None
    is_complete: Flag = False


class AgentOutputChunk(ServerEnvelope):
    type: Literal["agent_output_chunk"] = "agent_output_chunk"
    data: OutputChunkData


class ScreenshotData(AgentData):
    screenshot_path: Text = ""
    screenshot_type: Text = "review"
    metadata: OptionalObject = None


class ScreenshotAvailable(ServerEnvelope):
    type: Literal["screenshot_available"] = "screenshot_available"
    data: ScreenshotData


class SpecData(AgentData):
    spec_path: Text = ""
    spec_type: Text = "plan"
    metadata: OptionalObject = None


class SpecCreated(ServerEnvelope):
    type: Literal["spec_created"] = "spec_created"
    data: SpecData


class HeartbeatData(WirePart):
    active_connections: OptionalInt = None
    server_time: Stamp = None


class Heartbeat(ServerEnvelope):
    """Defined by V1 and never sent by it."""

    type: Literal["heartbeat"] = "heartbeat"
    data: HeartbeatData


class ReservedData(WirePart):
    optional_keys: ClassVar[frozenset[str]] = frozenset({"adw_id"})

    adw_id: OptionalText = None


class Reserved(ServerEnvelope):
    """Types that V1 defines and never sends; their data is free."""

    type: Literal[
        "agent_created",
        "agent_deleted",
        "agent_status_change",
        "agent_summary_update",
        "orchestrator_updated",
        "chat_message",
        "chat_stream",
        "typing_indicator",
    ]
    data: ReservedData
