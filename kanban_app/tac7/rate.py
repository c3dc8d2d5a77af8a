"""A rolling window: at most so many events in so many seconds."""

from collections import deque


class RollingWindow:
    """Counts what was taken in the last `seconds`. Times are monotonic seconds."""

    def __init__(self, capacity: int, seconds: float) -> None:
        if capacity < 1 or seconds <= 0:
            msg = "a window needs room and length"
            raise ValueError(msg)
        self.capacity = capacity
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until the next `take` succeeds; 0.0 when it does now."""
        self._forget(now)
        if len(self._taken) < self.capacity:
            return 0.0
        return self._taken[0] + self._seconds - now

    def take(self, now: float) -> bool:
        """Take a place; False (and nothing taken) when the window is full."""
        if self.wait(now) > 0:
            return False
        self._taken.append(now)
        return True

    def give_back(self) -> None:
        """Undo the last `take`, of an event that did not happen after all."""
        if self._taken:
            self._taken.pop()

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0] + self._seconds <= now:
            self._taken.popleft()
