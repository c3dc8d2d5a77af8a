"""The machine behind the connection: every signal in every phase, and how long is waited."""

from dataclasses import replace
from itertools import product

import pytest

from kanban_app.domain.connection import ConnectionState
from kanban_app.tac7.supervision import (
    TRANSITIONS,
    Pauses,
    Phase,
    Signal,
    StayAway,
    Supervision,
    TryNow,
    Wait,
)
from kanban_app.tac7.trouble import Trouble

NOBODY = Trouble("E-CONN-1")
PAUSES = Pauses()
# What a machine with two failures behind it is after a signal, once its wait is over: the phase, `!` where a new try
# begins (a try or connection under way is given up), `0` where failures are forgotten.
TABLE = """
                  trying     open      ready     waiting    away
opened            open       open      ready     waiting    away
ready             trying     ready 0   ready     waiting    away
failed            waiting    waiting   waiting   waiting    away
closed            trying     waiting   waiting   waiting    away
retry-now         trying 0   open 0    ready     trying! 0  trying! 0
network-returned  trying! 0  open      ready     trying! 0  away
network-lost      trying     open      ready     waiting    away
disconnect        away 0     away 0    away 0    away 0     away
connect           trying 0   open 0    ready     trying! 0  trying! 0
reconfigured      trying! 0  trying! 0 trying! 0 trying! 0  away 0
time-passed       trying     open      ready     trying!    away
"""


def machine(phase: Phase) -> Supervision:
    """In that phase, after two failures and a connection."""
    return Supervision(PAUSES, phase, number=7, failures=2, has_connected=True, trouble=NOBODY, due=50.0)


def cells() -> dict[tuple[str, str], str]:
    head, *rows = TABLE.strip("\n").splitlines()
    starts = [head.index(phase.value) for phase in Phase]
    ends = [*starts[1:], None]
    found = {}
    for row in rows:
        for phase, start, end in zip(Phase, starts, ends, strict=True):
            found[phase.value, row.split()[0]] = row[start:end].strip()
    return found


def test_the_table_is_complete() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert all(set(row) == set(Signal) for row in TRANSITIONS.values())
    assert set(cells()) == {(phase.value, signal.value) for phase, signal in product(Phase, Signal)}


@pytest.mark.parametrize(("phase", "signal"), list(product(Phase, Signal)))
def test_every_signal_in_every_phase(phase: Phase, signal: Signal) -> None:
    before = machine(phase)
    after = before.after(signal, 60.0, NOBODY)
    expected = after.phase.value + "!" * (after.number - before.number) + " 0" * (after.failures == 0)
    assert expected == cells()[phase.value, signal.value]


@pytest.mark.parametrize("phase", list(Phase))
def test_what_is_to_be_done_in_each_phase(phase: Phase) -> None:
    expected = {Phase.WAITING: Wait(50.0), Phase.AWAY: StayAway()}.get(phase, TryNow(7))
    assert machine(phase).decision == expected


@pytest.mark.parametrize(
    ("phase", "has_connected", "failures", "state"),
    [
        (Phase.TRYING, False, 0, "connecting"),
        (Phase.WAITING, False, 2, "connecting"),
        (Phase.WAITING, False, 3, "offline"),
        (Phase.TRYING, False, 3, "offline"),
        (Phase.WAITING, False, 99, "offline"),
        (Phase.OPEN, False, 3, "offline"),
        (Phase.WAITING, True, 1, "reconnecting"),
        (Phase.TRYING, True, 4, "reconnecting"),
        (Phase.WAITING, True, 5, "paused"),
        (Phase.TRYING, True, 5, "paused"),
        (Phase.OPEN, True, 5, "reconnecting"),
        (Phase.READY, True, 0, "connected"),
        (Phase.AWAY, True, 0, "disconnected"),
        (Phase.AWAY, False, 9, "disconnected"),
    ],
)
def test_what_a_person_sees(phase: Phase, has_connected: bool, failures: int, state: str) -> None:
    one = Supervision(PAUSES, phase, has_connected=has_connected, failures=failures)
    assert one.state is ConnectionState(state)


def waits(one: Supervision, trouble: Trouble, count: int, spread: float = 1.0) -> list[float]:
    """The pauses after so many failures in a row."""
    now, found = 0.0, []
    for _ in range(count):
        one = one.after(Signal.FAILED, now, trouble, spread)
        assert isinstance(one.decision, Wait)
        found.append(one.decision.until - now)
        assert one.pause_s == found[-1]
        now = one.decision.until
        one = one.after(Signal.TIME_PASSED, now)
        assert one.phase is Phase.TRYING
    return found


