"""A client of the service that takes times: of its own pings and starts, and of what others have sent."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar
from uuid import uuid4

import websockets

from benchmarks.failure import NotMeasured

Json = dict[str, Any]
T = TypeVar("T")
_ANSWERS: Final = frozenset({"trigger_response", "error"})
_PATIENCE_S: Final = 60.0
_PONG: Final = '"type":"pong"'


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, and the moment (of `time.perf_counter`) at which it was here."""

    message: Json
    at: float


class Peer:
    """Reads all that comes. `on_text` gets every frame that is no pong, with the moment of its arrival."""

    def __init__(self, url: str, headers: dict[str, str], on_text: Callable[[str, float], None] | None = None) -> None:
        self._url = url
        self._headers = headers
        self._on_text = on_text
        self._pongs: dict[str, asyncio.Future[float]] = {}
        self._waiting: list[tuple[Callable[[Json], bool], asyncio.Future[Arrival]]] = []

    async def __aenter__(self) -> Self:
        self._link = await websockets.connect(
            self._url, additional_headers=self._headers, max_size=None, ping_interval=None, proxy=None, compression=None
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.close()
        await self._reader

    async def ping(self) -> float:
        """Milliseconds until the pong."""
        key = uuid4().hex
        future = self._pongs[key] = asyncio.get_running_loop().create_future()
        begin = time.perf_counter()
        await self._link.send(json.dumps({"type": "ping", "timestamp": key}))
        return (await _patiently(future) - begin) * 1000

    async def start(self, adw_id: str) -> float:
        """Milliseconds from the request to its answer, which has to be `accepted`."""
        request_id = uuid4().hex
        issue = {"title": "Measured", "body": "", "number": 1}
        data = {"workflow_type": "adw_plan_iso", "adw_id": adw_id, "issue_number": "1", "issue_json": issue}
        answered = self.expect(lambda m: m.get("request_id") == request_id and m["type"] in _ANSWERS)
        begin = time.perf_counter()
        await self.send("trigger_workflow", **data, request_id=request_id)
        arrival = await _patiently(answered)
        if arrival.message["data"].get("status") != "accepted":
            raise NotMeasured(f"the start of {adw_id} was not accepted: {arrival.message['data']}")
        return (arrival.at - begin) * 1000

    async def cancel(self, adw_id: str) -> None:
        """Return when the run has ended."""
        ended = self.expect(lambda m: m["type"] == "status_update" and _ends(m["data"], adw_id))
        await self.send("cancel_workflow", adw_id=adw_id)
        await _patiently(ended)

    async def send(self, kind: str, **data: object) -> None:
        await self._link.send(json.dumps({"type": kind, "data": data}))

    async def said(self, wanted: Callable[[Json], bool], limit_s: float = _PATIENCE_S) -> None:
        """Return when such a message has come; what came before does not count."""
        await _patiently(self.expect(wanted), limit_s)

    def expect(self, wanted: Callable[[Json], bool]) -> "asyncio.Future[Arrival]":
        """The next message of this kind."""
        future: asyncio.Future[Arrival] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        return future

    async def _read(self) -> None:
        try:
            async for frame in self._link:
                self._take(str(frame), time.perf_counter())
        except websockets.ConnectionClosedError:
            return

    def _take(self, text: str, at: float) -> None:
        if _PONG in text:
            self._pongs.pop(json.loads(text)["client_timestamp"]).set_result(at)
            return
        if self._on_text:
            self._on_text(text, at)
        if self._waiting:
            self._tell(json.loads(text), at)

    def _tell(self, message: Json, at: float) -> None:
        for wanted, future in self._waiting:
            if not future.done() and wanted(message):
                future.set_result(Arrival(message, at))
        self._waiting = [entry for entry in self._waiting if not entry[1].done()]


def new_run() -> str:
    return uuid4().hex[:8]


def says(adw_id: str, beginning: str) -> Callable[[Json], bool]:
    """Whether a message is a line of this run that begins so."""
    return lambda m: m["type"] == "workflow_log" and _is_line(m["data"], adw_id, beginning)


async def _patiently(future: "asyncio.Future[T]", limit_s: float = _PATIENCE_S) -> T:
    try:
        return await asyncio.wait_for(future, limit_s)
    except TimeoutError:
        raise NotMeasured(f"the service did not answer within {limit_s:g} s") from None


def _is_line(data: Json, adw_id: str, beginning: str) -> bool:
    return data["adw_id"] == adw_id and str(data["message"]).startswith(beginning)


def _ends(data: Json, adw_id: str) -> bool:
    return data.get("adw_id") == adw_id and data.get("status") in {"completed", "failed", "cancelled"}
