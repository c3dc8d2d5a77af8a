"""Watches the connection, the service and this program: measures, grades, raises alerts, mends what it can.

Once a second it looks at what others count anyway. Nothing is written for a heartbeat; the database hears of changed
alerts only. A defect in here is logged and costs the figures, never the board.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from kanban_app.domain.alerts import Alert, Condition, Severity
from kanban_app.domain.connection import Connection, ConnectionState
from kanban_app.domain.health import Grade, Patience, Thresholds
from kanban_app.domain.model import Board
from kanban_app.domain.records import NewsKind
from kanban_app.domain.timeline import Happening, Kind, Watch
from kanban_app.domain.traffic import Traffic
from kanban_app.errors import BoardError, advice_of, describe
from kanban_app.observing.instruments import LOOP_LAG
from kanban_app.services.health.assessment import Assessment
from kanban_app.services.health.check import HealthCheck
from kanban_app.services.health.checks import Check, Situation, in_words
from kanban_app.services.health.happenings import Timeline
from kanban_app.services.health.measures import Measures
from kanban_app.services.health.recoveries import Recoveries, Result, Step
from kanban_app.services.health.series import Series
from kanban_app.services.hub import Notice
from kanban_app.store.failures import StoreUnavailable
from kanban_app.store.writing import Writing
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.client_session import NotSent
from kanban_app.tac7.supervision import IDLE_CLOSE

log = logging.getLogger(__name__)

TURN_S: Final = 1.0
AFTER_CONNECTING_S: Final = 5.0
"""A new service is left alone for so long before it is asked how it is."""
TRIES_BEFORE_LOOKING: Final = 3
LOOK_EVERY_S: Final = 300.0
"""How often the other usual ports are looked at while nobody answers at the right one."""
SAVE_EVERY_S: Final = 10.0
_ELSEWHERE: Final = "elsewhere"
_NOBODY: Final = frozenset({"E-CONN-1", "E-CONN-3"})
_SOMEBODY_ELSE: Final = frozenset({"E-CONN-4", "E-CONN-25"})
_SILENCE: Final = "E-CONN-16"


class AlertStore(Protocol):
    """Where alerts are kept. All raise StoreUnavailable."""

    writing: Writing

    async def alerts(self) -> list[Alert]: ...
    async def save_alerts(self, alerts: list[Alert], kept: list[int]) -> None: ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A service that answers at the port `other` of the host whose `port` does not answer. `url` is its address."""

    port: str
    other: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the monitor sees and what it can do. `ask` asks the service how it is: BoardError or NotSent.

    `find_elsewhere` looks at the other usual ports; `tell` keeps a notification (StoreUnavailable). `frames` is
    whether many frames cannot be read, and how many could not be used. `on_change` is called when the grade or an alert
    is another one.
    """

    connection: Callable[[], Connection]
    traffic: Callable[[], Traffic]
    board: Callable[[], Board]
    viewers: Callable[[], int]
    frames: Callable[[], tuple[bool, int]]
    ask: Callable[[], Awaitable[object]]
    find_elsewhere: Callable[[], Awaitable[Elsewhere | None]]
    tell: Callable[[Notice], Awaitable[None]]
    on_change: Callable[[], None]


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
        self._around = around
        self._store = store
        self._poll_s = poll_s
        self._turn_s = turn_s
        self._patience = patience or Patience()
        self._thresholds = thresholds
        self._monotonic = monotonic
        self._watch = Watch()
        self._turned_at = monotonic()
        self._poll_at = monotonic() + min(AFTER_CONNECTING_S, poll_s)
        self._look_at = 0.0
        self._save_at = 0.0
        self._unsaved: set[int] = set()
        self._to_tell: list[Alert] = []
        self._errands: dict[str, asyncio.Task[None]] = {}
        self.check = check
        self.began = monotonic()
        self.measures = Measures(self.began)
        self.series = Series()
        self.timeline = Timeline()
        self.recoveries = Recoveries(monotonic)
        self.assessment = Assessment(thresholds, self._patience, (), _now())

    @property
    def around(self) -> Surroundings:
        return self._around

    @property
    def writing(self) -> Writing:
        return self._store.writing

    @property
    def grade(self) -> Grade:
        return self.assessment.grade

    @property
    def next_poll_in_s(self) -> float | None:
        """Seconds until the service is asked how it is; None when it will not be."""
        if self._poll_s <= 0:
            return None
        return max(0.0, self._poll_at - self._monotonic(), self.check.due_in_s)

    def now(self) -> float:
        """By the monotonic clock that everything here is measured with."""
        return self._monotonic()

    async def load(self) -> None:
        """Take up the alerts of before. Raises StoreUnavailable."""
        self.assessment = Assessment(self._thresholds, self._patience, await self._store.alerts(), _now())

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
            errands = list(self._errands.values())
            for errand in errands:
                errand.cancel()
            await asyncio.gather(*errands, return_exceptions=True)

    def on_event(self, event: s.SessionEvent) -> None:
        match event:
            case s.ConnectionChanged(connection):
                self._connection_changed(connection)
            case s.RoundTrip(seconds):
                now = self._monotonic()
                self.measures.round_trips.add(now, seconds * 1000)
                self.measures.heartbeats.add(now, worked=True)
                self.series.round_trip(_now().timestamp(), seconds * 1000)
            case s.TriggerAnswered() | s.TriggerRefused():
                self._asked(worked=True)
            case s.TriggerUncertain() | s.TriggerUnsent():
                self._asked(worked=False)
            case s.CancelAnswered(status=status) | s.TicketAnswered(status=status):
                self._asked(worked=status != "unknown")
            case s.Resumed(since=since):
                self.recoveries.done(Step.REGISTER, Result.WORKED, f"It goes on after message {since}.")
            case s.Gap(after=after, before=before, lost=lost):
                self._missed(before - after - 1, lost=lost)
            case _:
                pass

    def caught_up(self, worked: bool) -> None:  # noqa: FBT001 - the shape of a callback
        """What could be asked about runs after a connection has been asked."""
        text = "Runs and logs are as the service has them." if worked else "Not everything could be asked."
        self.recoveries.end(Step.RESYNC, Result.WORKED if worked else Result.FAILED, text)

    def catching_up(self) -> None:
        """Runs are being asked for."""
        self.recoveries.begin(Step.RESYNC)

    def service_restarted(self) -> None:
        """It was started again without the connection showing it (E-HEALTH-10)."""
        self.timeline.happened(Happening(Kind.SERVICE_RESTARTED, "E-HEALTH-10"))

    async def acknowledge(self, seq: int, by: str) -> Alert | None:
        """The alert, now known to somebody; None when there is none with this number."""
        self._note(self.assessment.acknowledge(seq, by, _now()))
        await self._save()
        return self.assessment.alerts.find(seq)

    async def turn(self, late_s: float = 0.0) -> None:
        """Measure and grade what is there now, and see to what follows. `late_s`: a timer has come so late."""
        now, wall = self._monotonic(), _now()
        passed, self._turned_at = now - self._turned_at, now
        lag_ms = max(0.0, late_s) * 1000
        self.measures.loop_lag.add(now, lag_ms)
        LOOP_LAG.observe(max(0.0, late_s))
        traffic, connection, board = self._around.traffic(), self._around.connection(), self._around.board()
        self.measures.passed(passed, now, traffic)
        self.series.look(
            wall.timestamp(),
            traffic,
            queued=len(board.queue()),
            runs=sum(1 for attempt in board.attempts.values() if attempt.holds_slot),
            lag_ms=lag_ms,
            connected=connection.state is ConnectionState.CONNECTED,
        )
        self._judge(now, wall, connection)
        await self._tell_and_save(now)
        self._run_errands(now, connection)

    def _judge(self, now: float, wall: datetime, connection: Connection) -> None:
        before = self.grade
        alarmed, _ = self._around.frames()
        situation = Situation(
            now, connection, self.measures, self.check.standing, self.writing, alarmed, self.assessment.grades
        )
        changed = self.assessment.look(situation, wall)
        if self.grade is not before:
            self.timeline.add(Kind.GRADE, f"From {before.value} to {self.grade.value}.")
        self._note(changed, always=self.grade is not before)

    def _note(self, changed: list[Alert], *, always: bool = False) -> None:
        """Remember what is to be stored, and show that something has changed."""
        self._unsaved.update(alert.seq for alert in changed)
        self._to_tell += [alert for alert in changed if alert.needs_eyes and alert.about != Check.STATE.value]
        if changed or always:
            self._around.on_change()

    async def _tell_and_save(self, now: float) -> None:
        to_tell, self._to_tell = self._to_tell, []
        for alert in to_tell:
            try:
                await self._around.tell(notice_of(alert))
            except StoreUnavailable:
                log.warning("alert %s is not among the notifications: the store cannot write", alert.code)
        if self._unsaved and now >= self._save_at:
            await self._save()

    async def _save(self) -> None:
        alerts = self.assessment.alerts
        changed = [alert for alert in alerts.known if alert.seq in self._unsaved]
        unsaved = set(self._unsaved)
        try:
            await self._store.save_alerts(changed, [alert.seq for alert in alerts.known])
        except StoreUnavailable:
            self._save_at = self._monotonic() + SAVE_EVERY_S
            log.warning("alerts wait: the store cannot write")
            return
        self._unsaved -= unsaved

    def _run_errands(self, now: float, connection: Connection) -> None:
        if self._poll_s > 0 and now >= self._poll_at and self._may_ask(connection):
            self._poll_at = now + self._poll_s
            self._start("ask", self._ask())
        if self._is_alone(connection) and now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._start("look", self._look_elsewhere(connection.url))
        if self.writing.fault:
            # `services.storage` tries it.
            self.recoveries.begin(Step.SAVE_AGAIN)
            self.recoveries.say(Step.SAVE_AGAIN, f"Not yet: {self.writing.fault}.")
        else:
            self.recoveries.end(Step.SAVE_AGAIN, Result.WORKED, "It does.")

    def _start(self, name: str, errand: Coroutine[None, None, None]) -> None:
        """One of a name at a time."""
        if name in self._errands:
            errand.close()
            return
        task = asyncio.create_task(_errand(name, errand), name=f"health: {name}")
        self._errands[name] = task
        task.add_done_callback(lambda _done: self._errands.pop(name, None))

    def _may_ask(self, connection: Connection) -> bool:
        """Whoever answers at the address of the service without being one may say who it is (E-HEALTH-9)."""
        if self.check.must_wait or self.check.due_in_s > 0:
            return False
        return connection.state is ConnectionState.CONNECTED or _reason(connection) in _SOMEBODY_ELSE

    async def _ask(self) -> None:
        try:
            await self._around.ask()
        except (BoardError, NotSent) as problem:
            log.debug("the service did not say how it is: %s", problem)

    def _is_alone(self, connection: Connection) -> bool:
        if connection.embedded or connection.state is ConnectionState.CONNECTED:
            return False
        return _reason(connection) in _NOBODY and self.measures.failed_tries >= TRIES_BEFORE_LOOKING

    async def _look_elsewhere(self, url: str) -> None:
        self.recoveries.begin(Step.LOOK_ELSEWHERE)
        found = await self._around.find_elsewhere()
        if self._around.connection().url != url:
            self.recoveries.end(Step.LOOK_ELSEWHERE, Result.NOT_NEEDED, "The address was changed meanwhile.")
            return
        if found is None:
            self.recoveries.end(Step.LOOK_ELSEWHERE, Result.FAILED, "Nobody answers there either.")
            return
        params = {"port": found.port, "other": found.other}
        self.recoveries.end(Step.LOOK_ELSEWHERE, Result.WORKED, f"A service answers at {found.url}.")
        self.timeline.happened(Happening(Kind.ELSEWHERE, "E-CONN-5", params))
        condition = Condition(Severity.WARNING, "E-CONN-5", params)
        self._note(self.assessment.conclude(_ELSEWHERE, condition, _now()))

    def _connection_changed(self, connection: Connection) -> None:
        self._watch, happened = self._watch.look(connection)
        for happening in happened:
            self._happened(happening, connection)

    def _happened(self, happening: Happening, connection: Connection) -> None:
        now, measures = self._monotonic(), self.measures
        match happening.kind:
            case Kind.CONNECTED:
                self._reconnected(now)
            case Kind.LOST:
                measures.lost(now, by_silence=happening.code == _SILENCE, counts=happening.code != IDLE_CLOSE)
                self.recoveries.begin(Step.RECONNECT)
                self.recoveries.end(Step.RESYNC, Result.FAILED, "The connection went.")
            case Kind.TRY_FAILED:
                measures.try_failed(now, happening.count)
                self.recoveries.say(Step.RECONNECT, f"{measures.failed_tries} tries so far: {_title(happening)}.")
            case Kind.DISCONNECTED:
                measures.left()
                self.recoveries.end(Step.RECONNECT, Result.NOT_NEEDED, "Somebody has disconnected.")
            case Kind.ADDRESS:
                self._moved()
            case _:
                pass
        self.timeline.happened(happening, connection.url if happening.kind in _WITH_ADDRESS else "")

    def _reconnected(self, now: float) -> None:
        absent_s = self.measures.absent_s(now)
        tries = self.measures.failed_tries + 1
        self.measures.connected(now)
        self.measures.failed_tries = 0
        count = "At the first try" if tries == 1 else f"At try {tries}"
        self.recoveries.end(Step.RECONNECT, Result.WORKED, f"{count}, after {in_words(absent_s or 0)}.")
        self._note(self.assessment.conclude(_ELSEWHERE, None, _now()))

    def _moved(self) -> None:
        self.measures.moved()
        self.check.moved()
        self._poll_at, self._look_at = self._monotonic() + min(AFTER_CONNECTING_S, self._poll_s), 0.0
        self.recoveries.end(Step.RECONNECT, Result.NOT_NEEDED, "The address was changed.")
        self._note(self.assessment.moved(_now(), [_ELSEWHERE]), always=True)

    def _asked(self, *, worked: bool) -> None:
        self.measures.requests.add(self._monotonic(), worked=worked)

    def _missed(self, count: int, *, lost: bool) -> None:
        """Broadcasts that did not come: asked for again, or gone for good."""
        if lost:
            self.recoveries.done(Step.ASK_AGAIN, Result.FAILED, f"{count} messages are gone: the service has them not.")
            self.timeline.add(Kind.GAP, f"{count} messages are gone for good.")
        else:
            self.recoveries.done(Step.ASK_AGAIN, Result.WORKED, f"{count} messages were asked for again.")


_WITH_ADDRESS: Final = frozenset({Kind.CONNECTED, Kind.ADDRESS})


def notice_of(alert: Alert) -> Notice:
    words = describe(alert.code, alert.params)
    return Notice(
        f"alert:{alert.seq}:{alert.severity.value}",
        alert=alert.severity is Severity.CRITICAL,
        title=words["title"],
        message=words["message"],
        advice=tuple(advice_of(words)),
        kind=NewsKind.CONNECTION,
    )


async def _errand(name: str, errand: Coroutine[None, None, None]) -> None:
    try:
        await errand
    except Exception:  # a defect of ours must not end the board
        log.exception("the health monitor could not %s", name)


def _reason(connection: Connection) -> str:
    return connection.cause_code or connection.error_code or ""


def _title(happening: Happening) -> str:
    return describe(happening.code, happening.params)["title"] if happening.code else "no reason given"


def _now() -> datetime:
    return datetime.now(UTC)
