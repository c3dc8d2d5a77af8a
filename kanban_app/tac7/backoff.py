"""How long to wait before the next attempt to connect (R1, R2)."""

from collections.abc import Callable, Iterator


def delays(
    random: Callable[[], float], *, first_s: float = 1.0, factor: float = 2.0, longest_s: float = 30.0
) -> Iterator[float]:
    """Seconds to wait, for ever: doubling up to `longest_s`, each times a factor of 0.5 to 1.

    `random` gives floats in [0, 1).
    """
    delay = first_s
    while True:
        yield min(delay, longest_s) * (0.5 + 0.5 * random())
        delay = min(delay * factor, longest_s)
