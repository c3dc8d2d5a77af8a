"""How the client behaves. All times in seconds."""

from dataclasses import dataclass, field

from kanban_app.tac7.limits import Limits


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`url` is the WebSocket's; `token` goes out as `Authorization: Bearer` and is never shown.

    `quiet_first_s`: for so long after the start, failures are retried quickly and do not show (the embedded service
    comes up in the same process). `longest_pause_s` caps the back-off. `queue_size` bounds the event queue.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    embedded: bool = False
    quiet_first_s: float = 0.0
    limits: Limits = field(default_factory=Limits)
    open_timeout_s: float = 5.0
    http_timeout_s: float = 10.0
    close_timeout_s: float = 1.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0
    queue_size: int = 2000
    max_incoming: int = 16 * 1024 * 1024

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}
