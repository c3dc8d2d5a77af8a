"""How writing to the database has gone, for whoever looks after it."""

from dataclasses import dataclass, field

from kanban_app.domain.samples import Samples


@dataclass(slots=True)
class Writing:
    """`times_ms` is what the newest transactions took, from their turn to their end, by the monotonic clock.

    `fault` is the reason of the last one when it failed for a cause outside the program (see `StoreUnavailable`), ""
    when it did not.
    """

    times_ms: Samples = field(default_factory=Samples)
    fault: str = ""

    def done(self, began: float, now: float) -> None:
        self.times_ms.add(now, (now - began) * 1000)
        self.fault = ""

    def failed(self, reason: str) -> None:
        self.fault = reason
