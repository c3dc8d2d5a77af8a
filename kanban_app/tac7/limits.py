"""How long a session waits for what. All in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults are the reference's: section 9 and Q3, Q4, Q6.

    A trigger without an answer is `TriggerUncertain` after `trigger_s` (or what `trigger_s_by_type` says for its
    workflow type); its late answer still counts for `overdue_s` more, after which the connection is given up. Whatever
    the service says meanwhile shows that it is at work: the wait then goes on, up to `trigger_stretch` times as long.

    `ticket_s`, `cancel_s` and `register_s` are for the other requests over the socket, `http_s` for calls over HTTP,
    `health_s` for a health check, which takes the service up to 30 s, and `preview_s` for that of a merge, which takes
    ours up to 20 s. `silence_s` ends a connection;
    `silence_while_busy_s` does while a trigger or a health check is open, and `silence_when_in_doubt_s` after a change
    of the network, which may have taken the connection along unseen.
    """

    trigger_s: float = 30.0
    trigger_s_by_type: Mapping[str, float] = field(default_factory=dict[str, float])
    trigger_stretch: float = 3.0
    overdue_s: float = 60.0
    ticket_s: float = 10.0
    cancel_s: float = 10.0
    register_s: float = 10.0
    http_s: float = 10.0
    health_s: float = 35.0
    preview_s: float = 30.0
    ping_every_s: float = 15.0
    silence_s: float = 30.0
    silence_while_busy_s: float = 60.0
    silence_when_in_doubt_s: float = 5.0

    def for_trigger(self, workflow_type: str) -> float:
        return self.trigger_s_by_type.get(workflow_type, self.trigger_s)
