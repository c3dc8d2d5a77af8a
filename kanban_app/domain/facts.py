"""What decisions are taken from, beside the board."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kanban_app.domain.workflows import Vintage


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may depend on beside the board itself.

    `task_id`, `attempt_id` and `adw_id` are fresh ids for whatever the decision creates. `grace_s` is how long a new
    attempt is held, `can_cancel` whether the connected service can stop a run. `clock_skew_s` is by how much the
    service's clock is ahead of ours. `vintage` is None while no service is connected; `merges` tells whether it has the
    extension of that name.
    """

    now: datetime
    author: str
    task_id: str
    attempt_id: str
    adw_id: str
    grace_s: float = 0.0
    can_cancel: bool = False
    demo: bool = False
    clock_skew_s: float = 0.0
    vintage: Vintage | None = None
    merges: bool = False

    def our_time(self, moment: datetime) -> datetime:
        """A moment of the service's clock by our own."""
        return moment - timedelta(seconds=self.clock_skew_s)
