"""Watches the connection, the service and this program: measures, grades, raises alerts, mends what it can.

Once a second it looks at what others count anyway. Nothing is written for a heartbeat; the database hears of changed
alerts only. A defect in here is logged and costs the figures, never the board.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.alerts import Alert
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.health import Grade, Patience, Thresholds
from kanban_app.domain.timeline import Happening, Kind
from kanban_app.observing.instruments import LOOP_LAG
from kanban_app.services.health.alerting import Alerting, AlertStore
from kanban_app.services.health.assessment import Assessment
from kanban_app.services.health.check import HealthCheck
from kanban_app.services.health.checks import Situation
from kanban_app.services.health.client_events import ClientEvents
from kanban_app.services.health.errands import Errands
from kanban_app.services.health.happenings import Timeline
from kanban_app.services.health.measures import Measures
from kanban_app.services.health.records import Records
from kanban_app.services.health.recoveries import Recoveries, Result, Step
from kanban_app.services.health.series import Series
from kanban_app.services.health.surroundings import Surroundings
from kanban_app.store.writing import Writing
from kanban_app.tac7 import session_events as s

log = logging.getLogger(__name__)

TURN_S: Final = 1.0


class Monitor:
    """Give it every event of the client (`on_event`); `run` does the rest. `services.health.desk` shows what it has."""

    def __init__(
        self,
        around: Surroundings,
        store: AlertStore,
        check: HealthCheck,
        thresholds: Thresholds,
        *,
        poll_s: float,
        patience: Patience | None = None,
        turn_s: float = TURN_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`poll_s`: the service is asked so often how it is, never when that is 0."""
        self._turn_s = turn_s
        self._monotonic = monotonic
        self._turned_at = monotonic()
        self.around = around
        self.check = check
        self.began = monotonic()
        self.records = Records(Measures(self.began), Series(), Timeline(), Recoveries(monotonic))
        timeline, patience = self.records.timeline, patience or Patience()
        self._alerting = Alerting(around, store, timeline, thresholds, patience, monotonic=monotonic)
        self._errands = Errands(around, check, self.records, self._alerting, poll_s=poll_s, monotonic=monotonic)
        self._events = ClientEvents(self.records, self._errands, monotonic)

    @property
    def assessment(self) -> Assessment:
        return self._alerting.assessment

    @property
    def grade(self) -> Grade:
        return self.assessment.grade

    @property
    def writing(self) -> Writing:
        return self._alerting.writing

    @property
    def next_poll_in_s(self) -> float | None:
        """Seconds until the service is asked how it is; None when it will not be."""
        return self._errands.next_poll_in_s

    def now(self) -> float:
        """By the monotonic clock that everything here is measured with."""
        return self._monotonic()

    async def load(self) -> None:
        """Take up the alerts of before. Raises StoreUnavailable."""
        await self._alerting.load()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                began = self._monotonic()
                await asyncio.sleep(self._turn_s)
                try:
                    await self.turn(self._monotonic() - began - self._turn_s)
                except Exception:  # a defect of ours must not end the board
                    log.exception("a turn of the health monitor failed")
        finally:
            await self._errands.close()

    def on_event(self, event: s.SessionEvent) -> None:
        self._events.take(event)

    def caught_up(self, worked: bool) -> None:  # noqa: FBT001 - the shape of a callback
        """What could be asked about runs after a connection has been asked."""
        text = "Runs and logs are as the service has them." if worked else "Not everything could be asked."
        self.records.recoveries.end(Step.RESYNC, Result.WORKED if worked else Result.FAILED, text)

    def catching_up(self) -> None:
        """Runs are being asked for."""
        self.records.recoveries.begin(Step.RESYNC)

    def service_restarted(self) -> None:
        """It was started again without the connection showing it (E-HEALTH-10)."""
        self.records.timeline.happened(Happening(Kind.SERVICE_RESTARTED, "E-HEALTH-10"))

    async def acknowledge(self, seq: int, by: str) -> Alert | None:
        """The alert, now known to somebody; None when there is none with this number."""
        return await self._alerting.acknowledge(seq, by)

    async def turn(self, late_s: float = 0.0) -> None:
        """Measure and grade what is there now, and see to what follows. `late_s`: a timer has come so late."""
        now, wall, connection = self._monotonic(), datetime.now(UTC), self.around.connection()
        self._measure(now, wall, connection, max(0.0, late_s))
        self._judge(now, wall, connection)
        await self._alerting.tell_and_save(now)
        self._errands.run_due(now, connection)
        self._follow_writing()

    def _measure(self, now: float, wall: datetime, connection: Connection, late_s: float) -> None:
        passed, self._turned_at = now - self._turned_at, now
        lag_ms = late_s * 1000
        self.records.measures.loop_lag.add(now, lag_ms)
        LOOP_LAG.observe(late_s)
        traffic, board = self.around.traffic(), self.around.board()
        self.records.measures.passed(passed, now, traffic)
        self.records.series.look(
            wall.timestamp(),
            traffic,
            queued=len(board.queue()),
            runs=sum(1 for attempt in board.attempts.values() if attempt.holds_slot),
            lag_ms=lag_ms,
            connected=connection.state is ConnectionState.CONNECTED,
        )

    def _judge(self, now: float, wall: datetime, connection: Connection) -> None:
        alarmed, _ = self.around.frames()
        standing, grades = self.check.standing, self.assessment.grades
        seen = Situation(now, connection, self.records.measures, standing, self.writing, alarmed, grades)
        self._alerting.look(seen, wall)

    def _follow_writing(self) -> None:
        """`services.storage` tries whether saving works again; this tells of it."""
        recoveries, fault = self.records.recoveries, self.writing.fault
        if fault:
            recoveries.begin(Step.SAVE_AGAIN)
            recoveries.say(Step.SAVE_AGAIN, f"Not yet: {fault}.")
        else:
            recoveries.end(Step.SAVE_AGAIN, Result.WORKED, "It does.")
