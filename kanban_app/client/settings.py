"""How the client behaves. All times in seconds."""

from dataclasses import dataclass, field
from pathlib import Path

from kanban_app.tac7.limits import Limits
from kanban_app.tac7.supervision import Pauses


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`url` is the WebSocket's; `token` goes out as `Authorization: Bearer` and is never shown.

    `quiet_first_s`: for so long after the start, failures are retried quickly and do not show (the embedded service
    comes up in the same process). `longest_pause_s` caps the back-off. `queue_size` bounds the event queue.
    `ca_file` holds the only authorities that are trusted, in place of the system's. `watches_network`: changes of this
    computer's network are noticed.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    embedded: bool = False
    quiet_first_s: float = 0.0
    limits: Limits = field(default_factory=Limits)
    open_timeout_s: float = 5.0
    close_timeout_s: float = 1.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    queue_size: int = 2000
    max_incoming: int = 16 * 1024 * 1024
    watches_network: bool = True

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def pauses(self) -> Pauses:
        return Pauses(self.first_pause_s, self.longest_pause_s, quiet_first_s=self.quiet_first_s)
