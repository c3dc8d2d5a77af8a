"""The machine behind the connection under any sequence of signals."""

from hypothesis import given
from hypothesis import strategies as st

from kanban_app.tac7.supervision import Pauses, Phase, Signal, StayAway, Supervision, TryNow, Wait
from kanban_app.tac7.trouble import Trouble

CODES = ("E-CONN-1", "E-CONN-2", "E-CONN-10", "E-CONN-12", "E-CONN-17", "E-AUTH-4")
STEPS = st.lists(
    st.tuples(st.sampled_from(Signal), st.sampled_from(CODES), st.floats(0.0, 100.0), st.floats(0.5, 1.0)), max_size=60
)


@given(STEPS, st.booleans())
def test_it_always_comes_back_unless_the_user_has_left(
    steps: list[tuple[Signal, str, float, float]], quiet: bool
) -> None:
    machine, now = Supervision.start(Pauses(quiet_first_s=20.0 if quiet else 0.0), 0.0), 0.0
    for signal, code, passed, spread in steps:
        now += passed
        before = machine
        machine = machine.after(signal, now, Trouble(code), spread)
        assert machine.number - before.number in {0, 1}
        match machine.decision:
            case StayAway():
                assert machine.phase is Phase.AWAY
            case TryNow(number):
                assert number == machine.number
            case Wait(until):
                assert until - now <= 60.0 + 1e-6  # sums of floats
                assert machine.after(Signal.TIME_PASSED, until).decision == TryNow(machine.number + 1)
    if machine.phase is Phase.AWAY:
        machine = machine.after(Signal.CONNECT, now)
    if isinstance(machine.decision, Wait):
        machine = machine.after(Signal.TIME_PASSED, machine.decision.until)
    ready = machine.after(Signal.OPENED, now).after(Signal.READY, now)
    assert ready.phase is Phase.READY
    assert ready.failures == 0


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=40))
def test_who_never_lets_us_in_is_not_rushed_at(codes: list[str]) -> None:
    """At most one immediate try, and pauses that grow."""
    machine, now, pauses = Supervision(Pauses()), 0.0, list[float]()
    for code in codes:
        machine = machine.after(Signal.FAILED, now, Trouble(code), 0.5)
        pauses.append(machine.due - now)
        now = machine.due
        machine = machine.after(Signal.TIME_PASSED, now)
    assert pauses.count(0.0) <= 1
    assert all(pause >= min(0.5 * 2**number, 15.0) for number, pause in enumerate(pauses) if pause > 0)
