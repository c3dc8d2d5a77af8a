"""The newest of what has happened to the connection, in words."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.timeline import Happening, Kind
from kanban_app.errors import describe

KEPT: Final = 200
"""How many entries are kept. Overflow policy: the oldest go; failed tries of one outage share an entry."""


@dataclass(slots=True)
class Entry:
    at: datetime
    kind: Kind
    title: str
    text: str = ""
    code: str = ""
    count: int = 0


_TITLES: Final = {
    Kind.CONNECTED: "Connected",
    Kind.LOST: "Connection lost",
    Kind.PAUSED: "Longer pauses between tries",
    Kind.OFFLINE: "The board works without the service",
    Kind.DISCONNECTED: "Disconnected by a person",
    Kind.ADDRESS: "Another address",
    Kind.SERVICE_RESTARTED: "The service was started again",
    Kind.ELSEWHERE: "Found at another port",
    Kind.GAP: "Messages were missing",
    Kind.GRADE: "Another grade",
}


@dataclass(slots=True)
class Timeline:
    _entries: deque[Entry] = field(default_factory=lambda: deque[Entry](maxlen=KEPT))

    @property
    def newest_first(self) -> list[Entry]:
        return list(reversed(self._entries))

    def happened(self, happening: Happening, text: str = "") -> None:
        if happening.kind is Kind.TRY_FAILED:
            self._try_failed(happening)
            return
        self.add(happening.kind, text or _why(happening), happening.code)

    def add(self, kind: Kind, text: str = "", code: str = "") -> None:
        self._entries.append(Entry(datetime.now(UTC), kind, _TITLES[kind], text, code))

    def _try_failed(self, happening: Happening) -> None:
        last = next((entry for entry in reversed(self._entries) if entry.kind is not Kind.GRADE), None)
        if last is None or last.kind is not Kind.TRY_FAILED or last.code != happening.code:
            last = Entry(datetime.now(UTC), Kind.TRY_FAILED, "", _why(happening), happening.code)
            self._entries.append(last)
        last.count += happening.count
        last.title = f"{last.count} tries failed" if last.count > 1 else "A try failed"


def _why(happening: Happening) -> str:
    if not happening.code:
        return ""
    words = describe(happening.code, happening.params)
    return f"{words['title']}. {words['message']}".strip()
