"""The load service with a journal: `python -m benchmarks.soak.service`; orders and news as of the one without.

It speaks our `since` and `request_id` extensions, so that nothing is lost when the connection is cut amid messages.
"""

import asyncio
import http
import json
from collections import deque
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, broadcast
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from benchmarks.load_service import PATH, LoadService, Streamer, accepted, run, say

Json = dict[str, Any]
EXTENSIONS: Final = ["since", "request_id"]
JOURNAL: Final = "soak"
KEPT: Final = 50_000
"""Messages for those who come back: almost three minutes of 15 x 20 a second. Older ones are gone."""


class KeepingStreamer(Streamer):
    """Numbers what it says, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0
        self._kept: deque[str] = deque(maxlen=KEPT)

    def say(self, text: str) -> None:
        self.last += 1
        numbered = f'{text[:-1]}, "seq": {self.last}}}'
        self._kept.append(numbered)
        super().say(numbered)

    def after(self, number: int) -> list[str]:
        """What was said after message `number`, as far as it is kept."""
        first = self.last - len(self._kept)
        return list(islice(self._kept, max(0, number - first), None))


class KeepingService(LoadService):
    """Every trigger is accepted, and every run is under way for ever."""

    def __init__(self) -> None:
        self.journal = KeepingStreamer()
        super().__init__(self.journal)

    async def answer(self, socket: ServerConnection, message: Json, at_ms: float) -> None:
        match message.get("type"):
            case "ping":
                pong = {"type": "pong", "connection_id": "conn_1", "client_timestamp": message.get("timestamp")}
                await socket.send(json.dumps({**pong, "extensions": EXTENSIONS}))
            case "register_session":
                self._register(socket, message["data"])
            case "trigger_workflow":
                data = message["data"]
                say(event="trigger", adw_id=data["adw_id"], at_ms=at_ms)
                for answer in accepted(data["adw_id"], data["workflow_type"]):
                    await socket.send(json.dumps({**answer, "request_id": data.get("request_id")}))
            case _:
                await super().answer(socket, message, at_ms)

    def _register(self, socket: ServerConnection, data: Json) -> None:
        """In one go: what is said from now on comes after it."""
        since: int | None = data.get("since")
        is_ours = data.get("journal") == JOURNAL
        again = [] if since is None else self.journal.after(since if is_ours else 0)
        about = {"journal": JOURNAL, "last": self.journal.last, "replaying": len(again)}
        answer = {"type": "session_registered", "data": {"session_id": data["session_id"], "message": "", **about}}
        for text in (json.dumps(answer), *again):
            broadcast([socket], text)

    def http(self, socket: ServerConnection, request: Request) -> Response | None:
        path = request.path.split("?")[0]
        if path == PATH:
            return None
        if path == "/health":
            return _json({"status": "healthy", "service": "adw-websocket-trigger", "extensions": EXTENSIONS})
        if path.startswith("/api/adws/") and path.count("/") == 3:
            about = {"status": "in_progress", "current_stage": "plan", "updated_at": datetime.now(UTC).isoformat()}
            return _json({"adw_id": path.rpartition("/")[2], **about})
        return socket.respond(http.HTTPStatus.NOT_FOUND, "")


def _json(body: Json) -> Response:
    text = json.dumps(body).encode()
    headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(text)), "Connection": "close"})
    return Response(200, "OK", headers, text)


if __name__ == "__main__":
    asyncio.run(run(KeepingService()))
