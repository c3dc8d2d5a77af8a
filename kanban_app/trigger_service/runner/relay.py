"""The HTTP address that a workflow process reports to: answers at once, whatever the service is doing."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast

from kanban_app.trigger_service.runner.spool import SpoolWriter

MAX_REPORT_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 80


class Relay(ThreadingHTTPServer):
    """Listens on a free loopback port; reports of the run `adw_id` belong under `base` (`/r/<token>`)."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, spool: SpoolWriter, token: str, adw_id: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.adw_id = adw_id
        self.spool = spool
        self.token = token.encode()
        self.base = f"/r/{token}"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.base}"


class _Handler(BaseHTTPRequestHandler):
    server: Relay  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_POST(self) -> None:
        base = self.server.base
        path = self.path.split("?", 1)[0]
        length = self._length()
        if length is None or length > MAX_REPORT_BYTES:
            self._refuse_unread(length)
            return
        # What a workflow says of its own address goes to everybody who listens.
        raw = self.rfile.read(length).replace(self.server.token, "…".encode())
        if not path.startswith(base + "/"):
            self._answer(404, _refusal("Not Found"))
            return
        body = _object(raw)
        if body is None:
            self._answer(422, _refusal("The body must be a JSON object"))
            return
        if names_another_run(body, self.server.adw_id):
            self._answer(403, _refusal(f"This address takes reports of run {self.server.adw_id} only"))
            return
        number = self.server.spool.append(path.removeprefix(base), body)
        self._answer(200, {"status": "success", "message": "Report kept for delivery", "report_id": number})

    def _length(self) -> int | None:
        given = self.headers.get("Content-Length", "")
        return int(given) if given.isascii() and given.isdigit() else None

    def _refuse_unread(self, length: int | None) -> None:
        self.close_connection = True
        if length is None:
            self._answer(411, _refusal("Content-Length is missing"))
        else:
            self._answer(413, _refusal(f"A report may have {MAX_REPORT_BYTES} bytes"))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Silent: the request line has the token in it."""


def names_another_run(body: dict[str, Any], adw_id: str) -> bool:
    """Whether a report says that it is about another run; one that names none is refused by the service, if at all."""
    data = body.get("data")
    inner = cast(dict[str, Any], data).get("adw_id") if isinstance(data, dict) and "adw_id" not in body else None
    named = body.get("adw_id", inner)
    return bool(named) and named != adw_id


def _refusal(text: str) -> dict[str, Any]:
    """Readable for scripts that look for either key."""
    return {"error": text, "detail": text}


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) and _shallow(value, MAX_DEPTH) else None


def _shallow(value: Any, levels: int) -> bool:
    """Whether the service will be able to read it; a report that it cannot would block those behind it."""
    if isinstance(value, dict):
        return levels > 0 and all(_shallow(item, levels - 1) for item in cast(dict[str, Any], value).values())
    if isinstance(value, list):
        return levels > 0 and all(_shallow(item, levels - 1) for item in cast(list[Any], value))
    return True
