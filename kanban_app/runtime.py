"""What `serve` hands to the composition root.

`kanban_app.kanban_app` is imported by the compiler as well as by the server, so it cannot take arguments. `serve` sets
the launch before it imports that module; whoever imports it otherwise (the compiler, a test) sees no launch, and the
lifespan then does nothing.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kanban_app.asgi import FIRST_PROJECT
from kanban_app.config import Settings
from kanban_app.domain.audit_trail import Trail


@dataclass(slots=True)
class ExitReport:
    """Filled by the composition root while it shuts down, read by `serve` for its last line.

    `failure` is a sentence on why the program cannot go on; with it the exit code is 1.
    """

    runs_going_on: int = 0
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of the program.

    `host` and `port` are where the socket really listens (the port is known even when any free one was asked for).
    `is_own` tells whether a WebSocket address leads back to this very program; it asks the name service and may wait.
    `access_token` is what people and their programs use; `internal_token` is for our own client only: it lives in
    memory and opens nothing but the trigger service's endpoints and the API. `on_stopping` is called in the event loop
    as soon as the server begins to stop, before it waits for open connections: answers without end must end then.
    A project beside the first has a launch of its own: its failures are told to `on_give_up` and end nothing else,
    and `shared_dir` is the data folder of the first. `trail` leads to the audit log, from wherever something is done.
    """

    settings: Settings
    host: str
    port: int
    access_token: str | None
    internal_token: str
    is_own: Callable[[str], bool] = lambda _url: False
    exit_report: ExitReport = field(default_factory=ExitReport)
    on_stopping: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    project_id: str = FIRST_PROJECT
    on_give_up: Callable[[str], None] | None = None
    shared_dir: Path | None = None
    trail: Trail = field(default_factory=Trail)

    @property
    def local_url(self) -> str:
        """Where a program of this machine reaches the server."""
        return f"http://{_bracketed(_reachable(self.host))}:{self.port}"

    @property
    def project_url(self) -> str:
        """Where it reaches the services of the project."""
        return self.local_url if self.project_id == FIRST_PROJECT else f"{self.local_url}/p/{self.project_id}"

    def give_up(self, failure: str) -> None:
        """End the server as SIGTERM does, because of a failure that it cannot go on with; or the project alone."""
        if self.on_give_up is not None:
            self.on_give_up(failure)
            return
        self.exit_report.failure = failure
        signal.raise_signal(signal.SIGTERM)


_current: Launch | None = None


def set_launch(launch: Launch | None) -> None:
    global _current  # noqa: PLW0603 - the one hand-over that an importable module allows
    _current = launch


def current_launch() -> Launch | None:
    """The launch of this process, or None where nothing is served."""
    return _current


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
