"""Application pings: one in flight, the round trip by our own clock (Q4, Q27)."""

from kanban_app.tac7.limits import Limits


class Heartbeat:
    """Any text of the service is a sign of life; only silence ends a connection.

    `busy` tells whether the service has something to do for us that may keep it from answering (Q3, Q6).
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sent_at: float | None = None
        self._key = ""
        self._next_at = 0.0
        self._heard_at = 0.0
        self._doubted_at: float | None = None

    def start(self, now: float) -> None:
        self._sent_at = None
        self._next_at = now
        self._heard_at = now

    def heard(self, now: float) -> None:
        self._heard_at = now
        self._doubted_at = None

    def doubt(self, now: float) -> None:
        """The connection may be gone unseen: ask at once and have less patience."""
        self._doubted_at = now
        self._next_at = min(self._next_at, now)

    def stalled(self, seconds: float) -> None:
        self._heard_at += seconds
        if self._sent_at is not None:
            self._sent_at += seconds
        if self._doubted_at is not None:
            self._doubted_at += seconds

    @property
    def is_waiting(self) -> bool:
        return self._sent_at is not None

    def is_due(self, now: float) -> bool:
        return not self.is_waiting and now >= self._next_at

    def sent(self, key: str, now: float) -> None:
        self._key = key
        self._sent_at = now
        self._next_at = now + self._limits.ping_every_s

    def answered(self, key: str, now: float) -> float | None:
        """The round trip in seconds, or None when that was no ping in flight of the heartbeat's."""
        if self._sent_at is None or key != self._key:
            return None
        sent_at, self._sent_at = self._sent_at, None
        return now - sent_at

    def patience(self, *, busy: bool) -> float:
        if busy:
            return self._limits.silence_while_busy_s
        return self._limits.silence_s if self._doubted_at is None else self._limits.silence_when_in_doubt_s

    def is_dead(self, now: float, *, busy: bool) -> bool:
        return self._sent_at is not None and now >= self._dead_at(self._sent_at, busy=busy)

    def deadline(self, *, busy: bool) -> float:
        return self._next_at if self._sent_at is None else self._dead_at(self._sent_at, busy=busy)

    def _dead_at(self, sent_at: float, *, busy: bool) -> float:
        asked_at = max(sent_at, self._heard_at, self._doubted_at or self._heard_at)
        return asked_at + self.patience(busy=busy)
