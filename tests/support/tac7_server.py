"""A trigger service of any vintage on a real socket, told by the test how to behave."""

import asyncio
import http
import json
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.codec import encode
from kanban_app.tac7.service_session import Cancel, Log, Notify, Register, Reply, ServiceSession, Trigger

Json = dict[str, Any]


@dataclass
class Manners:
    """What the service does wrong. All off by default; a test changes them at any time."""

    pong_delay_s: float = 0.0
    mute: bool = False
    drop_on_trigger: bool = False
    close_on_trigger: tuple[int, str] | None = None
    ignore_triggers: bool = False
    fail_launch: bool = False
    error_for_trigger: str | None = None
    greeting: list[str | bytes] = field(default_factory=list[str | bytes])
    http_status: int | None = None
    http_body: str | None = None
    does_not_know: frozenset[str] = frozenset()
    thinks_about: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])


class FakeService:
    """Speaks V0, V1 or our own protocol. `received` has what clients sent, `launched` the ids of started runs."""

    def __init__(
        self,
        vintage: Vintage = Vintage.V1,
        *,
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
        max_size: int = 16 * 1024 * 1024,
        host: str = "127.0.0.1",
    ) -> None:
        self.vintage = vintage
        self.manners = Manners()
        self.received: list[Json] = []
        self.launched: list[str] = []
        self.connections: list[ServerConnection] = []
        self.handshakes: list[Request] = []
        self.runs: dict[str, Json] = {}
        self.answers: dict[str, Json] = {}
        """What it says over HTTP under other paths than those of `runs`; what is not there it does not offer."""
        self.asked: list[str] = []
        self.journal_id = "journal-1"
        self.journal: list[Json] = []
        self.forgotten = 0
        self._answers: dict[str, Json] = {}
        self._token = token
        self._tls = tls
        self._max_size = max_size
        self._host = host
        self._server: Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self._port}/ws/trigger"

    @property
    def port(self) -> int:
        return self._port

    def change_token(self, token: str | None) -> None:
        self._token = token

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, after a `stop` on the same port as before."""
        self._server = await serve(
            self._serve,
            self._host,
            self._port,
            process_request=self._gate,
            ping_interval=None,
            close_timeout=0.5,
            ssl=self._tls,
            max_size=self._max_size,
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self, code: int = 1012) -> None:
        if self._server is not None:
            self._server.close(code=code)
            await self._server.wait_closed()
            self._server = None

    async def kill(self) -> None:
        """Go without a word, as a killed process does."""
        self.cut()
        await self.stop()

    def cut(self) -> None:
        for connection in self.connections:
            connection.transport.abort()

    async def close_all(self, code: int, reason: str = "") -> None:
        for connection in list(self.connections):
            await connection.close(code, reason)

    async def broadcast(self, message: Json) -> None:
        """To everybody; our own service numbers it, too."""
        if self.vintage is Vintage.OURS:
            message = {**message, "seq": len(self.journal) + 1}
            self.journal.append(message)
        for connection in list(self.connections):
            await connection.send(json.dumps(message))

    def of_type(self, kind: str) -> list[Json]:
        return [message for message in self.received if message.get("type") == kind]

    async def _gate(self, connection: ServerConnection, request: Request) -> Response | None:
        self.handshakes.append(request)
        if request.path in self.manners.thinks_about:
            self.asked.append(request.path)
            await self.manners.thinks_about[request.path].wait()
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            return _response(401, {"detail": "sign in"})
        if self.manners.http_status is not None:
            body = self.manners.http_body
            return _response(self.manners.http_status, {"error": "no"} if body is None else body)
        if request.path == "/ws/trigger":
            return None
        return self._answer_http(request.path)

    def _answer_http(self, path: str) -> Response:
        self.asked.append(path)
        if path in self.answers:
            return _response(200, self.answers[path])
        if path.startswith("/api/adws/") and self.vintage is not Vintage.V0:
            run = self.runs.get(path.rsplit("/", 1)[-1])
            return _response(404, {"detail": "ADW not found"}) if run is None else _response(200, run)
        return _response(404, {"detail": "Not Found"}) if path.startswith("/api/") else _response(403, {})

    async def _serve(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        session = ServiceSession(f"conn_{len(self.handshakes)}") if self.vintage is Vintage.OURS else None
        try:
            for frame in self.manners.greeting:
                await socket.send(frame)
            async for text in socket:
                assert isinstance(text, str)
                self.received.append(json.loads(text))
                if self.manners.mute:
                    continue
                if json.loads(text).get("type") in self.manners.does_not_know:
                    await _send(socket, "error", _error(f"Unknown message type: {json.loads(text)['type']}"))
                    continue
                if session is not None:
                    await self._ours(socket, session, text)
                else:
                    await self._theirs(socket, json.loads(text))
        except ConnectionClosed:
            return
        finally:
            self.connections.remove(socket)

    async def _theirs(self, socket: ServerConnection, message: Json) -> None:
        match message.get("type"):
            case "ping":
                await self._pong(socket, message)
            case "trigger_workflow":
                await self._trigger(socket, message["data"], None)
            case "workflow_log" if self.vintage is Vintage.V1:
                await self.broadcast(message)
            case "ticket_notification":
                data = {"status": "received", "ticket_id": message["data"]["id"], "message": "", "error": None}
                await _send(socket, "ticket_notification_response", data)
            case kind:
                await _send(socket, "error", _error(f"Unknown message type: {kind}"))

    async def _ours(self, socket: ServerConnection, session: ServiceSession, text: str) -> None:
        for action in session.receive(text, asyncio.get_running_loop().time(), datetime.now(UTC)):
            match action:
                case Reply(message):
                    if message.type == "pong":
                        await asyncio.sleep(self.manners.pong_delay_s)
                    await socket.send(encode(message))
                case Trigger(data, request_id):
                    await self._trigger(socket, data.model_dump(), request_id)
                case Cancel(adw_id, request_id):
                    data = {"status": "accepted", "adw_id": adw_id, "message": "stopping"}
                    await _send(socket, "cancel_response", data, request_id=request_id)
                case Register(session_id, since, _):
                    await self._register(socket, session_id, since)
                case Notify() | Log():
                    pass

    async def _pong(self, socket: ServerConnection, ping: Json) -> None:
        await asyncio.sleep(self.manners.pong_delay_s)
        pong: Json = {"type": "pong", "timestamp": "2026-11-22T20:16:41.204296Z"}
        if self.vintage is Vintage.V1:
            pong |= {"connection_id": "conn_1", "client_timestamp": ping.get("timestamp")}
        await socket.send(json.dumps(pong))

    async def _register(self, socket: ServerConnection, session_id: str, since: int | None) -> None:
        again = self.journal[max(since or 0, self.forgotten) :] if since is not None else []
        data = {"session_id": session_id, "message": "", "journal": self.journal_id, "last": len(self.journal)}
        await _send(socket, "session_registered", {**data, "replaying": len(again)})
        for message in again:
            await socket.send(json.dumps(message))

    async def _trigger(self, socket: ServerConnection, data: Json, request_id: str | None) -> None:
        manners = self.manners
        if manners.error_for_trigger is not None:
            await _send(socket, "error", _error(manners.error_for_trigger), request_id=request_id)
            return
        answer = self._answers.get(request_id or "") or self._launch(data)
        if request_id is not None:
            self._answers[request_id] = answer
        if manners.drop_on_trigger:
            socket.transport.abort()
        elif manners.close_on_trigger is not None:
            await socket.close(*manners.close_on_trigger)
        elif not manners.ignore_triggers:
            for status in ("started", "in_progress"):
                update = {"adw_id": data["adw_id"], "workflow_name": data["workflow_type"], "status": status}
                await _send(socket, "status_update", {**update, "message": "", "timestamp": _now()})
            await _send(socket, "trigger_response", answer, request_id=request_id)

    def _launch(self, data: Json) -> Json:
        if not self.manners.fail_launch:
            self.launched.append(data["adw_id"])
        status = "error" if self.manners.fail_launch else "accepted"
        error = "No such file or directory: 'uv'" if self.manners.fail_launch else None
        name = data["workflow_type"]
        return {"status": status, "adw_id": data["adw_id"], "workflow_name": name, "message": status, "error": error}


def _error(message: str) -> Json:
    return {"error_type": "validation_error", "message": message, "details": None, "adw_id": None}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _response(status: int, body: Json | str) -> Response:
    text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(text)), "Connection": "close"})
    return Response(status, http.HTTPStatus(status).phrase, headers, text)


async def _send(socket: ServerConnection, kind: str, data: Json, request_id: str | None = None) -> None:
    extra = {} if request_id is None else {"request_id": request_id}
    await socket.send(json.dumps({"type": kind, "data": data, **extra}))
