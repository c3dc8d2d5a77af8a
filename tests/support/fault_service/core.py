"""What a trigger service of each vintage does about a message, without I/O; and the books of what it has started."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from kanban_app.domain.workflows import ORCHESTRATOR, WORKFLOWS, Vintage
from kanban_app.tac7.codec import encode
from kanban_app.tac7.rate import RollingWindow
from kanban_app.tac7.service_session import Cancel, Log, Register, Reply, ServiceSession, Trigger

Json = dict[str, Any]

RATE_ERROR: Final = (
    "Internal error: 1 validation error for WebSocketError\nerror_type\n  Input should be 'validation_error', "
    "'workflow_error' or 'system_error' [type=literal_error, input_value='rate_limit_error', input_type=str]"
)
_LINE_PARTS: Final = ("timestamp", "level", "message")
EXTENSIONS: Final = ("request_id", "cancel", "since")


@dataclass(slots=True)
class Start:
    """One process that was launched. `request_id` is None where the vintage has none."""

    adw_id: str
    request_id: str | None
    workflow: str
    stages: tuple[str, ...]
    at: datetime
    lines: int = 0
    status: str = "in_progress"
    touched: datetime | None = None
    written: list[str] = field(default_factory=list[str])
    """V1: the lines of its execution.log, which the service's follower broadcasts and HTTP hands out."""

    @property
    def is_active(self) -> bool:
        return self.status == "in_progress"


