"""The rolling minute and the rest, also over a restart."""

from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.services.pace import Pace


def now() -> datetime:
    return datetime.now(UTC)


def reopened(pace: Pace, per_minute: int = 2) -> Pace:
    again = Pace(per_minute)
    again.restore(pace.stored(), [])
    return again


def test_so_many_in_a_minute():
    pace = Pace(2)
    assert pace.wait() == 0.0
    pace.take()
    pace.take()
    assert 59 < pace.wait() <= 60
    pace.give_back()
    assert pace.wait() == 0.0


def test_a_restart_begins_no_new_minute():
    pace = Pace(2)
    pace.take()
    pace.take()
    assert 59 < reopened(pace).wait() <= 60
    assert reopened(pace).sent == pace.sent


def test_what_was_given_back_is_forgotten():
    pace = Pace(1)
    pace.take()
    pace.give_back()
    assert reopened(pace).wait() == 0.0


def test_a_rest_holds_over_a_restart_and_a_pause_does_not():
    pace = Pace(2)
    pace.pause(30)
    assert 29 < pace.wait() <= 30
    assert reopened(pace).wait() == 0.0
    pace.rest()
    assert 59 < reopened(pace).wait() <= 60


def test_a_rest_that_is_over_is_over():
    pace = Pace(2)
    pace.restore({"sent": [], "rest_until": (now() - timedelta(seconds=1)).isoformat()}, [])
    assert (pace.wait(), pace.rest_until) == (0.0, None)


@pytest.mark.parametrize("kept", [None, "nonsense"])
def test_without_anything_kept_the_attempts_count(kept: object):
    pace = Pace(1)
    pace.restore(kept, [now() - timedelta(seconds=20), now() - timedelta(seconds=3000)])
    assert 39 < pace.wait() <= 40


def test_a_clock_that_was_set_back_makes_no_wait_of_hours():
    pace = Pace(1)
    later = (now() + timedelta(hours=3)).isoformat()
    pace.restore({"sent": [later], "rest_until": later}, [])
    assert 59 < pace.wait() <= 60
    assert pace.rest_until is not None
    assert pace.rest_until <= now() + timedelta(seconds=60)


def test_every_change_is_counted():
    pace = Pace(2)
    pace.take()
    pace.give_back()
    pace.rest()
    assert pace.changes == 3
