"""What the board's process has and holds at one moment."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.processes import MIB, Share
from benchmarks.rig import Rig
from kanban_app.config import DATABASE_FILE

UNITS: Final = {
    "rss": "MiB",
    "pss": "MiB",
    "tasks": "",
    "descriptors": "",
    "sockets": "",
    "threads": "",
    "database": "MiB",
    "wal": "MiB",
    "loop_lag": "ms",
    "latency_p50": "ms",
    "latency_p95": "ms",
    "renderer": "MiB",
    "idle": "% machine",
}
"""Of the figures of a sample, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Counters:
    """What the board's `/metrics` counts up since its start."""

    lag_s: float
    lag_count: float
    log_errors: float
    write_failures: float
    unreadable: float


class Meter:
    """Reads one board's figures."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._process = psutil.Process(rig.app.pid)
        self._before = self.counters()
        self._machine = Share()

    def sample(self) -> dict[str, float]:
        """All figures but those of the page. `loop_lag` and `idle` are means since the last sample."""
        found = self._scraped()
        now = _counters(found)
        looked = now.lag_count - self._before.lag_count
        lag_ms = 1000 * (now.lag_s - self._before.lag_s) / looked if looked else math.nan
        self._before = now
        idle, self._machine = self._machine.idle(), Share()
        memory = self._process.memory_full_info()
        return {
            "rss": memory.rss / MIB,
            "pss": memory.pss / MIB,
            "tasks": found["kanban_asyncio_tasks"],
            "descriptors": float(self._process.num_fds()),
            "sockets": float(len(self._process.net_connections("inet"))),
            "threads": float(self._process.num_threads()),
            "database": _mib(self._rig.data_dir / DATABASE_FILE),
            "wal": _mib(self._rig.data_dir / f"{DATABASE_FILE}-wal"),
            "loop_lag": lag_ms,
            "idle": idle,
        }

    def counters(self) -> Counters:
        return _counters(self._scraped())

    def _scraped(self) -> dict[str, float]:
        text = self._rig.api.get("/metrics").raise_for_status().text
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                level = sample.labels.get("level", "")
                name = f"{sample.name}:{level}" if level else sample.name
                found[name] = found.get(name, 0.0) + sample.value
        return found


def _counters(found: dict[str, float]) -> Counters:
    return Counters(
        found["kanban_event_loop_lag_seconds_sum"],
        found["kanban_event_loop_lag_seconds_count"],
        sum(found.get(f"kanban_log_records_total:{level}", 0.0) for level in ("error", "critical")),
        found["kanban_store_write_failures_total"],
        found.get("kanban_tac7_unreadable_frames_total", 0.0),
    )


def _mib(path: Path) -> float:
    try:
        return path.stat().st_size / MIB
    except FileNotFoundError:
        return 0.0
