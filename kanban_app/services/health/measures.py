"""Everything that is measured of a connection and of this program, in rings of fixed size."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from kanban_app.domain.samples import Outcomes, Samples, mean
from kanban_app.domain.traffic import Traffic

RECENT: Final = 10
"""Of so many round trips the mean is graded (R31)."""
RECENT_S: Final = 600.0
"""Older round trips do not count for the grade."""
FEWEST: Final = 3
"""Below so many there is no mean yet: the first ones meet a service that is just starting."""
HOUR_S: Final = 3600.0
MINUTE_S: Final = 60.0
DISCONNECTS: Final = 100
"""How many times of lost connections are kept. Overflow policy: the oldest go."""
TRIES_OF_AN_OUTAGE: Final = 3
"""More failed tries of one outage do not count: how long it lasts is graded by itself."""
FEWEST_TRIES: Final = 10
FEWEST_REQUESTS: Final = 5
"""Of fewer tries or requests no share is made: one that failed would be most of them."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second, in the last minute."""

    messages_in: float = 0.0
    messages_out: float = 0.0
    bytes_in: float = 0.0
    bytes_out: float = 0.0


@dataclass(slots=True)
class Measures:
    """Fed by the monitor; all times are monotonic seconds. `began` is when the watch began."""

    began: float
    round_trips: Samples = field(default_factory=Samples)
    loop_lag: Samples = field(default_factory=Samples)
    tries: Outcomes = field(default_factory=Outcomes)
    requests: Outcomes = field(default_factory=Outcomes)
    heartbeats: Outcomes = field(default_factory=Outcomes)
    has_connected: bool = False
    disconnects: int = 0
    reconnects: int = 0
    up_s: float = 0.0
    down_s: float = 0.0
    connected_at: float | None = None
    absent_since: float | None = None
    """Since when a connection that is wanted has not been there."""
    failed_tries: int = 0
    """Of the outage under way, or of the last one."""
    _lost_at: deque[float] = field(default_factory=lambda: deque[float](maxlen=DISCONNECTS))
    _traffic: deque[tuple[float, Traffic]] = field(
        default_factory=lambda: deque[tuple[float, Traffic]](maxlen=int(MINUTE_S) + 1)
    )

    def connected(self, now: float) -> None:
        self.tries.add(now, worked=True)
        if self.absent_since is not None and self.has_connected:
            self.reconnects += 1
        self.connected_at, self.absent_since, self.has_connected = now, None, True

    def lost(self, now: float, *, by_silence: bool = False, counts: bool = True) -> None:
        """A connection is gone that nobody here wanted to end; `by_silence`: it left a heartbeat unanswered.

        What does not count is a service's habit (it closes what is idle) and no disturbance.
        """
        if counts:
            self._lost_at.append(now)
            self.disconnects += 1
        self.failed_tries = 0
        self.connected_at, self.absent_since = None, now
        if by_silence:
            self.heartbeats.add(now, worked=False)

    def try_failed(self, now: float, count: int) -> None:
        for _ in range(min(count, max(0, TRIES_OF_AN_OUTAGE - self.failed_tries))):
            self.tries.add(now, worked=False)
        self.failed_tries += count
        if self.absent_since is None:
            self.absent_since = now

    def left(self) -> None:
        """There is none because somebody wanted so."""
        self.connected_at = self.absent_since = None
        self.failed_tries = 0

    def moved(self) -> None:
        """It is another service now: what the last one did says nothing of it."""
        self.left()
        for ring in (self.round_trips, self.tries, self.requests, self.heartbeats):
            ring.clear()
        self._lost_at.clear()

    def passed(self, seconds: float, now: float, traffic: Traffic) -> None:
        """A turn of the monitor's."""
        if self.connected_at is not None:
            self.up_s += seconds
        elif self.absent_since is not None:
            self.down_s += seconds
        self._traffic.append((now, traffic.now()))

    def latency_ms(self, now: float) -> float | None:
        """The mean of the newest ten round trips; None until there are some."""
        recent = self.round_trips.values(now - RECENT_S)[-RECENT:]
        return mean(recent) if len(recent) >= FEWEST else None

    def connection_success(self, now: float) -> float | None:
        return _success(self.tries.since(now - HOUR_S), FEWEST_TRIES)

    def message_success(self, now: float) -> float | None:
        """Of heartbeats or of requests, whichever is the worse: the many would hide the few."""
        rings = (self.heartbeats, self.requests)
        shares = [_success(ring.since(now - HOUR_S), FEWEST_REQUESTS) for ring in rings]
        return min((share for share in shares if share is not None), default=None)

    def availability(self) -> float | None:
        total = self.up_s + self.down_s
        return self.up_s / total if total > 0 else None

    def disconnects_of_the_hour(self, now: float) -> int:
        return sum(1 for at in self._lost_at if at >= now - HOUR_S)

    def absent_s(self, now: float) -> float | None:
        return None if self.absent_since is None else now - self.absent_since

    def rates(self, now: float) -> Rates:
        """Over the last minute, or as long as there was one."""
        recent = [(at, counts) for at, counts in self._traffic if at >= now - MINUTE_S]
        if not recent or recent[-1][0] <= recent[0][0]:
            return Rates()
        (first_at, first), (last_at, last) = recent[0], recent[-1]
        seconds = last_at - first_at
        return Rates(
            (last.messages_in - first.messages_in) / seconds,
            (last.messages_out - first.messages_out) / seconds,
            (last.bytes_in - first.bytes_in) / seconds,
            (last.bytes_out - first.bytes_out) / seconds,
        )


def _success(counted: tuple[int, int], fewest: int) -> float | None:
    total, failed = counted
    return None if total < fewest else 1 - failed / total
