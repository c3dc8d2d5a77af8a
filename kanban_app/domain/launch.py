"""A process that the embedded service has started for a trigger: the record that makes it findable after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class LaunchState(StrEnum):
    """`queued` waits for a free place; `starting` is written before the process exists, `running` once it is known."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of one workflow process.

    `request_id` is the client's idempotency key (one of our own making where the client sent none); `answer` is the
    `trigger_response` that a repeat of it gets. `token_hash` is the SHA-256 of the token in the process's report URL.
    `last_report` is the id of the newest report of the runner that has been taken over. `pid` and `process_created`
    (seconds since the epoch, as psutil gives them) together identify the runner's process. `timed_out` goes with
    `cancel_requested` where it is the time limit that ends it.
    """

    request_id: str
    adw_id: str
    workflow_type: str
    state: LaunchState
    token_hash: str
    run_dir: str
    created_at: datetime
    stages: tuple[str, ...] = ()
    request: Mapping[str, object] = field(default_factory=dict[str, object])
    answer: Mapping[str, object] | None = None
    pid: int | None = None
    process_created: float | None = None
    last_report: int = 0
    cancel_requested: bool = False
    timed_out: bool = False
    finished_at: datetime | None = None
    exit_code: int | None = None
    message: str = ""
    current_stage: str | None = None
    branch: str | None = None
    worktree: str | None = None
    demo: bool = False

    @property
    def mark(self) -> str:
        """What its processes carry. No other launch on this machine has it, whoever chose the `request_id`."""
        return self.token_hash[:32]
