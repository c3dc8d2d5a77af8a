"""The writing side of a run's spool: one report a line, numbered from 1, on disk before its sender gets an answer."""

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

EXIT_PATH = "/exit"
_UPDATES = "/api/workflow-updates"
_STAGES = "/api/stage-event"
_AGENT = "/api/agent-state-update"
_TRY_AGAIN_S = 1.0


class Report(NamedTuple):
    id: int
    line: bytes
    essential: bool


def utc_now() -> str:
    """Now, as text that sorts as the times do."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def is_essential(path: str, body: Mapping[str, Any]) -> bool:
    """Whether the report says how the run stands; the others (log lines, agent events) may go when space runs out."""
    if path in {_STAGES, EXIT_PATH}:
        return True
    if path == _AGENT:
        return body.get("event_type") == "state_change"
    return path == _UPDATES and body.get("type") != "workflow_log"


class SpoolWriter:
    """Reports in order, bounded by `limit` bytes that wait for acknowledgement; safe to use from any thread.

    Over the limit, reports that are not essential are counted instead of kept, and over twice the limit all but that of
    the end; `note_dropped` spools the count. What the disk has no room for is kept in memory, delivered like the rest,
    and written as soon as there is room.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._file = path.open("ab", buffering=0)
        self._changed = threading.Condition()
        self._waiting: deque[Report] = deque()
        self._waiting_bytes = 0
        self._acknowledged: deque[Report] = deque()
        self._acknowledged_bytes = 0
        self._unwritten: deque[Report] = deque()
        self._file_bytes = 0
        self._last_id = 0
        self._dropped = 0
        self._closed = False

    def append(self, path: str, body: Mapping[str, Any]) -> int | None:
        """Keep a report and return its number; None when it was left out for want of space."""
        essential = is_essential(path, body)
        with self._changed:
            room = self._limit * 2 if essential else self._limit
            if path != EXIT_PATH and self._waiting_bytes >= room:
                self._dropped += 1
                return None
            return self._keep(path, body, essential=essential)

    def _keep(self, path: str, body: Mapping[str, Any], *, essential: bool) -> int:
        self._last_id += 1
        record = {"id": self._last_id, "at": utc_now(), "path": path, "body": body}
        line = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        report = Report(self._last_id, line, essential)
        self._waiting.append(report)
        self._waiting_bytes += len(line)
        self._unwritten.append(report)
        self._write()
        self._changed.notify_all()
        return self._last_id

    def _write(self) -> None:
        """Write what is not on disk yet, in order, as far as there is room; never half a line."""
        while self._unwritten and self._put(self._unwritten[0].line):
            self._unwritten.popleft()

    def _put(self, line: bytes) -> bool:
        try:
            if self._file.write(line) == len(line):
                self._file_bytes += len(line)
                return True
            self._file.truncate(self._file_bytes)
        except OSError:
            return False
        return False

    def note_dropped(self, adw_id: str, workflow_name: str) -> None:
        """Spool one warning that says how many reports were left out, if any were."""
        with self._changed:
            if not self._dropped:
                return
            text = f"{self._dropped} reports of this run were left out because too many waited to be delivered"
            data = {"adw_id": adw_id, "workflow_name": workflow_name, "message": text, "level": "WARNING"}
            body = {"type": "workflow_log", "data": {**data, "timestamp": utc_now(), "dropped": self._dropped}}
            self._dropped = 0
            self._keep(_UPDATES, body, essential=True)

    def batch(self, max_reports: int, max_bytes: int, timeout: float) -> list[Report]:
        """The oldest reports that wait, at least one unless none comes within `timeout`."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, timeout)
            chosen: list[Report] = []
            size = 0
            for report in self._waiting:
                size += len(report.line)
                if chosen and (len(chosen) >= max_reports or size > max_bytes):
                    break
                chosen.append(report)
            return chosen

    def acknowledge(self, report_id: int) -> None:
        """Everything up to this number has arrived for good."""
        with self._changed:
            while self._waiting and self._waiting[0].id <= report_id:
                report = self._waiting.popleft()
                self._waiting_bytes -= len(report.line)
                if report.essential:
                    self._acknowledged.append(report)
                    self._acknowledged_bytes += len(report.line)
            if self._unwritten:
                self._unwritten = deque(one for one in self._unwritten if one.essential or one.id > report_id)
                self._write()
            if self._file_bytes > 2 * self._limit + self._waiting_bytes + self._acknowledged_bytes:
                self._compact()
            self._changed.notify_all()

    def _compact(self) -> None:
        """Forget acknowledged log lines; what says how the run stands stays for an adopting service to read."""
        fresh = self._path.with_suffix(".new")
        try:
            with fresh.open("wb") as file:
                file.writelines(report.line for report in (*self._acknowledged, *self._waiting))
            fresh.replace(self._path)
        except OSError:  # no room for a copy: the next acknowledgement tries again
            fresh.unlink(missing_ok=True)
            return
        self._file.close()
        self._file = self._path.open("ab", buffering=0)
        self._file_bytes = self._path.stat().st_size
        self._unwritten.clear()

    def wait_empty(self, timeout: float) -> bool:
        """Whether everything has been acknowledged within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout)

    def wait_kept(self, timeout: float) -> int:
        """Return once every report is acknowledged or on disk; after `timeout` seconds, how many are neither."""
        until = time.monotonic() + timeout
        with self._changed:
            while lost := self._in_memory_alone():
                left = until - time.monotonic()
                if left <= 0:
                    return lost
                self._changed.wait(min(left, _TRY_AGAIN_S))
                self._write()
            return 0

    def _in_memory_alone(self) -> int:
        acknowledged = self._waiting[0].id if self._waiting else self._last_id + 1
        return sum(report.id >= acknowledged for report in self._unwritten)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._file.close()
            self._changed.notify_all()
