"""The life of an alert."""

from datetime import UTC, datetime, timedelta

from kanban_app.domain.alerts import KEPT, Alerts, Condition, Severity

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SLOW = Condition(Severity.WARNING, "E-HEALTH-5", {"n": "400"})
SLOWER = Condition(Severity.CRITICAL, "E-HEALTH-5", {"n": "1400"})


def test_what_holds_is_raised_once_and_is_over_with_its_cause() -> None:
    raised = Alerts().seen({"latency": SLOW}, NOW)
    (alert,) = raised.changed
    assert (alert.seq, alert.code, alert.severity, alert.needs_eyes) == (1, "E-HEALTH-5", Severity.WARNING, True)
    same = raised.seen({"latency": SLOW}, LATER)
    assert same.changed == ()
    over = same.seen({"latency": None}, LATER)
    assert (over.changed[0].cleared_at, over.changed[0].is_open) == (LATER, False)
    assert over.seen({"latency": SLOW}, LATER).changed[0].seq == 2, "a new one is another one"


def test_what_nobody_looks_at_stays_as_it_is() -> None:
    assert Alerts().seen({"latency": SLOW}, NOW).seen({}, LATER).changed == ()


def test_what_gets_worse_wants_eyes_again_and_what_gets_milder_does_not() -> None:
    known = Alerts().seen({"latency": SLOW}, NOW).acknowledged(1, "ann", NOW)
    assert not known.known[0].needs_eyes
    worse = known.seen({"latency": SLOWER}, LATER)
    assert (worse.known[0].severity, worse.known[0].params, worse.known[0].needs_eyes) == (
        Severity.CRITICAL,
        {"n": "1400"},
        True,
    )
    assert worse.seen({"latency": SLOW}, LATER).changed == ()


def test_somebody_knows_for_good() -> None:
    known = Alerts().seen({"latency": SLOW}, NOW).acknowledged(1, "ann", LATER)
    assert (known.known[0].acknowledged_at, known.known[0].acknowledged_by) == (LATER, "ann")
    again = known.acknowledged(1, "bob", LATER)
    assert (again.changed, again.known[0].acknowledged_by) == ((), "ann")
    assert known.acknowledged(7, "ann", LATER).changed == ()


def test_the_history_is_bounded_and_what_is_open_stays() -> None:
    alerts = Alerts().seen({"latency": SLOW}, NOW)
    for _ in range(KEPT + 20):
        alerts = alerts.seen({"service": SLOWER}, NOW).seen({"service": None}, LATER)
    assert len(alerts.known) == KEPT
    assert alerts.open("latency") is not None
    assert alerts.last_seq == KEPT + 21
    assert Alerts.of(reversed(alerts.known)) == Alerts(alerts.known, (), alerts.last_seq)
