"""What events of the client mean for the figures, the timeline, and what is being mended."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from kanban_app.domain.connection import Connection
from kanban_app.domain.timeline import Happening, Kind, Watch
from kanban_app.errors import describe
from kanban_app.services.health.checks import in_words
from kanban_app.services.health.errands import Errands
from kanban_app.services.health.records import Records
from kanban_app.services.health.recoveries import Result, Step
from kanban_app.tac7 import session_events as s
from kanban_app.tac7.supervision import IDLE_CLOSE

_SILENCE: Final = "E-CONN-16"
_WITH_ADDRESS: Final = frozenset({Kind.CONNECTED, Kind.ADDRESS})


class ClientEvents:
    """Give it every event; `errands` hear of a service that is there again or another one."""

    def __init__(self, records: Records, errands: Errands, monotonic: Callable[[], float]) -> None:
        self._records = records
        self._errands = errands
        self._monotonic = monotonic
        self._watch = Watch()

    def take(self, event: s.SessionEvent) -> None:
        match event:
            case s.ConnectionChanged(connection):
                self._connection_changed(connection)
            case s.RoundTrip(seconds):
                self._round_trip(seconds)
            case s.TriggerAnswered() | s.TriggerRefused():
                self._asked(worked=True)
            case s.TriggerUncertain() | s.TriggerUnsent():
                self._asked(worked=False)
            case s.CancelAnswered(status=status) | s.TicketAnswered(status=status):
                self._asked(worked=status != "unknown")
            case s.Resumed(since=since):
                self._records.recoveries.done(Step.REGISTER, Result.WORKED, f"It goes on after message {since}.")
            case s.Gap(after=after, before=before, lost=lost):
                self._missed(before - after - 1, lost=lost)
            case _:
                pass

    def _connection_changed(self, connection: Connection) -> None:
        self._watch, happened = self._watch.look(connection)
        for happening in happened:
            self._happened(happening, connection)

    def _happened(self, happening: Happening, connection: Connection) -> None:
        now, measures, recoveries = self._monotonic(), self._records.measures, self._records.recoveries
        match happening.kind:
            case Kind.CONNECTED:
                self._reconnected(now)
            case Kind.LOST:
                measures.lost(now, by_silence=happening.code == _SILENCE, counts=happening.code != IDLE_CLOSE)
                recoveries.begin(Step.RECONNECT)
                recoveries.end(Step.RESYNC, Result.FAILED, "The connection went.")
            case Kind.TRY_FAILED:
                measures.try_failed(now, happening.count)
                recoveries.say(Step.RECONNECT, f"{measures.failed_tries} tries so far: {_title(happening)}.")
            case Kind.DISCONNECTED:
                measures.left()
                recoveries.end(Step.RECONNECT, Result.NOT_NEEDED, "Somebody has disconnected.")
            case Kind.ADDRESS:
                measures.moved()
                recoveries.end(Step.RECONNECT, Result.NOT_NEEDED, "The address was changed.")
                self._errands.moved()
            case _:
                pass
        self._records.timeline.happened(happening, connection.url if happening.kind in _WITH_ADDRESS else "")

    def _reconnected(self, now: float) -> None:
        measures = self._records.measures
        absent_s = measures.absent_s(now)
        tries = measures.failed_tries + 1
        measures.connected(now)
        measures.failed_tries = 0
        count = "At the first try" if tries == 1 else f"At try {tries}"
        text = f"{count}, after {in_words(absent_s or 0)}."
        self._records.recoveries.end(Step.RECONNECT, Result.WORKED, text)
        self._errands.connected()

    def _round_trip(self, seconds: float) -> None:
        now = self._monotonic()
        self._records.measures.round_trips.add(now, seconds * 1000)
        self._records.measures.heartbeats.add(now, worked=True)
        self._records.series.round_trip(datetime.now(UTC).timestamp(), seconds * 1000)

    def _asked(self, *, worked: bool) -> None:
        self._records.measures.requests.add(self._monotonic(), worked=worked)

    def _missed(self, count: int, *, lost: bool) -> None:
        """Broadcasts that did not come: asked for again, or gone for good."""
        recoveries = self._records.recoveries
        if lost:
            recoveries.done(Step.ASK_AGAIN, Result.FAILED, f"{count} messages are gone: the service has them not.")
            self._records.timeline.add(Kind.GAP, f"{count} messages are gone for good.")
        else:
            recoveries.done(Step.ASK_AGAIN, Result.WORKED, f"{count} messages were asked for again.")


def _title(happening: Happening) -> str:
    return describe(happening.code, happening.params)["title"] if happening.code else "no reason given"
