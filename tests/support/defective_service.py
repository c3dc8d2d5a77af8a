"""A small trigger service in a thread of its own that is right in all but one point: its `defect`.

It speaks V0, V1 (with V1's documented quirks) or our protocol. Its runs are tasks that only talk.
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import encode
from kanban_app.tac7.messages import EXTENSIONS
from kanban_app.tac7.service_session import (
    LOG_FIELDS,
    Cancel,
    Log,
    Notify,
    Register,
    Reply,
    ServiceAction,
    ServiceSession,
    Trigger,
)
from kanban_app.trigger_service.reports import AGENT_STATE, STAGE_EVENT, UPDATES, Rejected, translate

Json = dict[str, Any]
DEFECTS = frozenset(
    {
        "a line overtaken",
        "a move too many",
        "accepted run unknown",
        "active run started again",
        "answer before status",
        "answer for everybody",
        "arrays unanswered",
        "bad JSON is a system error",
        "bad reports taken",
        "binary frames dropped",
        "binary frames swallowed",
        "blank title taken",
        "cancel ends nothing",
        "cancel unknown",
        "closes on bad JSON",
        "closes on unknown type",
        "empty run id taken",
        "empty session id taken",
        "empty ticket taken",
        "error names the run",
        "failed tool a success",
        "foreign number silences",
        "health freezes",
        "health is 503",
        "health is text",
        "health names other extensions",
        "health without status",
        "huge frames taken",
        "integer number refused",
        "limit closes",
        "limit for everything",
        "limit of 10",
        "limit worded as a fault",
        "log without level taken",
        "loop frozen by starts",
        "merge without run taken",
        "missing type unanswered",
        "no limit",
        "no pong",
        "null data unanswered",
        "null model set taken",
        "null trigger is a system error",
        "numbers repeated",
        "numbers with gaps",
        "one connection id for all",
        "pong echoes text",
        "pong without connection id",
        "pong without echo",
        "pong without timestamp",
        "posted status corrected",
        "posted status not passed on",
        "progress as text refused",
        "repeated request starts",
        "replay repeats",
        "replay reversed",
        "replay unasked",
        "request id not echoed",
        "run fails silently",
        "run id not echoed",
        "same text dropped",
        "second ticket unanswered",
        "session id changed",
        "shared session starves",
        "since replays nothing",
        "slow pongs",
        "small frames only",
        "start without stages taken",
        "started not told",
        "starts answered twice",
        "thoughts not passed on",
        "three listeners only",
        "ticket id keeps blanks",
        "ticket id stays a number",
        "ticket refused by error",
        "tickets answered late",
        "tickets answered twice",
        "unknown fields refused",
        "unknown log keys dropped",
        "unknown run cancelled",
        "unknown run found",
        "unknown workflow taken",
        "unsafe cancel taken",
        "unsafe ids taken",
        "wrong path accepted",
    }
)
FREEZE_S = 1.3
_MIB = 1024 * 1024
_STEP_S = 0.01


@dataclass(eq=False)
class Wire:
    """One connection."""

    socket: WebSocket
    session: ServiceSession
    number: int
    session_id: str = ""
    tickets: int = 0
    at_limit: bool = False
    silent: bool = False

    async def send(self, message: Json) -> None:
        try:
            await self.socket.send_text(json.dumps(message))
        except (RuntimeError, WebSocketDisconnect):
            self.silent = True


@dataclass(eq=False)
class Run:
    adw_id: str
    request_id: str | None
    answer: Json
    status: str = "in_progress"
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)


class DefectiveService:
    """`defect` names what is wrong with it; see `tests/integration/conformance/test_defects.py` for all of them."""

    def __init__(self, defect: str = "", vintage: Vintage = Vintage.OURS) -> None:
        self.defect = defect
        self.vintage = vintage
        self.wires: list[Wire] = []
        self.journal: list[Json] = []
        self._overtaken: Json | None = None
        self.runs: dict[str, Run] = {}
        self.answers: dict[str, Json] = {}
        self.active = 0
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def has(self, defect: str) -> bool:
        assert defect in DEFECTS
        return self.defect == defect

    @property
    def ours(self) -> bool:
        return self.vintage is Vintage.OURS

    def app(self) -> Starlette:
        routes: list[Any] = [
            WebSocketRoute("/ws/trigger", self.serve),
            Route("/health", self._health),
        ]
        if self.has("wrong path accepted"):
            routes.append(WebSocketRoute("/ws/{rest}", self.serve))
        if self.vintage is not Vintage.V0:
            routes += [
                Route("/api/adws/{adw_id}", self._run),
                *(Route(path, self._report, methods=["POST"]) for path in (UPDATES, STAGE_EVENT, AGENT_STATE)),
            ]
        return Starlette(routes=routes)

    @property
    def largest_frame(self) -> int:
        if self.has("small frames only"):
            return _MIB
        return 64 * _MIB if self.has("huge frames taken") else 16 * _MIB

    # The socket

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept()
        self._count += 1
        limit = 10 if self.has("limit of 10") else 30
        if self.vintage is Vintage.V0 or self.has("no limit"):
            limit = 10**6
        name = "conn_1" if self.has("one connection id for all") else f"conn_{self._count}"
        extensions = EXTENSIONS if self.ours else ()
        wire = Wire(socket, ServiceSession(name, extensions, limit), self._count)
        self.wires.append(wire)
        try:
            await self._converse(wire)
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self.wires.remove(wire)

    async def _converse(self, wire: Wire) -> None:
        while True:
            event = await wire.socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            text = event.get("text")
            if text is not None:
                await self._take(wire, text)
            elif self.has("binary frames swallowed"):
                continue
            elif self.has("binary frames dropped") or not self.ours:
                await wire.socket.close(1011)  # V1 goes without a close frame
                return
            else:
                await wire.socket.close(1003)
                return

    async def _take(self, wire: Wire, text: str) -> None:
        given = _object(text)
        kind = given.get("type") if given is not None else None
        if await self._goes_wrong(wire, text, given, kind):
            return
        if given is not None and isinstance(given.get("data"), dict):
            text = json.dumps(self._bent_request(given))
        for action in wire.session.receive(text, time.monotonic(), datetime.now(UTC)):
            await self._act(wire, action, given or {})

    async def _goes_wrong(self, wire: Wire, text: str, given: Json | None, kind: object) -> bool:
        """Whether the defect takes the place of an answer."""
        if given is None and self.has("closes on bad JSON") and not _is_json(text):
            await wire.socket.close(1011)
        elif given is None and self.has("arrays unanswered") and _is_json(text):
            return True
        elif given is None:
            return False
        elif kind == "ping" and self.has("no pong"):
            return True
        elif not isinstance(kind, str):
            return self.has("missing type unanswered")
        elif kind == "hello" and self.has("closes on unknown type"):
            await wire.socket.close(1011)
        elif self.vintage is Vintage.V0 and kind in {"register_session", "workflow_log"}:
            await wire.send(_error("validation_error", f"Unknown message type: {kind}"))
            return True
        elif kind == "cancel_workflow" and self.has("cancel unknown"):
            await wire.send(_error("validation_error", "Unknown message type: cancel_workflow"))
            return True
        else:
            return self._swallows(wire, given, kind)
        return False

    def _swallows(self, wire: Wire, given: Json, kind: str) -> bool:
        wire.tickets += kind == "ticket_notification"
        return (given.get("data", {}) is None and kind != "trigger_workflow" and self.has("null data unanswered")) or (
            kind == "ticket_notification" and wire.tickets > 1 and self.has("second ticket unanswered")
        )

    def _bent_request(self, given: Json) -> Json:
        """The request as a careless service reads it."""
        data: Json = dict(given["data"])
        if given["type"] == "trigger_workflow":
            self._bend_trigger(data)
        elif given["type"] == "ticket_notification":
            if self.has("progress as text refused") and isinstance(data.get("progress"), str):
                data["progress"] = 12.5
            if self.has("blank title taken") and data.get("title") == "  ":
                data["title"] = "untitled"
        elif given["type"] == "workflow_log":
            if self.has("log without level taken"):
                data.setdefault("level", "INFO")
        elif given["type"] == "register_session" and self.has("empty session id taken"):
            data["session_id"] = data.get("session_id") or "nobody"
        elif given["type"] == "cancel_workflow" and self.has("unsafe cancel taken"):
            data["adw_id"] = "abcd1234" if data.get("adw_id") == "../../etc" else data.get("adw_id")
        return {**given, "data": data}

    def _bend_trigger(self, data: Json) -> None:
        if self.has("null model set taken") and data.get("model_set", "") is None:
            del data["model_set"]
        if (self.has("unsafe ids taken") or not self.ours) and isinstance(data.get("adw_id"), str):
            data["adw_id"] = "".join(letter for letter in data["adw_id"] if letter.isalnum())[:64]
        integers = self.vintage is Vintage.V0 or self.has("integer number refused")
        if integers and isinstance(data.get("issue_number"), int):
            data["model_set"] = None
        if self.has("unknown fields refused") and "conformance" in data:
            data["model_set"] = None

    async def _act(self, wire: Wire, action: ServiceAction, given: Json) -> None:
        match action:
            case Reply(message):
                await self._reply(wire, json.loads(encode(message)), given)
            case Trigger(data, request_id):
                await self._start(wire, data.model_dump(mode="json"), request_id)
            case Cancel(adw_id, request_id):
                await self._cancel(wire, adw_id, request_id)
            case Register(session_id, since, journal):
                await self._register(wire, session_id, since, journal)
            case Log(message):
                await self._publish({"type": "workflow_log", "data": given["data"] if message else {}})
            case Notify():
                pass

    # Personal replies

    async def _reply(self, wire: Wire, message: Json, given: Json) -> None:
        kind = message["type"]
        if kind == "pong":
            await self._pong(wire, message)
        elif kind == "ticket_notification_response":
            await self._ticket(wire, message, given)
        elif kind == "error":
            await self._refuse(wire, message, given)
        else:
            await wire.send(message)

    async def _pong(self, wire: Wire, pong: Json) -> None:
        if not self.ours:
            del pong["extensions"]
        if self.vintage is Vintage.V0:
            pong = {"type": "pong", "timestamp": pong["timestamp"]}
        if self.has("pong without timestamp"):
            del pong["timestamp"]
        if self.has("pong without echo"):
            pong.pop("client_timestamp", None)
        if self.has("pong echoes text") and "client_timestamp" in pong:
            pong["client_timestamp"] = str(pong["client_timestamp"])
        if self.has("pong without connection id"):
            del pong["connection_id"]
        if self.has("slow pongs") and isinstance(pong.get("client_timestamp"), int):
            await asyncio.sleep(0.13)
        await wire.send(pong)

    async def _ticket(self, wire: Wire, reply: Json, given: Json) -> None:
        data = reply["data"]
        asked = (given.get("data") or {}).get("id")
        if self.has("ticket id stays a number") and isinstance(asked, int):
            data["ticket_id"] = asked
        if self.has("ticket id keeps blanks") and isinstance(asked, str) and data["status"] == "received":
            data["ticket_id"] = asked
        if self.has("ticket refused by error") and data["status"] == "error":
            reply = _error("validation_error", data["error"])
        if self.has("limit for everything") and wire.at_limit:
            reply = _error("rate_limit_error", "Rate limit exceeded: max 30 triggers per minute")
        if self.has("tickets answered late"):
            self._spawn(_later(wire, reply))
            return
        await wire.send(reply)
        if self.has("tickets answered twice"):
            await wire.send(reply)

    async def _refuse(self, wire: Wire, error: Json, given: Json) -> None:
        data = error["data"]
        text = str(data["message"])
        request: Json = given["data"] if isinstance(given.get("data"), dict) else {}
        if self.has("error names the run"):
            data["adw_id"] = request.get("adw_id")
        if self.has("bad JSON is a system error") and text.startswith("Invalid JSON"):
            data["error_type"] = "system_error"
        if self.has("null trigger is a system error") and given.get("data", {}) is None:
            data["error_type"] = "system_error"
        if data["error_type"] == "rate_limit_error":
            await self._refuse_for_rate(wire, error)
            return
        if self._overlooks(text, request):
            await wire.send(_response("accepted", str(request.get("adw_id") or "abcd1234"), "w"))
            return
        await wire.send(error)

    async def _refuse_for_rate(self, wire: Wire, error: Json) -> None:
        wire.at_limit = True
        if self.has("limit closes"):
            await wire.socket.close(1008)
            return
        if self.has("limit worded as a fault") or self.vintage is Vintage.V1:
            words = "Internal error: 1 validation error for WebSocketError input_value='rate_limit_error'"
            error = _error("system_error", words)
        await wire.send(error)

    def _overlooks(self, text: str, request: Json) -> bool:
        """Whether a refusal does not happen."""
        name = request.get("workflow_type")
        return (
            (self.has("unknown workflow taken") and name == "adw_plan_implement_iso")
            or (self.has("empty run id taken") and "dependent" in text and request.get("adw_id") == "")
            or (self.has("merge without run taken") and "dependent" in text and name == "adw_merge_iso")
            or (self.has("empty ticket taken") and "issue_json" in text and request.get("issue_json") == {})
            or (self._starts_without_stages and "At least one stage" in text)
        )

    @property
    def _starts_without_stages(self) -> bool:
        return self.has("start without stages taken") or not self.ours

    # Broadcasts

    async def _publish(self, message: Json) -> None:
        """Number it, keep it, hand it to everybody."""
        data = message["data"]
        if self.has("unknown log keys dropped") and message["type"] == "workflow_log":
            message = {**message, "data": {name: data[name] for name in LOG_FIELDS}}
        if self.has("same text dropped") and self._is_repeated(message):
            return
        if self.ours:
            hole = self.has("numbers with gaps") and data.get("message") == "line 7"
            again = self.has("numbers repeated") and data.get("message") == "line 7"
            last = self.journal[-1]["seq"] if self.journal else 0
            message = {**message, "seq": last + 1 + hole - again}
        self.journal.append(message)
        if self.has("a line overtaken") and data.get("message") == "line 10":
            self._overtaken = message
            return
        await self._hand_out(message)
        if self._overtaken is not None and data.get("message") == "line 11":
            overtaken, self._overtaken = self._overtaken, None
            await self._hand_out(overtaken)

    def _is_repeated(self, message: Json) -> bool:
        def key(item: Json) -> object:
            return (item["type"], item["data"].get("adw_id"), item["data"].get("message"))

        return message["type"] == "workflow_log" and key(message) in [key(item) for item in self.journal[-20:]]

    async def _hand_out(self, message: Json) -> None:
        served: set[str] = set()
        for place, wire in enumerate(list(self.wires)):
            if wire.silent or (self.has("three listeners only") and place >= 3):
                continue
            starves = self.has("shared session starves") or not self.ours
            if starves and wire.session_id and wire.session_id in served:
                continue
            served.add(wire.session_id)
            await wire.send(message)

    async def _register(self, wire: Wire, session_id: str, since: int | None, journal: str | None) -> None:
        wire.session_id = session_id
        last = self.journal[-1]["seq"] if self.ours and self.journal else 0
        if since is not None and (since > last or journal not in {None, "journal"}):
            wire.silent = self.has("foreign number silences")
            since = None
        if since is None and self.has("replay unasked"):
            since = max(0, last - 5)
        again = [m for m in self.journal if since is not None and m.get("seq", 0) > since]
        again = self._bent_replay(again)
        told = session_id.upper() if self.has("session id changed") else session_id
        data: Json = {"session_id": told, "message": "Session registered successfully"}
        if self.ours:
            data |= {"journal": "journal", "last": last, "replaying": len(again)}
        await wire.send({"type": "session_registered", "data": data})
        for message in again:
            await wire.send(message)

    def _bent_replay(self, again: list[Json]) -> list[Json]:
        if self.has("since replays nothing"):
            return []
        if self.has("replay repeats"):
            return [*again[:1], *again]
        return again[::-1] if self.has("replay reversed") else again

    # Runs

    async def _start(self, wire: Wire, data: Json, request_id: str | None) -> None:
        adw_id, name = data["adw_id"] or "0c0ffee0", data["workflow_type"]
        if request_id in self.answers and not self.has("repeated request starts"):
            await wire.send({**self.answers[request_id], **_tag(request_id)})
            return
        run = self.runs.get(adw_id)
        protects = self.ours and not self.has("active run started again") and not self.has("repeated request starts")
        if protects and run is not None and run.status == "in_progress":
            await wire.send({**_response("ignored", adw_id, name), **_tag(request_id)})
            return
        await self._announce(wire, adw_id, name, request_id)

    async def _announce(self, wire: Wire, adw_id: str, name: str, request_id: str | None) -> None:
        answer = _response("accepted", "ffffffff" if self.has("run id not echoed") else adw_id, name)
        if request_id:
            self.answers[request_id] = answer
        updates = [_status(adw_id, name, status) for status in ("started", "in_progress")]
        sent = [{**message, **_tag(request_id)} for message in (*updates, answer)]
        if self.has("answer before status"):
            sent = [sent[2], *sent[:2]]
        if self.has("started not told"):
            sent = sent[1:]
        if self.has("request id not echoed"):
            sent = [{k: v for k, v in m.items() if k != "request_id"} for m in sent]
        if self.has("starts answered twice"):
            sent.append(sent[-1])
        run = self.runs[adw_id] = Run(adw_id, request_id, answer)
        self.active += 1
        if self.has("loop frozen by starts") and self.active == 8:
            time.sleep(FREEZE_S)  # noqa: ASYNC251 - the defect
        for message in sent:
            await wire.send(message)
        if self.has("answer for everybody"):
            for other in self.wires:
                await other.send(answer) if other is not wire else None
        self._spawn(self._live(run, name))

    async def _live(self, run: Run, name: str) -> None:
        """The run tells of itself until it is through or cancelled."""
        stops = not self.has("cancel ends nothing")
        for number in range(12):
            if run.cancelled.is_set() and stops:
                break
            data = {"adw_id": run.adw_id, "workflow_name": name, "message": f"step {number}", "level": "INFO"}
            await self._tell(run, {"type": "workflow_log", "data": {**data, "timestamp": _now()}})
            await asyncio.sleep(_STEP_S)
        move = {"adw_id": run.adw_id, "workflow_name": name, "from_stage": "plan", "to_stage": "ready-to-merge"}
        await self._tell(run, {"type": "stage_transition", "data": {**move, "message": "", "timestamp": _now()}})
        run.status = "cancelled" if run.cancelled.is_set() and stops else "completed"
        self.active -= 1
        if self.has("run fails silently"):
            run.status = "in_progress"
            return
        await self._tell(run, _status(run.adw_id, name, run.status))

    async def _tell(self, run: Run, message: Json) -> None:
        await self._publish({**message, **_tag(run.request_id)})

    async def _cancel(self, wire: Wire, adw_id: str, request_id: str | None) -> None:
        run = self.runs.get(adw_id)
        active = run is not None and run.status == "in_progress"
        if active and run is not None:
            run.cancelled.set()
        status = "accepted" if active or self.has("unknown run cancelled") else "ignored"
        data = {"status": status, "adw_id": adw_id, "message": status}
        await wire.send({"type": "cancel_response", "data": data, **_tag(request_id)})

    # HTTP

    async def _health(self, _request: Request) -> Response:
        if self.has("health freezes"):
            time.sleep(FREEZE_S)  # noqa: ASYNC251 - the defect
        if self.has("health is text"):
            return PlainTextResponse("ok")
        body: Json = {
            "status": "healthy",
            "service": "adw-websocket-trigger",
            "active_connections": len(self.wires),
            "total_workflows_triggered": len(self.runs),
            "uptime_seconds": 1.0,
            "health_check": {"success": True, "warnings": [], "errors": [], "details": {}},
            "error": None,
        }
        if self.ours:
            body["extensions"] = ["since"] if self.has("health names other extensions") else list(EXTENSIONS)
        if self.has("health without status"):
            del body["status"]
        return JSONResponse(body, 503 if self.has("health is 503") else 200)

    async def _run(self, request: Request) -> Response:
        run = self.runs.get(request.path_params["adw_id"])
        if self.has("accepted run unknown"):
            run = None
        if run is None and not (self.has("unknown run found") and request.path_params["adw_id"] != "list"):
            return JSONResponse({"error": "ADW not found"}, 404)
        adw_id = request.path_params["adw_id"]
        return JSONResponse({"adw_id": adw_id, "status": run.status if run is not None else "pending"})

    async def _report(self, request: Request) -> Response:
        given = _object((await request.body()).decode())
        if given is None:
            return JSONResponse({"error": "The body must be a JSON object"}, 422)
        reported = translate(request.url.path, given, datetime.now(UTC))
        if isinstance(reported, Rejected):
            if self.has("bad reports taken") and "level" not in reported.error:
                return JSONResponse({"status": "success"})
            return JSONResponse({"error": reported.error}, 400)
        for message in reported.messages:
            bent = self._bent_report(json.loads(json.dumps(message)))
            if bent is not None:
                await self._publish(bent)
        if self.has("a move too many") and given.get("event_type") == "stage_skipped":
            await self._publish({"type": "stage_transition", "data": {"adw_id": given["adw_id"]}})
        return JSONResponse({**reported.answer, "clients_count": len(self.wires)})

    def _bent_report(self, message: Json) -> Json | None:
        data = message["data"]
        if message["type"] == "status_update" and self.has("posted status not passed on"):
            return None
        if message["type"] == "status_update" and self.has("posted status corrected"):
            data["status"] = "in_progress"
        if message["type"] == "tool_use_post" and (self.has("failed tool a success") or not self.ours):
            data["status"] = "success"
        if message["type"] == "thinking_block" and self.has("thoughts not passed on"):
            return None
        return message

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _later(wire: Wire, message: Json) -> None:
    await asyncio.sleep(0.03)
    await wire.send(message)


def _object(text: str) -> Json | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast(Json, value) if isinstance(value, dict) else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _error(kind: str, message: str) -> Json:
    return {"type": "error", "data": {"error_type": kind, "message": message, "details": None, "adw_id": None}}


def _response(status: str, adw_id: str, name: str) -> Json:
    logs = f"agents/{adw_id}/{name}/"
    data = {"status": status, "adw_id": adw_id, "workflow_name": name, "message": status, "logs_path": logs}
    return {"type": "trigger_response", "data": {**data, "error": None}}


def _status(adw_id: str, name: str, status: str) -> Json:
    data = {"adw_id": adw_id, "workflow_name": name, "status": status, "message": status, "timestamp": _now()}
    return {"type": "status_update", "data": {**data, "progress_percent": None, "current_step": None}}


def _tag(request_id: str | None) -> Json:
    return {"request_id": request_id} if request_id else {}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@contextmanager
def defective(defect: str = "", vintage: Vintage = Vintage.OURS) -> Iterator[str]:
    """Serve in a thread, so that a frozen loop freezes nobody else; yields the address."""
    service = DefectiveService(defect, vintage)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who comes before the server does waits
    config = uvicorn.Config(
        service.app(), log_level="critical", lifespan="off", ws="websockets-sansio", ws_max_size=service.largest_frame
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listener]),))
    thread.start()
    try:
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws/trigger"
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join()
        listener.close()