def test_pauses_double_up_to_the_longest_for_ever() -> None:
    assert waits(Supervision(PAUSES), NOBODY, 40) == [1, 2, 4, 8, 16, *[30] * 35]


def test_jitter_takes_up_to_half() -> None:
    assert waits(Supervision(PAUSES), NOBODY, 3, spread=0.5) == [0.5, 1, 2]


def test_after_five_failures_it_pauses_as_long_as_it_ever_does() -> None:
    assert waits(Supervision(PAUSES, has_connected=True), NOBODY, 7) == [1, 2, 4, 8, 30, 30, 30]


def test_the_pause_ends_by_itself() -> None:
    paused = Supervision(PAUSES, Phase.TRYING, failures=4, has_connected=True).after(Signal.FAILED, 0.0, NOBODY)
    assert paused.state is ConnectionState.PAUSED
    assert paused.after(Signal.TIME_PASSED, 29.9) == paused
    half_open = paused.after(Signal.TIME_PASSED, 30.0)
    ready = half_open.after(Signal.OPENED, 30.1).after(Signal.READY, 30.2)
    assert (ready.state, ready.failures, ready.trouble) == (ConnectionState.CONNECTED, 0, None)


def test_who_asks_to_come_back_later_is_left_alone_for_a_minute() -> None:
    assert waits(Supervision(PAUSES), Trouble("E-CONN-17"), 2) == [60, 60]


def test_a_misunderstanding_is_retried_once_at_once() -> None:
    assert waits(Supervision(PAUSES), Trouble("E-CONN-12"), 3) == [0, 2, 4]


def test_who_misunderstands_at_every_connection_is_not_rushed_at() -> None:
    one, now, pauses = Supervision(PAUSES), 0.0, []
    for _ in range(3):
        one = one.after(Signal.OPENED, now).after(Signal.READY, now).after(Signal.CLOSED, now, Trouble("E-CONN-12"))
        pauses.append(one.due - now)
        now = one.due
        one = one.after(Signal.TIME_PASSED, now)
    assert pauses == [0, 1, 1]


@pytest.mark.parametrize(("stood_s", "pause"), [(0.5, 1.0), (300.0, 0.0)])
def test_an_idle_close_is_no_trouble(stood_s: float, pause: float) -> None:
    ready = Supervision(PAUSES).after(Signal.OPENED, 0.0).after(Signal.READY, 0.0)
    closed = ready.after(Signal.CLOSED, stood_s, Trouble("E-CONN-10"))
    assert closed.trouble is None
    assert closed.due - stood_s == pause


def test_quiet_failures_count_for_nothing() -> None:
    one = Supervision.start(replace(PAUSES, quiet_first_s=20.0), 100.0)
    quiet = one.after(Signal.FAILED, 101.0, NOBODY, 0.5)
    assert (quiet.failures, quiet.trouble, quiet.due) == (0, None, 101.15)
    loud = quiet.after(Signal.TIME_PASSED, 125.0).after(Signal.FAILED, 125.0, NOBODY)
    assert (loud.failures, loud.trouble) == (1, NOBODY)


def test_a_wait_that_is_not_over_goes_on() -> None:
    waiting = machine(Phase.WAITING)
    assert waiting.after(Signal.TIME_PASSED, 49.9) == waiting


def test_another_address_has_never_been_connected() -> None:
    after = machine(Phase.READY).after(Signal.RECONFIGURED, 60.0)
    assert not after.has_connected
    assert after.trouble is None
    away = machine(Phase.AWAY).after(Signal.RECONFIGURED, 60.0)
    assert not away.has_connected


def test_the_network_is_there_until_it_is_told_to_be_gone() -> None:
    lost = machine(Phase.WAITING).after(Signal.NETWORK_LOST, 0.0)
    assert not lost.has_network
    assert not lost.after(Signal.TIME_PASSED, 60.0).has_network
    assert lost.after(Signal.NETWORK_RETURNED, 0.0).has_network


def test_after_twenty_failures_it_says_so_and_goes_on() -> None:
    one = Supervision(PAUSES, failures=19).after(Signal.FAILED, 0.0, NOBODY)
    assert one.is_resigned
    assert one.decision == Wait(30.0)
    assert not one.after(Signal.RETRY_NOW, 1.0).is_resigned
