"""Settings of the service, and the file through which runners find it."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from kanban_app.tac7.service_session import TRIGGERS_PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """`data_dir` holds everything that the service and its workflows write.

    Of `max_connections` at once, each may have `subscriber_queue` broadcasts and as many answers waiting for it, and
    `subscriber_bytes` in all, before it is closed with 1013; `cancel_grace_s` is the time that a workflow has to end by
    itself; `end_runs_on_stop` ends the runs with the app instead of detaching.
    `project_dir` is the repository with the scripts (None: the demonstration), `base_branch` where its worktrees begin
    and merges go (None: what is checked out there); `prepare_worktrees`, `setup_command`, `port_range` (first and
    last) and `ports_register` (a file that services with the same ports share) are about worktrees that the service
    makes itself. `pass_env` names what scripts get of our environment beside
    the fixed ones. `max_runs` may be active at once. Commands are arguments, never lines for a shell;
    the one that clarifies has `clarify_limit_s`.
    """

    data_dir: Path
    python: str = sys.executable
    demo_speed: float = 1.0
    project_dir: Path | None = None
    base_branch: str | None = None
    prepare_worktrees: bool = False
    setup_command: tuple[str, ...] = ()
    port_range: tuple[int, int] = (9200, 9299)
    ports_register: Path | None = None
    pass_env: tuple[str, ...] = ()
    max_runs: int = 15
    run_time_limit_s: float | None = None
    run_niceness: int = 5
    clarify_command: tuple[str, ...] = ()
    editor_command: tuple[str, ...] = ()
    triggers_per_minute: int = TRIGGERS_PER_MINUTE
    max_connections: int = 256
    subscriber_queue: int = 5000
    subscriber_bytes: int = 64 * 1024 * 1024
    cancel_grace_s: float = 5.0
    stop_grace_s: float = 1.5
    settle_s: float = 5.0
    linger_s: float = 15.0
    late_reports_s: float = 60.0
    clarify_limit_s: float = 60.0
    spool_limit_bytes: int = 64 * 1024 * 1024
    end_runs_on_stop: bool = False

    def __post_init__(self) -> None:
        """Runners work in other directories: a relative path would mean something else to them."""
        object.__setattr__(self, "data_dir", self.data_dir.resolve())
        if self.project_dir is not None:
            object.__setattr__(self, "project_dir", self.project_dir.resolve())

    @property
    def runs_dir(self) -> Path:
        return self.data_dir / "service" / "runs"

    @property
    def scratch_dir(self) -> Path:
        """Where merges are tried; nothing else is there."""
        return self.data_dir / "service" / "merging"

    @property
    def demo_dir(self) -> Path:
        return self.data_dir / "demo"

    @property
    def repository(self) -> Path:
        """The repository that runs work on: the project's, or the demonstration's (which may not be there yet)."""
        return self.project_dir or self.demo_dir / "repository"

    @property
    def trees(self) -> tuple[Path, ...]:
        """The folders below which runs have their worktrees."""
        demo = self.demo_dir / "trees"
        return (demo,) if self.project_dir is None else (self.project_dir / "trees", demo)

    @property
    def service_file(self) -> Path:
        return self.data_dir / "service.json"


def write_service_file(data_dir: Path, url: str) -> None:
    """Tell runners, also those of an earlier life of the app, where to deliver: `url` is the app's http:// base."""
    path = data_dir / "service.json"
    fresh = path.with_name("service.json.new")
    fresh.write_text(json.dumps({"url": url}))
    fresh.replace(path)
