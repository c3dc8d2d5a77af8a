"""How fast starts may go out: so many in a rolling minute, and none for a while after the service has refused one.

What counts is kept under `PACE_KEY`, so that a restart starts no new minute.
"""

import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from kanban_app.tac7.rate import RollingWindow

PACE_KEY: Final = "dispatcher.pace"
WINDOW_S: Final = 60.0


class Pace:
    """Counts by the monotonic clock; the time of day is for what is kept and shown."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.rest_until: datetime | None = None
        """Until when the service wants no starts; in the past when that is over."""
        self.changes = 0
        """How often `stored` has changed."""
        self._window = RollingWindow(per_minute, WINDOW_S)
        self._sent: deque[datetime] = deque(maxlen=per_minute)
        self._closed_until = 0.0

    def allow(self, per_minute: int) -> None:
        """From now on so many; what was sent counts on."""
        self.per_minute = self._window.capacity = per_minute
        self._sent = deque(self._sent, maxlen=per_minute)

    @property
    def sent(self) -> Sequence[datetime]:
        """When the newest starts were sent, oldest first; not all of them need to count any more."""
        return tuple(self._sent)

    def wait(self) -> float:
        """Seconds until a start may go out; 0.0 when one may now."""
        now = time.monotonic()
        return max(self._closed_until - now, self._window.wait(now), 0.0)

    def take(self) -> None:
        """A start goes out."""
        self._window.take(time.monotonic())
        self._sent.append(datetime.now(UTC))
        self.changes += 1

    def give_back(self) -> None:
        """The last start has not gone out after all."""
        self._window.give_back()
        self._sent.pop()
        self.changes += 1

    def pause(self, seconds: float) -> None:
        """Send nothing for a moment; nothing that a restart would have to know."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def rest(self) -> None:
        """The service counts one start too many: none for as long as it counts (Q1)."""
        self.pause(WINDOW_S)
        self.rest_until = datetime.now(UTC) + timedelta(seconds=WINDOW_S)
        self.changes += 1

    def stored(self) -> dict[str, object]:
        """What `restore` takes."""
        rest = self.rest_until.isoformat() if self.rest_until else None
        return {"sent": [moment.isoformat() for moment in self._sent], "rest_until": rest}

    def restore(self, stored: object, sent_at: Sequence[datetime]) -> None:
        """Take up what an earlier process has kept; `sent_at` counts where it has kept nothing.

        A clock that was set back in between makes what lies in the future count as sent just now.
        """
        kept = cast("dict[str, Any]", stored) if isinstance(stored, dict) else None
        now, monotonic = datetime.now(UTC), time.monotonic()
        sent = [datetime.fromisoformat(text) for text in kept["sent"]] if kept else sent_at
        for moment in sorted(sent)[-self.per_minute :]:
            age = max(0.0, (now - moment).total_seconds())
            if age < WINDOW_S:
                self._window.take(monotonic - age)
                self._sent.append(min(moment, now))
        if kept and kept["rest_until"]:
            left = (datetime.fromisoformat(kept["rest_until"]) - now).total_seconds()
            if left > 0:
                self.pause(min(left, WINDOW_S))
                self.rest_until = now + timedelta(seconds=min(left, WINDOW_S))
