"""How long a session waits for what. All in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Defaults are the reference's: section 9 and Q3, Q4.

    A trigger without an answer is `TriggerUncertain` after `trigger_s` (or what `trigger_s_by_type` says for its
    workflow type); its late answer still counts for `overdue_s` more, after which the connection is given up.
    """

    trigger_s: float = 30.0
    trigger_s_by_type: Mapping[str, float] = field(default_factory=dict[str, float])
    overdue_s: float = 60.0
    answer_s: float = 10.0
    ping_every_s: float = 15.0
    silence_s: float = 30.0
    silence_while_triggering_s: float = 60.0

    def for_trigger(self, workflow_type: str) -> float:
        return self.trigger_s_by_type.get(workflow_type, self.trigger_s)