@dataclass(slots=True)
class Peer:
    """One connection, seen from the service."""

    number: int
    session: ServiceSession | None
    window: RollingWindow = field(default_factory=lambda: RollingWindow(30, 60.0))


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message to everybody."""

    text: str


def _nothing(_record: Json) -> None:
    return


class Core:
    """`launch_fault` decides about the next launches: "error" fails them, "crash" answers with a fault of the service.

    `keep` is told of every record before it has an effect; `restore` takes them back after a restart.
    """

    def __init__(self, vintage: Vintage, clock: Callable[[], datetime], journal_id: str = "journal-1") -> None:
        self.vintage = vintage
        self.clock = clock
        self.journal_id = journal_id
        self.journal: list[str] = []
        self.starts: list[Start] = []
        self.answers: dict[str, Json] = {}
        self.triggers: list[Json] = []
        self.launch_fault: str | None = None
        self.keep: Callable[[Json], None] = _nothing
        self.peers = 0

    # The books

    def per_request(self) -> Counter[str]:
        return Counter(start.request_id for start in self.starts if start.request_id is not None)

    def per_run(self) -> Counter[str]:
        return Counter(start.adw_id for start in self.starts)

    def active(self) -> list[Start]:
        return [start for start in self.starts if start.is_active]

    def start_of(self, adw_id: str) -> Start | None:
        """The newest launch of a run."""
        return next((start for start in reversed(self.starts) if start.adw_id == adw_id), None)

    # The protocol

    def connect(self) -> Peer:
        self.peers += 1
        ours = self.vintage is Vintage.OURS
        return Peer(self.peers, ServiceSession(f"conn_{self.peers}", EXTENSIONS) if ours else None)

    def receive(self, peer: Peer, text: str, now: float) -> list[str | Broadcast]:
        """What to send: texts to this peer, broadcasts to everybody, in this order."""
        if peer.session is not None:
            actions = peer.session.receive(text, now, self.clock())
            return [one for action in actions for one in self._ours(action)]
        return self._theirs(peer, json.loads(text), now)

    def forget_requests(self) -> None:
        """What a service that keeps nothing has lost after a restart."""
        self.answers.clear()

    def _ours(self, action: object) -> list[str | Broadcast]:
        match action:
            case Reply(message):
                return [encode(message)]
            case Trigger(data, request_id):
                return self._trigger(data.model_dump(), request_id)
            case Cancel(adw_id, request_id):
                return self._cancel(adw_id, request_id)
            case Register(session_id, since, journal):
                return self._register(session_id, since, journal)
            case Log(message):
                return [self.broadcast("workflow_log", message.data.model_dump())]
            case _:
                return []

    def _theirs(self, peer: Peer, message: Json, now: float) -> list[str | Broadcast]:
        match message.get("type"):
            case "ping":
                return [self._pong(peer, message)]
            case "trigger_workflow" if self.vintage is Vintage.V1 and not peer.window.take(now):
                return [_frame("error", _error("system_error", RATE_ERROR))]
            case "trigger_workflow":
                return self._trigger(message["data"], None)
            case "ticket_notification":
                data = {"status": "received", "ticket_id": message["data"]["id"], "message": "", "error": None}
                return [_frame("ticket_notification_response", data)]
            case "register_session" if self.vintage is Vintage.V1:
                return [_frame("session_registered", {"session_id": message["data"]["session_id"], "message": ""})]
            case kind:
                return [_frame("error", _error("validation_error", f"Unknown message type: {kind}"))]

    def _pong(self, peer: Peer, ping: Json) -> str:
        pong: Json = {"type": "pong", "timestamp": self._now()}
        if self.vintage is Vintage.V1:
            pong |= {"connection_id": f"conn_{peer.number}", "client_timestamp": ping.get("timestamp")}
        return json.dumps(pong)

    def _register(self, session_id: str, since: int | None, journal: str | None) -> list[str | Broadcast]:
        known = since or 0 if journal == self.journal_id else 0
        again = self.journal[known:] if since is not None else []
        data = {"session_id": session_id, "message": "", "journal": self.journal_id, "last": len(self.journal)}
        answer = _frame("session_registered", {**data, "replaying": len(again)})
        return [answer, *again]

    def _trigger(self, data: Json, request_id: str | None) -> list[str | Broadcast]:
        self.triggers.append({"adw_id": data["adw_id"], "request_id": request_id, "at": self._now()})
        if request_id in self.answers:
            return [_frame("trigger_response", self.answers[request_id], request_id)]
        workflow, adw_id = str(data["workflow_type"]), str(data["adw_id"])
        if workflow not in WORKFLOWS or (workflow == ORCHESTRATOR and self.vintage is Vintage.V0):
            return [_frame("error", _error("validation_error", f"Unknown workflow type: {workflow}"), request_id)]
        if self.launch_fault == "crash":
            return [_frame("error", _error("system_error", "Internal error: database is locked"), request_id)]
        if request_id is not None and any(start.adw_id == adw_id for start in self.active()):
            return [_frame("trigger_response", _response(adw_id, workflow, "ignored", None), request_id)]
        return self._launch(adw_id, workflow, data, request_id)

    def _launch(self, adw_id: str, workflow: str, data: Json, request_id: str | None) -> list[str | Broadcast]:
        failed = self.launch_fault == "error"
        answer = _response(
            adw_id, workflow, "error" if failed else "accepted", "No such file: 'uv'" if failed else None
        )
        stages = tuple(data.get("stages") or (data.get("config") or {}).get("stages") or _stages_of(workflow))
        start = Start(adw_id, request_id, workflow, stages, self.clock())
        self.keep({"answer": answer, "request_id": request_id, "start": None if failed else _start_record(start)})
        if request_id is not None:
            self.answers[request_id] = answer
        if not failed:
            self.starts.append(start)
        second = "Failed to start workflow: No such file" if failed else "running in background"
        return [
            self._status(adw_id, workflow, "started", "Starting", request_id),
            self._status(adw_id, workflow, "failed" if failed else "in_progress", second, request_id),
            _frame("trigger_response", answer, request_id),
        ]

    def _cancel(self, adw_id: str, request_id: str | None) -> list[str | Broadcast]:
        start = self.start_of(adw_id)
        if start is None or not start.is_active:
            data = {"status": "ignored", "adw_id": adw_id, "message": "It does not run."}
            return [_frame("cancel_response", data, request_id)]
        data = {"status": "accepted", "adw_id": adw_id, "message": "stopping"}
        return [_frame("cancel_response", data, request_id), self.end(start, "cancelled")]

    # What runs say

    def broadcast(self, kind: str, data: Json, start: Start | None = None) -> Broadcast:
        """Our own service numbers it, keeps it, and says which launch it belongs to."""
        message: Json = {"type": kind, "data": data}
        if start is not None:
            start.touched = self.clock()
        if self.vintage is Vintage.OURS:
            message["seq"] = len(self.journal) + 1
            if start is not None and start.request_id is not None:
                message["request_id"] = start.request_id
            self.keep({"broadcast": message})
            self.journal.append(json.dumps(message))
        return Broadcast(json.dumps(message))

    def line(self, start: Start) -> Broadcast:
        """The next numbered line of a run."""
        start.lines += 1
        text = line_text(start.adw_id, start.lines)
        if self.vintage is Vintage.V1:
            start.written.append(f"{self.clock():%Y-%m-%d %H:%M:%S} - INFO - {text}")
            data = {"adw_id": start.adw_id, "message": start.written[-1], "level": "INFO", "source": "execution.log"}
            return self.broadcast("agent_log", {**data, "agent_role": start.workflow}, start)
        about = {"adw_id": start.adw_id, "workflow_name": start.workflow, "level": "INFO"}
        return self.broadcast("workflow_log", {**about, "message": text, "timestamp": self._now()}, start)

    def stage(self, start: Start, source: str, target: str) -> Broadcast:
        data = {"adw_id": start.adw_id, "workflow_name": start.workflow, "from_stage": source, "to_stage": target}
        return self.broadcast("stage_transition", {**data, "message": "", "timestamp": self._now()}, start)

    def end(self, start: Start, status: str) -> Broadcast:
        start.status = status
        data = {"adw_id": start.adw_id, "workflow_name": start.workflow, "status": status, "message": status}
        percent = 100 if status == "completed" else None
        return self.broadcast("status_update", {**data, "timestamp": self._now(), "progress_percent": percent}, start)

    def http(self, path: str) -> tuple[int, Json]:
        """The answer to a GET."""
        if path == "/health":
            extra = {"extensions": list(EXTENSIONS)} if self.vintage is Vintage.OURS else {}
            return 200, {"status": "healthy", "service": "adw-websocket-trigger", "health_check": None, **extra}
        if self.vintage is Vintage.V0 or not path.startswith("/api/"):
            return 404, {"detail": "Not Found"}
        _, _, kind, adw_id, *rest = [*path.split("/"), ""]
        start = self.start_of(adw_id)
        if start is None:
            return 404, {"error": "ADW not found"}
        if kind == "adws":
            status = {"cancelled": "errored", "failed": "errored"}.get(start.status, start.status)
            stage = start.stages[0] if start.stages else "plan"
            updated = (start.touched or start.at).isoformat()
            return 200, {"adw_id": adw_id, "status": status, "current_stage": stage, "updated_at": updated}
        return 200, self._logs(start, kind, rest[0] if rest else "plan")

    def _logs(self, start: Start, kind: str, stage: str) -> Json:
        first = start.stages[0] if start.stages else "plan"
        written = start.written if kind == "execution-logs" and stage == first else []
        logs = [{**dict(zip(_LINE_PARTS, line.split(" - ", 2), strict=True)), "raw_line": line} for line in written]
        about = {"adw_id": start.adw_id, "stage": stage, "stage_folder": start.workflow, "error": None}
        return {**about, "logs": logs, "has_logs": bool(logs)}

    # Restarts

    def restore(self, records: list[Json]) -> None:
        """Take up what an earlier process has kept."""
        for record in records:
            if "broadcast" in record:
                self._restore_broadcast(record["broadcast"])
                continue
            if record["request_id"] is not None:
                self.answers[record["request_id"]] = record["answer"]
            if record["start"] is not None:
                kept = record["start"]
                at = datetime.fromisoformat(kept["at"])
                self.starts.append(Start(**{**kept, "stages": tuple(kept["stages"]), "at": at}))

    def _restore_broadcast(self, message: Json) -> None:
        self.journal.append(json.dumps(message))
        start = self.start_of(message["data"].get("adw_id", ""))
        if start is None:
            return
        start.lines += message["type"] == "workflow_log"
        if message["type"] == "status_update" and message["data"]["status"] != "in_progress":
            start.status = message["data"]["status"]

    def _status(self, adw_id: str, workflow: str, status: str, message: str, request_id: str | None) -> str:
        data = {"adw_id": adw_id, "workflow_name": workflow, "status": status, "message": message}
        return _frame("status_update", {**data, "timestamp": self._now()}, request_id)

    def _now(self) -> str:
        return self.clock().astimezone(UTC).isoformat().replace("+00:00", "Z")


def line_text(adw_id: str, number: int) -> str:
    return f"line {number} of {adw_id}"


def _stages_of(workflow: str) -> tuple[str, ...]:
    return tuple(stage.value for stage in WORKFLOWS[workflow].stages)


def _start_record(start: Start) -> Json:
    return {
        "adw_id": start.adw_id,
        "request_id": start.request_id,
        "workflow": start.workflow,
        "stages": list(start.stages),
        "at": start.at.isoformat(),
    }


def _response(adw_id: str, workflow: str, status: str, error: str | None) -> Json:
    return {"status": status, "adw_id": adw_id, "workflow_name": workflow, "message": status, "error": error}


def _error(error_type: str, message: str) -> Json:
    return {"error_type": error_type, "message": message, "details": None, "adw_id": None}


def _frame(kind: str, data: Json, request_id: str | None = None) -> str:
    extra = {} if request_id is None else {"request_id": request_id}
    return json.dumps({"type": kind, "data": data, **extra})
