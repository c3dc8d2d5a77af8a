"""The health monitor over a board of a test, with a clock that the test moves."""

from collections.abc import Callable
from typing import Any

from kanban_app.domain.connection import Connection
from kanban_app.domain.health import Patience, Thresholds
from kanban_app.domain.traffic import Traffic
from kanban_app.services.connection_views import connection_view
from kanban_app.services.health.check import HealthCheck
from kanban_app.services.health.desk import HealthDesk
from kanban_app.services.health.diagnosis import Facts
from kanban_app.services.health.monitor import Monitor
from kanban_app.services.health.surroundings import Elsewhere, Surroundings
from kanban_app.services.hub import Hub, Notice
from kanban_app.services.keeper import Keeper
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.health import HealthReport
from kanban_app.tac7.trouble import Unanswered

SECRET = "s3cret-token-of-the-service"


class HealthBench:
    """`monitor` watches; `desk` shows. The test plays the service and the time."""

    def __init__(
        self,
        keeper: Keeper,
        hub: Hub,
        store: Any,
        connection: Callable[[], Connection],
        *,
        poll_s: float = 0.0,
        patience: Patience | None = None,
    ) -> None:
        self.now = 1000.0
        self.traffic = Traffic()
        self.told: list[Notice] = []
        self.changes = 0
        self.elsewhere: Elsewhere | None = None
        self.looked = 0
        self.asked = 0
        self.answer: HealthReport | Unanswered = Unanswered("E-SYS-4")
        self.restarts = 0
        self.unreadable = (False, 0)
        self.check = HealthCheck(keeper, self, self._restarted, lambda: self.now)
        around = Surroundings(
            connection=connection,
            traffic=lambda: self.traffic,
            board=lambda: keeper.board,
            viewers=lambda: hub.viewers,
            frames=lambda: self.unreadable,
            ask=self.check.ask,
            find_elsewhere=self._find_elsewhere,
            tell=self._tell,
            on_change=self._changed,
        )
        self.monitor = Monitor(
            around, store, self.check, Thresholds(), poll_s=poll_s, patience=patience, monotonic=lambda: self.now
        )
        self.desk = HealthDesk(self.monitor, lambda: facts_of(connection()))

    async def fetch_health(self) -> HealthReport:
        self.asked += 1
        if isinstance(self.answer, Unanswered):
            raise self.answer
        return self.answer

    async def passes(self, seconds: float, late_s: float = 0.0) -> None:
        """Time, with a turn of the monitor each second."""
        for _ in range(round(seconds)):
            self.now += 1.0
            await self.monitor.turn(late_s)

    def becomes(self, connection: Connection) -> None:
        self.monitor.on_event(s.ConnectionChanged(connection))

    def trips(self, *milliseconds: float) -> None:
        for value in milliseconds:
            self.monitor.on_event(s.RoundTrip(value / 1000))

    def _restarted(self) -> None:
        self.restarts += 1
        self.monitor.service_restarted()

    async def _find_elsewhere(self) -> Elsewhere | None:
        self.looked += 1
        return self.elsewhere

    async def _tell(self, notice: Notice) -> None:
        self.told.append(notice)

    def _changed(self) -> None:
        self.changes += 1


def facts_of(connection: Connection) -> Facts:
    return Facts(
        version="1.2.3",
        system="A system",
        project="default",
        settings=[("KANBAN_TAC7_TOKEN", SECRET), ("KANBAN_TOKEN", ""), ("KANBAN_LOG_LEVEL", "info")],
        connection=connection_view(connection),
        frames={},
        secrets=[SECRET],
    )
