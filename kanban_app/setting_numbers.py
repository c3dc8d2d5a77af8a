"""The numbers in the texts of those settings that have several of them."""

from math import inf
from typing import Final

from kanban_app.domain.health import Limits
from kanban_app.domain.workflows import WORKFLOWS

HIGHEST_PORT: Final = 65_535
_LOWEST_FREE_PORT: Final = 1024


def parse_timeouts(text: str) -> tuple[float, dict[str, float]]:
    """The seconds of "30, adw_sdlc_iso=120": for all workflow types, and for those that are named.

    Raises ValueError unless there is one number for all, every other one has the name of a workflow type, once, and all
    are above 0 and finite.
    """
    general, named = list[float](), dict[str, float]()
    for part in text.split(","):
        name, equals, number = part.rpartition("=")
        seconds = float(number)
        if not 0 < seconds < inf:
            raise ValueError(part)
        if not equals:
            general.append(seconds)
            continue
        if name.strip() not in WORKFLOWS or name.strip() in named:
            raise ValueError(part)
        named[name.strip()] = seconds
    if len(general) != 1:
        raise ValueError(text)
    return general[0], named


def parse_limits(name: str, text: str) -> Limits:
    """The limits of degraded, unhealthy and critical that a setting of health names.

    Raises ValueError unless these are three numbers that such a setting can have, in order.
    """
    numbers = [float(part) for part in text.split(",")]
    falling = name == "health_reliability"
    fit = all(0 < number <= 1 if falling else 0 < number < inf for number in numbers)
    if len(numbers) != 3 or not fit or numbers != sorted(numbers, reverse=falling):  # noqa: PLR2004
        raise ValueError(text)
    if name != "health_disconnects":
        return Limits(numbers[0], numbers[1], numbers[2], falling=falling)
    if any(number != int(number) for number in numbers):
        raise ValueError(text)
    return Limits(numbers[0] - 0.5, numbers[1] - 0.5, numbers[2] - 0.5)  # so many are already too many


def parse_port_range(text: str) -> tuple[int, int]:
    """The first and the last port of "9200-9299". Raises ValueError unless these are two ports of users, in order."""
    first, last = (int(part) for part in text.split("-"))
    if not _LOWEST_FREE_PORT <= first < last <= HIGHEST_PORT:
        raise ValueError(text)
    return first, last
