"""What happens to a connection, read off the snapshots of how it stands. Pure."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from kanban_app.domain.connection import Connection, ConnectionState


class Kind(StrEnum):
    CONNECTED = "connected"
    LOST = "lost"
    TRY_FAILED = "try-failed"
    PAUSED = "paused"
    OFFLINE = "offline"
    DISCONNECTED = "disconnected"
    ADDRESS = "address"
    SERVICE_RESTARTED = "service-restarted"
    ELSEWHERE = "elsewhere"
    GAP = "gap"
    GRADE = "grade"


@dataclass(frozen=True, slots=True)
class Happening:
    """`code` and `params` say why, in catalogue terms, where there is a reason. `count` is how many tries failed."""

    kind: Kind
    code: str = ""
    params: dict[str, str] = field(default_factory=dict[str, str])
    count: int = 0


_RESTING: Final = {ConnectionState.PAUSED: Kind.PAUSED, ConnectionState.OFFLINE: Kind.OFFLINE}


@dataclass(frozen=True, slots=True)
class Watch:
    """How the connection stood when it was looked at last. Immutable: `look` gives the next one."""

    state: ConnectionState = ConnectionState.CONNECTING
    url: str = ""
    failed: int = 0

    def look(self, now: Connection) -> tuple["Watch", list[Happening]]:
        """What has happened since."""
        seen = Watch(now.state, now.url, now.attempt)
        if now.state is ConnectionState.CONNECTED:
            is_new = self.state is not ConnectionState.CONNECTED or self.url != now.url
            return seen, [Happening(Kind.CONNECTED)] if is_new else []
        if self.url and self.url != now.url:
            return seen, [Happening(Kind.ADDRESS)]
        if now.state is ConnectionState.DISCONNECTED:
            return seen, [Happening(Kind.DISCONNECTED)] if self.state is not now.state else []
        return seen, self._without(now)

    def _without(self, now: Connection) -> list[Happening]:
        """Of a connection that is wanted and not there."""
        code, params = now.cause_code or now.error_code or "", now.cause_params if now.cause_code else now.error_params
        why = Happening(Kind.LOST, code, dict(params))
        if self.state is ConnectionState.CONNECTED:
            return [why]
        happened: list[Happening] = []
        if now.attempt > self.failed:
            happened.append(replace(why, kind=Kind.TRY_FAILED, count=now.attempt - self.failed))
        if now.state in _RESTING and now.state is not self.state:
            happened.append(replace(why, kind=_RESTING[now.state]))
        return happened
