"""Application pings: one in flight, the round trip by our own clock (Q4, Q27)."""

from kanban_app.tac7.limits import Limits


class Heartbeat:
    """Any text of the service is a sign of life; only silence ends a connection."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sent_at: float | None = None
        self._next_at = 0.0
        self._heard_at = 0.0

    def start(self, now: float) -> None:
        self._sent_at = None
        self._next_at = now
        self._heard_at = now

    def heard(self, now: float) -> None:
        self._heard_at = now

    def stalled(self, seconds: float) -> None:
        self._heard_at += seconds
        if self._sent_at is not None:
            self._sent_at += seconds

    def is_due(self, now: float) -> bool:
        return self._sent_at is None and now >= self._next_at

    def sent(self, now: float) -> None:
        self._sent_at = now
        self._next_at = now + self._limits.ping_every_s

    def answered(self, now: float) -> float | None:
        """The round trip in seconds, or None when no ping was in flight."""
        sent_at, self._sent_at = self._sent_at, None
        return None if sent_at is None else now - sent_at

    def patience(self, *, triggering: bool) -> float:
        return self._limits.silence_while_triggering_s if triggering else self._limits.silence_s

    def is_dead(self, now: float, *, triggering: bool) -> bool:
        return self._sent_at is not None and now >= self._dead_at(self._sent_at, triggering=triggering)

    def deadline(self, *, triggering: bool) -> float:
        return self._next_at if self._sent_at is None else self._dead_at(self._sent_at, triggering=triggering)

    def _dead_at(self, sent_at: float, *, triggering: bool) -> float:
        return max(sent_at, self._heard_at) + self.patience(triggering=triggering)
