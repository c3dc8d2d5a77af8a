"""Whether to connect, to wait or to stay away: the life of a connection as a machine without I/O.

`TRANSITIONS` is the whole of it: what each signal means in each phase. Tries never end: what may be repaired at the
other end is found out by itself, and "Retry now" is always there. All times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from kanban_app.domain.connection import ConnectionState
from kanban_app.tac7.trouble import Trouble

TRIES_UNTIL_OFFLINE: Final = 3
TRIES_UNTIL_PAUSED: Final = 5
TRIES_UNTIL_RESIGNED: Final = 20
"""From here on the message says that it has been long; the tries go on."""

IDLE_CLOSE: Final = "E-CONN-10"
"""V1 closes idle connections (Q7); the catalogue wants no word about it."""
_MISUNDERSTOOD: Final = "E-CONN-12"
_COME_BACK_LATER: Final = "E-CONN-17"


class Phase(StrEnum):
    """What is being done. `OPEN`: a socket stands, and the service has not said yet who it is."""

    TRYING = "trying"
    OPEN = "open"
    READY = "ready"
    WAITING = "waiting"
    AWAY = "away"


class Signal(StrEnum):
    """What happens to a connection. `FAILED` is a try without a socket, `CLOSED` a socket gone unasked (Q7)."""

    OPENED = "opened"
    READY = "ready"
    FAILED = "failed"
    CLOSED = "closed"
    RETRY_NOW = "retry-now"
    NETWORK_RETURNED = "network-returned"
    NETWORK_LOST = "network-lost"
    DISCONNECT = "disconnect"
    CONNECT = "connect"
    RECONFIGURED = "reconfigured"
    TIME_PASSED = "time-passed"


class Move(StrEnum):
    """What a signal leads to."""

    STAY = "stay"
    STAND = "stand"
    """The socket is there: find out who answers."""
    SETTLE = "settle"
    """Connected; counters are reset."""
    BACK_OFF = "back off"
    """One more failure: wait, longer each time."""
    GO = "go"
    """The wait is over."""
    START_OVER = "start over"
    """A new try at once, counters reset; a try under way is given up."""
    RENEW = "renew"
    """The same with everything forgotten, for another address; a connection that stands is closed in order."""
    PREPARE = "prepare"
    """The same, but the connection is made when the user wants it."""
    FORGET = "forget"
    """Counters reset, the try under way goes on."""
    LEAVE = "leave"
    """Close, and stay away."""


TRANSITIONS: Final[Mapping[Phase, Mapping[Signal, Move]]] = {
    Phase.TRYING: {
        Signal.OPENED: Move.STAND,
        Signal.READY: Move.STAY,
        Signal.FAILED: Move.BACK_OFF,
        Signal.CLOSED: Move.STAY,
        Signal.RETRY_NOW: Move.FORGET,
        Signal.NETWORK_RETURNED: Move.START_OVER,
        Signal.NETWORK_LOST: Move.STAY,
        Signal.DISCONNECT: Move.LEAVE,
        Signal.CONNECT: Move.FORGET,
        Signal.RECONFIGURED: Move.RENEW,
        Signal.TIME_PASSED: Move.STAY,
    },
    Phase.OPEN: {
        Signal.OPENED: Move.STAY,
        Signal.READY: Move.SETTLE,
        Signal.FAILED: Move.BACK_OFF,
        Signal.CLOSED: Move.BACK_OFF,
        Signal.RETRY_NOW: Move.FORGET,
        Signal.NETWORK_RETURNED: Move.STAY,
        Signal.NETWORK_LOST: Move.STAY,
        Signal.DISCONNECT: Move.LEAVE,
        Signal.CONNECT: Move.FORGET,
        Signal.RECONFIGURED: Move.RENEW,
        Signal.TIME_PASSED: Move.STAY,
    },
    Phase.READY: {
        Signal.OPENED: Move.STAY,
        Signal.READY: Move.STAY,
        Signal.FAILED: Move.BACK_OFF,
        Signal.CLOSED: Move.BACK_OFF,
        Signal.RETRY_NOW: Move.STAY,
        Signal.NETWORK_RETURNED: Move.STAY,
        Signal.NETWORK_LOST: Move.STAY,
        Signal.DISCONNECT: Move.LEAVE,
        Signal.CONNECT: Move.STAY,
        Signal.RECONFIGURED: Move.RENEW,
        Signal.TIME_PASSED: Move.STAY,
    },
    Phase.WAITING: {
        Signal.OPENED: Move.STAY,
        Signal.READY: Move.STAY,
        Signal.FAILED: Move.STAY,
        Signal.CLOSED: Move.STAY,
        Signal.RETRY_NOW: Move.START_OVER,
        Signal.NETWORK_RETURNED: Move.START_OVER,
        Signal.NETWORK_LOST: Move.STAY,
        Signal.DISCONNECT: Move.LEAVE,
        Signal.CONNECT: Move.START_OVER,
        Signal.RECONFIGURED: Move.RENEW,
        Signal.TIME_PASSED: Move.GO,
    },
    Phase.AWAY: {
        Signal.OPENED: Move.STAY,
        Signal.READY: Move.STAY,
        Signal.FAILED: Move.STAY,
        Signal.CLOSED: Move.STAY,
        Signal.RETRY_NOW: Move.START_OVER,
        Signal.NETWORK_RETURNED: Move.STAY,
        Signal.NETWORK_LOST: Move.STAY,
        Signal.DISCONNECT: Move.STAY,
        Signal.CONNECT: Move.START_OVER,
        Signal.RECONFIGURED: Move.PREPARE,
        Signal.TIME_PASSED: Move.STAY,
    },
}


@dataclass(frozen=True, slots=True)
class TryNow:
    """Connect, or go on with the try or the connection that is under way under this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until then; after that, `TIME_PASSED`."""

    until: float


@dataclass(frozen=True, slots=True)
class StayAway:
    """Do nothing until a signal comes."""


Decision = TryNow | Wait | StayAway


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long is waited, in seconds: doubling from `first_s` to `longest_s`, each times a factor of 0.5 to 1.

    `later_s` is for a service that asks to come back later. For `quiet_first_s` after the start, failures count for
    nothing and are followed by `quiet_s` (again times the factor): the embedded service comes up in the same process.
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    later_s: float = 60.0
    quiet_first_s: float = 0.0
    quiet_s: float = 0.3

    def after(self, failures: int) -> float:
        """Before the factor; `failures` from 1."""
        return min(self.first_s * 2.0 ** min(failures - 1, 60), self.longest_s)


@dataclass(frozen=True, slots=True)
class Supervision:
    """How a connection stands at one moment. Immutable: `after` gives the next one.

    `number` counts the tries; what comes of a try with another number is out of date. `trouble` is why the last try
    failed or the last connection ended; None where there is nothing to say.
    """

    pauses: Pauses = field(default_factory=Pauses)
    phase: Phase = Phase.TRYING
    number: int = 1
    failures: int = 0
    has_connected: bool = False
    has_network: bool = True
    trouble: Trouble | None = None
    due: float = 0.0
    pause_s: float = 0.0
    quiet_until: float = 0.0
    ready_at: float | None = None
    retried_at_once: bool = False

    @classmethod
    def start(cls, pauses: Pauses, now: float) -> "Supervision":
        return cls(pauses, quiet_until=now + pauses.quiet_first_s)

    def after(self, signal: Signal, now: float, trouble: Trouble | None = None, spread: float = 1.0) -> "Supervision":
        """What it is after a signal. `trouble` comes with FAILED and CLOSED, `spread` is a chance of 0.5 to 1."""
        known = replace(self, has_network=_network_after(signal, before=self.has_network))
        move = TRANSITIONS[self.phase][signal]
        match move:
            case Move.STAY:
                return known
            case Move.STAND:
                return replace(known, phase=Phase.OPEN)
            case Move.BACK_OFF:
                return _backed_off(known, trouble or Trouble("E-CONN-7"), now, spread)
            case Move.GO:
                return known if now < self.due else _trying(known)
            case _:
                return _reset(known, move, now)

    @property
    def decision(self) -> Decision:
        match self.phase:
            case Phase.WAITING:
                return Wait(self.due)
            case Phase.AWAY:
                return StayAway()
            case _:
                return TryNow(self.number)

    @property
    def state(self) -> ConnectionState:
        """What a person sees. PAUSED and OFFLINE last through their tries: a try of a moment is no change."""
        match self.phase:
            case Phase.AWAY:
                return ConnectionState.DISCONNECTED
            case Phase.READY:
                return ConnectionState.CONNECTED
            case _:
                return self._state_without()

    @property
    def is_resigned(self) -> bool:
        return self.failures >= TRIES_UNTIL_RESIGNED

    def _state_without(self) -> ConnectionState:
        if not self.has_connected:
            is_offline = self.failures >= TRIES_UNTIL_OFFLINE
            return ConnectionState.OFFLINE if is_offline else ConnectionState.CONNECTING
        is_paused = self.failures >= TRIES_UNTIL_PAUSED and self.phase is not Phase.OPEN
        return ConnectionState.PAUSED if is_paused else ConnectionState.RECONNECTING


def _network_after(signal: Signal, *, before: bool) -> bool:
    if signal is Signal.NETWORK_LOST:
        return False
    return before or signal in {Signal.NETWORK_RETURNED, Signal.READY}


def _forgetful(one: Supervision) -> Supervision:
    return replace(one, failures=0, trouble=None, due=0.0, pause_s=0.0, retried_at_once=False, ready_at=None)


def _reset(one: Supervision, move: Move, now: float) -> Supervision:
    """The moves after which failures before do not count."""
    forgetful = _forgetful(one)
    match move:
        case Move.SETTLE:
            settled = replace(forgetful, phase=Phase.READY, has_connected=True, ready_at=now)
            return replace(settled, retried_at_once=one.retried_at_once)
        case Move.START_OVER:
            return _trying(forgetful)
        case Move.RENEW:
            return _trying(replace(forgetful, has_connected=False, quiet_until=now))
        case Move.PREPARE:
            return replace(forgetful, has_connected=False, quiet_until=now, trouble=one.trouble)
        case Move.LEAVE:
            return replace(forgetful, phase=Phase.AWAY, trouble=Trouble("E-CONN-11"))
        case _:
            return forgetful


def _trying(one: Supervision) -> Supervision:
    return replace(one, phase=Phase.TRYING, number=one.number + 1)


def _backed_off(one: Supervision, trouble: Trouble, now: float, spread: float) -> Supervision:
    waiting = replace(one, phase=Phase.WAITING, ready_at=None)
    if not one.has_connected and now < one.quiet_until:
        pause = one.pauses.quiet_s * spread
        return replace(waiting, pause_s=pause, due=now + pause)
    failures = one.failures + 1
    at_once = _goes_on_at_once(one, trouble, now)
    pause = 0.0 if at_once else _pause(one, trouble, failures, spread)
    return replace(
        waiting,
        failures=failures,
        trouble=None if trouble.code == IDLE_CLOSE else trouble,
        pause_s=pause,
        due=now + pause,
        retried_at_once=one.retried_at_once or (at_once and trouble.code == _MISUNDERSTOOD),
    )


def _goes_on_at_once(one: Supervision, trouble: Trouble, now: float) -> bool:
    # Who closes each connection as soon as it stands is not rushed at.
    has_stood = one.ready_at is not None and now - one.ready_at > one.pauses.first_s
    if trouble.code == _MISUNDERSTOOD:
        return has_stood or not one.retried_at_once
    return trouble.code == IDLE_CLOSE and has_stood


def _pause(one: Supervision, trouble: Trouble, failures: int, spread: float) -> float:
    if trouble.code == _COME_BACK_LATER:
        return max(one.pauses.later_s, one.pauses.longest_s)
    if one.has_connected and failures >= TRIES_UNTIL_PAUSED:
        return one.pauses.longest_s * spread
    return one.pauses.after(failures) * spread
