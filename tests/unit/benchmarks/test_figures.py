"""The benchmarks' arithmetic: a wrong figure would be believed."""

import math
import random

import pytest

from benchmarks.figures import Figure, Result, with_aims
from benchmarks.frames import PERIOD_MS, Frames, frames_of
from benchmarks.messages import MIX, SIZE, TICK, kind_at, line
from benchmarks.percentiles import median, percentile
from benchmarks.report import as_json, number, table
from benchmarks.schedule import Schedule
from benchmarks.stamps import Faults, Stamp, faults_of, read_stamp


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([5], 99, 5), ([1, 2, 3, 4], 50, 2), ([4, 1, 3, 2], 75, 3), (list(range(1, 101)), 95, 95), ([1, 2], 0, 1)],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 50))
    assert median([3, 1, 2]) == 2


def test_a_long_pause_between_frames_is_frames_that_were_dropped() -> None:
    assert frames_of([]) == frames_of([5.0]) == Frames()
    assert Frames().percent == 0
    begun = [0.0, 1.0, 2.1, 4.0, 7.0]
    assert frames_of([at * PERIOD_MS for at in begun]) == Frames(due=7, dropped=3)
    # Two that come close together have been late and early.
    assert frames_of([0, PERIOD_MS, PERIOD_MS + 1]) == Frames(due=2, dropped=0)
    assert (Frames(7, 3) + Frames(3, 0)).percent == 30


def test_a_schedule_is_even_and_whole() -> None:
    schedule = Schedule(runs=15, rate=20, seconds=30)
    assert schedule.total == 9000
    assert schedule.due_by(-0.1) == 0
    assert schedule.due_by(0) == 1
    assert schedule.due_by(1) == 301
    assert schedule.due_by(1000) == 9000
    assert all(schedule.due_by(schedule.due_s(index)) == index + 1 for index in range(9000))
    assert sorted(schedule.run_of(index) for index in range(15)) == list(range(15))


def test_stamps_survive_the_wire() -> None:
    stamp = Stamp(42, 1732330000123.4)
    assert read_stamp(f"{stamp} and more") == stamp
    assert read_stamp("[plan] begins") is None
    for kind in set(MIX) - {TICK}:
        text = line(kind, "0123abcd", stamp)
        assert str(stamp) in text
        assert abs(len(text) - SIZE) <= 30
    assert [kind_at(index) for index in range(20)] == [*MIX, *MIX]


def test_faults_of_a_stored_series() -> None:
    assert faults_of([1, 2, 3], 3) == Faults()
    assert faults_of([1, 3, 3, 2], 5) == Faults(missing=2, repeated=1, disordered=1)
    mixed = random.Random(1).sample(range(1, 101), 100)
    assert faults_of(mixed, 100).missing == 0
    assert faults_of(mixed, 100).disordered > 0


def test_aims_and_verdicts() -> None:
    latency, behind, other = with_aims("15x20", {"latency_p95": (51, "ms"), "behind": (0, "cards"), "heap": (9, "MiB")})
    assert (latency.verdict, behind.verdict, other.verdict) == ("miss", "pass", "")
    assert Figure("fcp", math.nan, "ms", 800).verdict == "miss"


def test_the_table_names_what_could_not_be_measured() -> None:
    results = [Result("1x10", with_aims("1x10", {"latency_p95": (12.34, "ms")})), Result("drop", failure="no click\nx")]
    head, first, second = table(results).splitlines()
    assert head.split() == ["case", "figure", "value", "unit", "aim"]
    assert first.split() == ["1x10", "latency_p95", "12.3", "ms", "<=", "30", "pass"]
    assert second.split() == ["drop", "not", "measured", "no", "click"]
    assert as_json([Result("x", (Figure("y", math.nan, "ms"),))])[0]["figures"][0]["value"] is None


@pytest.mark.parametrize(("value", "text"), [(1234.5, "1,234"), (0.123, "0.12"), (99.96, "100.0"), (7, "7")])
def test_numbers_have_the_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text
