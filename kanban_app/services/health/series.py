"""The last hour for charts, in slots of ten seconds."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from kanban_app.domain.traffic import Traffic
from kanban_app.services.health.views import PointView, SeriesView

SLOT_S: Final = 10
SLOTS: Final = 360
"""An hour. Overflow policy: the oldest go."""


@dataclass(slots=True)
class Slot:
    """What came together in ten seconds from `at` on, in whole seconds of the time of day."""

    at: int
    round_trips: int = 0
    latency_sum: float = 0.0
    latency_max: float = 0.0
    messages_in: int = 0
    messages_out: int = 0
    size: int = 0
    queued: int = 0
    active_runs: int = 0
    loop_lag_ms: float = 0.0
    connected: bool = True


@dataclass(slots=True)
class Series:
    _slots: deque[Slot] = field(default_factory=lambda: deque[Slot](maxlen=SLOTS))
    _counted: Traffic = field(default_factory=Traffic)

    def round_trip(self, wall: float, milliseconds: float) -> None:
        slot = self._slot(wall)
        slot.round_trips += 1
        slot.latency_sum += milliseconds
        slot.latency_max = max(slot.latency_max, milliseconds)

    def look(self, wall: float, traffic: Traffic, *, queued: int, runs: int, lag_ms: float, connected: bool) -> None:
        """How it is at this moment. `traffic` are counts that only grow."""
        slot, before = self._slot(wall), self._counted
        slot.messages_in += traffic.messages_in - before.messages_in
        slot.messages_out += traffic.messages_out - before.messages_out
        slot.size += traffic.bytes_in + traffic.bytes_out - before.bytes_in - before.bytes_out
        self._counted = Traffic(traffic.messages_in, traffic.messages_out, traffic.bytes_in, traffic.bytes_out)
        slot.queued = max(slot.queued, queued)
        slot.active_runs = max(slot.active_runs, runs)
        slot.loop_lag_ms = max(slot.loop_lag_ms, lag_ms)
        slot.connected = slot.connected and connected

    def view(self, points: int) -> SeriesView:
        """At most so many points: several slots become one where there are more. The slot under way is left out."""
        width = -(-SLOTS // min(max(points, 1), SLOTS))
        step = width * SLOT_S
        groups: dict[int, list[Slot]] = {}
        for slot in list(self._slots)[:-1]:
            groups.setdefault(slot.at - slot.at % step, []).append(slot)
        newest = list(groups.items())[-(SLOTS // width) :]
        return SeriesView(step, [_point(at, slots) for at, slots in newest])

    def _slot(self, wall: float) -> Slot:
        at = int(wall) - int(wall) % SLOT_S
        # A clock that is set back goes on in the slot that is there: the order of the points stays.
        if not self._slots or at > self._slots[-1].at:
            self._slots.append(Slot(at))
        return self._slots[-1]


def _point(at: int, slots: Sequence[Slot]) -> PointView:
    seconds = len(slots) * SLOT_S
    trips = sum(slot.round_trips for slot in slots)
    return PointView(
        at=at * 1000,
        latency_ms=round(sum(slot.latency_sum for slot in slots) / trips, 1) if trips else None,
        latency_max_ms=round(max(slot.latency_max for slot in slots), 1) if trips else None,
        messages_in_per_s=round(sum(slot.messages_in for slot in slots) / seconds, 2),
        messages_out_per_s=round(sum(slot.messages_out for slot in slots) / seconds, 2),
        bytes_per_s=round(sum(slot.size for slot in slots) / seconds, 1),
        queued=max(slot.queued for slot in slots),
        active_runs=max(slot.active_runs for slot in slots),
        loop_lag_ms=round(max(slot.loop_lag_ms for slot in slots), 1),
        connected=all(slot.connected for slot in slots),
    )
