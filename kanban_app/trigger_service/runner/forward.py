"""Delivery of spooled reports to the service: in order, again and again until they are acknowledged."""

import http
import http.client
import json
import threading
import urllib.parse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kanban_app.trigger_service.runner.spool import Report, SpoolWriter

MAX_REPORTS = 200
MAX_BYTES = 4 * 1024 * 1024
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0
_ANSWER_TIMEOUT_S = 30.0


class NotDelivered(Exception):
    """The service cannot be reached or did not acknowledge."""


class Forwarder(threading.Thread):
    """Sends what waits in the spool to the address that the first readable one of `service_files` names then."""

    def __init__(self, spool: SpoolWriter, service_files: Sequence[Path], token: str) -> None:
        super().__init__(name="forwarder", daemon=True)
        self._spool = spool
        self._service_files = service_files
        self._path = f"/r/{token}/api/reports"
        self._link: http.client.HTTPConnection | None = None
        self._base: str = ""
        self._prefix = ""
        self._stop = threading.Event()

    def run(self) -> None:
        pause = _FIRST_PAUSE_S
        while not self._stop.is_set():
            batch = self._spool.batch(MAX_REPORTS, MAX_BYTES, timeout=1.0)
            if not batch:
                continue
            try:
                self._spool.acknowledge(self._deliver(batch))
                pause = _FIRST_PAUSE_S
            except NotDelivered:
                self._disconnect()
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def stop(self) -> None:
        self._stop.set()

    def _deliver(self, batch: list[Report]) -> int:
        body = b'{"reports":[' + b",".join(report.line.rstrip(b"\n") for report in batch) + b"]}"
        try:
            link = self._connect()
            link.request("POST", self._prefix + self._path, body, {"Content-Type": "application/json"})
            response = link.getresponse()
            answer = response.read()
            if response.status != http.HTTPStatus.OK:
                raise NotDelivered(f"the service answered {response.status}")
            return int(json.loads(answer)["acknowledged"])
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise NotDelivered(type(error).__name__) from error

    def _connect(self) -> http.client.HTTPConnection:
        base = self._address()
        if self._link is None or base != self._base:
            self._disconnect()
            url = urllib.parse.urlsplit(base)
            if not url.hostname:
                raise NotDelivered("service.json names no address")
            self._link = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=_ANSWER_TIMEOUT_S)
            self._base = base
            self._prefix = url.path.rstrip("/")
        return self._link

    def _address(self) -> str:
        for path in self._service_files:
            with suppress(FileNotFoundError):
                return str(json.loads(path.read_bytes())["url"])
        raise NotDelivered("no file names an address")

    def _disconnect(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
