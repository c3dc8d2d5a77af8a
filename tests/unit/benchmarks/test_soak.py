"""The soak's arithmetic: it finds what grows, and nothing else."""

import json
import random

from benchmarks.load import Sent
from benchmarks.soak.report import Outcome
from benchmarks.soak.sample import Counters
from benchmarks.soak.service import KEPT, KeepingStreamer
from benchmarks.soak.trend import LIMITS, slope, trend_of
from benchmarks.stamps import Faults

HALF_HOUR = [10.0 * number for number in range(181)]


def series(per_h: float, noise: float = 0.0, level: float = 100.0) -> list[tuple[float, float]]:
    pick = random.Random(1)
    return [(at, level + per_h * at / 3600 + pick.uniform(-noise, noise)) for at in HALF_HOUR]


def outcome_of(**figures: list[tuple[float, float]]) -> Outcome:
    quiet = {"tasks": 40.0, "descriptors": 50.0, "sockets": 5.0, "threads": 20.0}
    outcome = Outcome(30, before=quiet, after=dict(quiet), counters=Counters(0, 0, 0, 0, 0))
    outcome.sent = Sent(540_000, 54_000, {}, 3.0, 1800.0)
    steps = zip(*figures.values(), strict=True)
    outcome.samples = [
        {"at_s": step[0][0], **{name: value for name, (_, value) in zip(figures, step, strict=True)}} for step in steps
    ]
    return outcome


def test_the_slope_is_not_turned_by_outliers() -> None:
    points = series(36.0)
    points[7] = (points[7][0], 9000.0)
    points[-1] = (points[-1][0], 9000.0)
    assert abs(slope(points) * 3600 - 36) < 1


def test_what_grows_is_found_and_noise_is_not() -> None:
    grows = trend_of("rss", "MiB", series(120, noise=5))
    assert grows
    assert grows.verdict == "GROWS"
    assert 95 < grows.per_h < 145
    assert grows.start < grows.middle < grows.end <= grows.highest
    flat = trend_of("rss", "MiB", series(0, noise=20))
    assert flat
    assert flat.verdict == "flat"
    falls = trend_of("tasks", "", series(-300))
    assert falls
    assert falls.verdict == "flat"


def test_a_jump_at_the_start_is_no_growth() -> None:
    warm = [(at, 100.0 if at < 200 else 180.0) for at in HALF_HOUR]
    trend = trend_of("rss", "MiB", warm)
    assert trend
    assert (trend.start, trend.end, trend.verdict) == (100.0, 180.0, "flat")


def test_a_short_soak_may_grow_by_the_floor() -> None:
    short = [(at / 10, value) for at, value in series(60)]
    trend = trend_of("tasks", "", short)
    assert trend
    assert trend.limit_per_h == LIMITS["tasks"].floor / (90 / 3600)


def test_two_samples_have_no_trend_and_the_database_no_verdict() -> None:
    assert trend_of("rss", "MiB", [(0, 1), (10, 2), (20, 3)]) is None
    database = trend_of("database", "MiB", series(900))
    assert database
    assert database.verdict == ""


def test_a_good_outcome_has_no_problems() -> None:
    outcome = outcome_of(rss=series(0), tasks=series(0, noise=4))
    assert outcome.problems() == []
    assert "verdict: flat" in outcome.table()
    json.dumps(outcome.as_json(), allow_nan=False)


def test_every_fault_is_told() -> None:
    outcome = outcome_of(tasks=series(200))
    outcome.after["descriptors"] += 40
    outcome.faults = Faults(missing=2, repeated=1)
    outcome.failed_visits = ["tabs: gone"]
    outcome.counters = Counters(0, 0, 3, 0, 0)
    problems = " / ".join(outcome.problems())
    for words in ("tasks grows", "descriptors: 50 before, 90 after", "2 messages missing", "1 messages twice"):
        assert words in problems
    assert "1 visits failed" in problems
    assert "3 errors" in problems


def test_the_journal_hands_out_what_came_after() -> None:
    streamer = KeepingStreamer()
    for number in range(KEPT + 5):
        streamer.say(json.dumps({"number": number}))
    assert json.loads(streamer.after(streamer.last - 1)[0]) == {"number": KEPT + 4, "seq": KEPT + 5}
    assert len(streamer.after(0)) == KEPT
    assert streamer.after(streamer.last) == []
