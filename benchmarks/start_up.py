"""How long the board takes to be ready when its front end is built."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import running_load
from benchmarks.measuring import Figures
from benchmarks.percentiles import median
from benchmarks.rig import ENV
from tests.support.app import end, start_app


@dataclass(frozen=True, slots=True)
class StartUp:
    """From the start of the process to /readyz 200, `times` times on one data folder after a first start."""

    times: int

    def measure(self) -> Figures:
        with tempfile.TemporaryDirectory(prefix="kanban-bench-") as folder, running_load() as load:
            env = {**ENV, "KANBAN_TAC7_URL": load.url}
            _start(Path(folder), env)
            taken = [_start(Path(folder), env) for _ in range(self.times)]
        return {
            "ready": (median([ready for ready, _ in taken]), "ms"),
            "ready_max": (max(ready for ready, _ in taken), "ms"),
            "stopped": (median([stopped for _, stopped in taken]), "ms"),
        }


def _start(data_dir: Path, env: dict[str, str]) -> tuple[float, float]:
    """Milliseconds until it was ready, and from SIGTERM to its end."""
    start = time.perf_counter()
    app = start_app(data_dir, env=env)
    ready = time.perf_counter()
    try:
        app.terminate(20)
        return (ready - start) * 1000, (time.perf_counter() - ready) * 1000
    finally:
        end(app)
