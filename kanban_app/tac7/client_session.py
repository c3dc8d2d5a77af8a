"""The client's end of one connection, without I/O: text and time in, events and text out.

One session lives as long as one connection. All `now` are monotonic seconds; `wall` is the aware time of day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kanban_app.domain.workflows import Vintage
from kanban_app.tac7.answers import answer_to, time_of, vintage_of
from kanban_app.tac7.client_messages import (
    AskQueueStatus,
    CancelWorkflow,
    CancelWorkflowData,
    Ping,
    RegisterSession,
    RegisterSessionData,
    TicketData,
    TicketNotification,
)
from kanban_app.tac7.codec import Unknown, Unreadable, decode_server, encode, parse_time
from kanban_app.tac7.expectations import Expectations, Expected, Kind
from kanban_app.tac7.heartbeat import Heartbeat
from kanban_app.tac7.limits import Limits
from kanban_app.tac7.messages import (
    CancelResponse,
    ClientMessage,
    ErrorMessage,
    Pong,
    ServerMessage,
    SessionRegistered,
    TicketNotificationResponse,
    TriggerResponse,
    WorkflowLog,
)
from kanban_app.tac7.numbering import Numbering, Verdict
from kanban_app.tac7.refusals import classify
from kanban_app.tac7.requests import TriggerRequest, build_trigger
from kanban_app.tac7.server_messages import WorkflowLogData
from kanban_app.tac7.session_events import (
    CancelAnswered,
    Cursor,
    Gap,
    Ready,
    Received,
    RoundTrip,
    SessionEvent,
    TicketAnswered,
    TriggerAnswered,
    TriggerRefused,
    TriggerUncertain,
    TriggerUnsent,
)
from kanban_app.tac7.trouble import Trouble
from kanban_app.tac7.wire import as_optional_int

NO_ANSWER: Final = "unknown"
TOO_LARGE: Final = 1009
"""The close code of a receiver that has not read a message because of its size (Q28)."""
SUSPECT_SIZE: Final = 1024 * 1024
"""A smaller message is not what such a close is about."""


class NotSent(Exception):
    """Certainly nothing was sent."""


class SessionBusy(NotSent):
    """An earlier trigger has no answer yet, or the service stands still for its health check."""


class NotReady(NotSent):
    """The service is not known yet, or gone."""


class NotOffered(NotSent):
    """The service has no such request."""


@dataclass(frozen=True, slots=True)
class _Outgoing:
    text: str
    expected: Expected


class ClientSession:
    """Feed it with `opened`, `receive`, `tick` and `lost`; after each, drain `events` and `outgoing`.

    When `trouble` is set, close the connection. Only a service that replays is registered at, with a `session_id` that
    must be unique to the connection: at V1 a registration brings nothing, and of two sockets with one id all but one
    starve (Q5). What the service says it does not know is not sent to it again over this connection (Q29).
    """

    def __init__(self, session_id: str, limits: Limits | None = None, cursor: Cursor | None = None) -> None:
        self.vintage: Vintage | None = None
        self.extensions: frozenset[str] = frozenset()
        self.is_ready = False
        self.trouble: Trouble | None = None
        self._session_id = session_id
        self._limits = limits or Limits()
        self._heartbeat = Heartbeat(self._limits)
        self._numbering = Numbering(cursor or Cursor())
        self._expected = Expectations()
        self._events: list[SessionEvent] = []
        self._outgoing: list[_Outgoing] = []
        self._pings = 0
        self._logs = 0
        self._health_checks = 0
        self._not_known: set[Kind] = set()
        self._last_out: Expected | None = None

    @property
    def cursor(self) -> Cursor:
        """Where the next connection must continue: after the last numbered broadcast among the events."""
        return self._numbering.cursor

    @property
    def is_busy(self) -> bool:
        """Whether a trigger waits for its answer."""
        return self._expected.first(Kind.TRIGGER) is not None

    @property
    def is_free(self) -> bool:
        """Whether a request is best sent now: a service that stands still for its health check would answer late."""
        return self.is_ready and self.trouble is None and not self.is_busy and not self._stands_still

    def events(self) -> list[SessionEvent]:
        drained, self._events = self._events, []
        return drained

    def outgoing(self) -> list[str]:
        """Texts to send, in this order. From here on they count as sent: a trigger among them may be carried out."""
        drained, self._outgoing = self._outgoing, []
        for one in drained:
            one.expected.left = True
            self._last_out = one.expected
        return [one.text for one in drained]

    def deadline(self) -> float | None:
        """When `tick` is due next; None when there is nothing to wait for."""
        if self.trouble is not None:
            return None
        heartbeat = self._heartbeat.deadline(busy=self._keeps_service_busy)
        answers = self._expected.next_due()
        return heartbeat if answers is None else min(heartbeat, answers)

    def opened(self, now: float) -> None:
        """The connection stands. The first ping asks who is there."""
        self._heartbeat.start(now)
        self._ping(now)

    def trigger(self, request: TriggerRequest, now: float) -> None:
        """Queue a trigger. Raises, with nothing sent: NotReady, SessionBusy, RequestRefused, FrameTooLarge."""
        vintage = self._ready()
        if self.is_busy or self._stands_still:
            raise SessionBusy
        message = build_trigger(request, vintage, with_request_id="request_id" in self.extensions)
        patience = self._limits.for_trigger(request.workflow_type)
        latest = now + patience * self._limits.trigger_stretch
        expected = Expected(Kind.TRIGGER, request.attempt_id, now + patience, request.adw_id)
        expected.patience, expected.latest = patience, latest
        self._ask(message, expected)

    def cancel(self, adw_id: str, request_id: str, now: float) -> None:
        """Ask to end a run. Raises, with nothing sent: NotReady, NotOffered (E-WF-15)."""
        self._ready()
        if "cancel" not in self.extensions or Kind.CANCEL in self._not_known:
            raise NotOffered
        message = CancelWorkflow(data=CancelWorkflowData(adw_id=adw_id, request_id=request_id))
        self._ask(message, Expected(Kind.CANCEL, request_id, now + self._limits.cancel_s, adw_id))

    def announce(self, ticket: TicketData, now: float) -> None:
        """Tell the service of a card. Raises, with nothing sent: NotReady, NotOffered, FrameTooLarge."""
        self._ready()
        if Kind.TICKET in self._not_known:
            raise NotOffered
        message = TicketNotification(data=ticket)
        self._ask(message, Expected(Kind.TICKET, ticket.id, now + self._limits.ticket_s))

    def log(self, entry: WorkflowLogData, now: float) -> None:
        """Have the service tell everybody a line of a run's log. Raises, with nothing sent: NotReady, NotOffered (V0).

        There is no answer but an `error`. A ping follows, so that an error after its pong is known to be for another
        request.
        """
        if self._ready() is Vintage.V0 or Kind.LOG in self._not_known:
            raise NotOffered
        self._logs += 1
        self._ask(WorkflowLog(data=entry), Expected(Kind.LOG, str(self._logs), float("inf")))
        self._ping(now)

    def health_check_open(self, *, is_open: bool) -> None:
        """A health check over HTTP has begun or is over: the service may answer nothing else meanwhile (Q6)."""
        self._health_checks += 1 if is_open else -1

    def doubt(self, now: float) -> None:
        """The network has changed: find out soon whether the connection is still there."""
        self._heartbeat.doubt(now)

    def receive(self, text: str, now: float, wall: datetime) -> None:
        """One text frame. Never raises, whatever is in it."""
        message = decode_server(text)
        if self.is_ready:  # until then only an answer counts: noise must not keep up a connection to somebody else
            self._heartbeat.heard(now)
        if not isinstance(message, Pong):  # which says only that the service is alive
            self._expected.put_off(now)
        if isinstance(message, Unreadable):
            self._events.append(message)
            return
        if isinstance(message, Unknown) or not self._settles(message, now, wall):
            self._broadcast(message, text, wall, now)

    def tick(self, now: float) -> None:
        """Time has passed: ping, give up on late answers, notice a dead connection."""
        busy = self._keeps_service_busy
        if self._heartbeat.is_dead(now, busy=busy):
            self._give_up(self._heartbeat.patience(busy=busy))
            return
        for expected in self._expected.late(now):
            self._late(expected)
        if self._heartbeat.is_due(now):
            self._ping(now)

    def stalled(self, seconds: float) -> None:
        """We have not read for so long ourselves: nobody's silence and nobody's delay."""
        self._heartbeat.stalled(seconds)
        self._expected.stalled(seconds)

    def lost(self, code: int | None = None) -> None:
        """The connection is gone. Every request without an answer gets its event now.

        `code` is that of the service's close, None where it did not close. Who closes because of the size of a message
        has not read it: a large trigger at the end of all that was sent is then refused, and not uncertain.
        """
        self.is_ready = False
        self._outgoing.clear()
        for expected in self._expected.clear():
            if expected.overdue:
                continue
            if code == TOO_LARGE and expected is self._last_out and _is_suspect(expected):
                self._events.append(TriggerRefused(expected.key, "E-CONN-14", {"limit": "what the service takes"}))
            else:
                self._unanswered(expected, "E-LOAD-4")

    @property
    def _keeps_service_busy(self) -> bool:
        return self.is_busy or self._health_checks > 0

    @property
    def _stands_still(self) -> bool:
        return self._health_checks > 0 and self.vintage is not Vintage.OURS

    def _ready(self) -> Vintage:
        if not self.is_ready or self.vintage is None or self.trouble is not None:
            raise NotReady
        return self.vintage

    def _ask(self, message: ClientMessage, expected: Expected) -> None:
        text = encode(message)
        expected.size = len(text)
        self._expected.add(expected)
        self._outgoing.append(_Outgoing(text, expected))

    def _ping(self, now: float) -> None:
        self._pings += 1
        key = str(self._pings)
        self._ask(Ping(timestamp=self._pings), Expected(Kind.PING, key, float("inf")))
        if not self._heartbeat.is_waiting:
            self._heartbeat.sent(key, now)

    def _register(self, now: float) -> None:
        if Kind.REGISTER in self._not_known:
            return
        self._numbering.register()
        cursor = self._numbering.cursor
        data = RegisterSessionData(session_id=self._session_id, since=cursor.seq, journal=cursor.journal)
        due = now + self._limits.register_s
        self._ask(RegisterSession(data=data), Expected(Kind.REGISTER, self._session_id, due))

    def _settles(self, message: ServerMessage, now: float, wall: datetime) -> bool:
        """Whether the message was the answer to a request of ours."""
        match message:
            case Pong():
                self._pong(message, now, wall)
                return True
            case TriggerResponse():
                return self._answered(message, wall)
            case ErrorMessage():
                return self._refused(message, now)
            case SessionRegistered():
                return self._registered(message, now)
            case CancelResponse():
                return self._cancelled(message)
            case TicketNotificationResponse():
                return self._announced(message)
            case _:
                return False

    def _pong(self, message: Pong, now: float, wall: datetime) -> None:
        echo = message.client_timestamp
        ping = self._expected.settle(Kind.PING, lambda one: echo is None or str(echo) == one.key)
        if ping is None:
            return
        seconds = self._heartbeat.answered(ping.key, now)
        if seconds is not None and not self._keeps_service_busy:
            self._events.append(RoundTrip(seconds, _clock_skew_s(message, seconds, wall)))
        if self.vintage is None:
            self._greeted(message, now)

    def _greeted(self, pong: Pong, now: float) -> None:
        self.extensions = frozenset(pong.extensions or ())
        self.vintage = vintage_of(pong)
        if "since" in self.extensions:
            self._register(now)
        else:
            self._become_ready(self.vintage, now)

    def _become_ready(self, vintage: Vintage, now: float) -> None:
        if not self.is_ready:
            self.is_ready = True
            self._heartbeat.heard(now)
            self._events.append(Ready(vintage, self.extensions))
            if "queue_status" in self.extensions:
                self._outgoing.append(_Outgoing(encode(AskQueueStatus()), Expected(Kind.QUEUE, "", float("inf"))))

    def _answered(self, message: TriggerResponse, wall: datetime) -> bool:
        data, echo = message.data, message.request_id
        if not data.status:  # says neither yes nor no: to take it for a no would lose a run that is yet to begin
            return False
        expected = self._expected.settle(Kind.TRIGGER, answer_to(echo, data.adw_id))
        if expected is None:
            return False
        adw_id = data.adw_id or expected.adw_id
        self._events.append(TriggerAnswered(expected.key, data.status, adw_id, data.message, data.error, wall))
        return True

    def _refused(self, message: ErrorMessage, now: float) -> bool:
        expected = self._addressee(message)
        if expected is None:
            return False
        trouble = classify(message)
        if trouble.code == "E-PROTO-2":
            self._not_known.add(expected.kind)
        match expected.kind:
            case Kind.TRIGGER:
                self._events.append(TriggerRefused(expected.key, trouble.code, trouble.params))
            case Kind.CANCEL:
                self._events.append(CancelAnswered(expected.adw_id, "error", message.data.message))
            case Kind.TICKET:
                self._events.append(TicketAnswered(expected.key, "error", message.data.message))
            case Kind.PING:
                self._heartbeat.answered(expected.key, now)
            case Kind.LOG | Kind.QUEUE:
                pass
            case Kind.REGISTER:
                self._become_ready(self.vintage or Vintage.V1, now)
        return True

    def _addressee(self, message: ErrorMessage) -> Expected | None:
        """The one request that an `error` answers: by `request_id` where the service echoes it, else the oldest."""
        if message.request_id is not None:
            return self._settle_any((Kind.TRIGGER, Kind.CANCEL), lambda one: one.key == message.request_id)
        head = self._expected.head()
        if head is not None and head.kind is Kind.TRIGGER:
            data = message.data
            says_why = bool(data.error_type or data.message or data.details)
            # Without a reason it is no refusal: to take it for one would lose a run that is yet to begin.
            if not says_why or "request_id" in self.extensions:
                return None
        return self._expected.settle_head()

    def _settle_any(self, kinds: tuple[Kind, ...], fits: Callable[[Expected], bool]) -> Expected | None:
        settled = (self._expected.settle(kind, fits) for kind in kinds)
        return next((one for one in settled if one is not None), None)

    def _registered(self, message: SessionRegistered, now: float) -> bool:
        if self._expected.settle(Kind.REGISTER, lambda _one: True) is None:
            return False
        outcome = self._numbering.registered(message.data)
        if outcome is None:
            self._register(now)
            return True
        resumed, gap = outcome
        self._events += [event for event in (gap, resumed) if event is not None]
        self._become_ready(self.vintage or Vintage.OURS, now)
        return True

    def _cancelled(self, message: CancelResponse) -> bool:
        data, echo = message.data, message.request_id
        expected = self._expected.settle(Kind.CANCEL, answer_to(echo, data.adw_id))
        if expected is None:
            return False
        self._events.append(CancelAnswered(expected.adw_id, data.status, data.message))
        return True

    def _announced(self, message: TicketNotificationResponse) -> bool:
        data = message.data
        expected = self._expected.settle(Kind.TICKET, lambda one: one.key == data.ticket_id)
        expected = expected or self._expected.settle(Kind.TICKET, lambda _one: data.status == "error")
        if expected is None:
            return False
        self._events.append(TicketAnswered(expected.key, data.status, data.error))
        return True

    def _broadcast(self, message: ServerMessage | Unknown, text: str, wall: datetime, now: float) -> None:
        seq = as_optional_int(message.raw.get("seq")) if isinstance(message, Unknown) else message.seq
        if seq is not None and not self._is_news(seq, now):
            return
        request_id = None if isinstance(message, Unknown) else message.request_id
        at = time_of(message) or wall
        self._events.append(Received(message, text, at, wall, seq, request_id))

    def _is_news(self, seq: int, now: float) -> bool:
        after = self.cursor.seq
        verdict = self._numbering.judge(seq)
        if verdict is Verdict.GAP:
            self._register(now)
        if verdict in {Verdict.GAP, Verdict.LOST}:
            self._events.append(Gap(after, seq, lost=verdict is Verdict.LOST))
        return verdict in {Verdict.NEW, Verdict.LOST}

    def _late(self, expected: Expected) -> None:
        if expected.kind is Kind.REGISTER or expected.overdue:
            self._give_up(self._limits.register_s if expected.kind is Kind.REGISTER else self._limits.overdue_s)
            return
        if expected.kind is Kind.TRIGGER and not expected.left:
            self._withdraw(expected)
            return
        expected.overdue = True
        expected.due = expected.due + self._limits.overdue_s if expected.kind is Kind.TRIGGER else float("inf")
        self._unanswered(expected, "E-TIME-1")

    def _withdraw(self, expected: Expected) -> None:
        """Take back a request that the shell has never fetched."""
        self._outgoing = [one for one in self._outgoing if one.expected is not expected]
        self._expected.settle(expected.kind, lambda one: one is expected)
        self._events.append(TriggerUnsent(expected.key))

    def _unanswered(self, expected: Expected, reason: str) -> None:
        match expected.kind:
            case Kind.TRIGGER if not expected.left:
                self._events.append(TriggerUnsent(expected.key))
            case Kind.TRIGGER:
                self._events.append(TriggerUncertain(expected.key, reason))
            case Kind.CANCEL:
                self._events.append(CancelAnswered(expected.adw_id, NO_ANSWER, ""))
            case Kind.TICKET:
                self._events.append(TicketAnswered(expected.key, NO_ANSWER))
            case Kind.PING | Kind.REGISTER | Kind.LOG | Kind.QUEUE:
                return

    def _give_up(self, seconds: float) -> None:
        self.trouble = self.trouble or Trouble("E-CONN-16", {"n": f"{seconds:.0f}"})


def _is_suspect(expected: Expected) -> bool:
    return expected.kind is Kind.TRIGGER and expected.size > SUSPECT_SIZE


def _clock_skew_s(pong: Pong, round_trip_s: float, wall: datetime) -> float | None:
    """By how much the service is ahead of our clock; its pong is taken to have been written half a round trip ago."""
    written = parse_time(pong.timestamp)
    return None if written is None else (written - wall).total_seconds() + round_trip_s / 2
