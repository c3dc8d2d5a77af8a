"""Lines of execution.log as messages."""

from datetime import UTC, datetime, timedelta

import pytest

from kanban_app.tac7.codec import parse_time
from kanban_app.trigger_service.following.log_lines import log_message

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def level_of(line: str) -> str:
    message = log_message("a1b2c3d4", "ops", line, NOW)
    assert message is not None
    return message["data"]["level"]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-05-01 08:00:00 - INFO - The ERROR of yesterday is gone", "INFO"),
        ("2026-05-01 08:00:00 - DEBUG - FAILED is a word", "DEBUG"),
        ("2026-05-01 08:00:00,123 - ERROR - all is well", "ERROR"),
        ("2026-05-01 08:00:00 - warn - x", "WARNING"),
        ("2026-05-01 08:00:00 - CRITICAL - x", "ERROR"),
        ("2026-05-01 08:00:00 - SUCCESS - x", "SUCCESS"),
        ("2026-05-01 08:00:00 - NOTICE - x", "INFO"),
        ("Traceback: ERROR", "INFO"),
    ],
)
def test_the_level_is_what_its_own_field_says(line: str, level: str) -> None:
    assert level_of(line) == level


def test_the_line_is_told_as_it_stands() -> None:
    line = "2026-05-01 08:00:00 - INFO - text"
    message = log_message("a1b2c3d4", "adw_plan_iso", line + " \r", NOW)
    assert message is not None
    assert message["type"] == "agent_log"
    assert message["data"] == {
        "adw_id": "a1b2c3d4",
        "message": line,
        "level": "INFO",
        "source": "execution.log",
        "agent_role": "adw_plan_iso",
    }


def test_an_empty_line_says_nothing() -> None:
    assert log_message("a1b2c3d4", "ops", "  ", NOW) is None


def test_its_time_is_that_of_the_clock_on_the_wall() -> None:
    moment = NOW - timedelta(hours=1)
    written = moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    message = log_message("a1b2c3d4", "ops", f"{written} - INFO - x", NOW)
    assert message is not None
    assert parse_time(message["timestamp"]) == moment


@pytest.mark.parametrize("stamp", ["2031-01-01 00:00:00", "2026-99-99 00:00:00", "0001-01-01 00:00:00"])
def test_a_time_that_cannot_be_is_never_later_than_now(stamp: str) -> None:
    message = log_message("a1b2c3d4", "ops", f"{stamp} - INFO - x", NOW)
    assert message is not None
    read = parse_time(message["timestamp"])
    assert read is None or read <= NOW
