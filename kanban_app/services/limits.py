"""How much may run at a time, and how long a run may say nothing."""

from dataclasses import dataclass
from typing import Final

from kanban_app.domain.workflows import Vintage

SILENT_AFTER_S: Final = 600.0
UNWATCHED_SILENT_AFTER_S: Final = 120.0
STUCK_AFTER_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`silent_after_s` None stands for what suits the service; `stuck_after_s` is for a run that stays in one stage."""

    max_concurrent_runs: int
    triggers_per_minute: int
    silent_after_s: float | None = None
    stuck_after_s: float = STUCK_AFTER_S

    def silent_after(self, vintage: Vintage | None) -> float:
        """Ours watches its processes and reports their ends; others do not (Q14), so that silence says more there."""
        if self.silent_after_s is not None:
            return self.silent_after_s
        return SILENT_AFTER_S if vintage is Vintage.OURS else UNWATCHED_SILENT_AFTER_S
