"""Grades, the limits between them, and that they follow with patience."""

import pytest

from kanban_app.domain.health import (
    Grade,
    Limits,
    Patience,
    Settled,
    Thresholds,
    reliability_of,
    score_of,
    worst,
)

HEALTHY, DEGRADED, UNHEALTHY, CRITICAL, UNKNOWN = (
    Grade.HEALTHY,
    Grade.DEGRADED,
    Grade.UNHEALTHY,
    Grade.CRITICAL,
    Grade.UNKNOWN,
)


@pytest.mark.parametrize(
    ("milliseconds", "grade"),
    [
        (None, UNKNOWN),
        (0.4, HEALTHY),
        (100, HEALTHY),
        (101, DEGRADED),
        (300, DEGRADED),
        (301, UNHEALTHY),
        (1000, UNHEALTHY),
        (1001, CRITICAL),
    ],
)
def test_latency_has_the_stricter_limits_of_the_reference(milliseconds: float | None, grade: Grade) -> None:
    assert Thresholds().latency_ms.grade(milliseconds) is grade


@pytest.mark.parametrize(
    ("share", "grade"), [(1.0, HEALTHY), (0.95, HEALTHY), (0.94, DEGRADED), (0.89, UNHEALTHY), (0.69, CRITICAL)]
)
def test_reliability(share: float, grade: Grade) -> None:
    assert Thresholds().reliability.grade(share) is grade


@pytest.mark.parametrize(
    ("count", "grade"), [(0, HEALTHY), (2, HEALTHY), (3, UNHEALTHY), (9, UNHEALTHY), (10, CRITICAL)]
)
def test_disconnects_of_an_hour(count: int, grade: Grade) -> None:
    assert Thresholds().disconnects.grade(count) is grade


def test_a_figure_must_be_clearly_better_to_get_a_better_grade() -> None:
    limits = Limits(100, 300, 1000)
    assert limits.grade(95, HEALTHY) is HEALTHY
    assert limits.grade(95, DEGRADED) is DEGRADED
    assert limits.grade(89, DEGRADED) is HEALTHY
    assert limits.grade(280, CRITICAL) is UNHEALTHY
    share = Limits(0.95, 0.90, 0.70, falling=True)
    assert (share.grade(0.952, HEALTHY), share.grade(0.952, DEGRADED)) == (HEALTHY, DEGRADED)
    assert share.grade(1.0, CRITICAL) is HEALTHY, "what is perfect is healthy whatever it was"


def test_the_worst_of_what_is_known() -> None:
    assert worst([UNKNOWN, HEALTHY, DEGRADED]) is DEGRADED
    assert worst([UNKNOWN, HEALTHY]) is HEALTHY
    assert worst([UNKNOWN]) is worst([]) is UNKNOWN


PATIENCE = Patience(worse_s=5, better_s=30)


def settle(*measured: tuple[float, Grade]) -> list[Grade]:
    """The grade after each measurement."""
    settled, grades = Settled(), list[Grade]()
    for now, grade in measured:
        settled = settled.after(grade, now, PATIENCE)
        grades.append(settled.grade)
    return grades


def test_the_first_grade_is_taken_at_once() -> None:
    assert settle((0, UNKNOWN), (1, DEGRADED)) == [UNKNOWN, DEGRADED]


def test_what_does_not_last_changes_nothing() -> None:
    assert settle((0, HEALTHY), (1, CRITICAL), (4, HEALTHY), (5, CRITICAL), (9, CRITICAL)) == [HEALTHY] * 5


def test_worse_soon_and_better_late() -> None:
    assert settle((0, HEALTHY), (1, UNHEALTHY), (6, UNHEALTHY)) == [HEALTHY, HEALTHY, UNHEALTHY]
    assert settle((0, UNHEALTHY), (1, HEALTHY), (30, HEALTHY), (31, HEALTHY)) == [UNHEALTHY] * 3 + [HEALTHY]


def test_only_what_has_lasted_counts() -> None:
    """Worse by the mildest of the time, better by the worst of it."""
    assert settle((0, HEALTHY), (1, DEGRADED), (3, CRITICAL), (6, CRITICAL))[-1] is DEGRADED
    assert settle((0, CRITICAL), (1, DEGRADED), (20, HEALTHY), (31, HEALTHY))[-1] is DEGRADED


def test_what_becomes_unknown_is_let_go_of_slowly() -> None:
    assert settle((0, UNHEALTHY), (1, UNKNOWN), (30, UNKNOWN), (31, UNKNOWN)) == [UNHEALTHY] * 3 + [UNKNOWN]


def test_reliability_is_mostly_connections() -> None:
    assert reliability_of(1.0, 0.5) == pytest.approx(0.85)
    assert (reliability_of(None, 0.5), reliability_of(0.5, None), reliability_of(None, None)) == (0.5, 0.5, None)


def test_a_score_of_what_is_known() -> None:
    assert score_of(1.0, 20, 1.0) == 100
    assert score_of(0.0, 5000, 0.0) == 0
    assert score_of(1.0, 550, 1.0) == 85
    assert score_of(None, None, 0.5) == 50
    assert score_of(None, None, None) is None
