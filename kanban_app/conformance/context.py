"""What the checks know and share."""

from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from kanban_app.conformance.line import Json, Line, Wanted, of_type
from kanban_app.conformance.peer import Peer
from kanban_app.domain.workflows import Vintage


@dataclass(frozen=True, slots=True)
class Pace:
    """Patience in seconds: for an answer, for one that comes out of turn, for what should not come at all; for a start,
    a whole run, a crowd of starts; for one check, and for all of them.
    """

    reply_s: float = 6.0
    late_s: float = 2.0
    quiet_s: float = 0.7
    start_s: float = 35.0
    run_s: float = 90.0
    burst_s: float = 120.0
    check_s: float = 40.0
    total_s: float = 105.0
    total_full_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Barrier:
    """A message whose answer tells that everything before it has been answered (reference section 4.3)."""

    message: Json
    wanted: Wanted

    async def send_on(self, line: Line) -> None:
        await line.send(self.message)


def ping_barrier() -> Barrier:
    mark = uuid4().hex
    return Barrier(
        {"type": "ping", "timestamp": mark},
        lambda message: message.get("type") == "pong" and message.get("client_timestamp", mark) == mark,
    )


def unknown_type_barrier() -> Barrier:
    """For a service that does not answer pings."""
    mark = f"conformance_{uuid4().hex}"
    error = of_type("error")
    return Barrier({"type": mark}, lambda message: error(message) and mark in str(message))


LOG_FIELDS: Final = ("adw_id", "workflow_name", "message", "level", "timestamp")


@dataclass(frozen=True, slots=True)
class Context:
    """One service under test. `answers_pings` says which barrier works with it."""

    peer: Peer
    pace: Pace
    vintage: Vintage
    extensions: frozenset[str] = frozenset()
    answers_pings: bool = True
    full: bool = False
    runs: list[str] = field(default_factory=list[str])
    """What has been started so far."""

    def barrier(self) -> Barrier:
        return ping_barrier() if self.answers_pings else unknown_type_barrier()

    @property
    def is_v0(self) -> bool:
        return self.vintage is Vintage.V0


def new_run_id() -> str:
    """8 lowercase hex digits, as ids of runs are (reference section 6.4)."""
    return uuid4().hex[:8]


def a_log(text: str, adw_id: str, **more: object) -> Json:
    """A `workflow_log` of a run that does not exist."""
    data = {
        "adw_id": adw_id,
        "workflow_name": "conformance",
        "message": text,
        "level": "INFO",
        "timestamp": "2026-01-02T03:04:05Z",
        **more,
    }
    return {"type": "workflow_log", "data": data}


def a_trigger(**data: object) -> Json:
    return {"type": "trigger_workflow", "data": data}
