"""Every message of the protocol, both vintages, both directions, and our extensions."""

from typing import Final

from kanban_app.tac7.agent_messages import (
    AgentLog,
    AgentOutputChunk,
    AgentUpdated,
    FileChanged,
    Heartbeat,
    Reserved,
    ScreenshotAvailable,
    SpecCreated,
    TextBlock,
    ThinkingBlock,
    ToolUsePost,
    ToolUsePre,
    WorkflowPhaseTransition,
)
from kanban_app.tac7.client_messages import (
    AskQueueStatus,
    CancelWorkflow,
    Ping,
    RegisterSession,
    TicketNotification,
    TriggerWorkflow,
)
from kanban_app.tac7.server_messages import (
    CancelResponse,
    ErrorMessage,
    Pong,
    QueueStatus,
    SessionRegistered,
    StageTransition,
    StatusUpdate,
    SystemLog,
    TicketNotificationResponse,
    TriggerResponse,
    WorkflowLog,
)

ServerMessage = (
    StatusUpdate
    | TriggerResponse
    | Pong
    | ErrorMessage
    | TicketNotificationResponse
    | SessionRegistered
    | CancelResponse
    | QueueStatus
    | WorkflowLog
    | StageTransition
    | SystemLog
    | AgentUpdated
    | AgentLog
    | ThinkingBlock
    | TextBlock
    | ToolUsePre
    | ToolUsePost
    | FileChanged
    | WorkflowPhaseTransition
    | AgentOutputChunk
    | ScreenshotAvailable
    | SpecCreated
    | Heartbeat
    | Reserved
)

ClientMessage = (
    TriggerWorkflow | Ping | TicketNotification | RegisterSession | WorkflowLog | CancelWorkflow | AskQueueStatus
)

SERVER_MODELS: Final[dict[str, type[ServerMessage]]] = {
    "status_update": StatusUpdate,
    "trigger_response": TriggerResponse,
    "pong": Pong,
    "error": ErrorMessage,
    "ticket_notification_response": TicketNotificationResponse,
    "session_registered": SessionRegistered,
    "cancel_response": CancelResponse,
    "queue_status": QueueStatus,
    "workflow_log": WorkflowLog,
    "stage_transition": StageTransition,
    "system_log": SystemLog,
    "agent_updated": AgentUpdated,
    "agent_log": AgentLog,
    "thinking_block": ThinkingBlock,
    "text_block": TextBlock,
    "tool_use_pre": ToolUsePre,
    "tool_use_post": ToolUsePost,
    "file_changed": FileChanged,
    "workflow_phase_transition": WorkflowPhaseTransition,
    "agent_output_chunk": AgentOutputChunk,
    "screenshot_available": ScreenshotAvailable,
    "spec_created": SpecCreated,
    "heartbeat": Heartbeat,
    "agent_created": Reserved,
    "agent_deleted": Reserved,
    "agent_status_change": Reserved,
    "agent_summary_update": Reserved,
    "orchestrator_updated": Reserved,
    "chat_message": Reserved,
    "chat_stream": Reserved,
    "typing_indicator": Reserved,
}

CLIENT_TYPES: Final = (
    "trigger_workflow",
    "ping",
    "ticket_notification",
    "register_session",
    "workflow_log",
    "cancel_workflow",
    "queue_status",
)

EXTENSIONS: Final = ("request_id", "cancel", "since", "queue_status", "merge", "diff")
"""What our service can do beyond V1, as named in its pong and in `/health`."""
