"""The board as a process, with the load service at its other end."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from benchmarks.failure import NotMeasured
from benchmarks.load import Load, running_load
from tests.support.app import AppProcess, end, start_app
from tests.support.waiting import wait_until

ENV: Final = {
    "KANBAN_TRIGGERS_PER_MINUTE": "1000000",
    "KANBAN_TRIGGER_GRACE_S": "0",
    "KANBAN_MAX_CONCURRENT_RUNS": "1000",
    "KANBAN_RUN_SILENT_AFTER_S": "100000",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card whose run is under way."""

    task_id: str
    adw_id: str

    @property
    def hook(self) -> str:
        """Of the element that shows its newest line."""
        return f"card-{self.task_id}-last-log"


@dataclass
class Rig:
    """A board that is connected to the load service."""

    load: Load
    data_dir: Path
    app: AppProcess = field(init=False)
    api: httpx.Client = field(init=False)

    def start(self, port: int = 0) -> None:
        """Serve; with an earlier `port`, where it was before."""
        self.app = start_app(self.data_dir, port, {**ENV, "KANBAN_TAC7_URL": self.load.url})
        self.api = self.app.client()
        self._wait("a connection to the load service", lambda: self._board()["connection"]["state"] == "connected")

    def stop(self) -> None:
        """Let the board end by itself, as a user does."""
        self.api.close()
        self.app.terminate(20)
        end(self.app)

    def create(self, count: int, title: str = "Card") -> list[str]:
        """So many cards in the backlog; their ids."""
        return [self._create(f"{title} {number}") for number in range(1, count + 1)]

    def started(self, count: int) -> list[Card]:
        """So many cards with runs under way."""
        return [self._start(task_id) for task_id in self.create(count, "Running")]

    def last_line(self, adw_id: str) -> int:
        """The number of the newest line in a run's log."""
        answer = self.api.get(f"/api/v1/runs/{adw_id}/log", params={"limit": 1}).raise_for_status()
        return answer.json()["last"]

    def _create(self, title: str) -> str:
        body = {"title": title, "description": "Made by the benchmark", "stages": ["plan", "build", "test"]}
        return self._post("/api/v1/tasks", body)["id"]

    def _start(self, task_id: str) -> Card:
        adw_id = self._post(f"/api/v1/tasks/{task_id}/trigger", {})["adw_id"]
        self._wait("a started run", lambda: self._status(adw_id) == "running")
        return Card(task_id, adw_id)

    def _status(self, adw_id: str) -> str:
        return self.api.get(f"/api/v1/runs/{adw_id}").raise_for_status().json()["status"]

    def _board(self) -> Any:
        return self.api.get("/api/v1/board").raise_for_status().json()

    def _post(self, path: str, body: dict[str, object]) -> Any:
        return self.api.post(path, json=body).raise_for_status().json()

    def _wait(self, what: str, condition: Any) -> None:
        try:
            wait_until(condition, 30)
        except AssertionError as error:
            raise NotMeasured(f"the board never had {what}:\n{self.app.logs[-2000:]}") from error


@contextmanager
def running_rig() -> Generator[Rig]:
    """A board in a data folder of its own, ready and connected; nothing of it is left at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="kanban-bench-") as folder, running_load() as load:
        rig = Rig(load, Path(folder))
        rig.start()
        try:
            yield rig
        finally:
            rig.api.close()
            end(rig.app)
