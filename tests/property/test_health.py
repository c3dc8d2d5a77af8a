"""Grades are monotone in what is measured, and do not flap however it jumps."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kanban_app.domain.alerts import KEPT, Alerts, Condition, Severity
from kanban_app.domain.health import RANK, Grade, Patience, Settled, Thresholds
from kanban_app.domain.samples import percentile

GRADES = st.sampled_from(Grade)
FIGURES = st.floats(0, 5000, allow_nan=False)
STEPS = st.lists(st.tuples(st.floats(0.1, 20), GRADES), max_size=200)
PATIENCE = Patience(5, 30)


@given(FIGURES, FIGURES, GRADES)
def test_a_worse_figure_never_has_a_better_grade(one: float, other: float, before: Grade) -> None:
    limits = Thresholds().latency_ms
    better, worse = sorted((one, other))
    assert RANK[limits.grade(better, before)] <= RANK[limits.grade(worse, before)]


@given(st.floats(0, 1), st.floats(0, 1), GRADES)
def test_a_smaller_share_never_has_a_better_grade(one: float, other: float, before: Grade) -> None:
    limits = Thresholds().reliability
    worse, better = sorted((one, other))
    assert RANK[limits.grade(better, before)] <= RANK[limits.grade(worse, before)]


@given(FIGURES, GRADES)
def test_a_figure_that_stays_has_one_grade(figure: float, before: Grade) -> None:
    limits = Thresholds().latency_ms
    first = limits.grade(figure, before)
    assert limits.grade(figure, first) is first


@given(STEPS)
def test_no_flapping(steps: list[tuple[float, Grade]]) -> None:
    """After the first grade, two changes are as far apart as patience says, and each is to something that lasted."""
    settled, now, changes = Settled(), 0.0, list[tuple[float, Grade, Grade]]()
    measured: list[tuple[float, Grade]] = []
    for pause, grade in steps:
        now += pause
        measured.append((now, grade))
        before, settled = settled, settled.after(grade, now, PATIENCE)
        if settled.grade is not before.grade and before.was_known:
            changes.append((now, before.grade, settled.grade))
    for at, old, new in changes:
        got_worse = RANK[new] > RANK[old]
        lasted = PATIENCE.worse_s if got_worse else PATIENCE.better_s
        meanwhile = [RANK[grade] for moment, grade in measured if at - lasted < moment <= at]
        assert all((rank > RANK[old]) is got_worse and rank != RANK[old] for rank in meanwhile)
        assert RANK[new] <= min(meanwhile) if got_worse else RANK[new] >= max(meanwhile)
    for (earlier, *_), (later, old, new) in pairwise(changes):
        assert later - earlier >= (PATIENCE.worse_s if RANK[new] > RANK[old] else PATIENCE.better_s) - 1e-6


@given(STEPS, GRADES)
def test_what_lasts_is_the_grade(steps: list[tuple[float, Grade]], last: Grade) -> None:
    settled, now = Settled(), 0.0
    for pause, grade in steps:
        now += pause
        settled = settled.after(grade, now, PATIENCE)
    for _ in range(80):
        now += 1.0
        settled = settled.after(last, now, PATIENCE)
    assert settled.grade is last


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([None, *Severity])), max_size=60))
def test_at_most_one_alert_is_open_for_each_thing(looks: list[tuple[str, Severity | None]]) -> None:
    alerts, now = Alerts(), datetime(2026, 1, 1, tzinfo=UTC)
    for about, severity in looks:
        alerts = alerts.seen({about: Condition(severity, "E-HEALTH-5") if severity else None}, now)
        names = [alert.about for alert in alerts.known if alert.is_open]
        assert len(names) == len(set(names))
        assert (alerts.open(about) is not None) is (severity is not None)
        assert len(alerts.known) <= KEPT
        assert [alert.seq for alert in alerts.known] == sorted(alert.seq for alert in alerts.known)


@given(st.lists(FIGURES, min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_this_share_does_not_exceed(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= (found or 0) for value in values) >= share * len(values) - 1e-9
