"""Settings of the service, and the file through which runners find it."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from kanban_app.tac7.service_session import TRIGGERS_PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """`data_dir` holds everything that the service and its workflows write.

    `subscriber_queue` broadcasts may wait for one connection before it is closed with 1013; `cancel_grace_s` is the
    time that a workflow has to end by itself; `end_runs_on_stop` ends the runs with the app instead of detaching.
    """

    data_dir: Path
    python: str = sys.executable
    demo_speed: float = 1.0
    triggers_per_minute: int = TRIGGERS_PER_MINUTE
    subscriber_queue: int = 5000
    cancel_grace_s: float = 5.0
    stop_grace_s: float = 1.5
    settle_s: float = 5.0
    linger_s: float = 15.0
    spool_limit_bytes: int = 64 * 1024 * 1024
    end_runs_on_stop: bool = False

    def __post_init__(self) -> None:
        """Runners work in other directories: a relative path would mean something else to them."""
        object.__setattr__(self, "data_dir", self.data_dir.resolve())

    @property
    def runs_dir(self) -> Path:
        return self.data_dir / "service" / "runs"

    @property
    def demo_dir(self) -> Path:
        return self.data_dir / "demo"

    @property
    def service_file(self) -> Path:
        return self.data_dir / "service.json"


def write_service_file(data_dir: Path, url: str) -> None:
    """Tell runners, also those of an earlier life of the app, where to deliver: `url` is the app's http:// base."""
    path = data_dir / "service.json"
    fresh = path.with_name("service.json.new")
    fresh.write_text(json.dumps({"url": url}))
    fresh.replace(path)
